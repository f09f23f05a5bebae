//! The cases of an export format.

use super::case::{List, Outcome, failed};
use super::package;
use super::rig::Rig;
use plugin_runtime::exporter::{CONTRACT, CountRow, EventRow, ExportError, Exporter, Snapshot, StationRow, TurnoutRow};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// An exporter that is tried.
pub(crate) struct Bench {
    pub(crate) rig: Rig,
}

/// Bytes in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A disk that is full after so many bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.0.checked_sub(bytes.len()) {
            Some(left) => {
                self.0 = left;
                Ok(bytes.len())
            }
            None => Err(std::io::Error::other("the disk is full")),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// So many stations, with names that try a format.
fn snapshot(stations: u32) -> Arc<Snapshot> {
    let names = [
        "School no. 5",
        "Hall \"A\", 2nd floor",
        "=HYPERLINK(1)",
        "a\tb\nc",
        "Мектеп №7 ӨҢҮ",
        "<b>&amp;</b>",
    ];
    let id = |number: u32| format!("{}", 2_000 + number);
    Arc::new(Snapshot {
        generated: 1_800_000_000_000,
        software: "plugin-kit".to_owned(),
        checkpoint: "none".to_owned(),
        stations: (0..stations)
            .map(|number| StationRow {
                id: id(number),
                name: names[usize::try_from(number).unwrap_or(0) % names.len()].to_owned(),
                region: "Osh".to_owned(),
                election: "presidential-2027".to_owned(),
                opened: Some(1_800_000_000_000),
                closed: None,
                registered: 1_300,
            })
            .collect(),
        turnout: (0..stations)
            .flat_map(|number| {
                (8..20).flat_map(move |hour| {
                    ["f", "m"].map(|sex| TurnoutRow {
                        station: id(number),
                        hour,
                        path: "fingerprint".to_owned(),
                        sex: sex.to_owned(),
                        age_band: "30-49".to_owned(),
                        count: 7,
                    })
                })
            })
            .collect(),
        counts: (0..stations)
            .flat_map(|number| {
                ["identified", "issued", "voided"].map(|what| CountRow {
                    station: id(number),
                    what: what.to_owned(),
                    value: 168,
                })
            })
            .collect(),
        events: (0..stations)
            .map(|number| EventRow {
                station: id(number),
                time: 1_800_000_000_000,
                kind: "device".to_owned(),
                outcome: "failed".to_owned(),
                code: "pulled".to_owned(),
            })
            .collect(),
    })
}

impl Bench {
    fn exporter(&self) -> Result<Exporter, Outcome> {
        Exporter::new(&self.rig.plugin).map_err(|cause| failed(cause.to_string()))
    }

    fn written(&self, format: &str, stations: u32) -> Result<Vec<u8>, Outcome> {
        let memory = Memory::default();
        self.exporter()?
            .write(format, "", snapshot(stations), Box::new(memory.clone()))
            .map_err(|cause| failed(format!("{format} of {stations} stations: {cause}")))?;
        let bytes = memory.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(bytes)
    }

    fn formats(&self) -> Result<Vec<String>, Outcome> {
        Ok(self
            .exporter()?
            .formats()
            .iter()
            .map(|format| format.id.clone())
            .collect())
    }
}

/// All cases, in order.
pub(crate) fn list() -> List<Bench> {
    let mut list = List::new('X');
    package::cases(&mut list, |bench: &Bench| &bench.rig, CONTRACT);
    list.group("formats", 11);
    list.case(
        "it lists its formats, each with id, title, media type and file extension",
        |bench: &Bench| {
            let exporter = bench.exporter()?;
            let formats = exporter.formats();
            let whole = |format: &plugin_runtime::exporter::Format| {
                !format.id.is_empty()
                    && !format.title.is_empty()
                    && format.media_type.contains('/')
                    && !format.file_extension.is_empty()
            };
            if formats.is_empty() || !formats.iter().all(whole) {
                return Err(failed(format!("it lists {formats:?}")));
            }
            Ok(formats.len())
        },
    );
    list.case("no two formats have the same id", |bench: &Bench| {
        let mut ids = bench.formats()?;
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() != all {
            return Err(failed("two have the same"));
        }
        Ok(all)
    });
    list.case(
        "a format that it does not have is refused, without a trap",
        |bench: &Bench| {
            let written = bench
                .exporter()?
                .write("no-such-format", "", snapshot(1), Box::new(Memory::default()));
            match written {
                Err(ExportError::Refused(_)) => Ok(1),
                Err(other) => Err(failed(other.to_string())),
                Ok(()) => Err(failed("it was written")),
            }
        },
    );
    list.group("writing", 21);
    list.case("one station is written, and something comes", |bench: &Bench| {
        let formats = bench.formats()?;
        for format in &formats {
            if bench.written(format, 1)?.is_empty() {
                return Err(failed(format!("{format} is empty")));
            }
        }
        Ok(formats.len())
    });
    list.case("the same rows give the same bytes", |bench: &Bench| {
        let formats = bench.formats()?;
        for format in &formats {
            if bench.written(format, 6)? != bench.written(format, 6)? {
                return Err(failed(format!("{format} differs")));
            }
        }
        Ok(formats.len())
    });
    list.case("other rows give other bytes", |bench: &Bench| {
        let formats = bench.formats()?;
        for format in &formats {
            if bench.written(format, 1)? == bench.written(format, 2)? {
                return Err(failed(format!("{format} is the same for one station and for two")));
            }
        }
        Ok(formats.len())
    });
    list.case("no station at all is written, without a trap", |bench: &Bench| {
        let formats = bench.formats()?;
        for format in &formats {
            bench.written(format, 0)?;
        }
        Ok(formats.len())
    });
    list.case("the whole country is written within its memory", |bench: &Bench| {
        let formats = bench.formats()?;
        for format in &formats {
            bench.written(format, 2_400)?;
        }
        Ok(formats.len())
    });
    list.case("a text format is text: UTF-8, without a byte 0", |bench: &Bench| {
        let exporter = bench.exporter()?;
        for format in exporter
            .formats()
            .iter()
            .filter(|format| format.media_type.starts_with("text/"))
        {
            let bytes = bench.written(&format.id, 6)?;
            if std::str::from_utf8(&bytes).is_err() || bytes.contains(&0) {
                return Err(failed(format!("{} is not", format.id)));
            }
        }
        Ok(1)
    });
    list.case("a full disk is the host's to tell, and no trap", |bench: &Bench| {
        let formats = bench.formats()?;
        for format in &formats {
            match bench.exporter()?.write(format, "", snapshot(6), Box::new(Full(16))) {
                Err(ExportError::Sink(_)) => {}
                Err(other) => return Err(failed(format!("{format}: {other}"))),
                Ok(()) => return Err(failed(format!("{format} was written"))),
            }
        }
        Ok(formats.len())
    });
    list.case(
        "every row that the manifest asks for is one that there is",
        |bench: &Bench| {
            const ROWS: [&str; 7] = [
                "stations",
                "contests",
                "counts",
                "turnout",
                "events",
                "tallies",
                "participants",
            ];
            let asked = bench
                .rig
                .manifest()
                .exporter
                .as_ref()
                .map(|asks| asks.rows.clone())
                .unwrap_or_default();
            match asked.iter().find(|row| !ROWS.contains(&row.as_str())) {
                Some(row) => Err(failed(format!("there are no rows `{row}`"))),
                None => Ok(asked.len()),
            }
        },
    );
    list
}
