//! What is refused, and with which sentence.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use jiff::Timestamp;
use plan::item::{ItemId, Kind};
use plan::vendor::{Devices, Limits, Vendor};
use plan::waves::{Step, Waves};
use plugin_package::Manifest;
use repository::Error;
use repository::ceremony::{Ceremony, Keyholders};
use repository::change::Change;
use repository::configuration::{Configuration, Lifetimes};
use repository::draft::Draft;
use repository::grants::Grant;
use repository::key::{PublicKey, SecretKey};
use repository::keyfile::{self, Passphrase, Work};
use repository::publication::{Input, Publication};
use repository::role::Role;
use repository::trial::{Trial, component};
use repository::vendors::VendorSigned;
use repository::workshop::Workshop;
use std::path::Path;
use std::slice::from_ref;

fn now() -> Timestamp {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

const POLICY: &str =
    "name = \"first\"\ncontract = \"kiosk:policy/identification-policy@0.1.0\"\nminimum-host = \"0.1.0\"\n";
const EXPORTER: &str = "name = \"turnout\"\ncontract = \"kiosk:exporter/export-format@0.1.0\"\nminimum-host = \"0.1.0\"\n\
                        [exporter]\nrows = [\"turnout\", \"counts\"]\n";
const DRIVER: &str = "name = \"acme-200\"\ncontract = \"kiosk:driver/fingerprint-scanner-driver@0.1.0\"\nminimum-host = \"0.1.0\"\n\
                      [[usb]]\nvendor = 0x1209\nproduct = 1\ninterface = 0\n\
                      endpoints = [ { address = 0x81, kind = \"bulk\", max-length = 4096 } ]\n";

fn plugin(toml: &str, version: &str) -> Vec<u8> {
    component(&Manifest::from_plugin_toml(toml, version).unwrap()).unwrap()
}

fn driver_of(product: u16, length: u32, version: &str) -> Vec<u8> {
    let toml = DRIVER
        .replace("product = 1", &format!("product = {product}"))
        .replace("4096", &length.to_string());
    plugin(&toml, version)
}

fn vendor(max_length: u32) -> Vendor {
    Vendor {
        devices: vec![Devices {
            vendor: 0x1209,
            products: vec![1],
        }],
        classes: vec![0xff],
        limits: Limits {
            max_length,
            ..Limits::default()
        },
    }
}

fn id(kind: Kind, name: &str) -> ItemId {
    ItemId {
        kind,
        name: name.to_owned(),
    }
}

fn publish(kind: Kind, name: &str, bytes: &[u8]) -> Publication {
    Publication::new(kind, Input::of(name, bytes))
}

/// A repository with one item of several kinds, and the vendor acme.
fn trial(folder: &Path) -> Trial {
    let mut trial = Trial::new(folder, now()).unwrap();
    trial.publish_policy(&plugin(POLICY, "0.1.0")).unwrap();
    trial.publish_exporter(&plugin(EXPORTER, "0.1.0")).unwrap();
    trial.add_vendor("acme", vendor(4096)).unwrap();
    trial.publish_driver("acme", &driver_of(1, 4096, "0.1.0")).unwrap();
    trial
}

fn edit(trial: &Trial, edit: impl FnOnce(&mut Draft) -> Result<(), Error>) -> Result<(), Error> {
    let mut draft = trial.workshop().draft(now())?;
    edit(&mut draft)?;
    draft.change().map(|_| ())
}

fn published(trial: &Trial, publication: &Publication) -> Result<(), Error> {
    edit(trial, |draft| draft.publish(publication).map(|_| ()))
}

fn signed(trial: &Trial, key: &str, files: &[Input], now: Timestamp) -> VendorSigned {
    match key {
        "acme" => trial.sign_as_vendor("acme", files).unwrap(),
        _ => {
            let key = SecretKey::generate(key).unwrap();
            VendorSigned::sign("acme", &key, files, None, &Lifetimes::default(), now).unwrap()
        }
    }
}

type Case = (&'static str, fn(&mut Trial, &Path) -> Result<(), Error>);

const CASES: [Case; 42] = [
    ("a library", |trial, _| {
        published(trial, &publish(Kind::Policy, "first.so", b"\x7fELF\x02\x01\x01"))
    }),
    ("a core module", |trial, _| {
        published(trial, &publish(Kind::Policy, "first.wasm", b"\0asm\x01\0\0\0"))
    }),
    ("a text", |trial, _| {
        published(trial, &publish(Kind::Policy, "first.wasm", b"hello"))
    }),
    ("a component without a manifest", |trial, _| {
        published(trial, &publish(Kind::Policy, "first.wasm", b"\0asm\x0d\0\x01\0"))
    }),
    ("an exporter as a policy", |trial, _| {
        published(trial, &publish(Kind::Policy, "x.wasm", &plugin(EXPORTER, "0.1.0")))
    }),
    ("a policy under another name", |trial, _| {
        let other = publish(Kind::Policy, "first.wasm", &plugin(POLICY, "0.2.0")).named("second");
        published(trial, &other)
    }),
    ("the same policy again", |trial, _| {
        published(trial, &publish(Kind::Policy, "first.wasm", &plugin(POLICY, "0.1.0")))
    }),
    ("a second policy", |trial, _| {
        let second = plugin(&POLICY.replace("first", "second"), "0.1.0");
        published(trial, &publish(Kind::Policy, "second.wasm", &second))
    }),
    ("vectors that are no JSON", |trial, _| {
        let publication = publish(Kind::Policy, "first.wasm", &plugin(POLICY, "0.2.0"));
        published(trial, &publication.with_vectors(Input::of("v.json", b"{")))
    }),
    ("vectors that are a number", |trial, _| {
        let publication = publish(Kind::Policy, "first.wasm", &plugin(POLICY, "0.2.0"));
        published(trial, &publication.with_vectors(Input::of("v.json", b"7")))
    }),
    ("rows that are not asked for", |trial, _| {
        let publication = publish(Kind::Exporter, "turnout.wasm", &plugin(EXPORTER, "0.2.0"));
        published(trial, &publication.only_rows(vec!["names".to_owned()]))
    }),
    ("waves without a step", |trial, _| {
        let waves = Waves {
            start: now(),
            steps: Vec::new(),
        };
        let publication = publish(Kind::Policy, "first.wasm", &plugin(POLICY, "0.2.0"));
        published(trial, &publication.in_waves(waves))
    }),
    ("settings that do not check", |trial, _| {
        let json = br#"{"format": 1, "rules": {"floor": 100, "overrides": 3, "name-agreement": 80}}"#;
        published(trial, &publish(Kind::Settings, "general.json", json))
    }),
    ("messages that do not check", |trial, _| {
        let json = br#"{"format": 1, "languages": {"english": {}}}"#;
        published(trial, &publish(Kind::Messages, "texts.json", json))
    }),
    ("settings with a name that is none", |trial, _| {
        published(trial, &publish(Kind::Settings, "General settings.json", b"{}"))
    }),
    ("a driver that no vendor signed", |trial, _| {
        published(
            trial,
            &publish(Kind::Driver, "acme-200.wasm", &driver_of(1, 4096, "0.2.0")),
        )
    }),
    ("a driver of a vendor that is not taken on", |trial, _| {
        let file = Input::of("acme-200.wasm", &driver_of(1, 4096, "0.2.0"));
        let key = SecretKey::generate("bolt").unwrap();
        let signed = VendorSigned::sign("bolt", &key, from_ref(&file), None, &Lifetimes::default(), now())?;
        published(trial, &Publication::new(Kind::Driver, file).signed_by(signed))
    }),
    ("a driver signed with another key", |trial, _| {
        let file = Input::of("acme-200.wasm", &driver_of(1, 4096, "0.2.0"));
        let signed = signed(trial, "thief", from_ref(&file), now());
        published(trial, &Publication::new(Kind::Driver, file).signed_by(signed))
    }),
    ("a list of another vendor's files", |trial, folder| {
        let file = Input::of("acme-200.wasm", &driver_of(1, 4096, "0.2.0"));
        let key = SecretKey::generate("bolt").unwrap();
        let list = VendorSigned::sign("bolt", &key, from_ref(&file), None, &Lifetimes::default(), now())?;
        let path = folder.join("vendor-acme.json");
        std::fs::write(&path, list.encode()?).unwrap();
        let signed = VendorSigned::read(&path, "acme")?;
        published(trial, &Publication::new(Kind::Driver, file).signed_by(signed))
    }),
    ("a list that is none", |_, folder| {
        let path = folder.join("vendor-acme.json");
        std::fs::write(&path, b"{}").unwrap();
        VendorSigned::read(&path, "acme").map(|_| ())
    }),
    ("a list that was shortened on its way", |trial, _| {
        let file = Input::of("acme-200.wasm", &driver_of(1, 4096, "0.2.0"));
        let whole = trial.sign_as_vendor("acme", from_ref(&file))?;
        let mut value: serde_json::Value = serde_json::from_slice(&whole.encode()?).unwrap();
        value["signed"]["targets"]
            .as_object_mut()
            .unwrap()
            .remove("vendors/acme/acme-200-0.1.0.wasm");
        let path = trial.workshop().folder().join("list.json");
        std::fs::write(&path, value.to_string()).unwrap();
        let signed = VendorSigned::read(&path, "acme")?;
        published(trial, &Publication::new(Kind::Driver, file).signed_by(signed))
    }),
    ("a list that has run out", |trial, _| {
        let file = Input::of("acme-200.wasm", &driver_of(1, 4096, "0.2.0"));
        let signed = trial.sign_as_vendor("acme", from_ref(&file))?;
        let late = now()
            .saturating_add(jiff::SignedDuration::from_hours(24 * 400))
            .unwrap();
        let mut draft = trial.workshop().draft(late)?;
        draft
            .publish(&Publication::new(Kind::Driver, file).signed_by(signed))
            .map(|_| ())
    }),
    ("a driver that its list does not name", |trial, _| {
        let listed = Input::of("acme-200.wasm", &driver_of(1, 4096, "0.2.0"));
        let other = Input::of("acme-200.wasm", &driver_of(1, 4096, "0.3.0"));
        let signed = trial.sign_as_vendor("acme", &[listed])?;
        published(trial, &Publication::new(Kind::Driver, other).signed_by(signed))
    }),
    ("a driver for a device that its vendor may not have", |trial, _| {
        let file = Input::of("acme-200.wasm", &driver_of(2, 4096, "0.2.0"));
        let signed = trial.sign_as_vendor("acme", from_ref(&file))?;
        published(trial, &Publication::new(Kind::Driver, file).signed_by(signed))
    }),
    ("a driver with transfers that are too long", |trial, _| {
        let file = Input::of("acme-200.wasm", &driver_of(1, 4097, "0.2.0"));
        let signed = trial.sign_as_vendor("acme", from_ref(&file))?;
        published(trial, &Publication::new(Kind::Driver, file).signed_by(signed))
    }),
    ("a device that the driver does not ask for", |trial, _| {
        let file = Input::of("acme-200.wasm", &driver_of(1, 4096, "0.2.0"));
        let signed = trial.sign_as_vendor("acme", from_ref(&file))?;
        let publication = Publication::new(Kind::Driver, file).signed_by(signed);
        published(trial, &publication.only_devices(vec![(0x1209, 7)]))
    }),
    ("one version of a vendor with two contents", |trial, _| {
        let file = Input::of("acme-200.wasm", &driver_of(1, 64, "0.1.0"));
        trial.sign_as_vendor("acme", &[file]).map(|_| ())
    }),
    ("a vendor that gets less than its driver has", |trial, _| {
        edit(trial, |draft| draft.set_vendor("acme", None, vendor(64)))
    }),
    ("a new vendor without a key", |trial, _| {
        edit(trial, |draft| draft.set_vendor("bolt", None, vendor(64)))
    }),
    ("a grant for a policy", |trial, _| {
        let id = id(Kind::Policy, "first");
        let manifest = trial.workshop().manifest(&id)?;
        edit(trial, |draft| draft.grant(&id, &manifest, &Grant::All))
    }),
    ("a grant that changes nothing", |trial, _| {
        let id = id(Kind::Exporter, "turnout");
        let manifest = trial.workshop().manifest(&id)?;
        edit(trial, |draft| draft.grant(&id, &manifest, &Grant::All))
    }),
    ("a withdrawal of what is not there", |trial, _| {
        edit(trial, |draft| draft.withdraw(&id(Kind::Policy, "first"), 7, "bad"))
    }),
    ("a withdrawal of an item that is not there", |trial, _| {
        edit(trial, |draft| draft.withdraw(&id(Kind::Policy, "second"), 1, "bad"))
    }),
    ("a withdrawal without a code", |trial, _| {
        edit(trial, |draft| {
            draft.withdraw(&id(Kind::Policy, "first"), 1, "It is bad")
        })
    }),
    ("a floor above everything", |trial, _| {
        edit(trial, |draft| draft.raise_floor(&id(Kind::Policy, "first"), 2))
    }),
    ("a floor that sinks", |trial, _| {
        edit(trial, |draft| draft.raise_floor(&id(Kind::Policy, "first"), 1))
    }),
    ("waves that shrink", |trial, _| {
        let step = |after_minutes, share| Step { after_minutes, share };
        let waves = Waves {
            start: now(),
            steps: vec![step(0, 2000), step(60, 100)],
        };
        edit(trial, |draft| draft.set_waves(&id(Kind::Policy, "first"), Some(waves)))
    }),
    ("a threshold that nobody can reach", |_, _| {
        let key = SecretKey::generate("aigul")?.public().clone();
        Keyholders::new(&Role::Root, vec![key], 2).map(|_| ())
    }),
    ("a key that counts twice", |_, _| {
        let key = SecretKey::generate("aigul")?.public().clone();
        Keyholders::new(&Role::Root, vec![key.clone(), key], 2).map(|_| ())
    }),
    ("a role that nobody holds", |_, _| {
        Ceremony::new().change(&Configuration::default(), now()).map(|_| ())
    }),
    ("a second ceremony in one folder", |trial, _| {
        trial.workshop().ceremony(&Ceremony::new(), now()).map(|_| ())
    }),
    ("a clock that goes back", |trial, _| {
        let early = now().saturating_sub(jiff::SignedDuration::from_hours(1)).unwrap();
        trial.workshop().timestamp(trial.keys(), early).map(|_| ())
    }),
];

#[test]
fn each_thing_that_is_refused_gets_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let mut trial = trial(folder.path());
    let scratch = tempfile::tempdir().unwrap();
    let mut said = Vec::new();
    for (name, case) in CASES {
        let error = case(&mut trial, scratch.path());
        let sentence = match error {
            Ok(()) => panic!("{name} was taken"),
            Err(error) => error.to_string(),
        };
        let sentence = sentence
            .replace(scratch.path().to_str().unwrap(), "SCRATCH")
            .replace(folder.path().to_str().unwrap(), "WORKSHOP");
        assert!(!sentence.contains('\n'), "{name}: {sentence}");
        said.push(format!("{name}\n    {sentence}"));
    }
    insta::assert_snapshot!("refusals", said.join("\n"));
}

#[test]
fn what_is_wrong_with_a_key_file_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let key = SecretKey::generate("aigul").unwrap();
    let good = Passphrase::new("correct horse battery".to_owned());
    let path = keyfile::write(folder.path(), &key, &good, Work::Only(1)).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let mut cut = std::fs::read(&path).unwrap();
    cut.truncate(200);
    let to_a_key = {
        let recipient: age::x25519::Recipient = age::x25519::Identity::generate().to_public();
        age::encrypt(&recipient, b"something").unwrap()
    };
    let other = {
        let mut recipient = age::scrypt::Recipient::new("correct horse battery".to_owned().into());
        recipient.set_work_factor(1);
        age::encrypt(&recipient, b"something else").unwrap()
    };
    let hard = {
        let mut recipient = age::scrypt::Recipient::new("correct horse battery".to_owned().into());
        recipient.set_work_factor(1);
        let bytes = age::encrypt(&recipient, b"x").unwrap();
        let text = bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
        let place = text.find(" 1\n").unwrap();
        [&bytes[..place], b" 30\n", &bytes[place + 3..]].concat()
    };
    let read = |path: &Path, passphrase: &Passphrase| keyfile::read(path, passphrase).map(|_| ());
    let wrong = Passphrase::new("correct horse batterie".to_owned());
    let public = |bytes: &[u8]| keyfile::read_public(&write("x.pub.json", bytes)).map(|_| ());
    let cases: [(&str, Result<(), Error>); 12] = [
        ("a wrong passphrase", read(&path, &wrong)),
        ("no file", read(&folder.path().join("bakyt.key"), &good)),
        ("a cut file", read(&write("cut.key", &cut), &good)),
        ("a text", read(&write("text.key", b"hello"), &good)),
        ("an empty file", read(&write("empty.key", b""), &good)),
        (
            "a file that is far too long",
            read(&write("long.key", &[0; 20_000]), &good),
        ),
        (
            "a file encrypted to a key",
            read(&write("to-a-key.key", &to_a_key), &good),
        ),
        (
            "something else that is encrypted",
            read(&write("other.key", &other), &good),
        ),
        (
            "a file that takes for ever to open",
            read(&write("hard.key", &hard), &good),
        ),
        (
            "a short passphrase",
            keyfile::write(
                folder.path(),
                &SecretKey::generate("bakyt").unwrap(),
                &Passphrase::new("secret".to_owned()),
                Work::Only(1),
            )
            .map(|_| ()),
        ),
        (
            "a second key of the same holder",
            keyfile::write(folder.path(), &key, &good, Work::Only(1)).map(|_| ()),
        ),
        ("a public half that is none", public(b"{\"holder\": \"x\"}")),
    ];
    let said: Vec<String> = cases
        .into_iter()
        .map(|(name, result)| {
            let sentence = result.expect_err(name).to_string();
            assert!(!sentence.contains('\n'), "{name}: {sentence}");
            let sentence = sentence.replace(folder.path().to_str().unwrap(), "FOLDER");
            format!("{name}\n    {sentence}")
        })
        .collect();
    insta::assert_snapshot!("key_files", said.join("\n"));
}

