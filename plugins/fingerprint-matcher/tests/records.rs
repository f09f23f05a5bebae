//! Standard records in and out: the standards' own examples, records made by hand, faults, damage.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fingerprint_matcher::Probe;
use fingerprint_matcher::minutia::{Kind, Minutia};
use fingerprint_matcher::record::RecordFormat::{Ansi378v2004, Iso19794v2005, Iso19794v2011};
use fingerprint_matcher::record::{RecordError, RecordFormat, export, import};
use fingerprint_matcher::template::{MOST_MINUTIAE, Template};
use std::path::{Path, PathBuf};

const FORMATS: [RecordFormat; 3] = [Iso19794v2005, Ansi378v2004, Iso19794v2011];
const ISO_EXAMPLE: &str = "biomdi/fingerminutia__ISO-19794-2_2005__Appendix-C2_Example.raw";
const ANSI_EXAMPLE: &str = "biomdi/fingerminutia__ANSI-INCITS-378_2004__Appendix-B2_Example.raw";

/// A file or folder of the shared vectors, or none where they are absent: the test then says that it is skipped.
fn vectors(test: &str, path: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/vectors");
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    println!("SKIPPED {test}: ../shared/data/vectors/{path} is absent");
    None
}

fn records(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut records: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
        .collect();
    records.sort();
    records
}

fn template(probe: &Probe) -> Template {
    Template::parse(&probe.template).unwrap()
}

/// A right index finger with every kind, and so many angles and qualities as fit.
fn probe(first_angle: u8) -> Probe {
    let minutiae = (0..40u16)
        .map(|n| Minutia {
            x: n * 37 % 300,
            y: n * 53 % 400,
            angle: u8::try_from((u16::from(first_angle) + n) % 256).unwrap(),
            kind: [Kind::Other, Kind::Ending, Kind::Bifurcation][usize::from(n % 3)],
            quality: u8::try_from(n % 101).unwrap(),
        })
        .collect();
    Probe {
        template: Template::new(300, 400, 77, minutiae).to_bytes(),
        position: 2,
    }
}

/// What of two templates must be the same where one went through units of 2 degrees.
fn assert_same_but_for_rounded_angles(one: &Template, two: &Template) {
    assert_eq!(
        (one.width(), one.height(), one.quality()),
        (two.width(), two.height(), two.quality())
    );
    assert_eq!(one.minutiae().len(), two.minutiae().len());
    for (one, two) in one.minutiae().iter().zip(two.minutiae()) {
        assert_eq!(
            (one.x, one.y, one.kind, one.quality),
            (two.x, two.y, two.kind, two.quality)
        );
        let apart = one.angle.wrapping_sub(two.angle);
        assert!(apart.min(apart.wrapping_neg()) <= 1, "{} and {}", one.angle, two.angle);
    }
}

#[test]
fn the_example_of_iso_19794_2_is_read_though_it_is_a_byte_longer_than_it_says() {
    const NAME: &str = "the_example_of_iso_19794_2_is_read_though_it_is_a_byte_longer_than_it_says";
    let (Some(record), Some(expected), Some(corrected)) = (
        vectors(NAME, ISO_EXAMPLE),
        vectors(NAME, "fmr_iso_appendix_c2.expected.json"),
        vectors(NAME, "fmr_iso_appendix_c2_length_fixed.raw"),
    ) else {
        return;
    };
    let probes = import(&std::fs::read(record).unwrap(), Iso19794v2005).unwrap();
    assert_eq!(
        import(&std::fs::read(corrected).unwrap(), Iso19794v2005),
        Ok(probes.clone())
    );
    let expected: serde_json::Value = serde_json::from_slice(&std::fs::read(expected).unwrap()).unwrap();
    let views = expected["views"].as_array().unwrap();
    assert_eq!(probes.len(), views.len());
    for (probe, view) in probes.iter().zip(views) {
        let number = |value: &serde_json::Value| u16::try_from(value.as_u64().unwrap()).unwrap();
        let byte = |value: &serde_json::Value| u8::try_from(value.as_u64().unwrap()).unwrap();
        let read = template(probe);
        assert_eq!(probe.position, byte(&view["finger_position"]));
        assert_eq!((read.width(), read.height()), (512, 512));
        assert_eq!(read.quality(), byte(&view["quality"]));
        let mut minutiae: Vec<Minutia> = view["minutiae"]
            .as_array()
            .unwrap()
            .iter()
            .map(|minutia| Minutia {
                x: number(&minutia["x"]),
                y: number(&minutia["y"]),
                angle: byte(&minutia["angle_raw"]),
                kind: match minutia["type"].as_str() {
                    Some("ending") => Kind::Ending,
                    Some("bifurcation") => Kind::Bifurcation,
                    _ => Kind::Other,
                },
                quality: byte(&minutia["quality"]),
            })
            .collect();
        minutiae.sort();
        assert!(read.minutiae() == minutiae, "view of finger {}", probe.position);
    }
}

