//! A pair of images with what the matcher sees in them.

use super::record::{Kind, View};
use crate::Outcome;
use crate::extraction::{Print, told};
use crate::gallery::{enrolled, subject};
use crate::measurement::Measurement;
use crate::picture;
use crate::sets::Listed;
use plugin_runtime::matcher::{Matcher, Pairing, Probe, Reference};
use std::collections::BTreeMap;

/// One side: the reference or the probe.
pub(crate) struct Side<'a> {
    /// the picture's number on the page
    pub(crate) index: usize,
    pub(crate) print: &'a Print,
    pub(crate) size: (u16, u16),
    pub(crate) marks: Vec<Mark>,
}

/// A minutia in the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mark {
    /// pixels of the picture
    pub(crate) x: f64,
    /// pixels of the picture
    pub(crate) y: f64,
    /// counter-clockwise from the right, radians
    pub(crate) angle: f64,
    pub(crate) kind: Kind,
    /// the same number in both pictures, from 1
    pub(crate) paired: Option<usize>,
}

/// A pair.
pub(crate) struct Exhibit<'a> {
    pub(crate) score: f64,
    pub(crate) reference: Side<'a>,
    pub(crate) probe: Side<'a>,
    pub(crate) paired: usize,
}

impl Side<'_> {
    /// Quality and advice, or why there is no template.
    pub(crate) fn judged(&self) -> String {
        match &self.print.found {
            Ok(found) if found.advice.is_empty() => format!("quality {}", found.quality),
            Ok(found) => format!("quality {} ({})", found.quality, told(&found.advice)),
            Err(refusal) => format!("no template: {refusal}"),
        }
    }
}

/// What the matcher says of these pairs: a reference and a probe each.
pub(crate) fn exhibits<'a>(
    measured: &'a Measurement,
    images: &[Listed],
    pairs: &[(usize, usize)],
) -> Outcome<Vec<Exhibit<'a>>> {
    let mut references = BTreeMap::new();
    for (index, _) in pairs {
        if let Some(probe) = measured.sides.references[*index].clone() {
            let subject = subject(*index)?;
            references.insert(*index, Reference { subject, probe });
        }
    }
    let references: Vec<Reference> = references.into_values().collect();
    let matcher = enrolled(&measured.plugin, &references)?;
    let one = |(a, b): &(usize, usize)| exhibit(measured, &matcher, images, *a, *b);
    pairs.iter().map(one).collect()
}

fn exhibit<'a>(
    measured: &'a Measurement,
    matcher: &Matcher,
    images: &[Listed],
    a: usize,
    b: usize,
) -> Outcome<Exhibit<'a>> {
    let (reference, probe) = (&measured.sides.references[a], &measured.sides.probes[b]);
    let pairings = match probe {
        Some(probe) if reference.is_some() => matcher.explain(subject(a)?, probe)?,
        _ => Vec::new(),
    };
    let places = |place: fn(&Pairing) -> (u16, u16)| pairings.iter().map(place).collect::<Vec<_>>();
    let side = |index: usize, probe: &Option<Probe>, paired: &[(u16, u16)]| -> Outcome<Side<'a>> {
        let image = picture::read(&images[index])?.image;
        let marks = match probe {
            Some(probe) => marks(&matcher.export_record(probe)?, image.dpi, paired)?,
            None => Vec::new(),
        };
        Ok(Side {
            index,
            print: &measured.prints[index],
            size: (image.width, image.height),
            marks,
        })
    };
    Ok(Exhibit {
        score: measured.table.score(a, b),
        reference: side(a, reference, &places(|pairing| pairing.reference))?,
        probe: side(b, probe, &places(|pairing| pairing.probe))?,
        paired: pairings.len(),
    })
}

/// All minutiae of a record in a picture of this resolution; those nearest to a paired place have its number.
fn marks(record: &[u8], dpi: u16, paired: &[(u16, u16)]) -> Outcome<Vec<Mark>> {
    let view = View::read(record).ok_or("the matcher writes a record that is none of ISO/IEC 19794-2:2005")?;
    let dpi = f64::from(dpi);
    let mut marks: Vec<Mark> = view
        .minutiae
        .iter()
        .map(|minutia| Mark {
            x: minutia.x * dpi,
            y: minutia.y * dpi,
            angle: minutia.angle,
            kind: minutia.kind,
            paired: None,
        })
        .collect();
    // `explain` speaks in the coordinates of records.
    for (number, (x, y)) in (1..).zip(paired) {
        let (x, y) = (f64::from(*x) / view.dpi.0 * dpi, f64::from(*y) / view.dpi.1 * dpi);
        let away = |mark: &Mark| (mark.x - x).hypot(mark.y - y);
        let free = marks.iter_mut().filter(|mark| mark.paired.is_none());
        if let Some(nearest) = free.min_by(|a, b| away(a).total_cmp(&away(b))) {
            nearest.paired = Some(number);
        }
    }
    Ok(marks)
}
