//! What the commission signs beside TUF's metadata: the plan, the emergency list, settings and texts.

use crate::{Target, sentence};
use plan::Refused;
use plan::emergency::Emergency;
use plan::messages::Messages;
use plan::plan::Plan;
use plan::settings::Settings;
use std::fmt::Debug;

pub(super) const TARGET: Target = Target {
    name: "plan",
    longest: 4_096,
    memory: 256,
    run,
    seeds,
};

fn run(bytes: &[u8]) {
    check(bytes, Plan::read, Plan::bytes);
    check(bytes, Emergency::read, Emergency::bytes);
    check(bytes, |bytes| Settings::read("settings", bytes), Settings::bytes);
    check(bytes, |bytes| Messages::read("messages", bytes), Messages::bytes);
}

/// What is read must be the same after it was written and read once more; what is refused, is refused in a sentence.
fn check<T: PartialEq + Debug>(
    bytes: &[u8],
    read: impl Fn(&[u8]) -> Result<T, Refused>,
    write: impl Fn(&T) -> Vec<u8>,
) {
    match read(bytes) {
        Ok(document) => assert_eq!(read(&write(&document)), Ok(document)),
        Err(why) => sentence::expect(&why.to_string()),
    }
}

const PLAN: &str = r#"{"format":1,"counter":7,"made":"2027-01-10T08:00:00Z","vendors":{"v":{"devices":[{"vendor":1,
"products":[2]}],"classes":[255],"limits":{"max-length":540,"max-control-length":64,"max-control-requests":1}}},
"items":[{"kind":"driver","name":"d","floor":1,"releases":[{"counter":1,"file":{"target":"vendors/v/d.wasm",
"sha256":"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff","length":100},"plugin":{"version":"0.1.0",
"contract":"kiosk:driver/fingerprint-scanner-driver@0.1.0","minimum-host":"0.1.0"},"usb":[{"vendor":1,"product":2,
"interface":0,"endpoints":[{"address":131,"kind":"bulk","max-length":540}],"control":[]}],"waves":{
"start":"2027-01-11T00:00:00Z","steps":[{"after-minutes":0,"share":20},{"after-minutes":1440,"share":2048}]}}]}]}"#;
const EMERGENCY: &str = r#"{"format":1,"counter":2,"made":"2027-01-10T08:00:00Z","withdrawn":[{"item":{"kind":"driver",
"name":"d"},"counter":1,"reason":"wrong-threshold"}]}"#;
const SETTINGS: &str = r#"{"format":1,"rules":{"floor":700,"overrides":2,"name-agreement":80},"policy":{"attempts":3},
"hours":{"opens":"08:00","closes":"20:00"}}"#;
const MESSAGES: &str = r#"{"format":1,"languages":{"ky":{"no-finger":"Манжа жок"},"en":{"no-finger":"No finger"}}}"#;

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = [PLAN, EMERGENCY, SETTINGS, MESSAGES]
        .map(|text| text.as_bytes().to_vec())
        .into();
    // A name that a sentence would take over.
    seeds.push(br#"{"format":1,"\n\u001b":1}"#.to_vec());
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_one_document_of_each_kind_and_one_of_none() {
        let seeds = seeds();
        assert!(Plan::read(&seeds[0]).is_ok_and(|plan| !plan.items.is_empty()));
        assert!(Emergency::read(&seeds[1]).is_ok());
        assert!(Settings::read("settings", &seeds[2]).is_ok());
        assert!(Messages::read("messages", &seeds[3]).is_ok());
        assert!(Plan::read(&seeds[4]).is_err());
    }
}
