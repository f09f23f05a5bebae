//! Templates that no finger made, and a few that one did.

use arbitrary::Unstructured;
use fingerprint_matcher::record::{RecordFormat, import};
use fingerprint_matcher::{Image, Probe, extract};
use simulator::finger::{Finger, View};

/// Most minutiae of a made-up print: a few more than a template keeps.
const MOST_MINUTIAE: u8 = 90;

/// A probe out of the input: any bytes at all, or minutiae wherever the input wants them. The latter go through a record,
/// whose form stays the same when that of the templates changes.
pub(crate) fn probe(input: &mut Unstructured<'_>) -> Option<Probe> {
    // An input that is used up would give zeros for ever.
    if input.is_empty() {
        return None;
    }
    let [kind, position] = input.arbitrary().ok()?;
    if kind % 4 == 0 {
        let length = usize::from(input.arbitrary::<u16>().ok()? % 700).min(input.len());
        let template = input.bytes(length).ok()?.to_vec();
        return Some(Probe { template, position });
    }
    let record = record(input)?;
    // Bytes beyond the ten fingers are for the gallery to refuse.
    let probe = import(&record, RecordFormat::Iso19794v2005).ok()?.pop()?;
    Some(Probe { position, ..probe })
}

/// A well-formed record of one view; ISO/IEC 19794-2:2005, clause 8.
fn record(input: &mut Unstructured<'_>) -> Option<Vec<u8>> {
    // Sides of 1 to 4,096: with few of them, minutiae lie upon each other.
    let [width, height] = input.arbitrary::<[u16; 2]>().ok()?.map(|side| side % 4_096 + 1);
    let [count, quality] = input.arbitrary::<[u8; 2]>().ok()?;
    let count = count % (MOST_MINUTIAE + 1);
    let mut record = b"FMR\0 20\0".to_vec();
    record.extend((30 + 6 * u32::from(count)).to_be_bytes());
    record.extend([0, 0]);
    for number in [width, height, 197, 197] {
        record.extend(number.to_be_bytes());
    }
    record.extend([1, 0, 0, 0, quality % 101, count]);
    for _ in 0..count {
        let [x, y] = input.arbitrary::<[u16; 2]>().ok()?;
        let [kind, angle, quality] = input.arbitrary::<[u8; 3]>().ok()?;
        record.extend(((u16::from(kind % 3) << 14) | (x % width)).to_be_bytes());
        record.extend((y % height).to_be_bytes());
        record.extend([angle, quality % 101]);
    }
    record.extend([0, 0]);
    Some(record)
}

/// Synthetic fingers as they are enrolled and as they come again.
pub(crate) fn probes() -> Vec<Probe> {
    let images = [
        (1, View::reference(1, 388, 374, 500)),
        (1, View::live(2, 256, 180, 385)),
        (2, View::reference(3, 388, 374, 500)),
        (2, View::live(4, 384, 289, 512)),
    ];
    let mut probes = Vec::new();
    for (finger, view) in images {
        let image = Finger::new(finger).impression(&view);
        let image = Image {
            width: image.width,
            height: image.height,
            dpi: image.dpi,
            pixels: image.pixels,
        };
        let position = u8::try_from(finger).unwrap_or_default();
        probes.extend(extract(&image).map(|read| Probe {
            template: read.template,
            position,
        }));
    }
    probes
}

/// The same as inputs of [`probe`], by their bytes.
pub(crate) fn seed(probes: &[Probe]) -> Vec<u8> {
    let mut seed = Vec::new();
    for probe in probes {
        let length = u16::try_from(probe.template.len()).unwrap_or(u16::MAX);
        seed.extend([0, probe.position]);
        seed.extend(length.to_le_bytes());
        seed.extend(&probe.template);
    }
    seed
}

/// Two prints of minutiae in a grid, all alike, as an input of [`probe`]: the worst case of whatever looks for minutiae that
/// could be the same.
pub(crate) fn alike() -> Vec<u8> {
    let mut seed = Vec::new();
    for _ in 0..2 {
        seed.extend([1, 0]);
        for side in [399u16, 399] {
            seed.extend(side.to_le_bytes());
        }
        seed.extend([80, 100]);
        for number in 0..80u16 {
            for place in [number % 9 * 40, number / 9 * 40] {
                seed.extend(place.to_le_bytes());
            }
            seed.extend([1, 0, 100]);
        }
    }
    seed
}