#[test]
fn the_examples_of_iso_and_ansi_carry_the_same_minutiae() {
    const NAME: &str = "the_examples_of_iso_and_ansi_carry_the_same_minutiae";
    let (Some(iso), Some(ansi)) = (vectors(NAME, ISO_EXAMPLE), vectors(NAME, ANSI_EXAMPLE)) else {
        return;
    };
    let iso = import(&std::fs::read(iso).unwrap(), Iso19794v2005).unwrap();
    let ansi = import(&std::fs::read(ansi).unwrap(), Ansi378v2004).unwrap();
    assert_eq!(iso.len(), 2);
    assert_eq!(iso.len(), ansi.len());
    for (iso, ansi) in iso.iter().zip(&ansi) {
        assert_eq!(iso.position, ansi.position);
        assert_same_but_for_rounded_angles(&template(iso), &template(ansi));
    }
}

#[test]
fn records_of_another_matcher_are_read_and_truncated_ones_refused() {
    const NAME: &str = "records_of_another_matcher_are_read_and_truncated_ones_refused";
    let (Some(good), Some(bad)) = (vectors(NAME, "openafis-fvc2002-iso"), vectors(NAME, "openafis-invalid")) else {
        return;
    };
    for (name, bytes) in records(&good) {
        let probes = import(&bytes, Iso19794v2005).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(probes.len(), 1, "{name}");
        assert_eq!(template(&probes[0]).minutiae().len(), usize::from(bytes[27]), "{name}");
    }
    for (name, bytes) in records(&bad) {
        assert!(import(&bytes, Iso19794v2005).is_err(), "{name}");
    }
}

#[test]
fn a_probe_comes_back_from_its_record() {
    for first_angle in [0, 40, 80, 120, 160, 200, 216] {
        let probe = probe(first_angle);
        for format in [Iso19794v2005, Iso19794v2011] {
            let record = export(&probe, format).unwrap();
            assert_eq!(import(&record, format), Ok(vec![probe.clone()]), "{format:?}");
        }
        let back = import(&export(&probe, Ansi378v2004).unwrap(), Ansi378v2004).unwrap();
        assert_eq!((back.len(), back[0].position), (1, probe.position));
        assert_same_but_for_rounded_angles(&template(&back[0]), &template(&probe));
    }
}

#[test]
fn an_empty_template_comes_back_from_its_record() {
    let empty = Probe {
        template: Template::new(300, 400, 0, vec![]).to_bytes(),
        position: 0,
    };
    for format in FORMATS {
        let record = export(&empty, format).unwrap();
        assert_eq!(import(&record, format), Ok(vec![empty.clone()]), "{format:?}");
    }
}

#[test]
fn what_is_no_template_is_not_exported() {
    let none = Probe {
        template: vec![1, 2, 3],
        position: 1,
    };
    for format in FORMATS {
        assert_eq!(export(&none, format), Err(RecordError::Template));
    }
}

