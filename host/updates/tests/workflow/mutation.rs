//! Whatever a stranger makes of any byte of any file, the client refuses it or takes what was signed, and never panics.

use crate::kiosk::Kiosk;
use proptest::prelude::*;
use proptest::sample::Index;
use updates::source::Source;
use updates::testing::{NOW, Repository};

const FILES: [&str; 6] = [
    "metadata/2.root.json",
    "metadata/timestamp.json",
    "metadata/2.snapshot.json",
    "metadata/2.targets.json",
    "metadata/1.vendor-acme.json",
    "targets/vendors/acme/",
];

/// A change of some bytes.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Cut(Index),
    Remove(Index, u8),
    Insert(Index, Vec<u8>),
    Double(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    let words = prop_oneof![
        Just(b"-1".to_vec()),
        Just(b"1e999".to_vec()),
        Just(b"18446744073709551616".to_vec()),
        Just(b"\"\\ud800\"".to_vec()),
        Just(b"null,".to_vec()),
        Just([b'['; 400].to_vec()),
        Just(b"\"version\":1,".to_vec()),
        proptest::collection::vec(any::<u8>(), 1..8),
    ];
    prop_oneof![
        (any::<Index>(), 1..=255_u8).prop_map(|(at, mask)| Change::Flip(at, mask)),
        any::<Index>().prop_map(Change::Cut),
        (any::<Index>(), 1..20_u8).prop_map(|(at, count)| Change::Remove(at, count)),
        (any::<Index>(), words).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Double(from, to)),
    ]
}

fn apply(change: &Change, bytes: &mut Vec<u8>) {
    let length = bytes.len();
    match change {
        Change::Flip(at, mask) => bytes[at.index(length)] ^= mask,
        Change::Cut(at) => bytes.truncate(at.index(length)),
        Change::Remove(at, count) => {
            let at = at.index(length);
            bytes.drain(at..(at + usize::from(*count)).min(length));
        }
        Change::Insert(at, more) => {
            let at = at.index(length);
            bytes.splice(at..at, more.iter().copied());
        }
        Change::Double(from, to) => {
            let (from, to) = (from.index(length), to.index(length));
            let part = bytes[from.min(to)..from.max(to)].to_vec();
            bytes.splice(from..from, part);
        }
    }
}

/// With digests, only the timestamp and the roots are read at all after a change; without, everything is.
fn repository(digests: bool) -> Repository {
    let mut repository = Repository::new();
    repository.digests = digests;
    repository.publish("root");
    repository.delegate("targets", "vendor-acme", &["vendors/acme/*"]);
    repository.add(
        "vendor-acme",
        "vendors/acme/reader.wasm",
        b"reader of acme, as it was signed",
    );
    repository.publish("vendor-acme");
    repository.publish_content();
    repository
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes_are_refused_or_mean_what_was_signed(file in 0..FILES.len(), changes in proptest::collection::vec(change(), 1..3), digests: bool) {
        let mut repository = repository(digests);
        let prefix = FILES[file];
        for (path, bytes) in &mut repository.shelf.files {
            if path.starts_with(prefix) {
                for change in &changes {
                    if !bytes.is_empty() {
                        apply(change, bytes);
                    }
                }
            }
        }
        let mut kiosk = Kiosk::of(&repository);
        let shelf: &dyn Source = &repository.shelf;
        if kiosk.refresh(shelf).is_ok() {
            prop_assert_eq!(kiosk.versions(), [2, 2, 2, 2]);
            if let Ok(sha256) = kiosk.fetch(shelf, "vendors/acme/reader.wasm") {
                prop_assert_eq!(kiosk.artifacts.read(&sha256).unwrap(), b"reader of acme, as it was signed");
            }
        }
        // What is on the disk opens, and a good source heals it.
        kiosk.restart();
        let whole = self::repository(digests);
        kiosk.refresh(&whole.shelf).unwrap();
        prop_assert_eq!(kiosk.client().find(&whole.shelf, "vendors/acme/reader.wasm", NOW).unwrap().role, "vendor-acme");
    }
}
