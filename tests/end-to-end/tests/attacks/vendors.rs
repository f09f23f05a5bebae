//! Vendors who sign what is not theirs, ask for more than they may have, or are late.

use crate::attack::{clean, told};
use crate::commission::{Day, SHORT_DAYS, hour};
use crate::forgery::{Forgery, MadeUp, item};
use crate::scene::Scene;
use plan::item::Kind;
use serde_json::{Value, json};
use stand::disguised;
use stand::{another, id, plugin, policy, released};

/// The version of every driver that is made up here.
const VERSION: &str = "0.1.2";

/// The vendor of the printer signs a driver.
fn release(forged: &Forgery, name: &'static str, target: &'static str, bytes: &[u8], edit: impl FnOnce(&mut Value)) {
    let made_up = MadeUp {
        kind: "driver",
        name,
        role: "vendor-epson",
        target,
        bytes,
    };
    forged.release(&made_up, |release| {
        release["plugin"]["version"] = json!(VERSION);
        edit(release);
    });
}

/// The same of its own driver.
fn release_own(forged: &Forgery, bytes: &[u8], edit: impl FnOnce(&mut Value)) {
    release(forged, "escpos", "vendors/epson/escpos-0.1.2.wasm", bytes, edit);
}

#[test]
fn a_vendor_signs_only_its_own_files_and_drives_only_its_own_devices() {
    let told = told(
        Day::Second,
        &[
            ("a vendor signs a file of another vendor", Day::Second, |forged| {
                let driver = released(&plugin("uru4000"), 2);
                let target = "vendors/digital-persona/uru4000-0.1.2.wasm";
                release(forged, "uru4000", target, &driver, |_| ());
            }),
            (
                "a vendor signs another vendor's driver as its own, and everyone else signs too",
                Day::Second,
                |forged| {
                    let driver = released(&plugin("uru4000"), 2);
                    release(forged, "uru4000", "vendors/epson/uru4000-0.1.2.wasm", &driver, |_| ());
                },
            ),
            (
                "a careless commission grants a device that it never allowed the vendor",
                Day::Second,
                |forged| {
                    let driver = released(&plugin("escpos"), 2);
                    let reader = item(&mut forged.plan(), "driver", "uru4000")["releases"][0]["usb"].clone();
                    release_own(forged, &driver, |release| release["usb"] = reader);
                },
            ),
            (
                "a careless commission grants longer transfers than it ever allowed the vendor",
                Day::Second,
                |forged| {
                    let driver = released(&plugin("escpos"), 2);
                    release_own(forged, &driver, |release| {
                        release["usb"][0]["endpoints"][0]["max-length"] = json!(2 << 20);
                    });
                },
            ),
            ("a vendor signs a policy", Day::Second, |forged| {
                let made_up = MadeUp {
                    role: "vendor-epson",
                    bytes: &another(&plugin("fingerprint-first"), 9),
                    ..MadeUp::POLICY
                };
                forged.release(&made_up, |_| ());
            }),
            ("a vendor signs the plan", Day::Second, |forged| {
                let mut plan = forged.plan();
                plan["counter"] = json!(1_000);
                forged.list("vendor-epson", "plan.json", plan.to_string().as_bytes());
                forged.change("targets", &crate::commission::enough("targets"), |signed| {
                    signed["targets"].as_object_mut().unwrap().remove("plan.json");
                });
                forged.announce();
            }),
        ],
    );
    insta::assert_snapshot!(told);
}

/// What a driver asks for in its own words is not what it gets: that stands in the plan.
#[test]
fn a_driver_that_asks_for_more_than_was_granted_gets_what_was_granted() {
    let forged = Forgery::of(Day::Second);
    let reader = plugin_package::read_manifest(&plugin("uru4000")).unwrap().usb;
    let greedy = disguised(&plugin("escpos"), |manifest| {
        manifest.version = VERSION.to_owned();
        manifest.usb.extend(reader);
    });
    release_own(&forged, &greedy, |_| ());
    let mut scene = Scene::at(Day::Second);
    let told = scene.import(forged.path()).unwrap();
    assert_eq!(told, ["driver escpos 2 runs"]);
    scene.settle();
    assert_eq!(scene.running.kiosk.scanner().unwrap(), "DigitalPersona U.are.U 4500");
    scene.serves("it asks for the reader too");
}

#[test]
fn a_vendor_whose_signature_expired_keeps_its_driver_running_and_keeps_nobody_else_from_updates() {
    let late = hour(24 * i64::from(SHORT_DAYS) + 24);
    let mut scene = Scene::later(Day::Second, late);
    let told = scene.import(&Day::Third.repository()).unwrap();
    assert_eq!(told, ["policy fingerprint-first 3 runs"]);
    assert_eq!(scene.wrongs(), [""; 0]);
    assert_eq!(scene.running.status().wrong, [""; 0]);
    let printer = id(Kind::Driver, "escpos");
    assert_eq!(scene.running.lineup()[&printer], (Some(1), Some(1)));
    scene.settle();

    // A new driver of that vendor beside a new policy: the policy comes in, and the old driver stays.
    let forged = Forgery::of(Day::Third);
    let driver = released(&plugin("escpos"), 2);
    release_own(&forged, &driver, |_| ());
    let made_up = MadeUp {
        bytes: &another(&plugin("fingerprint-first"), 9),
        ..MadeUp::POLICY
    };
    forged.release(&made_up, |_| ());
    let told = scene.import(forged.path()).unwrap();
    assert_eq!(told, ["policy fingerprint-first 4 runs"]);
    assert_eq!(scene.wrongs(), ["expired"]);
    let wrong = clean(&scene.running.status().wrong.join("\n"), &forged);
    insta::assert_snapshot!(wrong);
    assert_eq!(scene.running.lineup()[&printer], (Some(1), Some(1)));
    assert_eq!(scene.running.lineup()[&policy()], (Some(4), Some(4)));
    scene.settle();
    scene.serves("the vendor is late");
}
