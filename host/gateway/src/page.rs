//! The operator's page over HTTP, on this machine alone.

use crate::assembly::{Kiosk, KioskError};
use crate::updates::updater::Handle;
use crate::updates_page::{self, Counter, Place};
use axum::Router;
use axum::extract::{Form, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next as Further;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use identification::command::Command;
use identification::event::CheckInId;
use identification::evidence::{Advice, Evidence, Modality};
use identification::next::Next;
use identification::state::State as Standing;
use identification::station::{CheckIn, Polls};
use identification::voter::RollNumber;
use screens::{CheckInView, OperatorView, Person, WallView};
use serde::Deserialize;
use std::sync::Arc;

/// How many of the newest voters the wall shows.
const ON_THE_WALL: usize = 3;

/// The pages of one kiosk.
pub fn router(kiosk: Arc<Kiosk>) -> Router {
    router_with(kiosk, None)
}

/// The pages of one kiosk, with the one about updates where it takes any.
pub fn router_with(kiosk: Arc<Kiosk>, updates: Option<Handle>) -> Router {
    let place = Place {
        kiosk: Arc::clone(&kiosk),
        counter: updates.map(|handle| Arc::new(Counter::new(handle))),
    };
    let updates = Router::new()
        .route("/", get(operator))
        .route("/updates", get(updates_page::show))
        .route("/updates/check", post(updates_page::check))
        .route("/updates/apply", post(updates_page::apply))
        .route("/updates/rollback", post(updates_page::roll_back))
        .with_state(place);
    Router::new()
        .route("/wall", get(wall))
        .route("/photo/{voter}", get(photo))
        .route("/export", post(export))
        .route("/checkpoint", get(checkpoint))
        .route(
            "/open",
            post(|State(kiosk), Form(two): Form<Two>| act(kiosk, move |kiosk| kiosk.open_polls(two.names()))),
        )
        .route(
            "/close",
            post(|State(kiosk), Form(two): Form<Two>| act(kiosk, move |kiosk| kiosk.close_polls(two.names()))),
        )
        .route("/start", post(|State(kiosk)| act(kiosk, |kiosk| kiosk.start())))
        .route(
            "/capture",
            post(|State(kiosk), Form(one): Form<One>| act(kiosk, move |kiosk| kiosk.capture(one.id()))),
        )
        .route(
            "/advance",
            post(|State(kiosk), Form(one): Form<One>| act(kiosk, move |kiosk| kiosk.advance(one.id()))),
        )
        .route(
            "/absent",
            post(|State(kiosk), Form(one): Form<One>| {
                let evidence = Evidence::Unavailable {
                    modality: Modality::Fingerprint,
                };
                act(kiosk, move |kiosk| kiosk.observe(one.id(), evidence))
            }),
        )
        .route(
            "/photo",
            post(|State(kiosk), Form(answer): Form<Photo>| {
                act(kiosk, move |kiosk| {
                    kiosk.confirm_photo(CheckInId(answer.id), RollNumber(answer.voter), answer.same == "yes")
                })
            }),
        )
        .route(
            "/officers",
            post(|State(kiosk), Form(two): Form<Override>| {
                let officers = vec![two.first, two.second];
                let evidence = Evidence::Officers {
                    voter: RollNumber(two.voter),
                    officers,
                    reason: two.reason,
                };
                act(kiosk, move |kiosk| kiosk.observe(CheckInId(two.id), evidence))
            }),
        )
        .route(
            "/print",
            post(|State(kiosk), Form(one): Form<One>| act(kiosk, move |kiosk| kiosk.print(one.id()))),
        )
        .route(
            "/printed",
            post(|State(kiosk), Form(answer): Form<Printed>| {
                act(kiosk, move |kiosk| {
                    kiosk.answer_printed(CheckInId(answer.id), answer.printed == "yes")
                })
            }),
        )
        .route(
            "/handover",
            post(|State(kiosk), Form(one): Form<One>| act(kiosk, move |kiosk| kiosk.hand_over(one.id()))),
        )
        .route(
            "/byhand",
            post(|State(kiosk), Form(two): Form<ByHand>| {
                let command = Command::IssueByHand(CheckInId(two.id), vec![two.first, two.second]);
                act(kiosk, move |kiosk| kiosk.command(command))
            }),
        )
        .route(
            "/void",
            post(|State(kiosk), Form(two): Form<Void>| {
                let command = Command::Void {
                    id: CheckInId(two.id),
                    officers: vec![two.first, two.second],
                    reason: two.reason,
                };
                act(kiosk, move |kiosk| kiosk.command(command))
            }),
        )
        .route(
            "/abandon",
            post(|State(kiosk), Form(one): Form<One>| {
                act(kiosk, move |kiosk| kiosk.command(Command::Abandon(one.id())))
            }),
        )
        .with_state(kiosk)
        .merge(updates)
        .layer(axum::middleware::from_fn(own_pages_only))
}

#[derive(Deserialize)]
struct One {
    id: u64,
}

impl One {
    fn id(&self) -> CheckInId {
        CheckInId(self.id)
    }
}

#[derive(Deserialize)]
struct Wanted {
    /// the format's id
    format: String,
}

#[derive(Deserialize)]
pub(crate) struct Two {
    first: String,
    second: String,
}

impl Two {
    pub(crate) fn names(self) -> Vec<String> {
        vec![self.first, self.second]
    }
}

#[derive(Deserialize)]
struct ByHand {
    id: u64,
    first: String,
    second: String,
}

#[derive(Deserialize)]
struct Photo {
    id: u64,
    voter: u32,
    same: String,
}

#[derive(Deserialize)]
struct Override {
    id: u64,
    voter: u32,
    reason: String,
    first: String,
    second: String,
}

#[derive(Deserialize)]
struct Void {
    id: u64,
    reason: String,
    first: String,
    second: String,
}

#[derive(Deserialize)]
struct Printed {
    id: u64,
    printed: String,
}

/// Another site that is open in the same browser must not press the buttons.
async fn own_pages_only(request: Request, further: Further) -> Response {
    if !is_own(request.headers()) {
        return (
            StatusCode::FORBIDDEN,
            "this page answers to itself alone; open it on the kiosk",
        )
            .into_response();
    }
    let mut response = further.run(request).await;
    let headers = response.headers_mut();
    let policy =
        "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        header::HeaderValue::from_static(policy),
    );
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

fn is_own(headers: &axum::http::HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    // The name before the port, whole: `127.0.0.1.example.org` is another site.
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let here = ["127.0.0.1", "localhost", "[::1]"].contains(&name);
    here && text(header::ORIGIN).is_none_or(|origin| origin == format!("http://{host}"))
}

/// Does what a button asks for, off the server's threads; what goes wrong is a notice on the page.
async fn act<T: Send + 'static>(
    kiosk: Arc<Kiosk>,
    wish: impl FnOnce(&Kiosk) -> Result<T, KioskError> + Send + 'static,
) -> Redirect {
    let done = tokio::task::spawn_blocking(move || {
        if let Err(error) = wish(&kiosk) {
            kiosk.explain(&error);
        }
    });
    if let Err(error) = done.await {
        tracing::error!("a wish broke off: {error}");
    }
    Redirect::to("/")
}

