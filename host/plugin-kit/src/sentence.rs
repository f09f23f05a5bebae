//! What went wrong, for the person at the keyboard.

use std::path::Path;

/// One sentence: what happened, to what, what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Sentence(pub String);

impl Sentence {
    /// A file that the system does not give.
    #[must_use]
    pub fn file(path: &Path, cause: &std::io::Error) -> Self {
        Self(format!("{} could not be used: {cause}", path.display()))
    }
}

macro_rules! said_by {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for Sentence {
            fn from(cause: $error) -> Self {
                Self(cause.to_string())
            }
        })+
    };
}

said_by!(
    crate::check::CheckError,
    devices::bus::BusError,
    devices::bus::OpenError,
    image_files::PictureError,
    plugin_package::PackError,
    plugin_package::ReadError,
    plugin_runtime::driver::DriverError,
    plugin_runtime::error::PluginError,
    plugin_runtime::exporter::ExportError,
    plugin_runtime::lockstep::PlayError,
    plugin_runtime::matcher::StartError,
    plugin_runtime::plugin::LoadError,
    plugin_runtime::policy::PolicyError,
    plugin_runtime::probe::ProbeError,
    plugin_runtime::probe::VectorsError,
    plugin_runtime::runtime::EngineError,
    plugin_runtime::session::CallError,
    serde_json::Error,
    usb_recording::import::ImportError,
    usb_recording::replay::ReplayError,
);