#[test]
fn a_key_is_read_back_armoured_or_binary_and_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let key = SecretKey::generate("aigul").unwrap();
    let passphrase = Passphrase::new("correct horse battery".to_owned());
    let path = keyfile::write(folder.path(), &key, &passphrase, Work::Only(1)).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----"), "{text}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(keyfile::read(&path, &passphrase).unwrap().id(), key.id());
    let public = keyfile::read_public(&folder.path().join("aigul.pub.json")).unwrap();
    assert_eq!(&public, key.public());
    let mut binary = Vec::new();
    std::io::Read::read_to_end(&mut age::armor::ArmoredReader::new(text.as_bytes()), &mut binary).unwrap();
    let path = folder.path().join("binary/aigul.key");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, binary).unwrap();
    assert_eq!(keyfile::read(&path, &passphrase).unwrap().id(), key.id());
    assert_eq!(format!("{key:?} {passphrase:?}"), "SecretKey(aigul) Passphrase(..)");
}

#[test]
fn a_vendors_key_of_the_kit_is_read_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acme.key");
    plugin_kit::sign::new_key(&path).unwrap();
    assert!(keyfile::is_kit_key(&path));
    let secret = keyfile::read_kit_key(&path).unwrap();
    let public: PublicKey = keyfile::read_public(&folder.path().join("acme.key.pub")).unwrap();
    assert_eq!(secret.public(), &public);
    assert_eq!(public.holder, "acme");
}

