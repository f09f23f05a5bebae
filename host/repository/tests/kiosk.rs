//! What a kiosk's own client makes of what the commission writes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use jiff::Timestamp;
use plan::item::Kind;
use plugin_package::Manifest;
use repository::Error;
use repository::ceremony::Keyholders;
use repository::key::SecretKey;
use repository::role::Role;
use repository::trial::{Trial, component};
use repository::workshop::Workshop;
use std::path::Path;
use updates::artifacts::Artifacts;
use updates::client::Client;
use updates::folder::FolderSource;
use updates::offer::{Offer, Seen};
use updates::refusal::Refusal;

fn now() -> Timestamp {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

fn days(days: i64) -> Timestamp {
    now()
        .saturating_add(jiff::SignedDuration::from_hours(days * 24))
        .unwrap()
}

fn policy(version: &str) -> Vec<u8> {
    let text = "name = \"first\"\ncontract = \"kiosk:policy/identification-policy@0.1.0\"\nminimum-host = \"0.1.0\"\n";
    component(&Manifest::from_plugin_toml(text, version).unwrap()).unwrap()
}

/// A kiosk: its trust and its files.
struct Kiosk {
    _folder: tempfile::TempDir,
    client: Client,
    artifacts: Artifacts,
}

impl Kiosk {
    fn new(root: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            client: Client::open(&folder.path().join("trust"), root).unwrap(),
            artifacts: Artifacts::open(&folder.path().join("files")).unwrap(),
            _folder: folder,
        }
    }

    /// What it is offered, with every file of the plan fetched.
    fn read(&mut self, repository: &Path, now: Timestamp) -> Result<Offer, Refusal> {
        let source = FolderSource::new(repository);
        let offer = self.client.offer(&source, now, &self.artifacts, Seen::default())?;
        for release in offer.plan.items.iter().flat_map(|item| &item.releases) {
            self.client
                .fetch_planned(&source, &release.file, now, &self.artifacts)?;
        }
        Ok(offer)
    }
}

#[test]
fn a_kiosk_takes_what_is_published_and_what_is_withdrawn() {
    let folder = tempfile::tempdir().unwrap();
    let mut trial = Trial::new(folder.path(), now()).unwrap();
    let mut kiosk = Kiosk::new(trial.root());
    assert_eq!(kiosk.read(&trial.repository(), now()).unwrap().plan.counter, 1);
    trial.publish_policy(&policy("0.1.0")).unwrap();
    trial.publish_policy(&policy("0.2.0")).unwrap();
    trial
        .withdraw_in_emergency(Kind::Policy, "first", 2, "admits-nobody")
        .unwrap();
    let offer = kiosk.read(&trial.repository(), now()).unwrap();
    assert_eq!(offer.plan.items[0].releases.len(), 2);
    let reason = offer.emergency.reason(&offer.plan.items[0].id(), 2);
    assert_eq!(reason, Some("admits-nobody"));
    assert_eq!(offer.versions.signed_at, Some(now()));
}

#[test]
fn a_kiosk_that_slept_through_every_rotation_takes_them_all_and_one_that_was_awake_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut trial = Trial::new(folder.path(), now()).unwrap();
    trial.publish_policy(&policy("0.1.0")).unwrap();
    let (mut awake, mut asleep) = (Kiosk::new(trial.root()), Kiosk::new(trial.root()));
    awake.read(&trial.repository(), now()).unwrap();
    for (day, role) in Role::FIXED.iter().enumerate() {
        trial.set_time(days(i64::try_from(day).unwrap()));
        trial.rotate(role).unwrap();
        let offer = awake.read(&trial.repository(), trial.now()).unwrap();
        assert_eq!(offer.emergency_refusal, None, "{role}");
    }
    trial.publish_policy(&policy("0.2.0")).unwrap();
    for kiosk in [&mut awake, &mut asleep] {
        let offer = kiosk.read(&trial.repository(), trial.now()).unwrap();
        assert_eq!(offer.plan.items[0].releases.len(), 2);
        assert_eq!(offer.versions.root, 5);
    }
}

#[test]
fn a_desk_whose_key_is_lost_is_replaced_by_the_root() {
    let folder = tempfile::tempdir().unwrap();
    let mut trial = Trial::new(folder.path(), now()).unwrap();
    let mut kiosk = Kiosk::new(trial.root());
    kiosk.read(&trial.repository(), now()).unwrap();
    let new = SecretKey::generate("desk-2").unwrap();
    let mut draft = trial.workshop().draft(now()).unwrap();
    for role in [Role::Snapshot, Role::Timestamp] {
        draft.rotate(&role, &Keyholders::one(new.public().clone())).unwrap();
    }
    let mut change = draft.change().unwrap();
    for key in trial.keys() {
        if !change.signs(key.id()).unwrap().is_empty() {
            change.sign(key).unwrap();
        }
    }
    // Neither of the old keys is at hand.
    trial
        .workshop()
        .finish(&change, std::slice::from_ref(&new), now())
        .unwrap();
    let versions = kiosk.read(&trial.repository(), now()).unwrap().versions;
    assert_eq!((versions.root, versions.timestamp), (2, Some(2)));
    trial.set_time(days(1));
    let refused = trial.timestamp().unwrap_err().to_string();
    assert!(refused.contains("timestamp has 0 of 1, 1 more of"), "{refused}");
}

