//! Trusted time, and how old what a kiosk works on is.

use crate::kiosk::Kiosk;
use jiff::{SignedDuration, Timestamp};
use updates::testing::{NOW, Repository};
use updates::time::{Clock, Freshness, TrustedTime};

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

#[test]
fn time_is_what_the_clock_says_but_never_before_what_was_signed() {
    let mut time = TrustedTime::new(NOW);
    assert_eq!(time.now(NOW - days(3_000)), NOW, "a dead battery");
    assert_eq!(time.now(NOW + days(1)), NOW + days(1));
    time.signed(NOW + days(2));
    time.signed(NOW + days(1));
    assert_eq!(time.now(NOW + days(1)), NOW + days(2));
    assert_eq!(time.floor(), NOW + days(2));
}

#[test]
fn a_clock_that_was_once_ahead_leaves_nothing_behind() {
    let time = TrustedTime::new(NOW);
    assert_eq!(time.now(NOW + days(20_000)), NOW + days(20_000));
    assert_eq!(time.now(NOW + days(1)), NOW + days(1));
    assert_eq!(time.floor(), NOW);
}

#[test]
fn a_clock_that_is_a_little_behind_is_tolerated_and_one_far_behind_is_told() {
    let time = TrustedTime::new(NOW);
    let cases = [
        (SignedDuration::from_hours(0), Clock::Plausible),
        (SignedDuration::from_millis(460), Clock::Plausible),
        (SignedDuration::from_mins(5), Clock::Plausible),
        (
            SignedDuration::from_mins(6),
            Clock::Behind {
                by: SignedDuration::from_mins(6),
            },
        ),
        (days(400), Clock::Behind { by: days(400) }),
        (-days(400), Clock::Plausible),
    ];
    for (behind, expected) in cases {
        assert_eq!(time.judge(NOW - behind), expected);
        assert!(time.now(NOW - behind) >= NOW);
    }
}

#[test]
fn what_a_kiosk_has_is_so_many_days_old_and_a_day_of_silence_is_told() {
    let fresh = Freshness::of(Some(NOW - days(3)), Some(NOW - days(1)), NOW);
    assert_eq!((fresh.days(), fresh.is_silent()), (Some(3), false));
    let old = Freshness::of(
        Some(NOW - days(9)),
        Some(NOW - days(1) - SignedDuration::from_secs(1)),
        NOW,
    );
    assert_eq!((old.days(), old.is_silent()), (Some(9), true));
    let never = Freshness::of(None, None, NOW);
    assert_eq!((never.days(), never.is_silent()), (None, true));
    // The clock was set back since.
    let ahead = Freshness::of(Some(NOW + days(1)), Some(NOW + days(1)), NOW);
    assert_eq!((ahead.days(), ahead.is_silent()), (Some(0), false));
}

#[test]
fn the_time_at_which_a_timestamp_was_signed_is_known_and_outlives_a_restart() {
    let mut repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    assert_eq!(kiosk.client().trusted().signed_at, None);
    let signed = NOW - SignedDuration::from_hours(2);
    repository
        .role("timestamp")
        .signed
        .insert("signed-at".to_owned(), signed.to_string().into());
    repository.publish("timestamp");
    kiosk.refresh(&repository.shelf).unwrap();
    kiosk.restart();
    let trusted = kiosk.client().trusted();
    assert_eq!(trusted.signed_at, Some(signed));
    assert_eq!(trusted.expires, Some(NOW + days(14)));
}

#[test]
fn whoever_has_the_timestamps_key_alone_cannot_move_time_past_what_the_other_keys_vouch_for() {
    let mut repository = Repository::new();
    let timestamp = repository.role("timestamp");
    let far: Timestamp = NOW + days(10_000);
    timestamp.expires = far;
    timestamp.signed.insert("signed-at".to_owned(), far.to_string().into());
    repository.publish("timestamp");
    let mut kiosk = Kiosk::that_took(&repository);
    let signed_at = kiosk.client().trusted().signed_at;
    assert_eq!(signed_at, Some(NOW + days(30)), "when the snapshot expires");
}

#[test]
fn a_time_of_signing_that_is_none_is_refused() {
    let mut repository = Repository::new();
    repository
        .role("timestamp")
        .signed
        .insert("signed-at".to_owned(), "yesterday".into());
    repository.publish("timestamp");
    let refusal = Kiosk::of(&repository).refresh(&repository.shelf).unwrap_err();
    assert_eq!(refusal.code(), "malformed");
}