#[test]
fn a_change_that_was_changed_on_its_way_is_not_signed() {
    let folder = tempfile::tempdir().unwrap();
    let trial = trial(folder.path());
    let mut draft = trial.workshop().draft(now()).unwrap();
    draft
        .publish(&publish(Kind::Policy, "first.wasm", &plugin(POLICY, "0.2.0")))
        .unwrap();
    draft
        .withdraw_in_emergency(&id(Kind::Exporter, "turnout"), 1, "bad")
        .unwrap();
    let good: serde_json::Value = serde_json::from_slice(&draft.change().unwrap().encode().unwrap()).unwrap();
    let path = folder.path().join("change.json");
    type Tamper = fn(&mut serde_json::Value);
    let cases: [(&str, Tamper); 9] = [
        ("the plan's text", |change| {
            let text = change["texts"]["plan.json"].as_str().unwrap().replace("first", "other");
            change["texts"]["plan.json"] = text.into();
        }),
        ("the plan left out", |change| {
            change["texts"].as_object_mut().unwrap().remove("plan.json");
        }),
        ("a file left out", |change| change["files"] = serde_json::json!([])),
        ("a file's digest", |change| {
            change["files"][0]["sha256"] = "00".repeat(32).into();
        }),
        ("the plan that it builds on", |change| {
            let plan = change["base"]["texts"]["plan.json"].as_str().unwrap();
            let plan = plan.replace("\"floor\": 1", "\"floor\": 2");
            change["base"]["texts"]["plan.json"] = plan.into();
        }),
        ("the emergency list that it builds on", |change| {
            let list = change["base"]["texts"]["emergency.json"].as_str().unwrap();
            let list = list.replace("\"counter\": 1", "\"counter\": 9");
            change["base"]["texts"]["emergency.json"] = list.into();
        }),
        ("the targets that it builds on", |change| {
            change["base"]["targets"]["signed"]["version"] = 1.into();
        }),
        ("its format", |change| change["format"] = 2.into()),
        ("a field that nobody knows", |change| change["more"] = 1.into()),
    ];
    std::fs::write(&path, good.to_string()).unwrap();
    Change::read(&path).unwrap();
    let said: Vec<String> = cases
        .into_iter()
        .map(|(name, tamper)| {
            let mut change = good.clone();
            tamper(&mut change);
            std::fs::write(&path, change.to_string()).unwrap();
            let sentence = Change::read(&path).expect_err(name).to_string();
            format!(
                "{name}\n    {}",
                sentence.replace(path.to_str().unwrap(), "change.json")
            )
        })
        .collect();
    insta::assert_snapshot!("tampered", said.join("\n"));
}

