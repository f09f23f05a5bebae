//! Fingerprint records of any form: what all of them promise.

use crate::{hostile, sentence};
use fingerprint_matcher::Probe;
use fingerprint_matcher::record::{RecordFormat, export, import};

/// All forms; a record of one form is a seed for every other.
const FORMS: [RecordFormat; 3] = [
    RecordFormat::Iso19794v2005,
    RecordFormat::Ansi378v2004,
    RecordFormat::Iso19794v2011,
];

/// What is read must be the same after it was written and read once more; what is refused, is refused in a sentence.
pub(crate) fn check(bytes: &[u8], format: RecordFormat) {
    match import(bytes, format) {
        Ok(probes) => probes.iter().for_each(|probe| survives(probe, format)),
        Err(why) => sentence::expect(&why.to_string()),
    }
}

fn survives(probe: &Probe, format: RecordFormat) {
    let once = written(probe, format);
    // Units of 2 degrees are coarser than what a record of another form, which is read as well, may have brought.
    if format != RecordFormat::Ansi378v2004 {
        assert!(once == *probe, "{probe:?} is another one after a record of {format:?}");
    }
    assert!(
        written(&once, format) == once,
        "{probe:?} is another one after a second record of {format:?}"
    );
}

/// After it went through a record.
fn written(probe: &Probe, format: RecordFormat) -> Probe {
    let read = export(probe, format).and_then(|record| import(&record, format));
    match read.map(|mut probes| (probes.pop(), probes.len())) {
        Ok((Some(probe), 0)) => probe,
        Ok(_) => panic!("a record of one view was read as another number of them"),
        Err(why) => panic!("what was imported cannot be written as {format:?}: {why}"),
    }
}

/// Records of synthetic fingers, in every form.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    hostile::probes()
        .iter()
        .flat_map(|probe| FORMS.map(|format| export(probe, format)))
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_records_of_every_form() {
        let (seeds, fingers) = (seeds(), hostile::probes().len());
        assert_eq!((fingers, seeds.len()), (4, 4 * FORMS.len()));
        for format in FORMS {
            let read = seeds.iter().filter(|seed| import(seed, format).is_ok()).count();
            assert!(read >= fingers, "{format:?}: {read}");
        }
    }
}
