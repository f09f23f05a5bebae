//! Result export formats: a fresh instance per call, rows through a paged handle, bytes into a sink
//! (`kiosk:exporter/formats`).

use crate::bindings::exporter::kiosk::exporter::{sink, snapshot as wire};
use crate::bindings::exporter::{ExporterPlugin, ExporterPluginPre};
use crate::clock::Control;
use crate::error::PluginError;
use crate::grants::Grants;
use crate::guest::{self, Guest, Span, bad_answer, call};
use crate::limits::{GUEST_TIME, SMALL_MEMORY};
use crate::plugin::{LoadError, Plugin};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Store;
use wasmtime::component::{HasSelf, Resource};

/// What a plugin for this place is made for.
pub const CONTRACT: &str = "kiosk:exporter/exporter-plugin@0.1.0";

const FORMATS: Duration = Duration::from_secs(1);
const WRITE: Duration = Duration::from_secs(60);
const MAX_FORMATS: usize = 16;
/// Rows of one page at most.
const PAGE: usize = 1_000;

/// The station that is exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StationRow {
    /// the commission's number of it
    pub id: String,
    /// for people
    pub name: String,
    /// for people
    pub region: String,
    /// the election's id
    pub election: String,
    /// Unix ms
    pub opened: Option<u64>,
    /// Unix ms
    pub closed: Option<u64>,
    /// voters on the roll
    pub registered: u32,
}

/// Turnout in coarse cells: nothing here can be tied to the order of ballots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnoutRow {
    /// the station's id
    pub station: String,
    /// 0 to 23, local
    pub hour: u8,
    /// how the voters were identified
    pub path: String,
    /// `f` or `m`
    pub sex: String,
    /// for example `18-29`
    pub age_band: String,
    /// voters
    pub count: u32,
}

/// An event of the station, a device, a plugin; never one voter's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// the station's id
    pub station: String,
    /// Unix ms
    pub time: u64,
    /// what kind
    pub kind: String,
    /// how it ended
    pub outcome: String,
    /// a code
    pub code: String,
}

/// A total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountRow {
    /// the station's id
    pub station: String,
    /// `identified`, `issued`, ...
    pub what: String,
    /// how many
    pub value: u32,
}

/// A station's data, fixed when the export begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Unix ms
    pub generated: u64,
    /// this software and its version
    pub software: String,
    /// the journal's checkpoint
    pub checkpoint: String,
    /// one, or many at the commission
    pub stations: Vec<StationRow>,
    /// coarse cells
    pub turnout: Vec<TurnoutRow>,
    /// totals
    pub counts: Vec<CountRow>,
    /// not of voters
    pub events: Vec<EventRow>,
}

/// A format that an exporter can write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// unique within the plugin
    pub id: String,
    /// for people
    pub title: String,
    /// MIME type
    pub media_type: String,
    /// without a dot
    pub file_extension: String,
}

/// Why an export did not come about.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// not an exporter
    #[error(transparent)]
    Load(#[from] LoadError),
    /// it broke a limit
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// the exporter says so
    #[error("the format `{0}` could not be written; see the plugin's documentation")]
    Refused(String),
    /// the bytes had nowhere to go
    #[error("the export could not be written ({0}); free some space or choose another place")]
    Sink(std::io::Error),
}

/// An exporter plugin.
pub struct Exporter {
    plugin: Plugin,
    ready: ExporterPluginPre<Guest>,
    formats: Vec<Format>,
}

/// What the guest reads from.
pub struct Reader {
    snapshot: Arc<Snapshot>,
    grants: Grants,
}

/// Where the guest's bytes go.
pub struct Output {
    to: Box<dyn Write + Send>,
    failed: Option<std::io::Error>,
}