#[test]
fn a_record_is_read_as_the_form_that_it_is_whichever_was_asked_for() {
    for (written, record) in good() {
        let read = import(&record, written);
        for asked in FORMATS {
            assert_eq!(import(&record, asked), read, "{written:?} as {asked:?}");
        }
    }
}

/// A record of 2005 or 378: a header for one image, then views of minutiae as bytes.
fn assembled(format: RecordFormat, (across, down): (u16, u16), views: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"FMR\0 20\0".to_vec();
    bytes.extend(if format == Ansi378v2004 {
        // the long form of the length, product identifier, device
        vec![0; 2 + 4 + 4 + 2]
    } else {
        vec![0; 4 + 2]
    });
    for number in [300u16, 400, across, down] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend([u8::try_from(views.len()).unwrap(), 0]);
    bytes.extend(views.concat());
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    let at = if format == Ansi378v2004 { 10 } else { 8 };
    bytes[at..at + 4].copy_from_slice(&length);
    bytes
}

/// A view of an index finger of quality 60.
fn view(minutiae: &[[u8; 6]], extended: &[u8]) -> Vec<u8> {
    let mut bytes = vec![2, 0, 60, u8::try_from(minutiae.len()).unwrap()];
    bytes.extend(minutiae.concat());
    bytes.extend(u16::try_from(extended.len()).unwrap().to_be_bytes());
    bytes.extend(extended);
    bytes
}

/// A minutia: an ending at 100, 50.
const ENDING: [u8; 6] = [0x40, 100, 0, 50, 64, 70];
/// Two areas of extended data: one of a vendor with two bytes, one empty.
const AREAS: [u8; 10] = [1, 1, 0, 6, 9, 9, 1, 2, 0, 4];

#[test]
fn several_views_and_extended_data_are_read_in_both_lengths_of_ansi_and_in_iso() {
    for format in [Iso19794v2005, Ansi378v2004] {
        let record = assembled(format, (197, 197), &[view(&[ENDING], &AREAS), view(&[], &[])]);
        let probes = import(&record, format).unwrap();
        let counts: Vec<_> = probes.iter().map(|probe| template(probe).minutiae().len()).collect();
        assert_eq!(counts, [1, 0], "{format:?}");
        let angle = if format == Ansi378v2004 { 91 } else { 64 };
        assert_eq!(template(&probes[0]).minutiae()[0].angle, angle, "{format:?}");
    }
}

#[test]
fn a_record_of_another_resolution_is_brought_to_500_dpi() {
    let cases = [
        ((197, 197), (300, 400), (100, 50)),
        ((196, 198), (300, 400), (100, 50)),
        ((394, 394), (151, 201), (50, 25)),
        ((197, 394), (300, 201), (100, 25)),
        ((98, 98), (604, 804), (201, 100)),
    ];
    for (resolution, size, place) in cases {
        let record = assembled(Iso19794v2005, resolution, &[view(&[ENDING], &[])]);
        let read = template(&import(&record, Iso19794v2005).unwrap()[0]);
        assert_eq!((read.width(), read.height()), size, "{resolution:?}");
        assert_eq!((read.minutiae()[0].x, read.minutiae()[0].y), place, "{resolution:?}");
    }
}

#[test]
fn of_too_many_minutiae_the_best_are_kept_and_of_equal_ones_those_in_the_middle() {
    let grid = |quality: fn(u8) -> u8| -> Vec<[u8; 6]> {
        (0..200u8)
            .map(|n| [0x40, 10 + n % 20 * 10, 0, 10 + n / 20 * 10, n, quality(n)])
            .collect()
    };
    let read = |minutiae: &[[u8; 6]]| {
        let record = assembled(Iso19794v2005, (197, 197), &[view(minutiae, &[])]);
        template(&import(&record, Iso19794v2005).unwrap()[0])
    };
    let graded = read(&grid(|n| n / 2));
    assert_eq!(graded.minutiae().len(), MOST_MINUTIAE);
    assert!(graded.minutiae().iter().all(|minutia| minutia.quality >= 60));
    let equal = read(&grid(|_| 0));
    assert_eq!(equal.minutiae().len(), MOST_MINUTIAE);
    assert!(equal.minutiae().iter().all(|minutia| (50..=160).contains(&minutia.x)));
}

