//! The cases of an identification policy. They are about the contract and the host's rules; whether its rules are the law's is
//! for the commission to read.

use super::case::{List, Outcome, Tried, failed, takes_at_most};
use super::package;
use super::rig::Rig;
use identification::decision::{CaseFile, Decision, Ruling};
use identification::evidence::{Evidence, Modality, Score, Scored};
use identification::voter::{FingerPosition, RollNumber, VoterFacts};
use plugin_runtime::policy::{CONTRACT, Policy, PolicyError};
use std::time::Duration;

/// A policy that is tried, with the settings that it takes.
pub(crate) struct Bench {
    pub(crate) rig: Rig,
    pub(crate) settings: String,
}

const VOTER: RollNumber = RollNumber(17);

impl Bench {
    fn policy(&self) -> Result<Policy, Outcome> {
        Policy::new(&self.rig.plugin, &self.settings).map_err(|cause| failed(cause.to_string()))
    }
}

fn facts() -> VoterFacts {
    VoterFacts {
        voter: VOTER,
        already_admitted: false,
        excluded: None,
        votes_elsewhere: false,
        home_station: true,
        fingers_on_file: vec![FingerPosition::RightIndex, FingerPosition::LeftIndex],
        best_reference_quality: Some(80),
        portrait_on_file: true,
        age: 40,
    }
}

fn case(evidence: Vec<Evidence>) -> CaseFile {
    CaseFile {
        evidence,
        voters: vec![facts()],
        available: vec![Modality::Fingerprint, Modality::Document, Modality::Officers],
        polls_open: true,
        time_of_day: 600,
        roll_size: 1_300,
        overrides_left: 10,
    }
}

fn touch(score: Option<u16>) -> Evidence {
    let candidates = score.map(|score| Scored {
        voter: VOTER,
        score: Score(score),
        finger: FingerPosition::RightIndex,
    });
    Evidence::Fingerprint {
        asked: FingerPosition::Unknown,
        quality: Some(70),
        candidates: candidates.into_iter().collect(),
        advice: Vec::new(),
        elapsed_ms: 900,
        image: None,
    }
}

fn photo(same_person: bool) -> Evidence {
    Evidence::Photo {
        voter: VOTER,
        same_person,
    }
}

/// Every case that the list asks about: evidence so far, in all the orders that a check-in can have.
fn all_cases() -> Vec<CaseFile> {
    let scores = [None, Some(0), Some(100), Some(400), Some(700), Some(1_500)];
    let mut all = vec![case(Vec::new())];
    for score in scores {
        for count in 1..=6 {
            let touches = vec![touch(score); count];
            all.push(case(touches.clone()));
            for same in [true, false] {
                all.push(case([touches.clone(), vec![photo(same)]].concat()));
            }
        }
    }
    let mut varied = Vec::new();
    for one in &all {
        for change in [
            |one: &mut CaseFile| one.polls_open = false,
            |one: &mut CaseFile| one.available = vec![Modality::Officers],
            |one: &mut CaseFile| one.available = Vec::new(),
            |one: &mut CaseFile| one.overrides_left = 0,
            |one: &mut CaseFile| one.roll_size = 0,
            |one: &mut CaseFile| one.voters[0].already_admitted = true,
            |one: &mut CaseFile| one.voters[0].excluded = Some("court".to_owned()),
            |one: &mut CaseFile| one.voters[0].home_station = false,
            |one: &mut CaseFile| one.voters[0].fingers_on_file.clear(),
            |one: &mut CaseFile| {
                one.evidence.push(Evidence::Unavailable {
                    modality: Modality::Fingerprint,
                })
            },
        ] as [fn(&mut CaseFile); 10]
        {
            let mut changed = one.clone();
            change(&mut changed);
            varied.push(changed);
        }
    }
    all.extend(varied);
    all
}

fn for_all(bench: &Bench, rule: impl Fn(&CaseFile, &Ruling) -> Option<String>) -> Tried {
    let policy = bench.policy()?;
    let cases = all_cases();
    for (number, one) in cases.iter().enumerate() {
        let ruling = policy
            .decide(one)
            .map_err(|cause| failed(format!("case {number}: {cause}")))?;
        if let Some(words) = rule(one, &ruling) {
            return Err(failed(format!(
                "case {number} ({} pieces of evidence): {words}",
                one.evidence.len()
            )));
        }
    }
    Ok(cases.len())
}