impl Exporter {
    /// Takes a plugin as exporter, and asks it once for its formats.
    ///
    /// # Errors
    /// [`ExportError::Load`], [`ExportError::Plugin`].
    pub fn new(plugin: &Plugin) -> Result<Self, ExportError> {
        plugin.require(CONTRACT)?;
        let shape = |cause: wasmtime::Error| plugin.shape(&cause);
        let mut linker = guest::linker(&plugin.engine).map_err(shape)?;
        wire::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest).map_err(shape)?;
        sink::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest).map_err(shape)?;
        let ready = linker.instantiate_pre(&plugin.component).map_err(shape)?;
        let ready = ExporterPluginPre::new(ready).map_err(shape)?;
        let mut exporter = Self {
            plugin: plugin.clone(),
            ready,
            formats: Vec::new(),
        };
        exporter.formats = exporter.list_formats()?;
        Ok(exporter)
    }

    /// Its plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    fn call<T>(
        &self,
        store: &mut Store<Guest>,
        during: &'static str,
        timeout: Duration,
        run: impl FnOnce(&mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, PluginError> {
        let span = Span {
            during,
            timeout,
            spin: GUEST_TIME,
        };
        call(store, self.plugin.name(), span, &Arc::new(Control::default()), run)
    }

    fn instance(&self) -> Result<(Store<Guest>, ExporterPlugin), PluginError> {
        let mut store = guest::store(&self.plugin.engine, SMALL_MEMORY, &self.plugin.log);
        let bindings = self.call(&mut store, "start", FORMATS, |store| self.ready.instantiate(store))?;
        Ok((store, bindings))
    }

    /// The formats that it can write.
    #[must_use]
    pub fn formats(&self) -> &[Format] {
        &self.formats
    }

    fn list_formats(&self) -> Result<Vec<Format>, PluginError> {
        let (mut store, bindings) = self.instance()?;
        let formats = self.call(&mut store, "list-formats", FORMATS, |store| {
            bindings.kiosk_exporter_formats().call_list_formats(store)
        })?;
        if formats.len() > MAX_FORMATS {
            let rule = "an exporter has at most 16 formats";
            return Err(bad_answer(self.plugin.name(), "list-formats", rule));
        }
        let formats = formats.into_iter().map(|format| Format {
            id: quotation::phrase(&format.id),
            title: quotation::phrase(&format.title),
            media_type: quotation::phrase(&format.media_type),
            file_extension: quotation::phrase(&format.file_extension),
        });
        Ok(formats.collect())
    }

    /// Writes one format of a snapshot to `to`.
    ///
    /// # Errors
    /// [`ExportError`]; what was written so far is then of no use.
    pub fn write(
        &self,
        format: &str,
        settings: &str,
        snapshot: Arc<Snapshot>,
        to: Box<dyn Write + Send>,
    ) -> Result<(), ExportError> {
        self.write_within(WRITE, format, settings, snapshot, to)
    }

    /// As [`Self::write`], in less time than that has.
    pub(crate) fn write_within(
        &self,
        timeout: Duration,
        format: &str,
        settings: &str,
        snapshot: Arc<Snapshot>,
        to: Box<dyn Write + Send>,
    ) -> Result<(), ExportError> {
        let (mut store, bindings) = self.instance()?;
        let grants = self.plugin.grants().clone();
        let (written, failed) = self.call(&mut store, "write", timeout.min(WRITE), |store| {
            let reader = store.data_mut().table.push(Reader { snapshot, grants })?;
            let output = store.data_mut().table.push(Output { to, failed: None })?;
            let written = bindings.kiosk_exporter_formats().call_write(
                &mut *store,
                format,
                settings,
                Resource::new_borrow(reader.rep()),
                Resource::new_borrow(output.rep()),
            )?;
            let mut output = store.data_mut().table.delete(output)?;
            let flushed = output.to.flush().err();
            Ok((written, output.failed.or(flushed)))
        })?;
        if let Some(cause) = failed {
            return Err(ExportError::Sink(cause));
        }
        written.map_err(|_| ExportError::Refused(format.to_owned()))
    }
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exporter {:?}", self.plugin)
    }
}

type Page<T> = Result<(Vec<T>, Option<wire::Cursor>), wire::NotGranted>;

impl Guest {
    /// One page of rows, where rows of this kind are granted.
    fn page<R, T>(
        &mut self,
        this: &Resource<Reader>,
        kind: &str,
        (from, limit): (wire::Cursor, u32),
        rows: impl Fn(&Snapshot) -> &[R],
        row: impl Fn(&R) -> T,
    ) -> wasmtime::Result<Page<T>> {
        let reader = self.table.get(this)?;
        let page = if reader.grants.may_read(kind) {
            let rows = rows(&reader.snapshot);
            let start = usize::try_from(from).unwrap_or(usize::MAX).min(rows.len());
            let count = usize::try_from(limit).unwrap_or(usize::MAX).clamp(1, PAGE);
            let end = start.saturating_add(count).min(rows.len());
            let next = (end < rows.len()).then(|| u64::try_from(end).unwrap_or(u64::MAX));
            Ok((rows[start..end].iter().map(row).collect(), next))
        } else {
            Err(wire::NotGranted { what: kind.to_owned() })
        };
        self.returning();
        Ok(page)
    }
}

