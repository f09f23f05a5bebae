//! The commission of these tests, and what it published day after day. Its keys are known, so that each attack is made with
//! exactly the keys that it needs.

use end_to_end::site::Site;
use jiff::{SignedDuration, Timestamp};
use plan::item::Kind;
use repository::ceremony::Keyholders;
use repository::configuration::Lifetimes;
use repository::key::SecretKey;
use repository::publication::{Input, Publication};
use repository::role::Role;
use repository::trial::{Trial, allowed_by};
use repository::vendors::VendorSigned;
use serde_json::json;
use stand::{BEGIN, another, plugin, released, settings};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;
use updates::digest::Sha256;
use updates::testing::TestKey;

/// So many of root's and targets' three keys sign.
pub(crate) const THRESHOLD: usize = 2;
/// What the printers' vendor signs holds for so many days, and what all others sign for much longer.
pub(crate) const SHORT_DAYS: u16 = 3;

/// The days of the commission's history, each with the repository as it was.
#[derive(Debug)]
pub(crate) struct History {
    folder: TempDir,
}

/// A day, and what was published on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Day {
    /// the first release of everything
    First,
    /// policy, texts, settings and the reader's driver in their second release; the first texts are withdrawn
    Second,
    /// the policy's third release
    Third,
    /// all keys of the four top roles and of `policies` are others now; settings in their third release
    Rotated,
}

struct Commission {
    trial: Trial,
    vendors: BTreeMap<&'static str, VendorSigned>,
}

/// What the keys of a role are called.
fn names(role: &str) -> Vec<String> {
    match role {
        "root" | "targets" => (1..=3).map(|number| format!("{role}-{number}")).collect(),
        role => vec![role.to_owned()],
    }
}

/// The keys of a role, until they were rotated: all of them, of which [`THRESHOLD`] must sign where there are three.
pub(crate) fn keys(role: &str) -> Vec<TestKey> {
    names(role).iter().map(|name| TestKey::of(name)).collect()
}

/// As many keys of a role as must sign.
pub(crate) fn enough(role: &str) -> Vec<TestKey> {
    keys(role).into_iter().take(THRESHOLD).collect()
}

/// Keys that nobody gave anything to.
pub(crate) fn strangers() -> Vec<TestKey> {
    vec![TestKey::of("stranger-1"), TestKey::of("stranger-2")]
}

/// A time of the history, in hours after its beginning.
pub(crate) fn hour(hours: i64) -> Timestamp {
    let begin: Timestamp = BEGIN.parse().unwrap();
    begin + SignedDuration::from_hours(hours)
}

fn secret(name: &str) -> SecretKey {
    SecretKey::of(name, Sha256::of(name.as_bytes()).bytes()).unwrap()
}

fn texts(number: u32) -> Vec<u8> {
    let texts = json!({ "format": 1, "languages": { "en": { "first-attempt": format!("Texts {number}") } } });
    serde_json::to_vec(&texts).unwrap()
}

impl Commission {
    fn new(folder: &Path) -> Self {
        let mut trial = Trial::new(folder, hour(0)).unwrap();
        let holders = |role: &Role| {
            let secrets: Vec<SecretKey> = names(&role.to_string()).iter().map(|name| secret(name)).collect();
            let public = secrets.iter().map(|key| key.public().clone()).collect();
            let threshold = if secrets.len() > 1 { THRESHOLD as u64 } else { 1 };
            (Keyholders::new(role, public, threshold).unwrap(), secrets)
        };
        let all = Role::FIXED.map(|role| (holders(&role), role));
        for ((_, secrets), _) in &all {
            for key in secrets {
                trial.hold(secret(key.holder()));
            }
        }
        let rotated = trial.change(|draft| {
            all.iter()
                .try_for_each(|((holders, _), role)| draft.rotate(role, holders))
        });
        rotated.unwrap();
        Self {
            trial,
            vendors: BTreeMap::new(),
        }
    }

