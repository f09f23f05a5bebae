//! A gallery of templates that no finger made, searched by such a one.

use crate::{Target, hostile, sentence};
use arbitrary::Unstructured;
use fingerprint_matcher::calibration::together;
use fingerprint_matcher::{Candidate, Gallery, Probe, Reference};

pub(super) const TARGET: Target = Target {
    name: "gallery",
    longest: 6_000,
    memory: 256,
    run,
    seeds,
};

/// Highest score of one finger.
const MOST: u16 = 2_000;
/// Most prints of an input.
const PRINTS: usize = 8;

fn run(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let Ok([limit, probes, removed]) = input.arbitrary::<[u8; 3]>() else {
        return;
    };
    let mut prints: Vec<Probe> = Vec::new();
    while let Some(print) = hostile::probe(&mut input) {
        prints.push(print);
        if prints.len() == PRINTS {
            break;
        }
    }
    let (probes, references) = prints.split_at(usize::from(probes % 4).min(prints.len()));
    // Two views of each subject.
    let references: Vec<Reference> = (0..)
        .zip(references)
        .map(|(number, probe): (u32, _)| Reference {
            subject: number / 2,
            probe: probe.clone(),
        })
        .collect();
    let (mut gallery, mut backwards) = (Gallery::new(0), Gallery::new(u32::from(limit)));
    for reference in &references {
        if let Err(why) = gallery.enrol(std::slice::from_ref(reference)) {
            sentence::expect(&why.to_string());
        }
    }
    for reference in references.iter().rev() {
        // Told above why not.
        let _ = backwards.enrol(std::slice::from_ref(reference));
    }
    let found = search(&gallery, probes, limit.into());
    assert!(
        found == search(&backwards, probes, limit.into()),
        "the order of enrolment shows"
    );
    gallery.remove(removed.into());
    assert!(gallery.verify(removed.into(), probes).is_none(), "removed, yet there");
    let left = search(&gallery, probes, u16::MAX);
    assert!(left.iter().all(|candidate| candidate.subject != u32::from(removed)));
}

fn search(gallery: &Gallery, probes: &[Probe], limit: u16) -> Vec<Candidate> {
    let found = gallery.identify(probes, limit);
    assert!(found.len() <= usize::from(limit) && found.len() <= probes.len() * PRINTS);
    assert!(found.is_sorted_by_key(|candidate| (std::cmp::Reverse(candidate.score), candidate.subject)));
    let most = together(&vec![MOST; probes.len()]);
    for candidate in &found {
        assert!(candidate.score <= most, "{candidate:?}");
        assert!(
            gallery.verify(candidate.subject, probes) == Some(*candidate),
            "verified otherwise: {candidate:?}"
        );
        for probe in probes {
            // Places of the prints' own size: a template's sides have 14 bits.
            for pairing in gallery.explain(candidate.subject, probe) {
                let places = [pairing.probe, pairing.reference];
                assert!(places.iter().all(|place| place.x < 1 << 14 && place.y < 1 << 14));
            }
        }
    }
    found
}

fn seeds() -> Vec<Vec<u8>> {
    let prints = hostile::probes();
    let mut seed = vec![5, 2, 1];
    seed.extend(hostile::seed(&prints));
    seed.extend(hostile::seed(&prints));
    let mut alike = vec![1, 1, 0];
    alike.extend(hostile::alike());
    vec![seed, alike]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_seed_finds_somebody() {
        let bytes = &seeds()[0];
        let mut input = Unstructured::new(&bytes[3..]);
        let prints: Vec<Probe> = std::iter::from_fn(|| hostile::probe(&mut input)).take(PRINTS).collect();
        let mut gallery = Gallery::new(0);
        let reference = Reference {
            subject: 1,
            probe: prints[4].clone(),
        };
        assert_eq!(gallery.enrol(&[reference]), Ok(()));
        assert_eq!(search(&gallery, &prints[..2], 1).len(), 1);
    }
}
