//! Minutiae out of an ISO/IEC 19794-2:2005 record, for drawing: as another system would read what the matcher writes.

/// A place where a ridge ends or forks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Minutia {
    /// inches from the left
    pub(crate) x: f64,
    /// inches from the top
    pub(crate) y: f64,
    /// counter-clockwise from the right, radians
    pub(crate) angle: f64,
    pub(crate) kind: Kind,
}

/// Clause 8.5.2.1, table 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Other,
    Ending,
    Bifurcation,
}

/// Minutiae of the first view, and the record's pixels per inch; none where the bytes are no such record.
pub(crate) struct View {
    pub(crate) dpi: (f64, f64),
    pub(crate) minutiae: Vec<Minutia>,
}

/// Header (clause 8.3) and the header of a view (8.4), in bytes.
const HEADERS: usize = 24 + 4;
/// A minutia (8.5.2), in bytes.
const MINUTIA: usize = 6;
const CENTIMETRES_PER_INCH: f64 = 2.54;

impl View {
    pub(crate) fn read(record: &[u8]) -> Option<Self> {
        let short = |at: usize| record.get(at..at + 2).map(|two| u16::from_be_bytes([two[0], two[1]]));
        record.starts_with(b"FMR\0 20\0").then_some(())?;
        let per_inch = |at| short(at).map(|pixels| f64::from(pixels) * CENTIMETRES_PER_INCH);
        let dpi = (per_inch(18)?, per_inch(20)?);
        let count = usize::from(*record.get(HEADERS - 1)?);
        let minutiae = (0..count).map(|index| {
            let at = HEADERS + MINUTIA * index;
            let [first, first_low, y, y_low, angle, _quality] = *record.get(at..)?.first_chunk::<MINUTIA>()?;
            let (first, y) = (u16::from_be_bytes([first, first_low]), u16::from_be_bytes([y, y_low]));
            Some(Minutia {
                x: f64::from(first & 0x3fff) / dpi.0,
                y: f64::from(y & 0x3fff) / dpi.1,
                angle: f64::from(angle) / 256.0 * std::f64::consts::TAU,
                kind: match first >> 14 {
                    1 => Kind::Ending,
                    2 => Kind::Bifurcation,
                    _ => Kind::Other,
                },
            })
        });
        Some(Self {
            dpi,
            minutiae: minutiae.collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn places_are_inches_and_angles_radians_and_a_record_that_is_cut_off_is_none() {
        let mut record = b"FMR\0 20\0\0\0\0\x2a\0\0\x01\0\x01\0\0\xc5\0\xc5\x01\0\0\0\x50\x02".to_vec();
        record.extend([0x40, 197, 0, 0, 64, 50]);
        record.extend([0x80, 0, 1, 138, 128, 50]);
        record.extend([0, 0]);
        let view = View::read(&record).unwrap();
        let told: Vec<_> = view
            .minutiae
            .iter()
            .map(|found| {
                (
                    found.kind,
                    (found.x * 254.0).round(),
                    (found.y * 254.0).round(),
                    found.angle,
                )
            })
            .collect();
        let quarter = std::f64::consts::FRAC_PI_2;
        let expected = [
            (Kind::Ending, 100.0, 0.0, quarter),
            (Kind::Bifurcation, 0.0, 200.0, 2.0 * quarter),
        ];
        assert_eq!(told, expected);
        assert!(View::read(&record[..39]).is_none());
        assert!(View::read(b"").is_none());
    }
}
