//! What an exporter may read of this station: coarse cells and totals, never one voter's event.

use crate::clock::minute_of_day;
use identification::event::{Basis, Event, Step};
use identification::station::Counts;
use identification::voter::RollNumber;
use journal::journal::Entry;
use plugin_runtime::exporter::{CountRow, EventRow, Snapshot, StationRow, TurnoutRow};
use roll::{Demographic, Roll};
use std::collections::BTreeMap;

/// Ages of turnout cells: from, to, name.
const BANDS: [(u8, u8, &str); 5] = [
    (0, 17, "under-18"),
    (18, 29, "18-29"),
    (30, 44, "30-44"),
    (45, 59, "45-59"),
    (60, u8::MAX, "60+"),
];

/// The station's data as they are now.
///
/// # Errors
/// [`roll::ReadError`].
pub fn snapshot(
    roll: &Roll,
    entries: &[Entry],
    counts: Counts,
    (generated, utc_offset_minutes): (u64, i16),
    checkpoint: String,
) -> Result<Snapshot, roll::ReadError> {
    let station = roll.station();
    let people: BTreeMap<RollNumber, Demographic> = roll.demographics()?.map(|person| (person.voter, person)).collect();
    let id = station.id().to_owned();
    Ok(Snapshot {
        generated,
        software: concat!("kiosk-gateway ", env!("CARGO_PKG_VERSION")).to_owned(),
        checkpoint,
        stations: vec![StationRow {
            id: id.clone(),
            name: station.name().to_owned(),
            region: station.region().to_owned(),
            election: station.election().to_owned(),
            opened: time_of(entries, |event| matches!(event, Event::PollsOpened { .. })),
            closed: time_of(entries, |event| matches!(event, Event::PollsClosed { .. })),
            registered: roll.len(),
        }],
        turnout: turnout(&id, entries, &people, utc_offset_minutes),
        counts: totals(&id, counts),
        events: entries.iter().filter_map(|entry| event_row(&id, entry)).collect(),
    })
}

fn time_of(entries: &[Entry], is: impl Fn(&Event) -> bool) -> Option<u64> {
    entries.iter().find(|entry| is(&entry.event)).map(|entry| entry.at)
}

/// Admissions by hour, sex, age band and path; those that were voided are taken out of the cell they went into.
fn turnout(
    station: &str,
    entries: &[Entry],
    people: &BTreeMap<RollNumber, Demographic>,
    utc_offset_minutes: i16,
) -> Vec<TurnoutRow> {
    type Cell = (u8, &'static str, &'static str, &'static str);
    let mut admitted = BTreeMap::new();
    for entry in entries {
        let Event::CheckIn { id, step } = &entry.event else {
            continue;
        };
        match step {
            Step::Identified { voter, basis } => {
                let hour = u8::try_from(minute_of_day(entry.at, utc_offset_minutes) / 60).unwrap_or(23);
                let person = people.get(voter);
                let band = BANDS
                    .iter()
                    .find(|(from, to, _)| person.is_some_and(|person| (*from..=*to).contains(&person.age)))
                    .map_or("unknown", |(_, _, name)| name);
                let path = if matches!(basis, Basis::Override { .. }) {
                    "officers"
                } else {
                    "fingerprint"
                };
                admitted.insert(*id, (hour, path, person.map_or("", |person| person.sex.letter()), band));
            }
            Step::Voided { .. } => {
                admitted.remove(id);
            }
            _ => {}
        }
    }
    let mut cells: BTreeMap<Cell, u32> = BTreeMap::new();
    for cell in admitted.into_values() {
        *cells.entry(cell).or_default() += 1;
    }
    cells
        .into_iter()
        .map(|((hour, path, sex, band), count)| TurnoutRow {
            station: station.to_owned(),
            hour,
            path: path.to_owned(),
            sex: sex.to_owned(),
            age_band: band.to_owned(),
            count,
        })
        .collect()
}

fn totals(station: &str, counts: Counts) -> Vec<CountRow> {
    [
        ("identified", counts.identified),
        ("issued", counts.issued),
        ("voided", counts.voided),
        ("already-identified", counts.already_identified),
        ("contested", counts.contested),
        ("referred", counts.referred),
        ("refused", counts.refused),
        ("overrides", counts.overrides),
    ]
    .map(|(what, value)| CountRow {
        station: station.to_owned(),
        what: what.to_owned(),
        value,
    })
    .to_vec()
}

/// Station, device and plugin events. A check-in's steps never leave one by one.
fn event_row(station: &str, entry: &Entry) -> Option<EventRow> {
    let (kind, outcome, code) = match &entry.event {
        Event::CheckIn { .. } | Event::Exported { .. } => return None,
        Event::KioskStarted { .. } => ("kiosk", "started", ""),
        Event::PluginLoaded { plugin, .. } => ("plugin", "loaded", plugin.as_str()),
        Event::PluginFault { code, .. } => ("plugin", "fault", code.as_str()),
        Event::Incident { code } => ("incident", "noted", code.as_str()),
        Event::PollsOpened { .. } => ("polls", "opened", ""),
        Event::PollsClosed { .. } => ("polls", "closed", ""),
        Event::Device { role, code } => (role.as_str(), "device", code.as_str()),
    };
    Some(EventRow {
        station: station.to_owned(),
        time: entry.at,
        kind: kind.to_owned(),
        outcome: outcome.to_owned(),
        code: code.to_owned(),
    })
}
