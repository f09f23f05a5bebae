//! The page about updates: what runs, what waits for two officers, how old what was signed is.

use crate::operator::{page, polls};
use crate::view::{UpdateItem, UpdatesView};
use identification::station::Polls;
use maud::{Markup, html};

/// The page about updates.
#[must_use]
pub fn updates(view: &UpdatesView) -> String {
    page(
        &view.station,
        None,
        &html! {
            header {
                h1 { "Updates" }
                span .muted { (view.station) }
                span .state { (polls(view.polls, view.polls_text.as_deref())) }
                a href="/" { "Back to the desk" }
            }
            @for sentence in &view.urgent { div .card .bad .urgent { p .big { (sentence) "." } p { "Two officers decide below." } } }
            @match &view.answer {
                Some(Ok(told)) => @for sentence in told { div .card .good { (sentence) } },
                Some(Err(sentence)) => div .card .bad { (sentence) },
                None => {}
            }
            @for sentence in &view.wrong { div .card .bad { (sentence) } }
            (waiting(view))
            (items(view))
            (trust(view))
            (lines(view))
        },
    )
}

/// What two officers can agree to.
fn waiting(view: &UpdatesView) -> Markup {
    html! {
        @if !view.waits.is_empty() {
            section .card .ask {
                h2 { "Waits for two officers, since the polls are open" }
                ul { @for sentence in &view.waits { li { (sentence) } } }
                p { "A step that is under way ends as it began; the next one goes by what was agreed to here." }
                form method="post" action="/updates/apply" {
                    (two_names())
                    button { "Bring it in now" }
                }
            }
        }
    }
}

fn two_names() -> Markup {
    html! {
        label { "First officer " input name="first" required; }
        label { "Second officer " input name="second" required; }
    }
}

fn items(view: &UpdatesView) -> Markup {
    html! {
        section .card {
            h2 { "What runs" }
            @if view.items.is_empty() { p .muted { "Nothing that the commission signed runs here yet." } }
            @if !view.items.is_empty() {
                table .wide {
                    tr { th { "What" } th { "Runs" } th { "Before it" } th { "Next" } th { "Not used here" } }
                    @for item in &view.items {
                        tr {
                            td { (item.kind) " " b { (item.name) } }
                            td { @match &item.active { Some(active) => (active), None => span .muted { "nothing" } } }
                            td { @if let Some(previous) = item.previous { (previous) } }
                            td { @for next in &item.next { div { (next) } } }
                            td .muted { @for stopped in &item.stopped { div { (stopped) } } }
                        }
                    }
                }
            }
            @for item in view.items.iter().filter(|item| item.previous.is_some()) { (go_back(item, view.polls)) }
        }
    }
}

/// Folded away: the good release before is taken up again.
fn go_back(item: &UpdateItem, polls: Polls) -> Markup {
    html! {
        details {
            summary {
                "Go back with " (item.kind) " " (item.name) " to " (item.previous.unwrap_or_default())
                ": the release that runs now does not run on this kiosk again"
            }
            form method="post" action="/updates/rollback" {
                input type="hidden" name="item" value={ (item.kind) "/" (item.name) };
                @if polls == Polls::Open { (two_names()) }
                button .other { "Go back" }
            }
        }
    }
}

fn trust(view: &UpdatesView) -> Markup {
    html! {
        section .card {
            h2 { "What the commission signed" }
            table { @for (name, value) in &view.trust { tr { td { (name) } td .state { (value) } } } }
            form method="post" action="/updates/check" { button .other { "Look for something new" } }
        }
    }
}

fn lines(view: &UpdatesView) -> Markup {
    html! {
        @if !view.lines.is_empty() {
            section .card {
                h2 { "What happened, the newest first" }
                ul .plain { @for line in &view.lines { li { (line) } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::lines_of;

    fn item(kind: &str, name: &str, active: Option<&str>) -> UpdateItem {
        UpdateItem {
            kind: kind.to_owned(),
            name: name.to_owned(),
            active: active.map(str::to_owned),
            previous: None,
            next: Vec::new(),
            stopped: Vec::new(),
        }
    }

    fn view() -> UpdatesView {
        UpdatesView {
            station: "2041, School no. 5".to_owned(),
            polls: Polls::NotYet,
            polls_text: None,
            urgent: Vec::new(),
            wrong: Vec::new(),
            answer: None,
            waits: Vec::new(),
            items: vec![item("policy", "fingerprint-first", Some("1 (0.1.0)"))],
            trust: vec![
                ("Plan".to_owned(), "7".to_owned()),
                ("Signed".to_owned(), "2026-11-02 08:00, 3 hours ago".to_owned()),
            ],
            lines: vec!["2026-11-02 11:00  policy fingerprint-first 1: runs".to_owned()],
        }
    }

    #[test]
    fn the_page_of_a_kiosk_on_which_nothing_waits() {
        insta::assert_snapshot!(lines_of(&updates(&view())));
    }

    #[test]
    fn the_page_while_the_polls_are_open_and_officers_must_decide() {
        let driver = UpdateItem {
            previous: Some(1),
            next: vec!["3 stands by".to_owned(), "4 comes at 2026-11-03 08:00".to_owned()],
            stopped: vec!["2 withdrawn: reads-twice".to_owned()],
            ..item("driver", "uru4000", Some("2 (0.1.1)"))
        };
        let view = UpdatesView {
            polls: Polls::Open,
            urgent: vec!["driver uru4000 2 runs, but the commission withdrew it (reads-twice)".to_owned()],
            wrong: vec!["nothing in order came from an update server for 3 days; look after the network".to_owned()],
            answer: Some(Err("two commission members must give their names".to_owned())),
            waits: vec!["driver uru4000: 3 in place of 2".to_owned()],
            items: vec![driver, item("settings", "general", None)],
            ..view()
        };
        insta::assert_snapshot!(lines_of(&updates(&view)));
    }

    #[test]
    fn a_text_of_a_server_that_looks_like_markup_is_shown_as_text() {
        let view = UpdatesView {
            wrong: vec!["<script>alert(1)</script>".to_owned()],
            ..view()
        };
        let page = updates(&view);
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
    }
}