impl wire::Host for Guest {}

impl wire::HostReader for Guest {
    fn header(&mut self, this: Resource<Reader>) -> wasmtime::Result<wire::Header> {
        let snapshot = &self.table.get(&this)?.snapshot;
        let header = wire::Header {
            generated: snapshot.generated,
            software: snapshot.software.clone(),
            checkpoint: snapshot.checkpoint.clone(),
        };
        self.returning();
        Ok(header)
    }

    fn stations(&mut self, this: Resource<Reader>, from: u64, limit: u32) -> wasmtime::Result<Page<wire::Station>> {
        self.page(
            &this,
            "stations",
            (from, limit),
            |snapshot| &snapshot.stations,
            |row| wire::Station {
                id: row.id.clone(),
                name: row.name.clone(),
                region: row.region.clone(),
                election: row.election.clone(),
                opened: row.opened,
                closed: row.closed,
                registered: row.registered,
            },
        )
    }

    fn contests(&mut self, this: Resource<Reader>, from: u64, limit: u32) -> wasmtime::Result<Page<wire::Contest>> {
        self.page(
            &this,
            "contests",
            (from, limit),
            |_| &[] as &[wire::Contest],
            Clone::clone,
        )
    }

    fn counts(&mut self, this: Resource<Reader>, from: u64, limit: u32) -> wasmtime::Result<Page<wire::Count>> {
        self.page(
            &this,
            "counts",
            (from, limit),
            |snapshot| &snapshot.counts,
            |row| wire::Count {
                station: row.station.clone(),
                what: row.what.clone(),
                value: row.value,
            },
        )
    }

    fn turnout(&mut self, this: Resource<Reader>, from: u64, limit: u32) -> wasmtime::Result<Page<wire::Turnout>> {
        self.page(
            &this,
            "turnout",
            (from, limit),
            |snapshot| &snapshot.turnout,
            |row| wire::Turnout {
                station: row.station.clone(),
                hour: row.hour,
                path: row.path.clone(),
                sex: row.sex.clone(),
                age_band: row.age_band.clone(),
                count: row.count,
            },
        )
    }

    fn events(&mut self, this: Resource<Reader>, from: u64, limit: u32) -> wasmtime::Result<Page<wire::Event>> {
        self.page(
            &this,
            "events",
            (from, limit),
            |snapshot| &snapshot.events,
            |row| wire::Event {
                station: row.station.clone(),
                time: row.time,
                kind: row.kind.clone(),
                outcome: row.outcome.clone(),
                code: row.code.clone(),
            },
        )
    }

    /// Ballot scanners come with a later contract; there are no rows yet.
    fn tallies(&mut self, this: Resource<Reader>, from: u64, limit: u32) -> wasmtime::Result<Page<wire::Tally>> {
        self.page(&this, "tallies", (from, limit), |_| &[] as &[wire::Tally], Clone::clone)
    }

    /// Only after closing, which no export does yet; there are no rows.
    fn participants(
        &mut self,
        this: Resource<Reader>,
        from: u64,
        limit: u32,
    ) -> wasmtime::Result<Page<wire::Participant>> {
        self.page(
            &this,
            "participants",
            (from, limit),
            |_| &[] as &[wire::Participant],
            Clone::clone,
        )
    }

    fn progress(&mut self, this: Resource<Reader>, _millionths: u32) -> wasmtime::Result<bool> {
        self.table.get(&this)?;
        let stop = self.remaining().is_zero();
        self.returning();
        Ok(stop)
    }

    fn drop(&mut self, this: Resource<Reader>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl sink::Host for Guest {}

impl sink::HostOutput for Guest {
    fn write(&mut self, this: Resource<Output>, bytes: Vec<u8>) -> wasmtime::Result<Result<(), sink::Closed>> {
        let output = self.table.get_mut(&this)?;
        let written = match output.to.write_all(&bytes) {
            Ok(()) if output.failed.is_none() => Ok(()),
            Ok(()) => Err(sink::Closed {
                reason: "closed".to_owned(),
            }),
            Err(cause) => {
                output.failed.get_or_insert(cause);
                Err(sink::Closed {
                    reason: "closed".to_owned(),
                })
            }
        };
        self.returning();
        Ok(written)
    }

    fn drop(&mut self, this: Resource<Output>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}
