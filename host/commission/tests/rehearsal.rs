//! What is published was tried before, in the sandbox of the kiosks.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "the other tests use the rest")]
mod office;

use office::{ALL, Office};

fn furnished() -> Office {
    let mut office = Office::new();
    office.toys = false;
    office.begin();
    let policy = fixtures::bytes(&fixtures::plugin("fingerprint-first"));
    office.put("policy.wasm", &policy);
    office.put("next.wasm", &fixtures::of_version(&policy, "0.2.0"));
    office.put("vectors.json", &office::vectors(&policy));
    office
}

#[test]
fn a_plugin_is_tried_with_its_golden_vectors_and_settings_with_the_policy() {
    let office = furnished();
    let said = office.good(&format!("publish policy F/policy.wasm --vectors F/vectors.json {ALL}"));
    assert!(
        said.starts_with("tried: it starts, and answers as it was tested (answers: 1)\n"),
        "{said}"
    );
    office.put("general.json", office::SETTINGS.as_bytes());
    let said = office.good(&format!("publish settings F/general.json {ALL}"));
    assert!(said.starts_with("tried: the policy takes these settings\n"), "{said}");
    for (file, name) in [("exporter", "turnout-csv"), ("matcher", "fingerprint-matcher")] {
        office.put(&format!("{file}.wasm"), &fixtures::bytes(&fixtures::plugin(name)));
        let said = office.good(&format!("publish {file} F/{file}.wasm --dry-run {ALL}"));
        assert!(
            said.starts_with("tried: it starts; there were no golden vectors\n"),
            "{said}"
        );
    }
}

#[test]
fn what_does_not_pass_is_not_published() {
    let office = furnished();
    office.good(&format!("publish policy F/policy.wasm {ALL}"));
    let wrong = office::SETTINGS.replace("\"format\": 1,", "\"format\": 1, \"policy\": {\"no-such-setting\": 1},");
    office.put("general.json", wrong.as_bytes());
    office.put("empty.json", b"{}");
    office.put("broken.wasm", &fixtures::bytes(&fixtures::test_plugin("init-trap")));
    let before = office.digests();
    let said: Vec<String> = [
        "publish policy F/next.wasm --vectors F/vectors.json",
        "publish policy F/next.wasm --vectors F/empty.json",
        "publish settings F/general.json",
        "publish policy F/broken.wasm --replace",
    ]
    .into_iter()
    .map(|line| format!("$ {line}\n{}", office.bad(&format!("{line} {ALL}"))))
    .collect();
    assert_eq!(before, office.digests());
    insta::assert_snapshot!("not_passed", said.concat());
}