#[test]
fn a_change_that_was_overtaken_is_prepared_again_and_one_that_was_not_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut trial = trial(folder.path());
    let sign = |trial: &Trial, draft: Draft| {
        let mut change = draft.change().unwrap();
        for key in trial.keys() {
            if !change.signs(key.id()).unwrap().is_empty() {
                change.sign(key).unwrap();
            }
        }
        change
    };
    let mut draft = trial.workshop().draft(now()).unwrap();
    draft
        .publish(&publish(Kind::Policy, "first.wasm", &plugin(POLICY, "0.2.0")))
        .unwrap();
    let first = sign(&trial, draft.clone());
    let second = sign(&trial, draft);
    // An emergency meanwhile is in nobody's way.
    trial
        .withdraw_in_emergency(Kind::Exporter, "turnout", 1, "bad")
        .unwrap();
    trial.workshop().finish(&first, trial.keys(), now()).unwrap();
    let error = trial
        .workshop()
        .finish(&second, trial.keys(), now())
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "targets is at version 6, but this change was prepared on version 5; prepare it again"
    );
    assert!(
        trial
            .state()
            .unwrap()
            .emergency
            .reason(&id(Kind::Exporter, "turnout"), 1)
            .is_some()
    );
}

#[test]
fn copies_that_were_signed_apart_become_one_even_where_one_was_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let trial = trial(folder.path());
    let mut draft = trial.workshop().draft(now()).unwrap();
    draft
        .publish(&publish(Kind::Policy, "first.wasm", &plugin(POLICY, "0.2.0")))
        .unwrap();
    let bare = draft.change().unwrap();
    let holder = |name: &str| trial.keys().iter().find(|key| key.holder() == name).unwrap();
    let by = |names: &[&str]| {
        let mut change = bare.clone();
        for name in names {
            change.sign(holder(name)).unwrap();
        }
        change
    };
    let mut damaged = by(&["aigul"]);
    for document in damaged.roles.values_mut() {
        for signature in &mut document.signatures {
            signature.sig = vec![7; 64].into();
        }
    }
    damaged.merge(&by(&["bakyt"])).unwrap();
    let missing = damaged.missing().unwrap().join("; ");
    assert_eq!(
        missing,
        "targets has 1 of 2, 1 more of aigul, chinara; policies has 0 of 1, 1 more of policies"
    );
    damaged.merge(&by(&["aigul", "policies"])).unwrap();
    assert!(damaged.missing().unwrap().is_empty());
    let mut other = trial.workshop().draft(now()).unwrap();
    other.withdraw(&id(Kind::Policy, "first"), 1, "bad").unwrap();
    let error = damaged.merge(&other.change().unwrap()).unwrap_err().to_string();
    assert!(error.contains("the files are not copies of the same change"), "{error}");

    // The file of a change does not carry the plugin; it waits in the folder.
    let path = folder.path().join("change.json");
    std::fs::write(&path, damaged.encode().unwrap()).unwrap();
    let carried = Change::read(&path).unwrap();
    let error = trial.workshop().finish(&carried, trial.keys(), now()).unwrap_err();
    assert!(
        matches!(error, Error::NoBytes(ref target) if target == "policies/first/2.wasm"),
        "{error}"
    );
    trial.workshop().stage(&bare).unwrap();
    trial.workshop().finish(&carried, trial.keys(), now()).unwrap();
    let left = std::fs::read_dir(folder.path().join("pending")).unwrap().count();
    assert_eq!(left, 0, "what was published no longer waits");
}

