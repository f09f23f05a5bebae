//! Every refusal, as it is told and as it is journaled.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use updates::digest::Sha256;
use updates::refusal::Refusal;
use updates::source::SourceError;
use updates::testing::NOW;

fn all() -> Vec<Refusal> {
    let what = || "targets.json".to_owned();
    let target = || "vendors/acme/reader.wasm".to_owned();
    let role = || "vendor-acme".to_owned();
    let source = |cause: SourceError| Refusal::Source {
        place: "https://updates.example.org/kiosks".to_owned(),
        cause,
    };
    let expired = Refusal::Expired {
        what: what(),
        expired: NOW,
        now: NOW,
    };
    let sha256 = Sha256::of(b"");
    vec![
        source(SourceError::NotFound("metadata/timestamp.json".to_owned())),
        source(SourceError::TooLarge {
            what: "metadata/timestamp.json".to_owned(),
            limit: 65_536,
        }),
        source(SourceError::Failed("metadata/timestamp.json broke off".to_owned())),
        Refusal::Malformed {
            what: what(),
            cause: "missing field `version`".to_owned(),
        },
        Refusal::WrongType {
            what: what(),
            found: "snapshot".to_owned(),
        },
        Refusal::Specification {
            what: what(),
            found: "2.0.0".to_owned(),
        },
        Refusal::Signatures {
            what: what(),
            needed: 2,
        },
        Refusal::SignedTwice { what: what() },
        Refusal::KeyTwice {
            what: what(),
            role: role(),
        },
        Refusal::Keyless {
            what: what(),
            role: role(),
        },
        Refusal::RootOrder { expected: 3, found: 2 },
        Refusal::Roots { limit: 256 },
        Refusal::Rollback {
            what: what(),
            seen: 7,
            found: 6,
        },
        Refusal::Dropped { what: what() },
        Refusal::Unlisted { what: what() },
        Refusal::Mixed {
            what: what(),
            expected: 7,
            found: 6,
        },
        expired.clone(),
        Refusal::Length {
            what: target(),
            expected: 100,
            found: 101,
        },
        Refusal::Digest {
            what: target(),
            algorithm: "sha256",
        },
        Refusal::NoDigest { what: target() },
        Refusal::Oversized {
            what: target(),
            length: 100,
            limit: 99,
        },
        Refusal::Name {
            target: "../evil".to_owned(),
        },
        Refusal::Unsigned { target: target() },
        Refusal::Unanswered {
            target: target(),
            role: role(),
            cause: Box::new(expired),
        },
        Refusal::Delegations {
            target: target(),
            limit: 32,
        },
        Refusal::Empty,
        Refusal::Document(plan::plan::Plan::read(b"{}").unwrap_err()),
        Refusal::Older {
            what: "plan.json".to_owned(),
            seen: 7,
            found: 6,
        },
        Refusal::WrongSigner {
            target: "plan.json".to_owned(),
            role: role(),
            expected: "targets",
        },
        Refusal::Unplanned {
            target: target(),
            role: role(),
        },
        Refusal::Store {
            path: "/var/lib/kiosk-gateway/updates".into(),
            action: "written",
            cause: "No space left on device (os error 28)".to_owned(),
        },
        Refusal::InUse {
            folder: "/var/lib/kiosk-gateway/updates".into(),
        },
        Refusal::Absent { sha256 },
        Refusal::Damaged { sha256 },
    ]
}

#[test]
fn each_refusal_has_a_sentence_and_a_code() {
    let mut text = String::new();
    for refusal in all() {
        writeln!(text, "{}\n  {refusal}", refusal.code()).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn no_two_rules_have_the_same_code() {
    let codes: Vec<_> = all().iter().map(Refusal::code).collect();
    let expected = codes.len() - 1; // a role that could not be asked has the code of the reason
    assert_eq!(codes.into_iter().collect::<BTreeSet<_>>().len(), expected);
}

#[test]
fn only_what_another_try_may_change_is_passing() {
    let passing: Vec<_> = all()
        .into_iter()
        .filter(Refusal::is_passing)
        .map(|refusal| refusal.code())
        .collect();
    assert_eq!(passing, ["source-failed"]);
}
