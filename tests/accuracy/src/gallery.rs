//! The component's gallery, filled.

use crate::Outcome;
use plugin_runtime::matcher::{ExtractError, Matcher, Probe, Reference};
use plugin_runtime::plugin::Plugin;
use std::num::NonZeroUsize;

/// References of one call: few enough that it keeps its time on a slow machine.
const BATCH: usize = 64;

/// An instance with these references.
pub(crate) fn enrolled(plugin: &Plugin, references: &[Reference]) -> Outcome<Matcher> {
    let matcher = Matcher::start(plugin, references.len(), NonZeroUsize::MIN)?;
    for batch in references.chunks(BATCH) {
        matcher.enrol(batch.iter().cloned())?;
    }
    Ok(matcher)
}

/// The probe as another system would hand it over: written as an ISO/IEC 19794-2:2005 record and read again.
pub(crate) fn through_record(matcher: &Matcher, probe: &Probe) -> Result<Probe, ExtractError> {
    let record = matcher.export_record(probe)?;
    let mut views = matcher.import_record(&record)?.into_iter();
    // One view was written.
    views.next().ok_or(ExtractError::Invalid)
}

/// A subject's number, as galleries count them.
pub(crate) fn subject(index: usize) -> Outcome<u32> {
    Ok(u32::try_from(index)?)
}