    fn publish_driver(&mut self, vendor: &'static str, component: &[u8], days: u16) -> u32 {
        let file = Input::of("driver.wasm", component);
        let key = secret(&Role::Vendor(vendor.to_owned()).to_string());
        let lifetimes = Lifetimes {
            delegated_days: days,
            ..Lifetimes::default()
        };
        let earlier = self.vendors.get(vendor);
        let files = std::slice::from_ref(&file);
        let signed = VendorSigned::sign(vendor, &key, files, earlier, &lifetimes, self.trial.now()).unwrap();
        let is_new = earlier.is_none();
        let publication = Publication::new(Kind::Driver, file).signed_by(signed.clone());
        let published = self.trial.change(|draft| {
            if is_new {
                let holders = Keyholders::one(key.public().clone());
                draft.set_vendor(vendor, Some(&holders), allowed_by(component)?)?;
            }
            draft.publish(&publication)
        });
        self.vendors.insert(vendor, signed);
        published.unwrap().1
    }

    fn first_day(&mut self) {
        let long = Lifetimes::default().delegated_days;
        self.trial.publish_policy(&plugin("fingerprint-first")).unwrap();
        self.trial.publish_matcher(&plugin("fingerprint-matcher")).unwrap();
        self.trial.publish_exporter(&plugin("turnout-csv")).unwrap();
        self.publish_driver("digital-persona", &plugin("uru4000"), long);
        self.publish_driver("epson", &plugin("escpos"), SHORT_DAYS);
        self.trial.publish_settings("general", &settings(3)).unwrap();
        self.trial.publish_messages("texts", &texts(1)).unwrap();
    }

    fn second_day(&mut self) {
        let long = Lifetimes::default().delegated_days;
        let policy = another(&plugin("fingerprint-first"), 2);
        assert_eq!(self.trial.publish_policy(&policy).unwrap(), 2);
        let driver = released(&plugin("uru4000"), 1);
        assert_eq!(self.publish_driver("digital-persona", &driver, long), 2);
        self.trial.publish_settings("general", &settings(2)).unwrap();
        self.trial.publish_messages("texts", &texts(2)).unwrap();
        self.trial
            .withdraw_in_emergency(Kind::Messages, "texts", 1, "wrong-word")
            .unwrap();
    }

    fn rotate(&mut self) {
        for role in [
            Role::Root,
            Role::Targets,
            Role::Snapshot,
            Role::Timestamp,
            Role::Policies,
        ] {
            self.trial.rotate(&role).unwrap();
        }
        self.trial.publish_settings("general", &settings(1)).unwrap();
    }
}

impl Day {
    /// When it was published.
    pub(crate) fn begins(self) -> Timestamp {
        hour(match self {
            Self::First => 0,
            Self::Second => 24,
            Self::Third => 25,
            Self::Rotated => 26,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Third => "third",
            Self::Rotated => "rotated",
        }
    }

    /// The repository of that day.
    pub(crate) fn repository(self) -> PathBuf {
        history().folder.path().join(self.name())
    }

    /// The files of a kiosk that runs what was published that day, the first or the second.
    pub(crate) fn kiosk(self) -> PathBuf {
        history().folder.path().join(format!("kiosk-{}", self.name()))
    }
}

/// The history, made once.
pub(crate) fn history() -> &'static History {
    static HISTORY: OnceLock<History> = OnceLock::new();
    HISTORY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut commission = Commission::new(&folder.path().join("commission"));
        let site = Site::new(&folder.path().join("kiosk"), commission.trial.root(), hour(0));
        for day in [Day::First, Day::Second, Day::Third, Day::Rotated] {
            commission.trial.set_time(day.begins());
            match day {
                Day::First => commission.first_day(),
                Day::Second => commission.second_day(),
                Day::Third => {
                    let policy = another(&plugin("fingerprint-first"), 3);
                    assert_eq!(commission.trial.publish_policy(&policy).unwrap(), 3);
                }
                Day::Rotated => commission.rotate(),
            }
            let repository = folder.path().join(day.name());
            fixtures::copy_folder(&commission.trial.repository(), &repository);
            if matches!(day, Day::First | Day::Second) {
                site.clock().set(day.begins());
                let mut running = site.start();
                let told = running.clerk.import(&repository).unwrap();
                assert!(told.iter().all(|sentence| sentence.ends_with(" runs")), "{told:?}");
                assert_eq!(running.status().wrong, [""; 0]);
                drop(running);
                fixtures::copy_folder(&site.path(""), &folder.path().join(format!("kiosk-{}", day.name())));
            }
        }
        History { folder }
    })
}