async fn operator(State(place): State<Place>) -> Response {
    blocking(move || Html(screens::operator(&view(&place)))).await
}

async fn wall(State(kiosk): State<Arc<Kiosk>>) -> Response {
    blocking(move || {
        let (polls, counts) = kiosk.standing();
        let newest: Vec<RollNumber> = kiosk.look(|desk| desk.station().newest().take(ON_THE_WALL).collect());
        let view = WallView {
            station: station_name(&kiosk),
            registered: kiosk.roll().len(),
            polls,
            polls_text: polls_text(&kiosk, polls),
            counts,
            newest: newest.into_iter().filter_map(|voter| person(&kiosk, voter)).collect(),
        };
        Html(screens::wall(&view))
    })
    .await
}

async fn photo(State(kiosk): State<Arc<Kiosk>>, Path(voter): Path<u32>) -> Response {
    blocking(move || match kiosk.roll().photo(RollNumber(voter)) {
        Ok(Some(png)) => ([(header::CONTENT_TYPE, "image/png")], png).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    })
    .await
}

async fn export(State(kiosk): State<Arc<Kiosk>>, Form(wanted): Form<Wanted>) -> Response {
    blocking(move || match kiosk.export(&wanted.format) {
        Ok(bytes) => ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], bytes).into_response(),
        Err(error) => {
            kiosk.notice(error.to_string());
            Redirect::to("/").into_response()
        }
    })
    .await
}