/// A record of 2011 whose representations have what may be there.
fn assembled_2011(certified: bool, representations: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"FMR\x00030\0\0\0\0\0".to_vec();
    bytes.extend(u16::try_from(representations.len()).unwrap().to_be_bytes());
    bytes.push(certified.into());
    for representation in representations {
        bytes.extend(u32::try_from(4 + representation.len()).unwrap().to_be_bytes());
        bytes.extend(representation);
    }
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    bytes[8..12].copy_from_slice(&length);
    bytes
}

/// 9 July 2026, 10:11:12.345, an optical device, then qualities, certificates, and minutiae of so many bytes.
fn representation(qualities: &[u8], certificates: Option<u8>, minutia_bytes: u8, minutiae: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x07, 0xea, 7, 9, 10, 11, 12, 0x01, 0x59, 2, 0, 0x1b, 0, 3];
    bytes.push(u8::try_from(qualities.len()).unwrap());
    for quality in qualities {
        bytes.extend([*quality, 0, 0x1b, 0, 1]);
    }
    if let Some(certificates) = certificates {
        bytes.push(certificates);
        bytes.extend(vec![7; 3 * usize::from(certificates)]);
    }
    bytes.extend([2, 0, 0, 197, 0, 197, 0]);
    bytes.extend([1, 44, 1, 144]);
    let count = minutiae.len() / usize::from(minutia_bytes);
    bytes.extend([minutia_bytes << 4, u8::try_from(count).unwrap()]);
    bytes.extend(minutiae);
    bytes.extend([0, 10]);
    bytes.extend(AREAS);
    bytes
}

#[test]
fn representations_of_2011_are_read_with_their_qualities_certificates_and_short_minutiae() {
    let record = assembled_2011(
        true,
        &[
            representation(&[255, 80, 90], Some(2), 6, &ENDING),
            representation(&[], Some(0), 5, &[ENDING[..5].to_vec(), ENDING[..5].to_vec()].concat()),
            representation(&[255], Some(1), 6, &[0x80, 1, 0, 2, 3, 254, 0, 4, 0, 5, 6, 255]),
        ],
    );
    let read: Vec<_> = import(&record, Iso19794v2011).unwrap().iter().map(template).collect();
    let minutia = |x, y, angle, kind, quality| Minutia {
        x,
        y,
        angle,
        kind,
        quality,
    };
    let expected = [
        (80, vec![minutia(100, 50, 64, Kind::Ending, 70)]),
        // the same twice is one
        (0, vec![minutia(100, 50, 64, Kind::Ending, 0)]),
        (
            0,
            vec![minutia(1, 2, 3, Kind::Bifurcation, 0), minutia(4, 5, 6, Kind::Other, 0)],
        ),
    ];
    assert_eq!(read.len(), expected.len());
    for (read, (quality, minutiae)) in read.iter().zip(expected) {
        assert_eq!((read.width(), read.height(), read.quality()), (300, 400, quality));
        assert!(read.minutiae() == minutiae, "of quality {quality}");
    }
    let plain = assembled_2011(false, &[representation(&[50], None, 6, &ENDING)]);
    assert_eq!(template(&import(&plain, Iso19794v2011).unwrap()[0]).quality(), 50);
}

/// Good records of every form and variety.
fn good() -> Vec<(RecordFormat, Vec<u8>)> {
    let views = [view(&[ENDING, ENDING], &AREAS), view(&[ENDING], &[])];
    let mut good: Vec<_> = FORMATS
        .iter()
        .map(|format| (*format, export(&probe(0), *format).unwrap()))
        .collect();
    good.push((Iso19794v2005, assembled(Iso19794v2005, (197, 394), &views)));
    good.push((Ansi378v2004, assembled(Ansi378v2004, (197, 394), &views)));
    let certified = representation(&[80, 255], Some(2), 6, &ENDING);
    let short = representation(&[], Some(0), 5, &ENDING[..5]);
    good.push((Iso19794v2011, assembled_2011(true, &[certified, short])));
    good
}

