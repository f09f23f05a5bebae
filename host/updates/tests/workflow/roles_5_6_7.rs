//! 5.6.7: who signed a target.

use crate::kiosk::{Case, Kiosk, code};
use jiff::SignedDuration;
use std::sync::Arc;
use updates::client::{Client, Limits};
use updates::disk::SystemDisk;
use updates::testing::{NOW, Repository, TestKey};

/// One delegation: from, to, for which paths, terminating.
type Edge = (&'static str, &'static str, &'static str, bool);

fn graph(edges: &[Edge]) -> Repository {
    let mut repository = Repository::new();
    let mut names = Vec::new();
    for (from, to, paths, terminating) in edges {
        repository.delegate(from, to, &[paths]);
        repository.delegation(from, to)["terminating"] = (*terminating).into();
        if !names.contains(to) {
            names.push(to);
        }
    }
    for name in names {
        repository.publish(name);
    }
    repository.publish_content();
    repository
}

/// Which delegated roles were fetched, in order.
fn asked(repository: &Repository) -> String {
    let requests = repository.shelf.requests();
    let roles = requests.iter().filter_map(|path| path.strip_prefix("metadata/1."));
    roles
        .filter_map(|file| file.strip_suffix(".json"))
        .filter(|role| role.len() == 1)
        .collect()
}

#[test]
fn roles_are_asked_in_their_order_each_before_those_below_it() {
    let all = "*";
    let cases: [(&str, &[Edge], &str); 11] = [
        ("one", &[("targets", "A", all, false)], "A"),
        (
            "two",
            &[("targets", "A", all, false), ("targets", "B", all, false)],
            "AB",
        ),
        (
            "below the first before the second",
            &[
                ("targets", "A", all, false),
                ("targets", "B", all, false),
                ("A", "C", all, false),
                ("A", "D", all, false),
            ],
            "ACDB",
        ),
        (
            "three levels",
            &[
                ("targets", "A", all, false),
                ("targets", "B", all, false),
                ("A", "C", all, false),
                ("C", "D", all, false),
            ],
            "ACDB",
        ),
        (
            "a terminating role ends it for all others",
            &[
                ("targets", "A", all, false),
                ("targets", "B", all, false),
                ("A", "C", all, true),
                ("A", "D", all, false),
            ],
            "AC",
        ),
        (
            "but not for those below it",
            &[
                ("targets", "A", all, false),
                ("targets", "B", all, false),
                ("A", "C", all, true),
                ("C", "D", all, false),
            ],
            "ACD",
        ),
        (
            "a terminating role for other paths ends nothing",
            &[("targets", "A", "*.py", true), ("targets", "B", all, false)],
            "B",
        ),
        (
            "roles for other paths are not asked, nor those below them",
            &[
                ("targets", "A", "*.py", false),
                ("targets", "B", all, false),
                ("A", "C", all, false),
            ],
            "B",
        ),
        (
            "roles that delegate to each other are asked once",
            &[
                ("targets", "A", all, false),
                ("A", "B", all, false),
                ("B", "C", all, false),
                ("C", "A", all, false),
                ("C", "B", all, false),
            ],
            "ABC",
        ),
        (
            "a role below two others is asked once",
            &[
                ("targets", "A", all, false),
                ("targets", "B", all, false),
                ("B", "C", all, false),
                ("A", "C", all, false),
            ],
            "ACB",
        ),
        (
            "by the way that leads to the target",
            &[
                ("targets", "A", all, false),
                ("targets", "B", all, false),
                ("B", "C", all, false),
                ("A", "C", "*.py", false),
            ],
            "ABC",
        ),
    ];
    for (what, edges, order) in cases {
        let repository = graph(edges);
        let mut kiosk = Kiosk::that_took(&repository);
        repository.shelf.requests();
        let found = kiosk.client().find(&repository.shelf, "missing", NOW);
        assert_eq!(code(&found), "unsigned-target", "{what}");
        assert_eq!(asked(&repository), order, "{what}");
        // They are kept: the same search again fetches nothing.
        kiosk.restart();
        assert_eq!(
            code(&kiosk.client().find(&repository.shelf, "missing", NOW)),
            "unsigned-target"
        );
        assert_eq!(asked(&repository), "", "{what}");
    }
}

#[test]
fn the_first_role_that_lists_a_target_answers() {
    let mut repository = graph(&[
        ("targets", "A", "vendors/*/*", false),
        ("targets", "B", "*", false),
        ("A", "C", "vendors/acme/*", false),
    ]);
    repository.add("C", "vendors/acme/reader.wasm", b"of C");
    repository.add("A", "vendors/other/reader.wasm", b"of A");
    repository.add("B", "reader.wasm", b"of B");
    // Listed by roles that may not sign it.
    repository.list("B", "vendors/acme/reader.wasm", b"forged by B");
    repository.list("C", "vendors/other/reader.wasm", b"forged by C");
    repository.list("C", "plan.json", b"forged by C");
    for role in ["A", "B", "C"] {
        repository.publish(role);
    }
    repository.publish_content();
    let mut kiosk = Kiosk::that_took(&repository);
    let cases = [
        ("vendors/acme/reader.wasm", Some("C")),
        ("vendors/other/reader.wasm", Some("A")),
        ("reader.wasm", Some("B")),
        ("plan.json", None),
        ("vendors/other/printer.wasm", None),
    ];
    for (target, expected) in cases {
        let found = kiosk.client().find(&repository.shelf, target, NOW);
        let role = found.as_ref().ok().map(|found| found.role.as_str());
        assert_eq!(role, expected, "{target}: {}", code(&found));
    }
}

fn vendors() -> Repository {
    let mut repository = Repository::new();
    for vendor in ["acme", "other"] {
        let role = format!("vendor-{vendor}");
        repository.delegate("targets", &role, &[&format!("vendors/{vendor}/*")]);
        repository.add(&role, &format!("vendors/{vendor}/reader.wasm"), vendor.as_bytes());
        repository.publish(&role);
    }
    repository.add("targets", "plan.json", b"plan");
    repository.publish_content();
    repository
}

#[test]
fn a_vendor_cannot_sign_another_vendors_name() {
    let mut repository = vendors();
    repository.list("vendor-acme", "vendors/other/reader.wasm", b"forged");
    repository.list("vendor-acme", "vendors/other/printer.wasm", b"forged");
    repository.publish("vendor-acme");
    repository.publish_content();
    let mut kiosk = Kiosk::that_took(&repository);
    let found = kiosk
        .client()
        .find(&repository.shelf, "vendors/other/reader.wasm", NOW)
        .unwrap();
    assert_eq!(found.role, "vendor-other");
    let found = kiosk
        .client()
        .find(&repository.shelf, "vendors/other/printer.wasm", NOW);
    assert_eq!(code(&found), "unsigned-target");
}

#[test]
fn what_is_wrong_with_one_vendor_harms_no_other() {
    let cases: [Case<Repository>; 8] = [
        (
            "an old version under the new one's name",
            |repository| {
                repository.publish("vendor-acme");
                let old = repository.shelf.files["metadata/1.vendor-acme.json"].clone();
                repository
                    .shelf
                    .files
                    .insert("metadata/2.vendor-acme.json".to_owned(), old);
                repository.role("snapshot").signed["meta"]["vendor-acme.json"] = serde_json::json!({ "version": 2 });
            },
            "mixed-versions",
        ),
        (
            "expired",
            |repository| {
                repository.role("vendor-acme").expires = NOW;
                repository.publish("vendor-acme");
            },
            "expired",
        ),
        (
            "another key",
            |repository| {
                repository.role("vendor-acme").signers = vec![TestKey::of("vendor-other")];
                repository.publish("vendor-acme");
            },
            "too-few-signatures",
        ),
        (
            "not in the snapshot",
            |repository| {
                repository.role("snapshot").signed["meta"]
                    .as_object_mut()
                    .unwrap()
                    .remove("vendor-acme.json");
            },
            "role-not-listed",
        ),
        (
            "not on the shelf",
            |repository| {
                repository.publish("vendor-acme");
                repository.shelf.files.remove("metadata/2.vendor-acme.json");
            },
            "source-not-found",
        ),
        (
            "other bytes than the snapshot says",
            |repository| {
                repository.publish("vendor-acme");
                let old = repository.shelf.files["metadata/1.vendor-acme.json"].clone();
                repository
                    .shelf
                    .files
                    .insert("metadata/2.vendor-acme.json".to_owned(), old);
            },
            "wrong-digest",
        ),
        (
            "a key that this program cannot use",
            |repository| {
                let id = TestKey::of("vendor-acme").id();
                repository.role("targets").signed["delegations"]["keys"][id] =
                    serde_json::json!({ "keytype": "later", "scheme": "later", "keyval": {} });
            },
            "too-few-signatures",
        ),
        (
            "no metadata",
            |repository| {
                repository.publish("vendor-acme");
                repository
                    .shelf
                    .files
                    .insert("metadata/2.vendor-acme.json".to_owned(), b"{}".to_vec());
                repository.role("snapshot").signed["meta"]["vendor-acme.json"] = serde_json::json!({ "version": 2 });
            },
            "malformed",
        ),
    ];
    for (what, change, expected) in cases {
        let mut repository = vendors();
        change(&mut repository);
        repository.publish_content();
        let mut kiosk = Kiosk::that_took(&repository);
        let refusal = kiosk.fetch(&repository.shelf, "vendors/acme/reader.wasm").unwrap_err();
        assert_eq!(refusal.code(), expected, "{what}");
        assert!(
            refusal
                .to_string()
                .starts_with("`vendors/acme/reader.wasm` was not found, and `vendor-acme` could not")
        );
        kiosk.fetch(&repository.shelf, "vendors/other/reader.wasm").unwrap();
        kiosk.fetch(&repository.shelf, "plan.json").unwrap();
    }
}

#[test]
fn a_vendor_whose_role_expires_after_it_was_taken_is_refused_alone() {
    let mut repository = vendors();
    repository.role("vendor-acme").expires = NOW + SignedDuration::from_hours(24);
    repository.publish_role("vendor-acme");
    let mut kiosk = Kiosk::that_took(&repository);
    let sha256 = kiosk.fetch(&repository.shelf, "vendors/acme/reader.wasm").unwrap();
    let later = NOW + SignedDuration::from_hours(48);
    kiosk.refresh_at(&repository.shelf, later).unwrap();
    let mut find = |target| code(&kiosk.client().find(&repository.shelf, target, later));
    assert_eq!(find("vendors/acme/reader.wasm"), "expired");
    assert_eq!(find("vendors/other/reader.wasm"), "taken");
    assert_eq!(find("plan.json"), "taken");
    assert_eq!(
        kiosk.artifacts.read(&sha256).unwrap(),
        b"acme",
        "what was fetched stays"
    );
    // Signed again, it is good again.
    repository.role("vendor-acme").expires = later + SignedDuration::from_hours(24);
    repository.publish_role("vendor-acme");
    kiosk.refresh_at(&repository.shelf, later).unwrap();
    let found = kiosk
        .client()
        .find(&repository.shelf, "vendors/acme/reader.wasm", later);
    assert_eq!(code(&found), "taken");
}

#[test]
fn a_role_that_cannot_be_read_is_not_answered_for_by_a_later_one() {
    let mut repository = graph(&[("targets", "A", "*", false), ("targets", "B", "*", false)]);
    repository.add("A", "reader.wasm", b"of A");
    repository.publish("A");
    repository.add("B", "reader.wasm", b"of B");
    repository.publish("B");
    repository.publish_content();
    repository.shelf.files.remove("metadata/2.A.json");
    let mut kiosk = Kiosk::that_took(&repository);
    let found = kiosk.client().find(&repository.shelf, "reader.wasm", NOW);
    assert_eq!(code(&found), "source-not-found");
}

#[test]
fn the_keys_of_a_role_are_those_of_the_delegation_that_led_to_it() {
    // A and B both delegate to C, each with keys of their own.
    let mut repository = graph(&[
        ("targets", "A", "a/*", false),
        ("targets", "B", "b/*", false),
        ("A", "C", "a/*", false),
        ("B", "C", "b/*", false),
    ]);
    let other = TestKey::of("other");
    repository.role("B").signed["delegations"]["keys"][other.id()] = other.value();
    repository.delegation("B", "C")["keyids"] = serde_json::json!([other.id()]);
    repository.add("C", "a/file", b"a");
    repository.add("C", "b/file", b"b");
    for role in ["A", "B", "C"] {
        repository.publish(role);
    }
    repository.publish_content();
    let mut kiosk = Kiosk::that_took(&repository);
    // Kept or fetched, what B's key did not sign is not taken by B's way.
    assert_eq!(code(&kiosk.client().find(&repository.shelf, "a/file", NOW)), "taken");
    assert_eq!(
        code(&kiosk.client().find(&repository.shelf, "b/file", NOW)),
        "too-few-signatures"
    );
}

#[test]
fn the_search_visits_a_limited_number_of_roles() {
    let mut repository = Repository::new();
    for number in 0..20 {
        let name = format!("role-{number}");
        repository.delegate("targets", &name, &["*"]);
        repository.publish(&name);
    }
    repository.publish_content();
    let folder = tempfile::tempdir().unwrap();
    for (roles, expected) in [(20, "too-many-roles"), (21, "unsigned-target")] {
        let limits = Limits {
            roles,
            ..Limits::default()
        };
        let metadata = folder.path().join(roles.to_string());
        let mut client = Client::with(&metadata, &repository.root(1), limits, Arc::new(SystemDisk)).unwrap();
        client.refresh(&repository.shelf, NOW).unwrap();
        assert_eq!(code(&client.find(&repository.shelf, "missing", NOW)), expected);
    }
}

#[test]
fn no_delegated_role_has_the_name_of_another_file() {
    let long = "r".repeat(65);
    for name in ["root", "timestamp", "snapshot", "targets", "", &long] {
        let mut repository = Repository::new();
        repository.delegate("targets", "acme", &["*"]);
        repository.delegation("targets", "acme")["name"] = name.into();
        repository.publish_content();
        let mut kiosk = Kiosk::of(&repository);
        assert_eq!(code(&kiosk.refresh(&repository.shelf)), "malformed", "`{name}`");
        assert_eq!(kiosk.files()["root.json"], repository.root(1));
    }
}

#[test]
fn no_name_of_a_role_leads_out_of_the_folder() {
    for name in ["../evil", "/evil", "a/b", "..", "?", "#", "%2e%2e%2fevil"] {
        let mut repository = Repository::new();
        repository.delegate("targets", name, &["*"]);
        repository.add(name, "file", b"file");
        repository.publish(name);
        repository.publish_content();
        let mut kiosk = Kiosk::that_took(&repository);
        kiosk.fetch(&repository.shelf, "file").unwrap();
        let metadata: Vec<_> = kiosk.files().into_keys().collect();
        assert_eq!(metadata.len(), 5, "{metadata:?}");
        assert!(
            metadata
                .iter()
                .all(|file| file.ends_with(".json") && !file.contains('/')),
            "{metadata:?}"
        );
    }
}

#[test]
fn delegations_that_break_a_rule_are_refused() {
    let cases: [Case<serde_json::Value>; 8] = [
        (
            "no paths",
            |role| {
                role.as_object_mut().unwrap().remove("paths");
            },
            "malformed",
        ),
        (
            "paths and bins",
            |role| role["path_hash_prefixes"] = serde_json::json!(["00"]),
            "malformed",
        ),
        ("threshold 0", |role| role["threshold"] = 0.into(), "malformed"),
        (
            "no threshold",
            |role| {
                role.as_object_mut().unwrap().remove("threshold");
            },
            "malformed",
        ),
        (
            "a pattern that is none",
            |role| role["paths"] = serde_json::json!(["[a"]),
            "malformed",
        ),
        ("a name that is a number", |role| role["name"] = 7.into(), "malformed"),
        (
            "nothing on terminating",
            |role| {
                role.as_object_mut().unwrap().remove("terminating");
            },
            "malformed",
        ),
        (
            "no paths that match anything",
            |role| role["paths"] = serde_json::json!([]),
            "taken",
        ),
    ];
    for (what, change, expected) in cases {
        let mut repository = Repository::new();
        repository.delegate("targets", "acme", &["*"]);
        change(repository.delegation("targets", "acme"));
        repository.publish_content();
        assert_eq!(
            code(&Kiosk::of(&repository).refresh(&repository.shelf)),
            expected,
            "{what}"
        );
    }
    let mut repository = Repository::new();
    repository.delegate("targets", "acme", &["*"]);
    repository.delegate("targets", "acme", &["*"]);
    repository.publish_content();
    assert_eq!(
        code(&Kiosk::of(&repository).refresh(&repository.shelf)),
        "malformed",
        "delegated twice"
    );
}

#[test]
fn bins_are_chosen_by_the_digest_of_the_targets_name() {
    let digest = updates::digest::Sha256::of(b"reader.wasm").to_string();
    let mut repository = graph(&[("targets", "A", "*", false), ("targets", "B", "*", false)]);
    let other = if digest.starts_with('0') { "1" } else { "0" };
    for (role, prefixes) in [("A", vec![other]), ("B", vec![other, &digest[..3]])] {
        let delegation = repository.delegation("targets", role);
        delegation.as_object_mut().unwrap().remove("paths");
        delegation["path_hash_prefixes"] = prefixes.into();
        repository.add(role, "reader.wasm", role.as_bytes());
        repository.publish(role);
    }
    repository.publish_content();
    let mut kiosk = Kiosk::that_took(&repository);
    assert_eq!(
        kiosk.client().find(&repository.shelf, "reader.wasm", NOW).unwrap().role,
        "B"
    );
}

#[test]
fn succinct_bins_are_the_first_bits_of_that_digest() {
    for bits in [1, 3, 4, 5, 8] {
        let first = updates::digest::Sha256::of(b"reader.wasm").bytes()[0];
        let digits = usize::from(bits > 4) + 1;
        let role = format!("bin-{:0digits$x}", u32::from(first) >> (8 - bits));
        let mut repository = Repository::new();
        let key = TestKey::of("bins");
        repository.role("targets").signed.insert(
            "delegations".to_owned(),
            serde_json::json!({
                "keys": { key.id(): key.value() },
                "succinct_roles": { "keyids": [key.id()], "threshold": 1, "bit_length": bits, "name_prefix": "bin" },
            }),
        );
        let mut bin = repository.role("targets").clone();
        bin.signed.remove("delegations");
        bin.signers = vec![key];
        bin.version = 0;
        repository.roles.insert(role.clone(), bin);
        repository.add(&role, "reader.wasm", b"reader");
        repository.publish(&role);
        repository.publish_content();
        let mut kiosk = Kiosk::that_took(&repository);
        let found = kiosk.client().find(&repository.shelf, "reader.wasm", NOW).unwrap();
        assert_eq!(found.role, role, "{bits} bits");
    }
}

#[test]
fn names_that_no_target_can_have_are_not_looked_for() {
    let repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    for name in [
        "",
        "/",
        "a//b",
        "../a",
        "a/..",
        "a/./b",
        "a/",
        "/a",
        "a\\b",
        "a\0b",
        "a\nb",
        &"a".repeat(513),
    ] {
        let found = kiosk.client().find(&repository.shelf, name, NOW);
        assert_eq!(code(&found), "bad-target-name", "{name:?}");
    }
}

#[test]
fn nothing_is_found_before_anything_was_taken() {
    let repository = Repository::new();
    let mut kiosk = Kiosk::of(&repository);
    let found = kiosk.client().find(&repository.shelf, "plan.json", NOW);
    assert_eq!(code(&found), "never-refreshed");
}
