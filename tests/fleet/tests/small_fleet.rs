//! A small country, measured as the large one is.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fleet::{Length, measure_in, table};

#[test]
fn every_station_fetches_what_is_new_and_nothing_twice() {
    const NAME: &str = "every_station_fetches_what_is_new_and_nothing_twice";
    if !fleet::has_server() {
        println!("SKIPPED {NAME}: nginx is not here, which `cargo xtask fleet` installs");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let length = Length {
        stations: 8,
        alone: false,
    };
    let costs = measure_in(folder.path(), length).unwrap();
    let each = |count: u64| {
        assert_eq!(count % 8, 0, "stations asked for different things");
        count / 8
    };
    let seen: Vec<(&str, u32, u64)> = costs
        .iter()
        .map(|cost| (cost.name, cost.files, each(cost.traffic.requests)))
        .collect();
    // What is looked for, files beside metadata and plan, requests.
    assert_eq!(
        seen,
        [
            ("a kiosk's first start", 7, 19),
            ("nothing new", 0, 2),
            ("the daily timestamp", 0, 2),
            ("a settings change", 1, 7),
            ("a policy of 1 MB", 1, 7),
        ]
    );
    assert_eq!(table::text(&costs).lines().count(), costs.len() + 2);
    let (settings, policy) = (&costs[3].traffic, &costs[4].traffic);
    assert!(settings.down / 8 < 40_000, "{settings:?}");
    assert!((1_000_000..1_060_000).contains(&(policy.down / 8)), "{policy:?}");
}
