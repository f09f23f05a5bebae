//! Plugins and settings that were signed by all who must, and are none that a kiosk may run.

use crate::attack::{clean, told};
use crate::commission::Day;
use crate::forgery::{Forgery, MadeUp, planned};
use crate::scene::Scene;
use fixtures::tangled;
use plugin_runtime::compile_child::CompileChild;
use serde_json::{Value, json};
use stand::disguised;
use stand::{another, plugin, test_plugin};
use std::time::{Duration, Instant};

/// A release of the policy.
fn release_policy(forged: &Forgery, bytes: &[u8], edit: impl FnOnce(&mut Value)) {
    let made_up = MadeUp {
        bytes,
        ..MadeUp::POLICY
    };
    forged.release(&made_up, edit);
}

fn next_policy() -> Vec<u8> {
    another(&plugin("fingerprint-first"), 9)
}

fn as_policy(component: &[u8]) -> Vec<u8> {
    disguised(component, |manifest| manifest.name = "fingerprint-first".to_owned())
}

/// Code that the kiosk's own engine made, out of the file in which the kiosk keeps it.
fn compiled_code() -> Vec<u8> {
    let folder = Day::Second.kiosk().join("updates/compiled");
    let kept = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let file = std::fs::read(kept).unwrap();
    let elf = file.windows(4).position(|window| window == b"\x7fELF").unwrap();
    // Behind the code stands a tag of 32 bytes.
    let code = file[elf..file.len() - 32].to_vec();
    assert!(
        wasmtime::Engine::detect_precompiled(&code).is_some(),
        "not what wasmtime writes"
    );
    code
}

#[test]
fn a_plugin_that_is_not_what_the_commission_says_of_it_is_kept_out() {
    let told = told(
        Day::Second,
        &[
            (
                "another version than the plugin says of itself",
                Day::Second,
                |forged| {
                    release_policy(forged, &next_policy(), |release| {
                        release["plugin"]["version"] = json!("9.9.9");
                    });
                },
            ),
            (
                "another contract than the plugin says of itself",
                Day::Second,
                |forged| {
                    release_policy(forged, &next_policy(), |release| {
                        release["plugin"]["contract"] = json!("kiosk:policy/identification-policy@0.9.0");
                    });
                },
            ),
            ("another plugin under this one's name", Day::Second, |forged| {
                let other = disguised(&next_policy(), |manifest| manifest.name = "fingerprint-last".to_owned());
                release_policy(forged, &other, |_| ());
            }),
            ("a matcher in the place of the policy", Day::Second, |forged| {
                release_policy(forged, &as_policy(&plugin("fingerprint-matcher")), |_| ());
            }),
            ("a plugin that uses what no policy has", Day::Second, |forged| {
                release_policy(forged, &as_policy(&test_plugin("foreign-import")), |release| {
                    release["plugin"]["version"] = json!("0.1.0");
                });
            }),
            ("a plugin that breaks off when it is started", Day::Second, |forged| {
                release_policy(forged, &as_policy(&test_plugin("init-trap")), |_| ());
            }),
            ("code that the kiosk's own engine compiled", Day::Second, |forged| {
                release_policy(forged, &compiled_code(), |_| ());
            }),
            ("no plugin at all", Day::Second, |forged| {
                release_policy(forged, b"#!/bin/sh\nreboot\n", |_| ());
            }),
            (
                "a plugin that answers otherwise than it was tested",
                Day::Second,
                |forged| {
                    // It takes these settings, and was tested to refuse them.
                    let vectors = json!({
                        "format": 1,
                        "plugin": "fingerprint-first",
                        "version": "0.1.0",
                        "answers": { "policy": { "cases": [], "refused-settings": [{ "attempts": 3 }] } },
                    });
                    let (target, vectors) = ("policies/fingerprint-first/9.vectors.json", vectors.to_string());
                    forged.list("policies", target, vectors.as_bytes());
                    release_policy(forged, &next_policy(), |release| {
                        release["vectors"] = planned(target, vectors.as_bytes());
                    });
                },
            ),
        ],
    );
    insta::assert_snapshot!(told);
}

fn release_settings(forged: &Forgery, settings: &Value) {
    let bytes = settings.to_string();
    let made_up = MadeUp {
        kind: "settings",
        name: "general",
        role: "policies",
        target: "settings/general-9.json",
        bytes: bytes.as_bytes(),
    };
    forged.release(&made_up, |_| ());
}

#[test]
fn settings_that_the_policy_or_the_host_refuses_leave_the_ones_before() {
    let told = told(
        Day::Second,
        &[
            ("more attempts than the policy takes", Day::Second, |forged| {
                release_settings(
                    forged,
                    &json!({
                        "format": 1,
                        "rules": { "floor": 500, "overrides": 5, "name-agreement": 80 },
                        "policy": { "attempts": 99 },
                    }),
                );
            }),
            ("a floor that admits almost anyone", Day::Second, |forged| {
                release_settings(
                    forged,
                    &json!({
                        "format": 1,
                        "rules": { "floor": 1, "overrides": 5, "name-agreement": 80 },
                        "policy": { "attempts": 3 },
                    }),
                );
            }),
            ("a rule that this kiosk does not know", Day::Second, |forged| {
                release_settings(
                    forged,
                    &json!({
                        "format": 1,
                        "rules": { "floor": 500, "overrides": 5, "name-agreement": 80, "admits-all": true },
                        "policy": { "attempts": 3 },
                    }),
                );
            }),
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn a_plugin_that_never_finishes_compiling_is_given_up_and_the_station_goes_on_meanwhile() {
    let forged = Forgery::of(Day::Second);
    release_policy(&forged, &tangled("fingerprint-first", 10_000, 1_000), |_| ());
    let hasty = CompileChild {
        deadline: Duration::from_millis(800),
        ..stand::compiler()
    };
    let mut scene = Scene::compiling(Day::Second, hasty);
    let began = Instant::now();
    let _ = scene.import(forged.path());
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let told = clean(&scene.withstood("a function that takes a compiler for ever"), &forged);
    insta::assert_snapshot!(told);
}