#[test]
fn old_releases_leave_the_plan_and_their_roles_list_and_a_kiosk_reads_what_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = Configuration::default();
    configuration.releases.keep = 2;
    let mut trial = Trial::configured(folder.path(), now(), configuration).unwrap();
    for version in ["0.1.0", "0.2.0", "0.3.0"] {
        trial.publish_policy(&plugin(POLICY, version)).unwrap();
        trial.publish_driver("acme", &driver_of(1, 4096, version)).unwrap();
    }
    let state = trial.state().unwrap();
    for item in &state.plan.items {
        let counters: Vec<u32> = item.releases.iter().map(|release| release.counter).collect();
        assert_eq!(counters, [2, 3], "{}", item.id());
    }
    assert_eq!(state.roles[&Role::Policies].signed.targets.len(), 2);
    let source = updates::folder::FolderSource::new(trial.repository());
    let question = repository::verify::Question {
        source: &source,
        root: trial.root(),
        now: now(),
        days: 1,
    };
    assert_eq!(repository::verify::verify(&question, &mut |_, _| ()).unwrap().files, 4);
}

#[test]
fn one_command_works_in_a_folder_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let trial = trial(folder.path());
    let error = Workshop::open(folder.path()).unwrap_err().to_string();
    assert!(error.starts_with("another command is working in "), "{error}");
    drop(trial);
    Workshop::open(folder.path()).unwrap();
}

