//! Two templates, of which neither need be one.

use crate::{Target, hostile, sentence};
use arbitrary::Unstructured;
use fingerprint_matcher::matching::compare;
use fingerprint_matcher::template::Template;

pub(super) const TARGET: Target = Target {
    name: "compare",
    longest: 2_048,
    memory: 256,
    run,
    seeds,
};

/// What the matcher gives for prints that have nothing in common, its lowest.
const NOTHING: f32 = -20.0;

fn run(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let (Some(probe), Some(reference)) = (hostile::probe(&mut input), hostile::probe(&mut input)) else {
        return;
    };
    for probe in [&probe, &reference] {
        match Template::parse(&probe.template) {
            Ok(template) => assert!(template.to_bytes() == probe.template, "one print has two templates"),
            Err(why) => sentence::expect(&why.to_string()),
        }
    }
    if let Ok(compared) = compare(&probe.template, &reference.template) {
        assert!(compared.raw.is_finite() && compared.raw >= NOTHING, "{compared:?}");
        let again = compare(&probe.template, &reference.template).map(|again| again.raw.to_bits());
        assert!(again == Ok(compared.raw.to_bits()), "another score: {compared:?}");
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let probes = hostile::probes();
    let mut seeds: Vec<Vec<u8>> = probes.windows(2).map(hostile::seed).collect();
    seeds.push(hostile::alike());
    seeds
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_pairs_that_can_be_compared_and_the_first_is_one_finger() {
        let scores: Vec<f32> = seeds()
            .iter()
            .map(|seed| {
                let mut input = Unstructured::new(seed);
                let pair = [(); 2].map(|()| hostile::probe(&mut input).unwrap().template);
                compare(&pair[0], &pair[1]).unwrap().raw
            })
            .collect();
        assert!(scores[0] > scores[1], "{scores:?}");
    }
}
