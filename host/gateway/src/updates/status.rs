//! How updates stand, for people and scripts: what the page and `kiosk-gateway updates status` tell.

use crate::assembly::Kiosk;
use crate::updates::clerk::Outlook;
use crate::updates::state::{Against, Releases, Standing, Trust};
use crate::updates::wish::Wish;
use ::updates::time::{Freshness, SILENCE};
use identification::event::{Event, UpdateStep};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use plan::item::ItemId;
use plan::waves::Seed;
use serde::{Deserialize, Serialize};

/// Everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Status {
    /// the journal's name
    pub kiosk: String,
    /// its place among the waves, 0 to 2,047
    pub seed: u16,
    /// nothing is swapped without two officers
    pub polls_open: bool,
    /// what is trusted; none before the first look
    pub trust: Option<Trusted>,
    /// every item, by kind and name
    pub items: Vec<ItemStatus>,
    /// what waits for two officers, in sentences
    pub waits: Vec<String>,
    /// something runs that must not: officers should decide at once
    pub urgent: Vec<String>,
    /// what is wrong, in sentences
    pub wrong: Vec<String>,
    /// what happened, the newest first, with the local time
    pub lines: Vec<String>,
}

/// What is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Trusted {
    /// version
    pub root: u64,
    /// version
    pub timestamp: u64,
    /// version
    pub snapshot: u64,
    /// version
    pub targets: u64,
    /// the plan's counter
    pub plan: u64,
    /// the emergency list's counter, where there is one
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<u64>,
    /// when the newest of it was signed
    pub signed_at: Timestamp,
    /// whole hours since then
    pub age_hours: i64,
    /// when the first of it expires, where that is known
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// when a server or a stick last gave something in order
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_answer: Option<Timestamp>,
    /// where it is looked, where anywhere but on sticks
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ItemStatus {
    /// `driver`, `policy`, ...
    pub kind: String,
    /// its name
    pub name: String,
    /// the smallest counter that may run
    pub floor: u32,
    /// what runs
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<ReleaseStatus>,
    /// the good release before it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<ReleaseStatus>,
    /// ready, and becomes active as soon as it may
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing_by: Option<u32>,
    /// comes later: its counter, and from when
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coming: Option<(u32, Timestamp)>,
    /// kept out, returned from or withdrawn: counter and code
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopped: Vec<(u32, String)>,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReleaseStatus {
    /// its counter
    pub counter: u32,
    /// the plugin's version, where the plan still has it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// SHA-256 of its file, hex
    pub sha256: String,
}

/// Whose status it is.
#[derive(Clone, Debug)]
pub struct Whose {
    /// the journal's name
    pub origin: String,
    /// local time, in minutes from UTC
    pub utc_offset_minutes: i16,
}

impl Whose {
    /// Of a station that runs.
    #[must_use]
    pub fn of(kiosk: &Kiosk) -> Self {
        Self {
            origin: kiosk.look(|desk| desk.journal().owner().origin()),
            utc_offset_minutes: kiosk.utc_offset_minutes(),
        }
    }
}

impl Status {
    /// How updates stand, by the journal and by what is known beside it.
    #[must_use]
    pub fn of(whose: &Whose, standing: &Standing, outlook: &Outlook) -> Self {
        let offset = whose.utc_offset_minutes;
        Self {
            kiosk: whose.origin.clone(),
            seed: Seed::of(&whose.origin).number(),
            polls_open: standing.polls_open(),
            trust: standing.trust().map(|trust| trusted(trust, outlook)),
            items: items(standing, outlook),
            waits: waits(standing, outlook),
            urgent: urgent(standing),
            wrong: stale(standing, outlook, offset)
                .into_iter()
                .chain(outlook.troubles.clone())
                .collect(),
            lines: standing
                .lines()
                .filter_map(|(at, event)| Some(format!("{}  {}", local(unix(at), offset), sentence(event)?)))
                .collect(),
        }
    }
}

fn unix(at: u64) -> Timestamp {
    let at = i64::try_from(at).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX)
}

/// A time as the clock on the wall shows it.
#[must_use]
pub fn local(at: Timestamp, utc_offset_minutes: i16) -> String {
    let offset = Offset::from_seconds(i32::from(utc_offset_minutes) * 60).unwrap_or(Offset::UTC);
    offset.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string()
}

fn trusted(trust: &Trust, outlook: &Outlook) -> Trusted {
    let signed_at = unix(trust.signed_at);
    let fresh = Freshness::of(Some(signed_at), outlook.last_answer, outlook.now);
    Trusted {
        root: trust.root,
        timestamp: trust.timestamp,
        snapshot: trust.snapshot,
        targets: trust.targets,
        plan: trust.plan.counter,
        emergency: trust.emergency.as_ref().map(|list| list.counter),
        signed_at,
        age_hours: fresh.age.map_or(0, |age| age.as_hours()),
        expires: outlook.offer.as_ref().and_then(|offer| offer.versions.expires),
        last_answer: outlook.last_answer,
        source: outlook.source.clone(),
    }
}

