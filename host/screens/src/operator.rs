//! The operator's page: one big thing to do for each person at the desk.

use crate::view::{CheckInView, OperatorView, Person, UpdatesLink};
use identification::event::CheckInId;
use identification::evidence::Advice;
use identification::next::Next;
use identification::station::Polls;
use identification::voter::FingerPosition;
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(crate) const STYLE: &str = "
:root { font: 18px/1.45 system-ui, sans-serif; color: #16202a; background: #f3f5f7; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; }
header { display: flex; flex-wrap: wrap; gap: .4rem 2rem; align-items: baseline; border-bottom: 3px solid #16436b; }
h1 { font-size: 1.4rem; margin: .2rem 0; } h2 { font-size: 1.2rem; margin: 0 0 .6rem; }
.card { background: #fff; border: 1px solid #cbd3da; border-radius: .5rem; padding: 1rem 1.2rem; margin: 1rem 0; }
.bad { border-left: .5rem solid #b3261e; } .good { border-left: .5rem solid #1b7f3b; }
.ask { border-left: .5rem solid #16436b; } .big { font-size: 1.6rem; font-weight: 600; margin: .2rem 0 .8rem; }
form { display: inline-block; margin: 0 .6rem .6rem 0; } label { display: block; font-size: .9rem; margin-bottom: .4rem; }
button { font: inherit; padding: .55rem 1.1rem; border-radius: .4rem; border: 2px solid #16436b; background: #16436b; color: #fff; }
button.other { background: #fff; color: #16436b; } input { font: inherit; padding: .35rem; }
img { height: 11rem; border: 1px solid #cbd3da; } table { border-collapse: collapse; margin-bottom: .8rem; } td { padding: .1rem 1rem .1rem 0; }
.state { font-weight: 600; } .muted { color: #566; } .urgent { background: #fbe9e7; font-weight: 600; }
.wide { width: 100%; } th { text-align: left; font-size: .9rem; color: #566; padding: .1rem 1rem .1rem 0; }
.wide td { border-top: 1px solid #cbd3da; padding: .35rem 1rem .35rem 0; vertical-align: top; }
.plain { list-style: none; margin: 0; padding: 0; font-size: .9rem; } details { margin: .5rem 0; }
";

/// The operator's page.
#[must_use]
pub fn operator(view: &OperatorView) -> String {
    page(
        &view.station,
        None,
        &html! {
            header {
                h1 { (view.station) }
                span .muted { (view.election) ", " (view.registered) " voters" }
                span .state { (polls(view.polls, view.polls_text.as_deref())) }
                @if let Some(hours) = &view.hours { span .muted { "Hours: " (hours) } }
            }
            @if let Some(updates) = &view.updates { (updates_link(updates)) }
            (devices(view))
            @for notice in view.notices.iter().rev() { div .card .bad { (notice) } }
            @match view.polls {
                Polls::NotYet => (officers_form("/open", "Open the polls", None)),
                Polls::Open => {
                    @for check_in in &view.open { (open_check_in(check_in)) }
                    div .card .ask { (button("/start", None, "Next person", &[])) }
                @for (check_in, state) in &view.with_officers { (with_officers(check_in, state)) }
                }
                Polls::Closed => {
                    div .card .ask {
                        p .big { "The polls are closed." }
                        p { "Keep " a href="/checkpoint" { "the closing checkpoint" } " where observers can find it, and export the turnout." }
                    }
                    // Whoever was admitted before the end still gets the receipt.
                    @for check_in in &view.open { (open_check_in(check_in)) }
                }
            }
            (counts(view))
            @if view.polls != Polls::NotYet { (void_form()) }
            @if view.polls == Polls::Open { (officers_form("/close", "Close the polls for good", None)) }
        },
    )
}

/// A page; one that nobody touches loads itself again after so many seconds.
pub(crate) fn page(title: &str, again_s: Option<u8>, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if let Some(seconds) = again_s { meta http-equiv="refresh" content=(seconds); }
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
    .into_string()
}

/// The state of the polls, in the commission's words where it has any.
pub(crate) fn polls(polls: Polls, text: Option<&str>) -> &str {
    text.unwrap_or(match polls {
        Polls::NotYet => "The polls are not open yet",
        Polls::Open => "The polls are open",
        Polls::Closed => "The polls are closed",
    })
}

fn updates_link(updates: &UpdatesLink) -> Markup {
    html! {
        @if updates.urgent {
            div .card .bad .urgent { a href="/updates" { "Updates: " (updates.text) } }
        } @else {
            p .muted { a href="/updates" { "Updates" } ": " (updates.text) }
        }
    }
}

fn devices(view: &OperatorView) -> Markup {
    html! {
        @match &view.scanner {
            Ok(model) => p .muted { "Scanner: " (model) },
            Err(sentence) => div .card .bad { "Scanner: " (sentence) },
        }
        @if let Err(sentence) = &view.printer { div .card .bad { "Printer: " (sentence) } }
    }
}

/// A button that posts, with the check-in and further fields.
fn button(action: &str, id: Option<CheckInId>, label: &str, fields: &[(&str, String)]) -> Markup {
    // What the operator hardly ever needs looks like it.
    let other = ["/absent", "/abandon"].contains(&action);
    html! {
        form method="post" action=(action) {
            @if let Some(id) = id { input type="hidden" name="id" value=(id); }
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            button .other[other] { (label) }
        }
    }
}

/// What the operator says to the voter, or does.
fn better(advice: Advice) -> &'static str {
    match advice {
        Advice::TooDry => "The finger is too dry: let the voter rub it or breathe on it.",
        Advice::TooWet => "The finger is too wet: let the voter dry it.",
        Advice::TooSmallAnArea => "Too little of the finger was seen: lay it flat and press a little more.",
        Advice::Moved => "The finger moved: hold it still.",
        Advice::OffCentre => "The finger was off the middle: put it in the middle.",
        Advice::NotAFinger => "That did not look like a finger: see what lies on the scanner.",
        Advice::DirtySensor => "The scanner is dirty: wipe its window.",
    }
}

fn officers_form(action: &str, label: &str, id: Option<(CheckInId, Option<u32>)>) -> Markup {
    html! {
        div .card {
            form method="post" action=(action) {
                @if let Some((id, voter)) = id {
                    input type="hidden" name="id" value=(id);
                    label { "Number on the roll " input name="voter" inputmode="numeric" required value=[voter]; }
                    label { "Reason " input name="reason" required pattern="[a-z0-9\\-]{1,64}" value="no-usable-finger"; }
                }
                label { "First officer " input name="first" required; }
                label { "Second officer " input name="second" required; }
                button .other { (label) }
            }
        }
    }
}

fn open_check_in(check_in: &CheckInView) -> Markup {
    let id = check_in.id;
    html! {
        section .card .ask {
            h2 { "Person " (id) @if check_in.attempts > 0 { span .muted { ", fingerprint attempts: " (check_in.attempts) } } }
            p .big { (ask(check_in.next)) }
            @if let Some(reason) = &check_in.reason { p .muted { "because: " (reason) } }
            @if let Next::CaptureFinger(_) = check_in.next {
                @for advice in &check_in.advice { p { (better(*advice)) } }
            }
            @if let Some(person) = &check_in.person { (person_card(person)) }
            @match check_in.next {
                Next::CaptureFinger(_) => {
                    (button("/capture", Some(id), "Read the finger", &[]))
                    (button("/absent", Some(id), "The scanner cannot be used", &[]))
                }
                Next::ConfirmPhoto(voter) => {
                    (button("/photo", Some(id), "Same person", &[("voter", voter.to_string()), ("same", "yes".to_owned())]))
                    (button("/photo", Some(id), "Not the same person", &[("voter", voter.to_string()), ("same", "no".to_owned())]))
                }
                Next::PrintReceipt { .. } => {
                    (button("/print", Some(id), "Print the receipt", &[]))
                    (officers_by_hand(id))
                }
                Next::AskWhetherPrinted => {
                    (button("/printed", Some(id), "Yes, it came out", &[("printed", "yes".to_owned())]))
                    (button("/printed", Some(id), "No", &[("printed", "no".to_owned())]))
                }
                Next::HandOver => (button("/handover", Some(id), "Receipt handed over", &[])),
                Next::AskOfficers(voter) => (officers_form("/officers", "Both officers vouch for this voter", Some((id, voter.map(|voter| voter.0))))),
                Next::AskDocument | Next::AskFace(_) => {
                    (officers_form("/officers", "Both officers vouch for this voter", Some((id, None))))
                }
                Next::AskPolicy | Next::AwaitPrinter | Next::Done(_) => (button("/advance", Some(id), "Go on", &[])),
            }
            @if !matches!(check_in.next, Next::PrintReceipt { .. } | Next::AskWhetherPrinted | Next::HandOver | Next::AwaitPrinter) {
                (button("/abandon", Some(id), "The person left", &[]))
            }
        }
    }
}

/// Folded away: the operator goes on with the next person, the officers come back to this one.
fn with_officers(check_in: &CheckInView, state: &str) -> Markup {
    let voter = check_in.person.as_ref().map(|person| person.number);
    html! {
        details .card {
            summary { "Person " (check_in.id) " " (state) ": officers can decide" }
            @if let Some(person) = &check_in.person { (person_card(person)) }
            (officers_form("/officers", "Both officers vouch for this voter", Some((check_in.id, voter))))
        }
    }
}

/// Folded away: an admission is taken back with its receipt on the table.
fn void_form() -> Markup {
    html! {
        details .card {
            summary { "Take an admission back: the receipt did not come out, or lies before two officers" }
            form method="post" action="/void" {
                label { "Person " input name="id" inputmode="numeric" required; }
                label { "Reason " input name="reason" required pattern="[a-z0-9\\-]{1,64}" value="wrong-person"; }
                label { "First officer " input name="first" required; }
                label { "Second officer " input name="second" required; }
                button .other { "Take the admission back" }
            }
        }
    }
}

fn officers_by_hand(id: CheckInId) -> Markup {
    html! {
        form method="post" action="/byhand" {
            input type="hidden" name="id" value=(id);
            label { "First officer " input name="first" required; }
            label { "Second officer " input name="second" required; }
            button .other { "Receipt written by hand" }
        }
    }
}

pub(crate) fn person_card(person: &Person) -> Markup {
    html! {
        @if person.photo { img src={ "/photo/" (person.number) } alt="photo on the roll"; }
        p .big { (person.number) " " (person.name) span .muted { ", born " (person.born) } }
    }
}

fn ask(next: Next) -> String {
    match next {
        Next::CaptureFinger(FingerPosition::Unknown) => "Ask for an enrolled finger on the scanner.".to_owned(),
        Next::CaptureFinger(finger) => format!("Ask for the {} on the scanner.", finger_name(finger)),
        Next::AskDocument => "Ask for the identity document.".to_owned(),
        Next::AskFace(_) => "Ask the voter to look into the camera.".to_owned(),
        Next::ConfirmPhoto(_) => "Compare the photo with the person.".to_owned(),
        Next::AskOfficers(_) => "Call two officers.".to_owned(),
        Next::PrintReceipt { copy: 1, .. } => "Admitted. The receipt is not printed yet.".to_owned(),
        Next::PrintReceipt { .. } => "Admitted. The receipt did not come out: print it again.".to_owned(),
        Next::AwaitPrinter => "The receipt is being printed.".to_owned(),
        Next::AskWhetherPrinted => "Did the receipt come out of the printer?".to_owned(),
        Next::HandOver => "Hand the receipt over.".to_owned(),
        Next::AskPolicy => "One moment.".to_owned(),
        Next::Done(_) => "Ended.".to_owned(),
    }
}

fn finger_name(finger: FingerPosition) -> &'static str {
    match finger {
        FingerPosition::Unknown => "finger",
        FingerPosition::RightThumb => "right thumb",
        FingerPosition::RightIndex => "right index finger",
        FingerPosition::RightMiddle => "right middle finger",
        FingerPosition::RightRing => "right ring finger",
        FingerPosition::RightLittle => "right little finger",
        FingerPosition::LeftThumb => "left thumb",
        FingerPosition::LeftIndex => "left index finger",
        FingerPosition::LeftMiddle => "left middle finger",
        FingerPosition::LeftRing => "left ring finger",
        FingerPosition::LeftLittle => "left little finger",
    }
}

/// A button, since an export is an event of the journal.
fn export(format: &str, title: &str) -> Markup {
    html! {
        form method="post" action="/export" {
            input type="hidden" name="format" value=(format);
            button .other { (title) }
        }
    }
}

fn counts(view: &OperatorView) -> Markup {
    let counts = view.counts;
    html! {
        section .card .good {
            table {
                @for (name, value) in [
                    ("Admitted", counts.identified), ("Receipts handed over", counts.issued),
                    ("Found admitted earlier", counts.already_identified), ("With the commission", counts.referred),
                    ("Contested", counts.contested), ("Not entitled", counts.refused), ("Taken back", counts.voided),
                    ("Officers' overrides", counts.overrides),
                ] { tr { td { (name) } td .state { (value) } } }
            }
            @for (id, state) in &view.ended { p .muted { "Person " (id) " " (state) } }
            @for (id, title) in &view.formats { (export(id, title)) }
        }
    }
}

/// Each element on a line of its own, so that a change of a page is read as such.
#[cfg(test)]
pub(crate) fn lines_of(page: &str) -> String {
    page.replace(STYLE, "").replace("><", ">\n<")
}

#[cfg(test)]
mod tests {
    use super::lines_of as lines;
    use super::*;
    use identification::station::Counts;
    use identification::voter::RollNumber;

    fn view(open: Vec<CheckInView>) -> OperatorView {
        OperatorView {
            station: "2041, School no. 5".to_owned(),
            election: "presidential-2027".to_owned(),
            registered: 1_300,
            polls: Polls::Open,
            counts: Counts {
                identified: 2,
                ..Counts::default()
            },
            scanner: Err("no fingerprint scanner that this kiosk knows is plugged in; plug it in".to_owned()),
            printer: Ok(()),
            notices: vec!["<script>alert(1)</script>".to_owned()],
            open,
            with_officers: Vec::new(),
            ended: vec![(CheckInId(3), "is with the commission".to_owned())],
            formats: vec![("turnout-by-hour".to_owned(), "Turnout by hour".to_owned())],
            polls_text: None,
            hours: None,
            updates: None,
        }
    }

    #[test]
    fn the_page_with_a_person_at_the_desk_and_one_with_the_officers() {
        let person = Person {
            number: 7,
            name: "Үсөнова Айгүл".to_owned(),
            born: 1970,
            photo: true,
        };
        let at_the_desk = CheckInView {
            id: CheckInId(5),
            next: Next::ConfirmPhoto(RollNumber(7)),
            reason: Some("photo".to_owned()),
            advice: Vec::new(),
            person: Some(person.clone()),
            attempts: 1,
        };
        let mut view = view(vec![at_the_desk.clone()]);
        view.with_officers.push((
            CheckInView {
                next: Next::AskOfficers(Some(RollNumber(7))),
                ..at_the_desk
            },
            "was found admitted earlier",
        ));
        insta::assert_snapshot!(lines(&operator(&view)));
    }

    #[test]
    fn the_page_before_the_polls_open_and_after_they_closed() {
        for polls in [Polls::NotYet, Polls::Closed] {
            let view = OperatorView {
                polls,
                scanner: Ok("DigitalPersona U.are.U 4500".to_owned()),
                notices: Vec::new(),
                ..view(Vec::new())
            };
            insta::assert_snapshot!(format!("polls_{polls:?}"), lines(&operator(&view)));
        }
    }

    #[test]
    fn the_wall_shows_the_newest_voters_and_loads_itself_again() {
        let view = crate::WallView {
            station: "2041, School no. 5".to_owned(),
            registered: 1_300,
            polls: Polls::Open,
            polls_text: None,
            counts: Counts {
                identified: 2,
                ..Counts::default()
            },
            newest: vec![
                Person {
                    number: 12,
                    name: "Акматов Айдар".to_owned(),
                    born: 1988,
                    photo: false,
                },
                Person {
                    number: 7,
                    name: "Үсөнова Айгүл".to_owned(),
                    born: 1970,
                    photo: true,
                },
            ],
        };
        insta::assert_snapshot!(lines(&crate::wall(&view)));
    }

    #[test]
    fn hours_updates_and_the_commissions_words_stand_at_the_top() {
        let link = |urgent| UpdatesLink {
            text: "2 wait for officers".to_owned(),
            urgent,
        };
        let mut view = OperatorView {
            polls_text: Some("Шайлоо участкасы ачык".to_owned()),
            hours: Some("08:00 to 20:00".to_owned()),
            updates: Some(link(false)),
            ..view(Vec::new())
        };
        let page = operator(&view);
        for part in [
            "Шайлоо участкасы ачык",
            "Hours: 08:00 to 20:00",
            "<a href=\"/updates\">Updates</a>: 2 wait for officers",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("The polls are open"));
        view.updates = Some(link(true));
        assert!(operator(&view).contains("<div class=\"card bad urgent\">"));
    }

    #[test]
    fn a_text_that_looks_like_markup_is_shown_as_text() {
        let page = operator(&view(Vec::new()));
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
    }

    #[test]
    fn whoever_is_with_the_commission_can_still_be_decided_on() {
        let mut view = view(Vec::new());
        let check_in = CheckInView {
            id: CheckInId(4),
            next: Next::AskOfficers(None),
            reason: None,
            advice: Vec::new(),
            person: None,
            attempts: 3,
        };
        view.with_officers.push((check_in, "is with the commission"));
        let page = operator(&view);
        assert!(
            page.contains("Person 4 is with the commission: officers can decide"),
            "{page}"
        );
        assert!(page.contains("action=\"/officers\""), "{page}");
    }

    #[test]
    fn whoever_was_admitted_before_the_polls_closed_still_gets_the_receipt() {
        let voter = RollNumber(7);
        let check_in = CheckInView {
            id: CheckInId(4),
            next: Next::PrintReceipt { voter, copy: 2 },
            reason: None,
            advice: Vec::new(),
            person: None,
            attempts: 1,
        };
        let view = OperatorView {
            polls: Polls::Closed,
            ..view(vec![check_in])
        };
        assert!(operator(&view).contains("action=\"/print\""));
    }

    #[test]
    fn an_admission_can_be_taken_back_once_there_can_be_one() {
        for (polls, expected) in [(Polls::NotYet, false), (Polls::Open, true), (Polls::Closed, true)] {
            let view = OperatorView {
                polls,
                ..view(Vec::new())
            };
            assert_eq!(operator(&view).contains("action=\"/void\""), expected, "{polls:?}");
        }
    }

    #[test]
    fn what_was_wrong_with_the_finger_is_told_while_a_finger_is_asked_for() {
        let check_in = CheckInView {
            id: CheckInId(4),
            next: Next::CaptureFinger(FingerPosition::Unknown),
            reason: Some("poor-image".to_owned()),
            advice: vec![Advice::TooSmallAnArea, Advice::TooDry],
            person: None,
            attempts: 1,
        };
        let page = operator(&view(vec![check_in.clone()]));
        let (area, dry) = (page.find("lay it flat"), page.find("breathe on it"));
        assert!(area.is_some() && area < dry, "{page}");
        let officers = CheckInView {
            next: Next::AskOfficers(None),
            ..check_in
        };
        assert!(!operator(&view(vec![officers])).contains("breathe on it"));
    }

    #[test]
    fn every_thing_that_is_waited_for_has_a_sentence_and_a_button() {
        let voter = RollNumber(7);
        let steps = [
            (
                Next::CaptureFinger(FingerPosition::LeftIndex),
                "Ask for the left index finger on the scanner.",
                "/capture",
            ),
            (
                Next::ConfirmPhoto(voter),
                "Compare the photo with the person.",
                "/photo",
            ),
            (
                Next::PrintReceipt { voter, copy: 2 },
                "The receipt did not come out: print it again.",
                "/print",
            ),
            (
                Next::AskWhetherPrinted,
                "Did the receipt come out of the printer?",
                "/printed",
            ),
            (Next::HandOver, "Hand the receipt over.", "/handover"),
            (Next::AskOfficers(Some(voter)), "Call two officers.", "/officers"),
            (Next::AskDocument, "Ask for the identity document.", "/officers"),
        ];
        for (next, sentence, action) in steps {
            let check_in = CheckInView {
                id: CheckInId(4),
                next,
                reason: None,
                advice: Vec::new(),
                person: None,
                attempts: 1,
            };
            let page = operator(&view(vec![check_in]));
            assert!(page.contains(sentence) && page.contains(action), "{next:?}");
        }
    }
}
