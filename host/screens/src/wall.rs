//! The wall monitor's page: observers see every voter who is identified.

use crate::operator::{page, person_card, polls};
use crate::view::WallView;
use maud::html;

/// The wall monitor's page.
#[must_use]
pub fn wall(view: &WallView) -> String {
    page(
        &view.station,
        &html! {
            header { h1 { (view.station) } span .state { (polls(view.polls)) } }
            div .card .good {
                p .big { (view.counts.identified) " of " (view.registered) " voters identified" }
                @if let Some(person) = &view.newest { (person_card(person)) }
            }
        },
    )
}