/// A change is cut off before each of its writes. Whatever lies there then, a kiosk reads the old or the new; and the next command
/// brings to its end what was begun.
fn cut_off_at_each_write(trial: &Trial, change: &repository::change::Change, is_new: impl Fn(&Offer) -> bool) -> usize {
    let mut seen = (false, false);
    for write in 0.. {
        let folder = tempfile::tempdir().unwrap();
        fixtures::copy_folder(trial.workshop().folder(), folder.path());
        let mut awake = Kiosk::new(trial.root());
        awake.read(&folder.path().join("repository"), now()).unwrap();
        let workshop = Workshop::open(folder.path()).unwrap();
        let result = workshop.finish_until(change, trial.keys(), now(), write);
        drop(workshop);
        let repository = folder.path().join("repository");
        let mut fresh = Kiosk::new(trial.root());
        let offers = [&mut awake, &mut fresh].map(|kiosk| {
            let offer = kiosk.read(&repository, now());
            is_new(&offer.unwrap_or_else(|refusal| panic!("cut off before write {write}: {refusal}")))
        });
        match result {
            Ok(_) => {
                assert_eq!(offers, [true, true]);
                assert_eq!(seen, (true, true), "both the old and the new were read");
                return write;
            }
            Err(Error::Stopped(at)) => assert_eq!(at, write),
            Err(error) => panic!("{error}"),
        }
        seen = (seen.0 || offers == [false, false], seen.1 || offers == [true, true]);
        let workshop = Workshop::open(folder.path()).unwrap();
        if workshop.present().unwrap().version(&Role::Timestamp) == trial.state().unwrap().version(&Role::Timestamp) {
            workshop.finish(change, trial.keys(), now()).unwrap();
        }
        drop(workshop);
        for kiosk in [&mut awake, &mut fresh] {
            assert!(is_new(&kiosk.read(&repository, now()).unwrap()), "before write {write}");
        }
        let left: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("unfinished"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
    0
}

fn signed_by_all(trial: &Trial, draft: repository::draft::Draft) -> repository::change::Change {
    let mut change = draft.change().unwrap();
    for key in trial.keys() {
        if !change.signs(key.id()).unwrap().is_empty() {
            change.sign(key).unwrap();
        }
    }
    change
}

#[test]
fn a_publication_that_is_cut_off_anywhere_leaves_the_old_or_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let mut trial = Trial::new(folder.path(), now()).unwrap();
    trial.publish_policy(&policy("0.1.0")).unwrap();
    let mut draft = trial.workshop().draft(now()).unwrap();
    let file = repository::publication::Input::of("first.wasm", &policy("0.2.0"));
    draft
        .publish(&repository::publication::Publication::new(Kind::Policy, file))
        .unwrap();
    let change = signed_by_all(&trial, draft);
    let writes = cut_off_at_each_write(&trial, &change, |offer| offer.plan.items[0].releases.len() == 2);
    assert!(writes > 15, "{writes}");
}

#[test]
fn a_rotation_that_is_cut_off_anywhere_leaves_a_repository_that_kiosks_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut trial = Trial::new(folder.path(), now()).unwrap();
    trial.publish_policy(&policy("0.1.0")).unwrap();
    let mut draft = trial.workshop().draft(now()).unwrap();
    let new = SecretKey::generate("new").unwrap();
    for role in [Role::Root, Role::Targets, Role::Snapshot, Role::Timestamp] {
        draft.rotate(&role, &Keyholders::one(new.public().clone())).unwrap();
    }
    trial.hold(new);
    let change = signed_by_all(&trial, draft);
    let writes = cut_off_at_each_write(&trial, &change, |offer| offer.versions.root == 2);
    assert!(writes > 15, "{writes}");
}

#[test]
fn a_vendor_whose_signature_ran_out_stops_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = repository::configuration::Configuration::default();
    configuration.lifetimes.delegated_days = 30;
    let mut trial = Trial::configured(folder.path(), now(), configuration).unwrap();
    let driver = fixtures::bytes(&fixtures::plugin("uru4000"));
    trial.publish_driver("digitalpersona", &driver).unwrap();
    trial.publish_policy(&policy("0.1.0")).unwrap();
    trial.set_time(days(40));
    for role in [Role::Policies, Role::Exports, Role::Emergency] {
        trial.renew(&role).unwrap();
    }
    let mut kiosk = Kiosk::new(trial.root());
    let source = FolderSource::new(trial.repository());
    let offer = kiosk
        .client
        .offer(&source, days(40), &kiosk.artifacts, Seen::default())
        .unwrap();
    assert_eq!(offer.emergency_refusal, None);
    let mut fetch = |kind: Kind| {
        let item = offer.plan.items.iter().find(|item| item.kind == kind).unwrap();
        let file = &item.releases[0].file;
        kiosk.client.fetch_planned(&source, file, days(40), &kiosk.artifacts)
    };
    assert!(fetch(Kind::Policy).is_ok());
    assert_eq!(fetch(Kind::Driver).unwrap_err().code(), "expired");
}