#[test]
fn a_record_cut_off_anywhere_is_refused() {
    for (format, record) in good() {
        assert!(import(&record, format).is_ok(), "{format:?}");
        for length in 0..record.len() {
            for asked in FORMATS {
                assert!(import(&record[..length], asked).is_err(), "{format:?} cut to {length}");
            }
        }
    }
    const NAME: &str = "a_record_cut_off_anywhere_is_refused, with the standards' examples";
    for (format, path) in [(Iso19794v2005, ISO_EXAMPLE), (Ansi378v2004, ANSI_EXAMPLE)] {
        let Some(record) = vectors(NAME, path).map(|path| std::fs::read(path).unwrap()) else {
            continue;
        };
        for length in 0..record.len() {
            assert!(import(&record[..length], format).is_err(), "{path} cut to {length}");
        }
    }
}

#[test]
fn a_length_may_be_stated_two_bytes_short_and_no_more() {
    for (format, record) in good() {
        // the long form of 378 has its length two bytes later
        let low = match (format, record[8..10] == [0, 0]) {
            (Ansi378v2004, true) => 13,
            (Ansi378v2004, false) => 9,
            _ => 11,
        };
        let stated = |less: u8| {
            let mut record = record.clone();
            record[low] = record[low].checked_sub(less).unwrap();
            import(&record, format)
        };
        assert_eq!(stated(1), stated(0), "{format:?}");
        assert_eq!(stated(2), stated(0), "{format:?}");
        assert!(stated(3).is_err(), "{format:?}");
    }
}

