//! What it costs to ask a policy, which has a fresh instance for every decision.

use crate::Outcome;
use crate::length::Length;
use crate::plugins::Plugins;
use crate::row::Row;
use crate::statistics::{Side, beside};
use fingerprint_first::case::{Candidate, Case, Evidence as NativeEvidence, Voter};
use fingerprint_first::rules;
use fingerprint_first::settings::Settings;
use identification::decision::CaseFile;
use identification::evidence::{Evidence, Modality, Score, Scored};
use identification::voter::{FingerPosition, RollNumber, VoterFacts};
use plugin_runtime::policy::Policy;
use std::hint::black_box;

const PLUGIN: &str = "fingerprint-first";
const ROLL_SIZE: u32 = 1_300;
/// Best first.
const CANDIDATES: [(u32, u16); 5] = [(42, 912), (7, 210), (311, 180), (900, 150), (1_201, 120)];
const QUALITY: u8 = 80;

/// The policy's three rows.
pub(crate) fn rows(plugins: &Plugins, length: Length) -> Outcome<Vec<Row>> {
    eprintln!("bench: policy");
    let bytes = Plugins::bytes(PLUGIN)?;
    let policy = Policy::new(&plugins.compile(&bytes)?, "")?;
    let (case, native, settings) = (case(), native(), Settings::default());
    let (ruling, (_, rule)) = (policy.decide(&case)?, rules::decide(&settings, &native));
    if ruling.rule != rule {
        return Err(format!("the plugin decides by rule `{}`, natively it is `{rule}`", ruling.rule).into());
    }
    let decide = |samples| {
        Side::new(samples, || {
            black_box(policy.decide(black_box(&case))?);
            Ok(())
        })
    };
    let instantiate = Side::new(length.pick(500, 30), || {
        policy.instantiate()?;
        Ok(())
    });
    let instantiation = Row::times(
        "plugin instantiate",
        beside(instantiate, decide(length.pick(500, 30)))?,
        "instantiate and decide",
        "a store with its limits, an instance of the policy, both dropped again; beside it the same with settings read and \
         one decision",
    );
    let natively = Side::new(length.pick(500, 30), || {
        black_box(rules::decide(black_box(&settings), black_box(&native)));
        Ok(())
    });
    let decision = Row::times(
        "policy decision",
        beside(decide(length.pick(500, 30)), natively.batch(1_000))?,
        "the same rules, native",
        "fresh instance, settings read, one decision on a fingerprint hit with five candidates, instance dropped; the \
         native side is the call of the rules alone",
    );
    let compile = Side::new(length.pick(10, 2), || {
        black_box(plugins.compile(&bytes)?);
        Ok(())
    });
    let compilation = Row::times(
        "policy compilation",
        beside(compile, decide(length.pick(200, 20)))?,
        "one decision, fresh instance",
        format!(
            "reading the manifest, SHA-256, validating and compiling {} KiB on all cores; done once when the station \
             starts, and the ratio is how many decisions that is worth",
            bytes.len() >> 10
        ),
    );
    Ok(vec![instantiation, decision, compilation])
}

/// One usable print, one clear candidate: the usual case, after which the photo is confirmed.
fn case() -> CaseFile {
    let facts = |voter: u32| VoterFacts {
        voter: RollNumber(voter),
        already_admitted: false,
        excluded: None,
        votes_elsewhere: false,
        home_station: true,
        fingers_on_file: vec![FingerPosition::RightIndex, FingerPosition::LeftIndex],
        best_reference_quality: Some(QUALITY),
        portrait_on_file: true,
        age: 40,
    };
    let scored = |(voter, score)| Scored {
        voter: RollNumber(voter),
        score: Score(score),
        finger: FingerPosition::RightIndex,
    };
    CaseFile {
        evidence: vec![Evidence::Fingerprint {
            asked: FingerPosition::Unknown,
            quality: Some(QUALITY),
            candidates: CANDIDATES.map(scored).to_vec(),
            advice: Vec::new(),
            elapsed_ms: 1_400,
            image: None,
        }],
        voters: CANDIDATES.map(|(voter, _)| facts(voter)).to_vec(),
        available: vec![Modality::Fingerprint, Modality::Document, Modality::Officers],
        polls_open: true,
        time_of_day: 600,
        roll_size: ROLL_SIZE,
        overrides_left: 10,
    }
}

/// The same case as the rules see it.
fn native() -> Case {
    let voter = |(voter, _): (u32, u16)| Voter {
        voter,
        already_admitted: false,
        entitled: true,
        fingers: vec![FingerPosition::RightIndex.code(), FingerPosition::LeftIndex.code()],
        portrait: true,
    };
    let print = NativeEvidence::Fingerprint {
        asked: FingerPosition::Unknown.code(),
        quality: Some(QUALITY),
        best: Some(Candidate {
            voter: CANDIDATES[0].0,
            score: CANDIDATES[0].1,
            finger: FingerPosition::RightIndex.code(),
        }),
        second: Some(CANDIDATES[1].1),
    };
    Case {
        evidence: vec![print],
        voters: CANDIDATES.map(voter).to_vec(),
        fingerprint: true,
        document: true,
        face: false,
        polls_open: true,
        roll_size: ROLL_SIZE,
    }
}
