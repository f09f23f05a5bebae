//! A kiosk follows what the commission signs: one story for each promise.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod stand;

use plan::item::Kind;
use stand::{Stand, id, policy};

#[test]
fn a_new_kiosk_takes_everything_that_was_signed_and_admits_a_voter_with_it() {
    let stand = Stand::published();
    let mut station = stand.start();
    assert_eq!(station.on_the_table(&policy()), None);
    assert_eq!(
        station.check(),
        [
            "driver escpos 1 runs",
            "driver uru4000 1 runs",
            "matcher fingerprint-matcher 1 runs",
            "policy fingerprint-first 1 runs",
            "exporter turnout-csv 1 runs",
            "settings general 1 runs",
        ]
    );
    let way = [
        "1 fetched",
        "1 verified",
        "1 compiled",
        "1 probed",
        "1 standing-by",
        "1 active",
    ];
    assert_eq!(station.steps(&policy()), way);
    let settings = id(Kind::Settings, "general");
    assert_eq!(
        station.steps(&settings),
        ["1 fetched", "1 verified", "1 standing-by", "1 active"]
    );
    assert_eq!(station.runs(&policy()), Some(1));
    assert_eq!(station.on_the_table(&policy()), Some(1));
    station.kiosk.open_polls(stand::officers()).unwrap();
    station.admit(&stand, 2);
}
