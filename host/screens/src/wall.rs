//! The wall monitor's page: observers see every voter who is identified.

use crate::operator::{page, person_card, polls};
use crate::view::WallView;
use maud::html;

/// How soon the wall shows what is new, in seconds.
const AGAIN_S: u8 = 2;

/// The wall monitor's page.
#[must_use]
pub fn wall(view: &WallView) -> String {
    page(
        &view.station,
        Some(AGAIN_S),
        &html! {
            header { h1 { (view.station) } span .state { (polls(view.polls, view.polls_text.as_deref())) } }
            div .card .good {
                p .big { (view.counts.identified) " of " (view.registered) " voters identified" }
                @for person in &view.newest { (person_card(person)) }
            }
        },
    )
}
