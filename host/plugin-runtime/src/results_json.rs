//! What an exporter reads, as JSON, with the names of `kiosk:exporter`. Rows that this version of the host does not serve
//! (contests, tallies, participants) are refused rather than passed over.

use crate::exporter::{CountRow, EventRow, Snapshot, StationRow, TurnoutRow};
use serde::{Deserialize, Serialize};

/// Settings, and the rows of a station or of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    #[serde(default)]
    settings: String,
    header: Header,
    stations: Vec<Station>,
    #[serde(default)]
    turnout: Vec<Turnout>,
    #[serde(default)]
    counts: Vec<Count>,
    #[serde(default)]
    events: Vec<Event>,
}

/// `header`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    generated: u64,
    software: String,
    checkpoint: String,
}

/// `station`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Station {
    id: String,
    name: String,
    region: String,
    election: String,
    opened: Option<u64>,
    closed: Option<u64>,
    registered: u32,
}

/// `turnout`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Turnout {
    station: String,
    hour: u8,
    path: String,
    sex: String,
    age_band: String,
    count: u32,
}

/// `count`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Count {
    station: String,
    what: String,
    value: u32,
}

/// `event`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    station: String,
    time: u64,
    kind: String,
    outcome: String,
    code: String,
}

impl From<Results> for (String, Snapshot) {
    fn from(given: Results) -> Self {
        let snapshot = Snapshot {
            generated: given.header.generated,
            software: given.header.software,
            checkpoint: given.header.checkpoint,
            stations: given.stations.into_iter().map(Into::into).collect(),
            turnout: given.turnout.into_iter().map(Into::into).collect(),
            counts: given.counts.into_iter().map(Into::into).collect(),
            events: given.events.into_iter().map(Into::into).collect(),
        };
        (given.settings, snapshot)
    }
}

impl From<Station> for StationRow {
    fn from(given: Station) -> Self {
        Self {
            id: given.id,
            name: given.name,
            region: given.region,
            election: given.election,
            opened: given.opened,
            closed: given.closed,
            registered: given.registered,
        }
    }
}

impl From<Turnout> for TurnoutRow {
    fn from(given: Turnout) -> Self {
        Self {
            station: given.station,
            hour: given.hour,
            path: given.path,
            sex: given.sex,
            age_band: given.age_band,
            count: given.count,
        }
    }
}

impl From<Count> for CountRow {
    fn from(given: Count) -> Self {
        Self {
            station: given.station,
            what: given.what,
            value: given.value,
        }
    }
}

impl From<Event> for EventRow {
    fn from(given: Event) -> Self {
        Self {
            station: given.station,
            time: given.time,
            kind: given.kind,
            outcome: given.outcome,
            code: given.code,
        }
    }
}
