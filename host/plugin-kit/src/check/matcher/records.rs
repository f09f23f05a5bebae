//! Cases about records for interchange, ISO/IEC 19794-2:2005. A matcher need not have them; what it has must be right.

use super::{Bench, enrolled, found};
use crate::check::case::{List, Outcome, Tried, failed};
use plugin_runtime::matcher::{ExtractError, Matcher, Probe, Reference};

/// What a record begins with: its format and version (7.3.1 and 7.3.2).
const BEGIN: &[u8] = b"FMR\0 20\0";
/// Where its length in bytes stands, big-endian (7.3.3).
const LENGTH: std::ops::Range<usize> = 8..12;

pub(super) fn cases(list: &mut List<Bench>) {
    list.group("records", 51);
    list.case(
        "a record that is given out begins as ISO/IEC 19794-2 has it, and is as long as it says",
        |bench: &Bench| {
            let (matcher, probes) = enrolled(bench, 1)?;
            for probe in &probes {
                let record = exported(&matcher, probe)?;
                let said = record.get(LENGTH).and_then(|bytes| bytes.try_into().ok());
                let said = said.map(u32::from_be_bytes).and_then(|said| usize::try_from(said).ok());
                if !record.starts_with(BEGIN) || said != Some(record.len()) {
                    return Err(failed(format!("a record of {} bytes does not", record.len())));
                }
            }
            Ok(probes.len())
        },
    );
    list.case("a record that is taken in finds the finger it was made of", taken_in);
    list.case("a broken, cut or empty record is refused, without a trap", broken);
}

/// A probe's record, or that the matcher has none.
fn exported(matcher: &Matcher, probe: &Probe) -> Result<Vec<u8>, Outcome> {
    match matcher.export_record(probe) {
        Ok(record) => Ok(record),
        Err(ExtractError::Invalid) => Err(Outcome::NotApplicable("it gives no records out".to_owned())),
        Err(cause) => Err(failed(cause.to_string())),
    }
}

fn taken_in(bench: &Bench) -> Tried {
    let (matcher, probes) = enrolled(bench, 1)?;
    let records: Result<Vec<Vec<u8>>, Outcome> = probes.iter().map(|probe| exported(&matcher, probe)).collect();
    let from_records = bench.start(1)?;
    for (subject, record) in (1..).zip(records?) {
        let views = match matcher.import_record(&record) {
            Ok(views) => views,
            Err(ExtractError::Invalid) => return Err(failed("it does not take what it gives out")),
            Err(cause) => return Err(failed(cause.to_string())),
        };
        let references = views.into_iter().map(|probe| Reference { subject, probe });
        from_records
            .enrol(references)
            .map_err(|cause| failed(cause.to_string()))?;
    }
    for (subject, probe) in (1..).zip(&probes) {
        let first = found(&from_records, probe, 1)?.first().map(|(first, _)| *first);
        if first != Some(subject) {
            return Err(failed(format!("finger {subject} was not found by its record")));
        }
    }
    Ok(probes.len())
}

fn broken(bench: &Bench) -> Tried {
    let (matcher, probes) = enrolled(bench, 1)?;
    let mut records = vec![
        Vec::new(),
        vec![0],
        vec![255; 4_096],
        BEGIN.to_vec(),
        [BEGIN, &[255; 64]].concat(),
    ];
    // A whole one, cut at every place of its headers and in its middle.
    if let Ok(whole) = exported(&matcher, &probes[0]) {
        records.extend((1..whole.len().min(40)).map(|length| whole[..length].to_vec()));
        records.push(whole[..whole.len() / 2].to_vec());
    }
    for record in &records {
        match matcher.import_record(record) {
            Err(ExtractError::Invalid) => {}
            Ok(_) => return Err(failed(format!("one of {} bytes was taken", record.len()))),
            Err(cause) => return Err(failed(format!("one of {} bytes: {cause}", record.len()))),
        }
    }
    Ok(records.len())
}
