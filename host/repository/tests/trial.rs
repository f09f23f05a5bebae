//! The quick path that other tests stand on.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use plan::item::{ItemId, Kind};
use repository::role::Role;
use repository::trial::Trial;

fn now() -> jiff::Timestamp {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

#[test]
fn a_trial_publishes_every_kind_withdraws_and_rotates_every_role() {
    let folder = tempfile::tempdir().unwrap();
    let mut trial = Trial::new(folder.path(), now()).unwrap();
    let plugin = |name: &str| fixtures::bytes(&fixtures::plugin(name));
    assert_eq!(trial.publish_policy(&plugin("fingerprint-first")).unwrap(), 1);
    assert_eq!(trial.publish_matcher(&plugin("fingerprint-matcher")).unwrap(), 1);
    assert_eq!(trial.publish_exporter(&plugin("turnout-csv")).unwrap(), 1);
    assert_eq!(trial.publish_driver("digitalpersona", &plugin("uru4000")).unwrap(), 1);
    assert_eq!(trial.publish_driver("upek", &plugin("upektc-img")).unwrap(), 1);
    let settings = br#"{"format": 1, "rules": {"floor": 1000, "overrides": 3, "name-agreement": 80}}"#;
    assert_eq!(trial.publish_settings("general", settings).unwrap(), 1);
    let messages = br#"{"format": 1, "languages": {"en": {"not-found": "Please see an officer."}}}"#;
    assert_eq!(trial.publish_messages("texts", messages).unwrap(), 1);
    trial.withdraw(Kind::Driver, "upektc-img", 1, "bad-images").unwrap();
    trial
        .withdraw_in_emergency(Kind::Policy, "fingerprint-first", 1, "admits-nobody")
        .unwrap();
    for role in trial.state().unwrap().all_roles() {
        if !matches!(role, Role::Vendor(_)) {
            trial.rotate(&role).unwrap();
        }
    }
    trial.timestamp().unwrap();
    let state = trial.state().unwrap();
    assert_eq!(state.plan.items.len(), 7);
    assert_eq!(state.plan.counter, 11);
    assert_eq!(state.root.signed.version.get(), 5);
    let id = ItemId {
        kind: Kind::Policy,
        name: "fingerprint-first".to_owned(),
    };
    assert_eq!(state.emergency.reason(&id, 1), Some("admits-nobody"));
}