/// One change to a good record, and the sentence that refuses it.
type Fault = (&'static str, RecordFormat, usize, &'static [u8], &'static str);

#[test]
fn every_fault_has_its_byte_and_its_rule() {
    // of good records with one view, so that places are easy to count
    let base = |format| match format {
        Iso19794v2011 => assembled_2011(true, &[representation(&[80], Some(1), 6, &ENDING)]),
        _ => assembled(format, (197, 197), &[view(&[ENDING], &AREAS)]),
    };
    let faults: [Fault; 36] = [
        (
            "another beginning",
            Iso19794v2005,
            0,
            b"X",
            "byte 0: the record does not begin with \"FMR\" and a zero byte (ISO/IEC 19794-2:2005, 7.3)",
        ),
        (
            "no zero after FMR",
            Iso19794v2005,
            3,
            b"1",
            "byte 0: the record does not begin with \"FMR\" and a zero byte (ISO/IEC 19794-2:2005, 7.3)",
        ),
        (
            "another version",
            Iso19794v2005,
            5,
            b"9",
            "byte 4: the record's version is not \" 20\" and a zero byte (ISO/IEC 19794-2:2005, 7.3)",
        ),
        (
            "longer than it is",
            Iso19794v2005,
            8,
            &[0, 0, 0, 47],
            "byte 8: the length is stated as 47 bytes where there are 46 (ISO/IEC 19794-2:2005, 7.3)",
        ),
        (
            "longer than anything",
            Iso19794v2005,
            8,
            &[255; 4],
            "byte 8: the length is stated as 4294967295 bytes where there are 46 (ISO/IEC 19794-2:2005, 7.3)",
        ),
        (
            "three bytes short",
            Iso19794v2005,
            8,
            &[0, 0, 0, 43],
            "byte 8: the length is stated as 43 bytes where there are 46 (ISO/IEC 19794-2:2005, 7.3)",
        ),
        (
            "no width",
            Iso19794v2005,
            14,
            &[0, 0],
            "byte 14: the image's width 0 is not between 1 and 16383 (ISO/IEC 19794-2:2005, 7.3)",
        ),
        (
            "an endless height",
            Iso19794v2005,
            16,
            &[255, 255],
            "byte 16: the image's height 65535 is not between 1 and 16383 (ISO/IEC 19794-2:2005, 7.3)",
        ),
        (
            "no resolution",
            Iso19794v2005,
            18,
            &[0, 0],
            "byte 18: the resolution across (pixels per cm) 0 is not between 39 and 473 (ISO/IEC 19794-2:2005, 7.3)",
        ),
        (
            "an absurd resolution",
            Iso19794v2005,
            20,
            &[8, 0],
            "byte 20: the resolution down (pixels per cm) 2048 is not between 39 and 473 (ISO/IEC 19794-2:2005, 7.3)",
        ),
        (
            "no view",
            Iso19794v2005,
            22,
            &[0],
            "byte 22: the number of finger views 0 is not between 1 and 176 (ISO/IEC 19794-2:2005, 7.3)",
        ),
        (
            "a view too many",
            Iso19794v2005,
            22,
            &[2],
            "byte 46: the header of a finger view is cut off (ISO/IEC 19794-2:2005, 7.4.1)",
        ),
        (
            "an eleventh finger",
            Iso19794v2005,
            24,
            &[11],
            "byte 24: the finger position 11 is not between 0 and 10 (ISO/IEC 19794-2:2005, 7.4.1)",
        ),
        (
            "a quality of 101",
            Iso19794v2005,
            26,
            &[101],
            "byte 26: the finger's quality 101 is not between 0 and 100 (ISO/IEC 19794-2:2005, 7.4.1)",
        ),
        (
            "255 minutiae",
            Iso19794v2005,
            27,
            &[255],
            "byte 40: a minutia lies outside the image, which has 300 pixels across (ISO/IEC 19794-2:2005, 7.4.2)",
        ),
        (
            "no minutia where one is",
            Iso19794v2005,
            27,
            &[0],
            "byte 46: the extended data is cut off (ISO/IEC 19794-2:2005, 7.5)",
        ),
        (
            "a fourth kind",
            Iso19794v2005,
            28,
            &[0xc0],
            "byte 28: a minutia is neither ending, bifurcation nor other (ISO/IEC 19794-2:2005, 7.4.2)",
        ),
        (
            "too far to the right",
            Iso19794v2005,
            28,
            &[0x41, 44],
            "byte 28: a minutia lies outside the image, which has 300 pixels across (ISO/IEC 19794-2:2005, 7.4.2)",
        ),
        (
            "too far down",
            Iso19794v2005,
            30,
            &[1, 144],
            "byte 30: a minutia lies outside the image, which has 400 pixels down (ISO/IEC 19794-2:2005, 7.4.2)",
        ),
        (
            "a minutia of quality 101",
            Iso19794v2005,
            33,
            &[101],
            "byte 33: the quality of a minutia 101 is not between 0 and 100 (ISO/IEC 19794-2:2005, 7.4.2)",
        ),
        (
            "extended data past the end",
            Iso19794v2005,
            34,
            &[0, 11],
            "byte 46: the extended data is cut off (ISO/IEC 19794-2:2005, 7.5)",
        ),
        (
            "bytes after the last view",
            Iso19794v2005,
            34,
            &[0, 6],
            "byte 42: 4 bytes belong to no part of the record (ISO/IEC 19794-2:2005, 7.3)",
        ),
        (
            "an area shorter than its header",
            Iso19794v2005,
            38,
            &[0, 3],
            "byte 38: the length of an area of extended data 3 is not between 4 and 10 (ISO/IEC 19794-2:2005, 7.5)",
        ),
        (
            "an area longer than its block",
            Iso19794v2005,
            44,
            &[0, 5],
            "byte 44: the length of an area of extended data 5 is not between 4 and 4 (ISO/IEC 19794-2:2005, 7.5)",
        ),
        (
            "a record of 378 that is too short",
            Ansi378v2004,
            8,
            &[0, 3],
            "byte 8: the length is stated as 3 bytes where there are 52 (ANSI INCITS 378-2004, 6.4)",
        ),
        (
            "an angle of 360 degrees",
            Ansi378v2004,
            38,
            &[180],
            "byte 38: the angle (units of 2 degrees) 180 is not between 0 and 179 (ANSI INCITS 378-2004, 6.5.2)",
        ),
        (
            "no representation",
            Iso19794v2011,
            12,
            &[0, 0],
            "byte 12: the number of representations 0 is not between 1 and 176 (ISO/IEC 19794-2:2011, 8.3)",
        ),
        (
            "a flag that is neither",
            Iso19794v2011,
            14,
            &[2],
            "byte 14: the flag for certificates 2 is not between 0 and 1 (ISO/IEC 19794-2:2011, 8.3)",
        ),
        (
            "a representation past the end",
            Iso19794v2011,
            15,
            &[0, 0, 1, 0],
            "byte 15: the header of a finger view is cut off (ISO/IEC 19794-2:2011, 8.4.1)",
        ),
        (
            "a representation of no bytes",
            Iso19794v2011,
            15,
            &[0, 0, 0, 0],
            "byte 15: the header of a finger view is cut off (ISO/IEC 19794-2:2011, 8.4.1)",
        ),
        (
            "a representation that ends early",
            Iso19794v2011,
            15,
            &[0, 0, 0, 40],
            "byte 55: the header of a finger view is cut off (ISO/IEC 19794-2:2011, 8.4.1)",
        ),
        (
            "a quality that is none",
            Iso19794v2011,
            34,
            &[200],
            "byte 34: the finger's quality 200 is not between 0 and 100 (ISO/IEC 19794-2:2011, 8.4.1)",
        ),
        (
            "an eleventh finger",
            Iso19794v2011,
            43,
            &[11],
            "byte 43: the finger position 11 is not between 0 and 10 (ISO/IEC 19794-2:2011, 8.4.1)",
        ),
        (
            "minutiae of four bytes",
            Iso19794v2011,
            54,
            &[0x40],
            "byte 54: the bytes of a minutia 4 is not between 5 and 6 (ISO/IEC 19794-2:2011, 8.4.1)",
        ),
        (
            "a third kind of ridge ending",
            Iso19794v2011,
            54,
            &[0x62],
            "byte 54: the kind of ridge ending 2 is not between 0 and 1 (ISO/IEC 19794-2:2011, 8.4.1)",
        ),
        (
            "a minutia of quality 253",
            Iso19794v2011,
            61,
            &[253],
            "byte 61: the quality of a minutia 253 is not between 0 and 100 (ISO/IEC 19794-2:2011, 8.4.2)",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, format, at, change, expected) in faults {
        let mut record = base(format);
        assert!(import(&record, format).is_ok(), "{name}: the good record");
        record[at..at + change.len()].copy_from_slice(change);
        let found = import(&record, format).unwrap_err().to_string();
        if found != expected {
            wrong.push(format!("{name}:\n  {found}\n  where this was expected:\n  {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn damaged_records_are_refused_or_read_as_no_more_than_they_hold() {
    let good = good();
    let mut state = 1u32;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap() % below
    };
    let mut read = 0;
    for round in 0..200_000 {
        let (format, record) = &good[round % good.len()];
        let mut record = record.clone();
        for _ in 0..=next(4) {
            let at = next(record.len());
            record[at] = [0, 1, 0x7f, 0xff, u8::try_from(next(256)).unwrap()][next(5)];
        }
        if next(8) == 0 {
            record.truncate(next(record.len() + 1));
        }
        let Ok(probes) = import(&record, *format) else {
            continue;
        };
        read += 1;
        let minutiae: usize = probes.iter().map(|probe| template(probe).minutiae().len()).sum();
        assert!(5 * minutiae + 6 * probes.len() <= record.len());
    }
    assert!(read > 1000, "only {read} were read, so that little was tried");
}
