//! What the drivers of all kinds of devices share: how they are started, what they may import, how they report faults.

mod instance;

pub(crate) use instance::{Instance, Kind, fits, start, starts};

use crate::bindings::base::kiosk::driver::{faults as wire, usb};
use crate::claimed::Claimed;
use crate::error::PluginError;
use crate::guest::{self, Guest};
use crate::plugin::Plugin;
use devices::transfer::ClaimedInterface;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Store;
use wasmtime::component::{HasSelf, Linker, Resource};

/// A driver brings its device up within this.
pub(crate) const OPEN: Duration = Duration::from_secs(5);

/// What kind of fault a driver reports. The instance lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// nothing was put on the device in time
    NothingPresented,
    /// cancelled by the host
    Cancelled,
    /// unplugged or dead
    DeviceGone,
    /// the device answered against its protocol
    Protocol,
    /// wrong model, firmware or mode
    NotSupported,
    /// the device comes back under other ids
    ReEnumerates,
    /// paper, cover, dirt: the code says which
    NeedsAttention,
}

/// A fault that a driver reports, in codes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Fault {
    /// what it is to the operator
    pub kind: FaultKind,
    /// the driver's code, at most 64 bytes of a-z, 0-9 and `-`
    pub code: String,
}

impl Fault {
    fn sentence(&self) -> String {
        let code = &self.code;
        match self.kind {
            FaultKind::NothingPresented => "nothing was presented in time; ask the voter again".to_owned(),
            FaultKind::Cancelled => "the capture was cancelled; start it again".to_owned(),
            FaultKind::DeviceGone => "the device is gone; check its cable and plug it in again".to_owned(),
            FaultKind::Protocol => format!("the device answered wrongly ({code}); unplug it and plug it in again"),
            FaultKind::NotSupported => format!("this driver cannot work with the device ({code}); use another one"),
            FaultKind::ReEnumerates => "the device restarts; wait a few seconds".to_owned(),
            FaultKind::NeedsAttention => format!("the device needs attention ({code}); put it right and try again"),
        }
    }
}

/// Why a driver could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// the driver says so; it is ready for the next call
    #[error(transparent)]
    Fault(#[from] Fault),
    /// the plugin broke a limit or its contract
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

impl DriverError {
    /// The code for the journal.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Fault(fault) => fault.code.clone(),
            Self::Plugin(error) => error.code().to_owned(),
        }
    }
}

/// What a driver is started with.
#[derive(Clone, Default)]
pub struct Start {
    /// names and values out of the station's configuration
    pub settings: Vec<(String, String)>,
    /// from the host's generator, or recorded
    pub nonce: [u8; 32],
    /// what an earlier run gave back for this serial
    pub calibration: Option<Vec<u8>>,
}

impl std::fmt::Debug for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "start with {} settings", self.settings.len())
    }
}

/// Every driver imports USB and faults.
pub(crate) fn linker(plugin: &Plugin) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = guest::linker(&plugin.engine)?;
    usb::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wire::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    Ok(linker)
}

pub(crate) fn runtime_error(plugin: &str, cause: &wasmtime::Error) -> PluginError {
    PluginError {
        plugin: plugin.to_owned(),
        during: "start",
        cause: crate::error::Cause::Runtime(cause.to_string()),
    }
}

/// The interfaces become handles of the guest, each with the grant for it.
pub(crate) fn hand_over(
    store: &mut Store<Guest>,
    plugin: &Plugin,
    interfaces: Vec<Box<dyn ClaimedInterface>>,
) -> wasmtime::Result<Vec<Resource<Claimed>>> {
    interfaces
        .into_iter()
        .map(|interface| {
            let grant = plugin.grants().handed(&interface.identity()).cloned();
            Ok(store
                .data_mut()
                .table
                .push(Claimed::new(interface, grant, Arc::clone(&plugin.refused)))?)
        })
        .collect()
}

pub(crate) fn start_record(start: &Start) -> wire::Start {
    wire::Start {
        settings: start.settings.clone(),
        nonce: start.nonce.to_vec(),
        calibration: start.calibration.clone(),
    }
}

/// The detail stays behind: it could carry what was read. A code that is none of the plugin's is replaced.
pub(crate) fn reported(fault: wire::Fault, guest: &Guest) -> Fault {
    let kind = match fault.kind {
        wire::Kind::NothingPresented => FaultKind::NothingPresented,
        wire::Kind::Cancelled => FaultKind::Cancelled,
        wire::Kind::DeviceGone => FaultKind::DeviceGone,
        wire::Kind::Protocol => FaultKind::Protocol,
        wire::Kind::NotSupported => FaultKind::NotSupported,
        wire::Kind::ReEnumerates => FaultKind::ReEnumerates,
        wire::Kind::NeedsAttention => FaultKind::NeedsAttention,
    };
    Fault {
        kind,
        code: guest.code(&fault.code),
    }
}