/// All cases, in order.
pub(crate) fn list() -> List<Bench> {
    let mut list = List::new('Y');
    package::cases(&mut list, |bench: &Bench| &bench.rig, CONTRACT);
    list.group("settings", 11);
    list.case("its settings are taken", |bench: &Bench| bench.policy().map(|_| 1));
    list.case(
        "settings that are none are refused with their place, not taken and not a trap",
        |bench: &Bench| {
            for settings in ["[]", "{", "{\"no-such-setting\": 1}", "\u{1f5f3}"] {
                match Policy::new(&bench.rig.plugin, settings) {
                    Err(PolicyError::Settings { .. }) => {}
                    Err(other) => return Err(failed(format!("{settings}: {other}"))),
                    Ok(_) => return Err(failed(format!("{settings} were taken"))),
                }
            }
            Ok(4)
        },
    );
    list.group("decisions", 21);
    list.case(
        "every case is decided, with a reason and a rule of its codes",
        |bench: &Bench| {
            // The host refuses a ruling with any other, which is the error of `decide`.
            for_all(bench, |_, ruling| {
                ruling.reason.is_empty().then(|| "the reason is empty".to_owned())
            })
        },
    );
    list.case(
        "the same case is decided the same, on every instance",
        |bench: &Bench| {
            let (one, other) = (bench.policy()?, bench.policy()?);
            let cases = all_cases();
            for case in &cases {
                let rulings = [one.decide(case), one.decide(case), other.decide(case)];
                let mut rulings = rulings
                    .into_iter()
                    .map(|ruling| ruling.map_err(|cause| failed(cause.to_string())));
                let first = rulings.next().transpose()?;
                for ruling in rulings {
                    if Some(ruling?) != first {
                        return Err(failed("two decisions differ"));
                    }
                }
            }
            Ok(cases.len())
        },
    );
    list.case("nobody is admitted without evidence", |bench: &Bench| {
        for_all(bench, |case, ruling| {
            let without = case.evidence.is_empty() && matches!(ruling.decision, Decision::Admit(_));
            without.then(|| "it admits".to_owned())
        })
    });
    list.case("nobody is admitted on a photo that shows another", |bench: &Bench| {
        for_all(bench, |case, ruling| {
            let other = case.evidence.last() == Some(&photo(false));
            (other && matches!(ruling.decision, Decision::Admit(_))).then(|| "it admits".to_owned())
        })
    });
    list.case("nobody is admitted on fingers that did not agree", |bench: &Bench| {
        for_all(bench, |case, ruling| {
            let agreed = case.evidence.iter().any(|evidence| match evidence {
                Evidence::Fingerprint { candidates, .. } => candidates.iter().any(|one| one.score.0 >= 300),
                _ => false,
            });
            (!agreed && matches!(ruling.decision, Decision::Admit(_))).then(|| "it admits".to_owned())
        })
    });
    list.case("nobody is admitted twice", |bench: &Bench| {
        for_all(bench, |case, ruling| {
            let again = case.voters[0].already_admitted && matches!(ruling.decision, Decision::Admit(_));
            again.then(|| "it admits".to_owned())
        })
    });
    list.case(
        "nobody is turned away for want of a finger, a device or time: there is a next path",
        |bench: &Bench| {
            for_all(bench, |case, ruling| {
                let facts = &case.voters[0];
                let entitled =
                    facts.excluded.is_none() && facts.home_station && !facts.already_admitted && case.polls_open;
                (entitled && matches!(ruling.decision, Decision::Refuse(_))).then(|| "it refuses".to_owned())
            })
        },
    );
    list.case("a finger is asked for only where a scanner is", |bench: &Bench| {
        for_all(bench, |case, ruling| {
            let there = case.available.contains(&Modality::Fingerprint);
            (!there && matches!(ruling.decision, Decision::CaptureFinger(_))).then(|| "it asks for one".to_owned())
        })
    });
    list.case("a document is asked for only where a reader is", |bench: &Bench| {
        for_all(bench, |case, ruling| {
            let there = case.available.contains(&Modality::Document);
            (!there && ruling.decision == Decision::AskDocument).then(|| "it asks for one".to_owned())
        })
    });
    list.case(
        "attempts have an end: what was in vain six times is not asked for again",
        |bench: &Bench| {
            let policy = bench.policy()?;
            let ruling = policy
                .decide(&case(vec![touch(None); 6]))
                .map_err(|cause| failed(cause.to_string()))?;
            match ruling.decision {
                Decision::CaptureFinger(_) => Err(failed("it asks for a seventh")),
                _ => Ok(1),
            }
        },
    );
    list.timed("a decision takes less than 100 ms", |bench: &Bench| {
        let policy = bench.policy()?;
        let longest = case(vec![touch(Some(400)); 64]);
        let decide = || match policy.decide(&longest) {
            Ok(_) => Ok(()),
            Err(cause) => Err(failed(cause.to_string())),
        };
        decide()?;
        takes_at_most(Duration::from_millis(100), decide)
    });
    list.case(
        "a finger that the voter does not have is not asked for",
        |bench: &Bench| {
            let mut tried = 0;
            // Who was admitted before is asked for another finger: that is where a policy names one.
            for already_admitted in [false, true] {
                for finger in &FingerPosition::ALL[1..] {
                    tried += without(bench, &[*finger], already_admitted, |ruling| {
                        let asks = ruling.decision == Decision::CaptureFinger(*finger);
                        asks.then(|| format!("it asks for the {finger:?}"))
                    })?;
                }
            }
            Ok(tried)
        },
    );
    list.case(
        "a voter without fingers is asked for none, and not turned away",
        |bench: &Bench| {
            without(bench, &FingerPosition::ALL[1..], false, |ruling| {
                match ruling.decision {
                    Decision::CaptureFinger(_) => Some("it asks for a finger".to_owned()),
                    Decision::Refuse(_) => Some("it refuses".to_owned()),
                    _ => None,
                }
            })
        },
    );
    list
}

/// Check-ins of a voter who does not have these fingers: from the beginning, after a touch in vain, and after a hit.
fn without(
    bench: &Bench,
    absent: &[FingerPosition],
    already_admitted: bool,
    rule: impl Fn(&Ruling) -> Option<String>,
) -> Tried {
    let policy = bench.policy()?;
    let absent = absent.iter().map(|finger| Evidence::FingerAbsent { finger: *finger });
    let absent: Vec<Evidence> = absent.collect();
    let begun = [Vec::new(), vec![touch(None)], vec![touch(Some(1_500))]];
    let tried = begun.len();
    for before in begun {
        let mut case = case([before, absent.clone()].concat());
        case.voters[0].already_admitted = already_admitted;
        let ruling = policy.decide(&case).map_err(|cause| failed(cause.to_string()))?;
        if let Some(words) = rule(&ruling) {
            return Err(failed(format!(
                "after {} pieces of evidence {words}",
                case.evidence.len()
            )));
        }
    }
    Ok(tried)
}
