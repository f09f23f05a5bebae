//! The kiosk that takes an update in the kernel: what it came with, and what the commission published for it.

use jiff::{SignedDuration, Timestamp};
use journal::StoreKey;
use repository::trial::Trial;
use vm::initramfs::Archive;

/// Paths in it are those of the kernel's files.
const CONFIGURATION: &str = "\
[kiosk]
number = \"1\"
utc-offset-minutes = 360
matcher-shards = 1
[roll]
file = \"roll.db\"
key = \"roll.key\"
[journal]
file = \"/mnt/journal.db\"
key = \"journal.key\"
[updates]
root = \"root.json\"
folder = \"/mnt/updates\"
";

/// Puts it into `/kiosk`, with the repository as it was with the old releases and as it was with the new ones.
pub(crate) fn pack(archive: &mut Archive) -> Result<(), String> {
    let work = tempfile::tempdir().unwrap();
    archive.file("kiosk/kiosk.toml", CONFIGURATION.as_bytes());
    archive.copy("kiosk/roll.db", &stand::sealed().join("roll.db"))?;
    archive.secret("kiosk/roll.key", &fixtures::bytes(&stand::sealed().join("roll.key")));
    let key = work.path().join("journal.key");
    StoreKey::generate().unwrap().write(&key).unwrap();
    archive.secret("kiosk/journal.key", &fixtures::bytes(&key));

    let begin: Timestamp = stand::BEGIN.parse().unwrap();
    let mut trial = Trial::new(&work.path().join("commission"), begin).unwrap();
    archive.file("kiosk/root.json", trial.root());
    let policy = stand::plugin("fingerprint-first");
    trial.publish_policy(&policy).unwrap();
    trial.publish_settings("general", &stand::settings(3)).unwrap();
    archive.copy_folder("kiosk/old", &trial.repository())?;
    trial.set_time(begin + SignedDuration::from_hours(1));
    trial.publish_policy(&stand::another(&policy, 2)).unwrap();
    trial.publish_settings("general", &stand::settings(4)).unwrap();
    archive.copy_folder("kiosk/new", &trial.repository())
}
