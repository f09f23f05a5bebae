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
        turnout: turnout(
            &id,
            whole_hours(entries, generated, utc_offset_minutes),
            &people,
            utc_offset_minutes,
        ),
        counts: totals(&id, counts),
        events: entries.iter().filter_map(|entry| event_row(&id, entry)).collect(),
    })
}

/// Fewer voters than this in one cell could be told apart: how they were identified and how old they are is left out.
const FEWEST: u32 = 5;
const HOUR_MS: u64 = 3_600_000;

fn time_of(entries: &[Entry], is: impl Fn(&Event) -> bool) -> Option<u64> {
    entries.iter().find(|entry| is(&entry.event)).map(|entry| entry.at)
}

/// While the polls are open, the hour that runs is left out: two exports a minute apart would tell one voter from the next.
fn whole_hours(entries: &[Entry], now: u64, utc_offset_minutes: i16) -> &[Entry] {
    if time_of(entries, |event| matches!(event, Event::PollsClosed { .. })).is_some() {
        return entries;
    }
    let past_the_hour = u64::from(minute_of_day(now, utc_offset_minutes) % 60) * 60_000 + now % 60_000;
    let begun = now.saturating_sub(past_the_hour);
    // The clock can have been set back: what comes after is left out, whatever it says.
    let whole = entries.iter().position(|entry| entry.at >= begun);
    &entries[..whole.unwrap_or(entries.len())]
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
    let mut told: BTreeMap<Cell, u32> = BTreeMap::new();
    for ((hour, path, sex, band), count) in cells {
        let cell = if count < FEWEST {
            (hour, "any", sex, "any")
        } else {
            (hour, path, sex, band)
        };
        *told.entry(cell).or_default() += count;
    }
    told.into_iter()
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
        Event::CheckIn { .. }
        | Event::Exported { .. }
        | Event::Trust { .. }
        | Event::Floor { .. }
        | Event::ZeroReport { .. } => return None,
        Event::Update { name, step, .. } => ("update", step.name(), name.as_str()),
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
        // To the hour: a device's or matcher's fault stands beside one voter.
        time: entry.at - entry.at % HOUR_MS,
        kind: kind.to_owned(),
        outcome: outcome.to_owned(),
        code: code.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use identification::event::CheckInId;
    use roll::Sex;

    /// Local midnight at UTC+6.
    const MIDNIGHT: u64 = 1_700_000_000_000 / 86_400_000 * 86_400_000 - 6 * HOUR_MS;
    const OFFSET: i16 = 360;

    fn entry(sequence: u64, at: u64, event: Event) -> Entry {
        Entry { sequence, at, event }
    }

    fn admitted(number: u32, hour: u64, basis: Basis) -> Entry {
        let step = Step::Identified {
            voter: RollNumber(number),
            basis,
        };
        let id = CheckInId(u64::from(number));
        let minute = u64::from(number) * 60_000;
        entry(id.0, MIDNIGHT + hour * HOUR_MS + minute, Event::CheckIn { id, step })
    }

    fn by_finger(number: u32, hour: u64) -> Entry {
        admitted(number, hour, Basis::Confirmed { score: None })
    }

    /// Voters 1 to 20, women, 30 years old; from 16 on 70.
    fn people() -> BTreeMap<RollNumber, Demographic> {
        let person = |number: u32| Demographic {
            voter: RollNumber(number),
            sex: Sex::Female,
            age: if number < 16 { 30 } else { 70 },
        };
        (1..=20).map(|number| (RollNumber(number), person(number))).collect()
    }

    fn cells(entries: &[Entry]) -> Vec<(u8, String, String, u32)> {
        turnout("2041", entries, &people(), OFFSET)
            .into_iter()
            .map(|row| (row.hour, row.path, row.age_band, row.count))
            .collect()
    }

    #[test]
    fn a_cell_of_few_voters_says_neither_how_nor_how_old() {
        let mut entries: Vec<Entry> = (1..=6).map(|number| by_finger(number, 9)).collect();
        entries.push(by_finger(16, 9));
        let officers = vec!["A".to_owned(), "B".to_owned()];
        let reason = "no-finger".to_owned();
        entries.push(admitted(7, 9, Basis::Override { officers, reason }));
        let any = || "any".to_owned();
        assert_eq!(
            cells(&entries),
            [
                (9, any(), any(), 2),
                (9, "fingerprint".to_owned(), "30-44".to_owned(), 6)
            ]
        );
    }

    #[test]
    fn while_the_polls_are_open_the_hour_that_runs_is_left_out() {
        let mut entries = vec![by_finger(1, 9), by_finger(2, 9), by_finger(3, 10)];
        let now = |hour: u64, minutes: u64| MIDNIGHT + hour * HOUR_MS + minutes * 60_000;
        let told = |entries: &[Entry], now| whole_hours(entries, now, OFFSET).len();
        assert_eq!(told(&entries, now(9, 59)), 0);
        assert_eq!(told(&entries, now(10, 0)), 2);
        assert_eq!(told(&entries, now(10, 59)), 2);
        assert_eq!(told(&entries, now(11, 0)), 3);
        let officers = Vec::new();
        entries.push(entry(9, now(10, 5), Event::PollsClosed { officers }));
        assert_eq!(told(&entries, now(10, 6)), entries.len());
    }

    #[test]
    fn a_voter_whose_admission_was_taken_back_is_not_counted() {
        let voided = Event::CheckIn {
            id: CheckInId(1),
            step: Step::Voided {
                officers: Vec::new(),
                reason: "mistake".to_owned(),
            },
        };
        let entries = [by_finger(1, 9), entry(5, MIDNIGHT + 10 * HOUR_MS, voided)];
        assert_eq!(cells(&entries), []);
    }

    #[test]
    fn an_event_leaves_with_its_hour_alone() {
        let event = Event::PluginFault {
            plugin: "m".to_owned(),
            code: "trap".to_owned(),
        };
        let row = event_row("2041", &entry(1, MIDNIGHT + 123_456, event));
        assert_eq!(row.map(|row| row.time), Some(MIDNIGHT));
    }
}
