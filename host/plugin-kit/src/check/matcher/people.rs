//! Cases about people: one finger touched twice, several fingers of one person, one person under several numbers.

use super::{Bench, FINGERS, enrolled, extract, found, image, probe, touch};
use crate::check::case::{List, Outcome, Tried, failed};
use identification::voter::FingerPosition;
use plugin_runtime::matcher::{Matcher, Probe, Reference};
use simulator::finger::View;

pub(super) fn cases(list: &mut List<Bench>) {
    list.case(
        "a touch that is moved a little is found first, and no other finger agrees as well",
        moved_a_little,
    );
    list.case(
        "a finger that is not enrolled agrees less than any that is",
        not_enrolled,
    );
    list.case(
        "a search and a comparison without a finger find nobody, without a trap",
        |bench: &Bench| {
            let (matcher, _) = enrolled(bench, 1)?;
            let found = matcher.identify(&[], 5).map_err(|cause| failed(cause.to_string()))?;
            let verified = matcher.verify(1, &[]).map_err(|cause| failed(cause.to_string()))?;
            match (found.len(), verified) {
                (0, None) => Ok(2),
                _ => Err(failed("it found someone")),
            }
        },
    );
    list.case(
        "whoever has several fingers enrolled comes once, and the finger that agreed is told",
        several_fingers,
    );
    list.case(
        "two fingers of a person together find that person, once",
        two_fingers_together,
    );
    list.case(
        "whoever is enrolled twice with the same finger comes once, and is removed at once",
        |bench: &Bench| {
            let (matcher, probes) = enrolled(bench, 1)?;
            enrol(&matcher, [(3, &probes[2])])?;
            let there = times(&matcher, &probes[2], 3)?;
            matcher.remove(3).map_err(|cause| failed(cause.to_string()))?;
            match (there, times(&matcher, &probes[2], 3)?) {
                (1, 0) => Ok(1),
                (there, left) => Err(failed(format!("it came {there} times, and removed {left} times"))),
            }
        },
    );
    list.case(
        "whoever is enrolled under several numbers is found under each, the smaller number first",
        |bench: &Bench| {
            let (matcher, probes) = enrolled(bench, 1)?;
            enrol(&matcher, [(70, &probes[4]), (30, &probes[4])])?;
            // The host sorts what comes; which of those that tie come at all is the matcher's choice.
            for (limit, expected) in [(1, [5].as_slice()), (2, &[5, 30]), (3, &[5, 30, 70])] {
                let found = found(&matcher, &probes[4], limit)?;
                let found: Vec<u32> = found.into_iter().map(|(subject, _)| subject).collect();
                if found != expected {
                    return Err(failed(format!(
                        "enrolled as 5, 30 and 70, asked for {limit}, it was found as {found:?}"
                    )));
                }
            }
            Ok(3)
        },
    );
}

/// Adds fingers to a gallery.
fn enrol<'a>(matcher: &Matcher, more: impl IntoIterator<Item = (u32, &'a Probe)>) -> Result<(), Outcome> {
    let references = more.into_iter().map(|(subject, probe)| Reference {
        subject,
        probe: probe.clone(),
    });
    matcher.enrol(references).map_err(|cause| failed(cause.to_string()))
}

/// How often a search gives this subject.
fn times(matcher: &Matcher, probe: &Probe, subject: u32) -> Result<usize, Outcome> {
    let found = found(matcher, probe, 20)?;
    Ok(found.iter().filter(|(one, _)| *one == subject).count())
}

/// Nearly as it was enrolled: this is about more than equality, and how well fingers are told apart is measured elsewhere.
fn again(matcher: &Matcher, seed: u64) -> Result<Probe, Outcome> {
    let enrolled = View::reference(seed, 320, 360, 500);
    let view = View {
        rotation_degrees: enrolled.rotation_degrees + 1.0,
        shift_x: enrolled.shift_x + 3.0,
        shift_y: enrolled.shift_y - 2.0,
        noise: enrolled.noise + 0.05,
        ..enrolled
    };
    Ok(probe(extract(matcher, &touch(seed, &view))?.template))
}

fn moved_a_little(bench: &Bench) -> Tried {
    let (matcher, _) = enrolled(bench, 1)?;
    let mut tried = 0;
    for (subject, seed) in (1..).zip(1..=FINGERS) {
        let found = found(&matcher, &again(&matcher, seed)?, 2)?;
        let own = found.first().filter(|(first, _)| *first == subject);
        let Some((_, own)) = own else {
            return Err(failed(format!("finger {subject} was not found first")));
        };
        if found.get(1).is_some_and(|(_, other)| other >= own) {
            return Err(failed(format!("another finger agrees as well as finger {subject}")));
        }
        tried += 1;
    }
    Ok(tried)
}

fn not_enrolled(bench: &Bench) -> Tried {
    let (matcher, probes) = enrolled(bench, 1)?;
    let mut least = None;
    for probe in &probes {
        let own = found(&matcher, probe, 1)?.first().map(|(_, score)| *score);
        least = match (least, own) {
            (_, None) => return Err(failed("one who is enrolled was not found")),
            (None, own) => own,
            (least, own) => least.min(own),
        };
    }
    for seed in FINGERS + 1..=2 * FINGERS {
        let stranger = probe(extract(&matcher, &image(seed, 320, 360, 500))?.template);
        let best = found(&matcher, &stranger, 1)?.first().map(|(_, score)| *score);
        if best >= least {
            return Err(failed(format!("finger {seed}, which is not, agrees as well")));
        }
    }
    Ok(24)
}

/// A person with two fingers, and another who has one of the same position.
fn people(bench: &Bench) -> Result<(Matcher, [Probe; 2]), Outcome> {
    let matcher = bench.start(1)?;
    let finger = |seed, position| -> Result<Probe, Outcome> {
        let template = extract(&matcher, &image(seed, 320, 360, 500))?.template;
        Ok(Probe { template, position })
    };
    let right = finger(1, FingerPosition::RightIndex)?;
    let left = finger(2, FingerPosition::LeftIndex)?;
    let other = finger(3, FingerPosition::RightIndex)?;
    enrol(&matcher, [(1, &right), (1, &left), (2, &other)])?;
    Ok((matcher, [right, left]))
}

fn several_fingers(bench: &Bench) -> Tried {
    let (matcher, fingers) = people(bench)?;
    for finger in &fingers {
        // Whose finger it is, and which, is what is asked.
        let asked = probe(finger.template.clone());
        let found = matcher.identify(&[asked], 5);
        let found = found.map_err(|cause| failed(cause.to_string()))?;
        let entries = found.iter().filter(|one| one.subject == 1).count();
        let first = found.first().filter(|one| one.subject == 1);
        match first {
            Some(first) if entries == 1 && first.position == finger.position => {}
            Some(first) if entries == 1 => {
                return Err(failed(format!(
                    "the {:?} agreed, and the {:?} was told",
                    finger.position, first.position
                )));
            }
            Some(_) => return Err(failed(format!("one person came {entries} times"))),
            None => return Err(failed("the person was not found first")),
        }
    }
    Ok(fingers.len())
}

fn two_fingers_together(bench: &Bench) -> Tried {
    let (matcher, fingers) = people(bench)?;
    let found = matcher
        .identify(&fingers, 5)
        .map_err(|cause| failed(cause.to_string()))?;
    let entries = found.iter().filter(|one| one.subject == 1).count();
    match found.first() {
        Some(first) if first.subject == 1 && entries == 1 => Ok(2),
        Some(_) => Err(failed(format!(
            "the person was not found first, or came {entries} times"
        ))),
        None => Err(failed("nobody was found")),
    }
}
