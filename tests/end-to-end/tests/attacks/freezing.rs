//! Whoever keeps news from a kiosk.

use crate::commission::{Day, hour};
use crate::forgery::Forgery;
use crate::scene::Scene;
use serde_json::json;

/// How long a role lives, and what is fresh all the same.
type Frozen = (&'static str, i64, fn(&Forgery));

const FROZEN: [Frozen; 3] = [
    ("a server that gives the same for ever", 24 * 15 + 2, |_| ()),
    (
        "the same snapshot for ever, with the timestamp's key",
        24 * 61,
        |forged| {
            forged.timestamp(|signed| {
                signed["expires"] = json!(hour(24 * 70).to_string());
                signed["signed-at"] = json!(hour(24 * 60).to_string());
            });
        },
    ),
    (
        "the same plan for ever, with the keys of timestamp and snapshot",
        24 * 366,
        |forged| {
            let expires = json!(hour(24 * 380).to_string());
            forged.snapshot(|signed| signed["expires"] = expires.clone());
            forged.timestamp(|signed| {
                signed["expires"] = expires;
                signed["signed-at"] = json!(hour(24 * 364).to_string());
            });
        },
    ),
];

#[test]
fn a_kiosk_that_is_kept_from_news_works_on_and_says_how_old_its_news_are() {
    let mut told = String::new();
    for (attack, hours, forge) in FROZEN {
        let forged = Forgery::of(Day::Second);
        forge(&forged);
        let mut scene = Scene::later(Day::Second, hour(hours));
        scene.site.mirror(Some(forged.path()));
        let _ = scene.running.clerk.check(false);
        scene.assert_unmoved(attack);
        let status = scene.running.status();
        let age = status.trust.unwrap().age_hours;
        told += &format!("{attack}\n  {:?}, signed {age} h ago\n", scene.wrongs());
        for sentence in &status.wrong {
            told += &format!("  {sentence}\n");
        }
        scene.serves(attack);
    }
    insta::assert_snapshot!(told);
}