async fn checkpoint(State(kiosk): State<Arc<Kiosk>>) -> Response {
    blocking(move || match kiosk.checkpoint() {
        Ok(note) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response(),
        Err(error) => {
            kiosk.notice(error.to_string());
            Redirect::to("/").into_response()
        }
    })
    .await
}

pub(crate) async fn blocking<R: IntoResponse + Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What the commission's texts call the state of the polls, where they have a word for it.
pub(crate) fn polls_text(kiosk: &Kiosk, polls: Polls) -> Option<String> {
    kiosk.text(match polls {
        Polls::NotYet => "polls-not-open",
        Polls::Open => "polls-open",
        Polls::Closed => "polls-closed",
    })
}

pub(crate) fn station_name(kiosk: &Kiosk) -> String {
    let station = kiosk.roll().station();
    format!("{}, {}", station.id(), station.name())
}

fn person(kiosk: &Kiosk, voter: RollNumber) -> Option<Person> {
    let voter = kiosk.voter(voter).ok()??;
    Some(Person {
        number: voter.number.0,
        name: voter.name,
        born: voter.born.year(),
        photo: voter.photo.is_some(),
    })
}

/// Whom a check-in is about.
fn subject(check_in: &CheckIn) -> Option<RollNumber> {
    let asked = match check_in.next() {
        Next::ConfirmPhoto(voter) | Next::AskFace(voter) | Next::AskOfficers(Some(voter)) => Some(voter),
        _ => None,
    };
    asked.or(check_in.voter())
}

fn check_in_view(kiosk: &Kiosk, check_in: &CheckIn) -> CheckInView {
    CheckInView {
        id: check_in.id(),
        next: check_in.next(),
        reason: check_in.ruling().map(|ruling| {
            let code = &ruling.reason;
            kiosk.text(code).unwrap_or_else(|| code.clone())
        }),
        advice: last_finger(check_in),
        person: subject(check_in).and_then(|voter| person(kiosk, voter)),
        attempts: check_in
            .evidence()
            .iter()
            .filter(|seen| matches!(seen, Evidence::Fingerprint { .. }))
            .count(),
    }
}

/// What could be better about the last finger.
fn last_finger(check_in: &CheckIn) -> Vec<Advice> {
    let advice = check_in.evidence().iter().rev().find_map(|seen| match seen {
        Evidence::Fingerprint { advice, .. } => Some(advice.clone()),
        _ => None,
    });
    advice.unwrap_or_default()
}

/// How a check-in ended, for the operator.
fn ending(state: Standing) -> &'static str {
    match state {
        Standing::Issued => "has the receipt",
        Standing::Voided => "was taken back",
        Standing::AlreadyIdentified => "was found admitted earlier",
        Standing::Contested => "went down the contested path",
        Standing::Referred => "is with the commission",
        Standing::Refused => "is not entitled here",
        Standing::Abandoned => "left",
        _ => "is at the desk",
    }
}

fn view(place: &Place) -> OperatorView {
    let kiosk = &*place.kiosk;
    let (polls, counts) = kiosk.standing();
    let (open, ended): (Vec<CheckIn>, Vec<CheckIn>) = kiosk.look(|desk| {
        desk.station()
            .check_ins()
            .cloned()
            .partition(|one| !one.state().has_ended())
    });
    let with_officers = ended
        .iter()
        .rev()
        .filter(|one| matches!(one.state(), Standing::Referred | Standing::AlreadyIdentified))
        .take(5)
        .map(|one| (check_in_view(kiosk, one), ending(one.state())));
    OperatorView {
        station: station_name(kiosk),
        election: kiosk.roll().station().election().to_owned(),
        registered: kiosk.roll().len(),
        polls,
        counts,
        scanner: kiosk.scanner_now().map_err(|error| error.to_string()),
        printer: if kiosk.has_printer() {
            Ok(())
        } else {
            Err("no receipt printer is plugged in; plug it in".to_owned())
        },
        notices: kiosk.notices(),
        open: open.iter().map(|one| check_in_view(kiosk, one)).collect(),
        with_officers: with_officers.collect(),
        ended: ended
            .iter()
            .rev()
            .take(5)
            .map(|one| (one.id(), ending(one.state()).to_owned()))
            .collect(),
        formats: kiosk
            .formats()
            .into_iter()
            .map(|format| (format.id, format.title))
            .collect(),
        polls_text: polls_text(kiosk, polls),
        hours: kiosk.hours().map(|(opens, closes)| format!("{opens} to {closes}")),
        updates: place.counter.as_deref().map(updates_page::link),
    }
}