fn items(standing: &Standing, outlook: &Outlook) -> Vec<ItemStatus> {
    let version = |id: &ItemId, counter: u32| {
        let plan = &outlook.offer.as_ref()?.plan;
        Some(plan.item(id)?.release(counter)?.plugin.as_ref()?.version.clone())
    };
    let of = |id: &ItemId, releases: &Releases| ItemStatus {
        kind: id.kind.name().to_owned(),
        name: id.name.clone(),
        floor: releases.floor(),
        active: standing.runs(id).map(|run| ReleaseStatus {
            counter: run.counter,
            version: version(id, run.counter),
            sha256: run.digest.to_string(),
        }),
        previous: releases.previous().map(|run| ReleaseStatus {
            counter: run.counter,
            version: version(id, run.counter),
            sha256: run.digest.to_string(),
        }),
        standing_by: outlook.waiting.iter().find_map(|wish| match wish {
            Wish::Run { id: waits, counter } if waits == id => Some(*counter),
            _ => None,
        }),
        coming: outlook
            .coming
            .iter()
            .find(|(waits, _, _)| waits == id)
            .map(|(_, counter, from)| (*counter, *from)),
        stopped: releases
            .all()
            .filter_map(|(counter, known)| {
                let withdrawn = known.withdrawn.as_ref().map(|reason| format!("withdrawn: {reason}"));
                let returned = known.returned.as_ref().map(|reason| format!("returned: {reason}"));
                let refused = known.refused.as_ref().map(|reason| format!("refused: {reason}"));
                Some((counter, withdrawn.or(returned).or(refused)?))
            })
            .collect(),
    };
    standing.items().map(|(id, releases)| of(id, releases)).collect()
}

fn waits(standing: &Standing, outlook: &Outlook) -> Vec<String> {
    if !standing.polls_open() {
        return Vec::new();
    }
    let sentence = |wish: &Wish| match wish {
        Wish::Run { id, counter } => match standing.runs(id) {
            Some(run) => format!("{id}: {counter} in place of {}", run.counter),
            None => format!("{id}: {counter}, where nothing runs now"),
        },
        Wish::Stop { id, counter } => format!("{id}: {counter} ends, and nothing takes its place"),
    };
    outlook.waiting.iter().map(sentence).collect()
}

/// What runs though the commission withdrew it or put the floor above it.
fn urgent(standing: &Standing) -> Vec<String> {
    let of = |(id, _): (&ItemId, &Releases)| {
        let counter = standing.runs(id)?.counter;
        Some(match standing.against(id)? {
            Against::Withdrawn { reason } => {
                format!("{id} {counter} runs, but the commission withdrew it ({reason})")
            }
            Against::BelowFloor { floor } => format!("{id} {counter} runs, but is below the floor of {floor}"),
        })
    };
    standing.items().filter_map(of).collect()
}

/// What is old about what this kiosk works on. It goes on all the same.
fn stale(standing: &Standing, outlook: &Outlook, offset: i16) -> Vec<String> {
    let Some(trust) = standing.trust() else {
        let sentence = "nothing that the commission signed was taken yet; connect the kiosk, or take a stick with \
                        `kiosk-gateway updates import`";
        return vec![sentence.to_owned()];
    };
    let mut wrong = Vec::new();
    let fresh = Freshness::of(Some(unix(trust.signed_at)), outlook.last_answer, outlook.now);
    if outlook.source.is_some() && fresh.is_silent() {
        let since = match fresh.silence {
            Some(silence) => format!("for {}", in_words(silence)),
            None => format!("for over {}", in_words(SILENCE)),
        };
        wrong.push(format!(
            "nothing in order came from an update server {since}; look after the network, or take a stick with \
             `kiosk-gateway updates import`"
        ));
    }
    let expires = outlook.offer.as_ref().and_then(|offer| offer.versions.expires);
    if let Some(expired) = expires.filter(|expires| *expires < outlook.now) {
        wrong.push(format!(
            "what the commission signed expired at {}; the kiosk goes on with it, and takes nothing new until it has a fresh one",
            local(expired, offset)
        ));
    }
    wrong
}

/// A duration as people say it.
#[must_use]
pub fn in_words(duration: SignedDuration) -> String {
    let many = |number: i64, one: &str| format!("{number} {one}{}", if number == 1 { "" } else { "s" });
    match duration.as_hours() {
        0 => many(duration.as_mins(), "minute"),
        hours @ 1..48 => many(hours, "hour"),
        hours => many(hours / 24, "day"),
    }
}

/// A row about updates, for people.
fn sentence(event: &Event) -> Option<String> {
    Some(match event {
        Event::Update {
            kind,
            name,
            counter,
            step,
            ..
        } => format!("{kind} {name} {counter}: {}", step_in_words(step)),
        Event::Floor { kind, name, floor } => format!("{kind} {name}: nothing below {floor} runs any more"),
        Event::Trust {
            plan,
            emergency,
            timestamp,
            ..
        } => {
            let list = emergency
                .as_ref()
                .map(|list| format!(", emergency list {}", list.counter));
            format!(
                "trusted: plan {}{}, timestamp {timestamp}",
                plan.counter,
                list.unwrap_or_default()
            )
        }
        Event::Incident { code } => format!("trouble: {}", code.strip_prefix("update-").unwrap_or(code)),
        _ => return None,
    })
}

fn step_in_words(step: &UpdateStep) -> String {
    let by = |officers: &[String]| match officers {
        [] => String::new(),
        officers => format!(", by {}", officers.join(" and ")),
    };
    match step {
        UpdateStep::Fetched => "fetched".to_owned(),
        UpdateStep::Verified { .. } => "verified".to_owned(),
        UpdateStep::Compiled => "compiled".to_owned(),
        UpdateStep::Probed => "tried, and answers as it must".to_owned(),
        UpdateStep::StandingBy => "stands by".to_owned(),
        UpdateStep::Active { officers } => format!("runs{}", by(officers)),
        UpdateStep::Retired { officers } => format!("runs no more{}", by(officers)),
        UpdateStep::Returned { reason } => format!("returned from ({reason})"),
        UpdateStep::Refused { reason } => format!("refused ({reason})"),
        UpdateStep::Withdrawn { reason } => format!("withdrawn by the commission ({reason})"),
    }
}