#[test]
fn a_configuration_is_refused_with_its_line_or_rule() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("commission.toml");
    let example = repository::configuration::EXAMPLE;
    std::fs::write(&path, example).unwrap();
    assert_eq!(Configuration::read(folder.path()).unwrap(), Configuration::default());
    let cases = [
        ("timestamp-days = 14", "timestamp-days = 40"),
        ("keep = 10", "keep = 1"),
        ("root-days = 730", "root-day = 730"),
    ];
    let said: Vec<String> = cases
        .into_iter()
        .map(|(good, bad)| {
            let text = example.replace(good, bad);
            assert_ne!(text, example);
            std::fs::write(&path, text).unwrap();
            let error = Configuration::read(folder.path()).unwrap_err().to_string();
            error.replace(folder.path().to_str().unwrap(), "FOLDER")
        })
        .collect();
    insta::assert_snapshot!("configuration", said.join("\n"));
    let error = Configuration::read(&folder.path().join("elsewhere"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("it has no commission.toml"), "{error}");
}

#[test]
fn a_damaged_repository_is_told_by_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let trial = trial(folder.path());
    let state = trial.state().unwrap();
    let files = [
        "metadata/1.root.json".to_owned(),
        "metadata/timestamp.json".to_owned(),
        format!("metadata/{}.snapshot.json", state.version(&Role::Snapshot)),
        format!("metadata/{}.targets.json", state.version(&Role::Targets)),
        "metadata/1.emergency.json".to_owned(),
    ];
    for file in files {
        let path = trial.repository().join(&file);
        let good = std::fs::read(&path).unwrap();
        let text = String::from_utf8(good.clone()).unwrap();
        std::fs::write(&path, text.replace("1.0.0", "1.0.1")).unwrap();
        let error = trial.workshop().present().unwrap_err().to_string();
        assert!(error.contains(&format!("{file} does not hold: ")), "{file}: {error}");
        std::fs::write(&path, good).unwrap();
    }
    trial.workshop().present().unwrap();
}
