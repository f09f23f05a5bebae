//! The page about updates: what the thread tells, and the buttons of officers.

use crate::assembly::Kiosk;
use crate::page::{Two, blocking, polls_text, station_name};
use crate::updates::socket::item_of;
use crate::updates::status::{ItemStatus, Status, Trusted, in_words, local};
use crate::updates::updater::{Answer, Handle, Job};
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use jiff::SignedDuration;
use screens::{UpdateItem, UpdatesLink, UpdatesView};
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};

/// Who answers the page, and what the last button led to.
pub(crate) struct Counter {
    handle: Handle,
    answer: Mutex<Option<Answer>>,
}

impl Counter {
    pub(crate) fn new(handle: Handle) -> Self {
        Self {
            handle,
            answer: Mutex::default(),
        }
    }

    /// Does what a button asks for; what comes of it stands on the page that is shown next.
    fn ask(&self, job: Result<Job, String>) {
        let answer = job.and_then(|job| self.handle.ask(job));
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }
}

/// What both are needed for.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) kiosk: Arc<Kiosk>,
    pub(crate) counter: Option<Arc<Counter>>,
}

#[derive(Deserialize)]
pub(crate) struct Back {
    item: String,
    #[serde(default)]
    first: String,
    #[serde(default)]
    second: String,
}

pub(crate) async fn show(State(place): State<Place>) -> Response {
    let Some(counter) = place.counter else {
        return Redirect::to("/").into_response();
    };
    blocking(move || Html(screens::updates(&view(&place.kiosk, &counter)))).await
}

pub(crate) async fn check(State(place): State<Place>) -> Redirect {
    press(place, || Ok(Job::Check)).await
}

pub(crate) async fn apply(State(place): State<Place>, Form(two): Form<Two>) -> Redirect {
    press(place, || {
        Ok(Job::Apply {
            items: None,
            officers: two.names(),
        })
    })
    .await
}

pub(crate) async fn roll_back(State(place): State<Place>, Form(back): Form<Back>) -> Redirect {
    press(place, move || {
        let officers = [back.first, back.second];
        Ok(Job::RollBack {
            item: item_of(&back.item)?,
            officers: officers.into_iter().filter(|name| !name.trim().is_empty()).collect(),
        })
    })
    .await
}

async fn press(place: Place, job: impl FnOnce() -> Result<Job, String> + Send + 'static) -> Redirect {
    let Some(counter) = place.counter else {
        return Redirect::to("/");
    };
    if let Err(error) = tokio::task::spawn_blocking(move || counter.ask(job())).await {
        tracing::error!("a wish about updates broke off: {error}");
    }
    Redirect::to("/updates")
}

fn view(kiosk: &Kiosk, counter: &Counter) -> UpdatesView {
    let status = counter.handle.status();
    let offset = kiosk.utc_offset_minutes();
    let (polls, _) = kiosk.standing();
    UpdatesView {
        station: station_name(kiosk),
        polls,
        polls_text: polls_text(kiosk, polls),
        answer: counter.answer.lock().unwrap_or_else(PoisonError::into_inner).take(),
        trust: status
            .trust
            .as_ref()
            .map(|trust| trust_rows(trust, offset))
            .unwrap_or_default(),
        items: status.items.iter().map(|item| item_view(item, offset)).collect(),
        urgent: status.urgent,
        wrong: status.wrong,
        waits: status.waits,
        lines: status.lines,
    }
}

fn trust_rows(trust: &Trusted, offset: i16) -> Vec<(String, String)> {
    let age = in_words(SignedDuration::from_hours(trust.age_hours));
    let rows = [
        Some(("Plan", trust.plan.to_string())),
        trust.emergency.map(|list| ("Emergency list", list.to_string())),
        Some(("Signed", format!("{}, {age} ago", local(trust.signed_at, offset)))),
        trust.expires.map(|at| ("Good until", local(at, offset))),
        trust.last_answer.map(|at| ("Last answer", local(at, offset))),
        Some((
            "From",
            trust.source.clone().unwrap_or_else(|| "sticks alone".to_owned()),
        )),
        Some((
            "Versions",
            format!(
                "root {}, timestamp {}, snapshot {}, targets {}",
                trust.root, trust.timestamp, trust.snapshot, trust.targets
            ),
        )),
    ];
    rows.into_iter()
        .flatten()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn item_view(item: &ItemStatus, offset: i16) -> UpdateItem {
    let active = item.active.as_ref().map(|release| match &release.version {
        Some(version) => format!("{} ({version})", release.counter),
        None => release.counter.to_string(),
    });
    let stands_by = item.standing_by.map(|counter| format!("{counter} stands by"));
    let comes = item
        .coming
        .map(|(counter, from)| format!("{counter} comes at {}", local(from, offset)));
    UpdateItem {
        kind: item.kind.clone(),
        name: item.name.clone(),
        active,
        previous: item.previous.as_ref().map(|release| release.counter),
        next: stands_by.into_iter().chain(comes).collect(),
        stopped: item
            .stopped
            .iter()
            .map(|(counter, why)| format!("{counter} {why}"))
            .collect(),
    }
}

/// For the operator's page: one line.
pub(crate) fn link(counter: &Counter) -> UpdatesLink {
    let Status {
        urgent, waits, wrong, ..
    } = counter.handle.status();
    let count = |number: usize, one: &str, many: &str| match number {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    };
    let text = if let Some(first) = urgent.first() {
        format!("{first}; two officers decide")
    } else if !waits.is_empty() {
        format!("{} for two officers", count(waits.len(), "waits", "wait"))
    } else if !wrong.is_empty() {
        count(wrong.len(), "thing is wrong", "things are wrong")
    } else {
        "everything that was signed for this kiosk runs".to_owned()
    };
    UpdatesLink {
        text,
        urgent: !urgent.is_empty(),
    }
}
