//! Prints as standard records, so that templates can come from and go to other systems.
//!
//! Three forms, read and written: ISO/IEC 19794-2:2005 and :2011, each in its record format, and ANSI INCITS 378-2004.
//! The formats for cards are not here. All numbers are big-endian.
//!
//! Whoever sends a record is not trusted. Every byte is accounted for, every number that the template takes is checked,
//! nothing is allocated beyond the record's own size, and a refusal names the byte and the rule. Numbers that a template
//! does not take (devices, kinds of impression, dates, certificates, reserved bits) are passed over.
//!
//! Two allowances, for records that are common and harmless:
//! - The record's length may be stated up to two bytes too short, as long as its views fill it to the last byte. The
//!   example printed in ISO/IEC 19794-2:2005, annex C, says 340 and has 341.
//! - A record is read as the form that it is. Version and length tell the three apart, so a caller who does not know
//!   may ask for any.

mod ansi378;
mod error;
mod extended;
mod frame;
mod iso2005;
mod iso2011;
mod marks;
mod reader;
mod standard;
mod view;

pub use error::{Flaw, RecordError};
pub use standard::{Part, Rule};

use crate::gallery::Probe;
use crate::template::Template;

/// Standard record forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFormat {
    /// ISO/IEC 19794-2:2005, record format
    Iso19794v2005,
    /// ANSI INCITS 378-2004
    Ansi378v2004,
    /// ISO/IEC 19794-2:2011, record format
    Iso19794v2011,
}

/// One probe per finger view in the record, in the record's order, at 500 dpi. Of more minutiae than a template keeps,
/// the best are kept, and of equally good ones those nearest to their middle.
///
/// # Errors
/// [`RecordError::Refused`] with the first byte that breaks a rule.
pub fn import(bytes: &[u8], format: RecordFormat) -> Result<Vec<Probe>, RecordError> {
    match recognise(bytes).unwrap_or(format) {
        RecordFormat::Iso19794v2005 => iso2005::import(bytes),
        RecordFormat::Ansi378v2004 => ansi378::import(bytes),
        RecordFormat::Iso19794v2011 => iso2011::import(bytes),
    }
}

/// The form that a record says it has, or none where it contradicts all of them. 2005 and 378 have the same version;
/// the places of their lengths overlap so that no record fits both.
fn recognise(bytes: &[u8]) -> Option<RecordFormat> {
    let forms = [
        (RecordFormat::Iso19794v2011, iso2011::claims(bytes)),
        (RecordFormat::Iso19794v2005, iso2005::claims(bytes)),
        (RecordFormat::Ansi378v2004, ansi378::claims(bytes)),
    ];
    forms.into_iter().find_map(|(format, claims)| claims.then_some(format))
}

/// One probe as a record of one view. What a template does not know is written as unknown; the kind of impression,
/// which has no code for that, as live and plain.
///
/// # Errors
/// [`RecordError::Template`] where the probe's template is not one of this plugin's.
pub fn export(probe: &Probe, format: RecordFormat) -> Result<Vec<u8>, RecordError> {
    let template = Template::parse(&probe.template).map_err(|_| RecordError::Template)?;
    Ok(match format {
        RecordFormat::Iso19794v2005 => iso2005::export(&template, probe.position),
        RecordFormat::Ansi378v2004 => ansi378::export(&template, probe.position),
        RecordFormat::Iso19794v2011 => iso2011::export(&template, probe.position),
    })
}
