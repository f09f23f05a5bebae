//! Files that are not what was signed.

use crate::attack::told;
use crate::commission::Day;
use crate::forgery::{Forgery, MadeUp};
use serde_json::json;
use stand::{another, plugin};
use std::path::PathBuf;
use updates::digest::Sha256;

const TARGET: &str = "policies/fingerprint-first/9.wasm";

fn policy() -> Vec<u8> {
    another(&plugin("fingerprint-first"), 9)
}

/// A release of the policy, signed as it must be; where its file lies.
fn release(forged: &Forgery) -> PathBuf {
    let bytes = policy();
    let made_up = MadeUp {
        kind: "policy",
        name: "fingerprint-first",
        role: "policies",
        target: TARGET,
        bytes: &bytes,
    };
    forged.release(&made_up, |_| ());
    forged.target(TARGET, &Sha256::of(&bytes).to_string())
}

#[test]
fn a_file_that_is_not_the_one_that_was_signed_is_not_taken() {
    let told = told(
        Day::Second,
        &[
            ("one bit is another", Day::Second, |forged| {
                let path = release(forged);
                let mut bytes = policy();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                std::fs::write(path, bytes).unwrap();
            }),
            ("one byte more", Day::Second, |forged| {
                std::fs::write(release(forged), [policy(), vec![0]].concat()).unwrap();
            }),
            ("one byte less", Day::Second, |forged| {
                let bytes = policy();
                std::fs::write(release(forged), &bytes[..bytes.len() - 1]).unwrap();
            }),
            ("it is not there", Day::Second, |forged| {
                std::fs::remove_file(release(forged)).unwrap()
            }),
            ("a link to elsewhere", Day::Second, |forged| {
                let path = release(forged);
                let elsewhere = forged.path().join("elsewhere");
                std::fs::rename(&path, &elsewhere).unwrap();
                std::os::unix::fs::symlink(elsewhere, path).unwrap();
            }),
            ("the plan itself has another bit", Day::Third, |forged| {
                let sha256 = forged.signed("targets")["targets"]["plan.json"]["hashes"]["sha256"].clone();
                let path = forged.target("plan.json", sha256.as_str().unwrap());
                let mut bytes = std::fs::read(&path).unwrap();
                bytes[20] ^= 1;
                std::fs::write(path, bytes).unwrap();
            }),
            (
                "its role lists other bytes than the plan has, with the key of that role",
                Day::Second,
                |forged| {
                    release(forged);
                    forged.list("policies", TARGET, &another(&policy(), 10));
                    forged.announce();
                },
            ),
            ("its role has not signed it", Day::Second, |forged| {
                release(forged);
                forged.change("policies", &crate::commission::keys("policies"), |signed| {
                    signed["targets"].as_object_mut().unwrap().remove(TARGET);
                });
                forged.announce();
            }),
            (
                "a length beyond all reason, signed by all who must",
                Day::Second,
                |forged| {
                    release(forged);
                    let length = json!(1_u64 << 40);
                    forged.change("policies", &crate::commission::keys("policies"), |signed| {
                        signed["targets"][TARGET]["length"] = length.clone();
                    });
                    forged.change_plan(|plan| {
                        let policy = crate::forgery::item(plan, "policy", "fingerprint-first");
                        let releases = policy["releases"].as_array_mut().unwrap();
                        releases.last_mut().unwrap()["file"]["length"] = length;
                    });
                    forged.announce();
                },
            ),
        ],
    );
    insta::assert_snapshot!(told);
}
