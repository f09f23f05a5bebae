//! A release is tried before it is signed, as every kiosk will try it: in the same sandbox, on the same golden vectors.

use plan::item::Release;
use plugin_runtime::grants::Allowed;
use plugin_runtime::plugin::LogMode;
use plugin_runtime::probe::{Trial, Vectors, probe};
use plugin_runtime::runtime::Runtime;

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub struct Rehearsal<'a> {
    /// the component
    pub component: &'a [u8],
    /// what it is granted
    pub release: &'a Release,
    /// what it must answer
    pub vectors: Option<&'a [u8]>,
    /// a policy's settings, where there are some
    pub settings: Option<&'a str>,
}

/// Tries a release; answers with the number of answers that were compared, or with a sentence.
pub type Rehearser<'a> = dyn Fn(&Rehearsal<'_>) -> Result<usize, String> + 'a;

/// Tries a release in the sandbox.
///
/// # Errors
/// A sentence: what a kiosk would say of it.
pub fn rehearse(rehearsal: &Rehearsal<'_>) -> Result<usize, String> {
    let vectors = rehearsal.vectors.map(Vectors::read).transpose();
    let vectors = vectors.map_err(|cause| cause.to_string())?;
    let runtime = Runtime::new(LogMode::Production).map_err(|cause| cause.to_string())?;
    let allowed = Allowed {
        usb: rehearsal.release.usb.clone(),
        rows: rehearsal.release.rows.clone(),
        ..Allowed::nothing()
    };
    let plugin = runtime.load(rehearsal.component, None, &allowed);
    let plugin = plugin.map_err(|cause| cause.to_string())?;
    let trial = Trial {
        settings: rehearsal.settings,
        ..Trial::default()
    };
    let probed = probe(&plugin, vectors.as_ref(), &trial).map_err(|cause| cause.to_string())?;
    Ok(probed.compared)
}
