//! What is a good document, and the sentence for each that is not.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use plan::emergency::Emergency;
use plan::item::Kind;
use plan::messages::Messages;
use plan::plan::Plan;
use plan::settings::Settings;

/// Without the place in the text, which the reader of JSON adds.
fn without_place(error: &plan::Refused) -> String {
    let sentence = error.to_string();
    sentence.split(" at line ").next().unwrap_or_default().to_owned()
}

const DIGEST: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A plan with a vendor's driver, a policy with its vectors and a wave, and settings.
fn plan() -> String {
    r#"{
  "format": 1,
  "counter": 7,
  "made": "2027-01-10T08:00:00Z",
  "vendors": {
    "nextbio": {
      "devices": [ { "vendor": 10637, "products": [4112] } ],
      "classes": [255],
      "limits": { "max-length": 540, "max-control-length": 64, "max-control-requests": 1 }
    }
  },
  "items": [
    {
      "kind": "driver",
      "name": "nb1010",
      "floor": 1,
      "releases": [
        {
          "counter": 1,
          "file": { "target": "vendors/nextbio/nb1010-0.1.0.wasm", "sha256": "DIGEST", "length": 100 },
          "plugin": {
            "version": "0.1.0",
            "contract": "kiosk:driver/fingerprint-scanner-driver@0.1.0",
            "minimum-host": "0.1.0"
          },
          "usb": [
            {
              "vendor": 10637,
              "product": 4112,
              "interface": 0,
              "endpoints": [ { "address": 131, "kind": "bulk", "max-length": 540 } ],
              "control": []
            }
          ]
        }
      ]
    },
    {
      "kind": "policy",
      "name": "fingerprint-first",
      "floor": 2,
      "releases": [
        {
          "counter": 3,
          "file": { "target": "policies/fingerprint-first/0.2.0.wasm", "sha256": "DIGEST", "length": 5 },
          "plugin": {
            "version": "0.2.0",
            "contract": "kiosk:policy/identification-policy@0.1.0",
            "minimum-host": "0.1.0"
          },
          "vectors": { "target": "policies/fingerprint-first/0.2.0.vectors.json", "sha256": "DIGEST", "length": 9 },
          "waves": {
            "start": "2027-01-11T00:00:00Z",
            "steps": [ { "after-minutes": 0, "share": 20 }, { "after-minutes": 1440, "share": 2048 } ]
          }
        }
      ]
    },
    {
      "kind": "settings",
      "name": "station",
      "floor": 1,
      "releases": [
        { "counter": 1, "file": { "target": "settings/station-1.json", "sha256": "DIGEST", "length": 5 } }
      ]
    }
  ]
}"#
    .replace("DIGEST", DIGEST)
}

#[test]
fn a_plan_is_written_as_it_was_read() {
    let plan = Plan::read(plan().as_bytes()).unwrap();
    assert_eq!(Plan::read(&plan.bytes()).unwrap(), plan);
}

/// (what is changed in the good plan, into what, the sentence)
const PLANS: [(&str, &str, &str); 20] = [
    (
        "\"format\": 1",
        "\"format\": 2",
        "plan.json: its format is 2, this program reads 1; update the kiosk first",
    ),
    ("\"counter\": 7,", "", "plan.json: missing field `counter`"),
    (
        "\"name\": \"nb1010\"",
        "\"name\": \"NB 1010\"",
        "plan.json: driver NB 1010: the name `NB 1010` must be 1 to 64 of a-z, 0-9 and -, a letter first",
    ),
    (
        "\"nextbio\"",
        "\"Next\"",
        "plan.json: the vendor's name `Next` must be 1 to 64 of a-z, 0-9 and -, a letter first",
    ),
    (
        "\"floor\": 2",
        "\"floor\": 0",
        "plan.json: policy fingerprint-first: its floor is 0, but counters begin at 1",
    ),
    (
        "\"counter\": 3",
        "\"counter\": 0",
        "plan.json: policy fingerprint-first: release 0: its counter is 0, but counters begin at 1",
    ),
    (
        "vendors/nextbio/nb1010",
        "vendors/other/nb1010",
        "plan.json: driver nb1010: release 1: `vendors/other/nb1010-0.1.0.wasm` stands under no vendor's prefix",
    ),
    (
        "vendors/nextbio/nb1010",
        "policies/nextbio/nb1010",
        "plan.json: driver nb1010: release 1: the target `policies/nextbio/nb1010-0.1.0.wasm` must stand in `vendors/`, with letters, digits, `.`, `-` and `_` in its parts",
    ),
    (
        "vendors/nextbio/nb1010",
        "vendors/nextbio/../nb1010",
        "plan.json: driver nb1010: release 1: the target `vendors/nextbio/../nb1010-0.1.0.wasm` must stand in `vendors/`, with letters, digits, `.`, `-` and `_` in its parts",
    ),
    (
        "\"length\": 100",
        "\"length\": 0",
        "plan.json: driver nb1010: release 1: `vendors/nextbio/nb1010-0.1.0.wasm` is empty",
    ),
    (
        "\"0011",
        "\"XX11",
        "plan.json: driver nb1010: release 1: the sha256 of `vendors/nextbio/nb1010-0.1.0.wasm` must be 64 hexadecimal digits, small letters",
    ),
    (
        "kiosk:driver/fing",
        "kiosk:policy/fing",
        "plan.json: driver nb1010: release 1: it is a driver, but is made for kiosk:policy/fingerprint-scanner-driver@0.1.0",
    ),
    (
        "\"product\": 4112",
        "\"product\": 4113",
        "plan.json: driver nb1010: release 1 of vendor nextbio: the device 298d:1011 is none that the commission allowed this vendor",
    ),
    (
        "\"bulk\", \"max-length\": 540",
        "\"bulk\", \"max-length\": 541",
        "plan.json: driver nb1010: release 1 of vendor nextbio: endpoint 0x83 of 298d:1010 has transfers of 541 bytes, over this vendor's limit of 540",
    ),
    (
        "\"control\": []",
        "\"control\": [ { \"direction\": \"out\", \"kind\": \"vendor\", \"recipient\": \"device\", \"request\": 4, \"max-length\": 65 } ]",
        "plan.json: driver nb1010: release 1 of vendor nextbio: control request 0x04 of 298d:1010 has 65 bytes, over this vendor's limit of 64",
    ),
    (
        "\"kind\": \"settings\"",
        "\"kind\": \"messages\"",
        "plan.json: messages station: release 1: the target `settings/station-1.json` must stand in `messages/`, with letters, digits, `.`, `-` and `_` in its parts",
    ),
    (
        "\"share\": 20 ",
        "\"share\": 2049 ",
        "plan.json: policy fingerprint-first: release 3: a wave's share is 2049, but must be 1 to 2048",
    ),
    (
        "\"after-minutes\": 1440",
        "\"after-minutes\": 0",
        "plan.json: policy fingerprint-first: release 3: each wave must be later than the one before it, and larger",
    ),
    (
        "\"kind\": \"driver\"",
        "\"kind\": \"printer\"",
        "plan.json: unknown variant `printer`, expected one of `driver`, `matcher`, `policy`, `exporter`, `settings`, `messages`",
    ),
    (
        "\"floor\": 2,",
        "\"floor\": 2, \"flor\": 2,",
        "plan.json: unknown field `flor`, expected one of `kind`, `name`, `floor`, `releases`",
    ),
];

#[test]
fn each_plan_that_breaks_a_rule_gets_a_sentence_with_the_item_and_the_rule() {
    for (good, bad, sentence) in PLANS {
        let text = plan();
        assert!(text.contains(good), "{good}");
        let error = Plan::read(text.replacen(good, bad, 1).as_bytes()).unwrap_err();
        assert_eq!(without_place(&error), sentence, "{bad}");
    }
}

#[test]
fn a_kiosk_has_one_policy_and_an_item_stands_once_in_a_plan() {
    let good = Plan::read(plan().as_bytes()).unwrap();
    let with = |kind: Kind, name: &str| {
        let mut plan = good.clone();
        let mut item = good.items.iter().find(|item| item.kind == kind).unwrap().clone();
        name.clone_into(&mut item.name);
        plan.items.push(item);
        plan.check()
    };
    assert!(with(Kind::Driver, "other").is_ok());
    let twice = with(Kind::Driver, "nb1010").unwrap_err().to_string();
    assert_eq!(twice, "plan.json: driver nb1010: it is named twice");
    let second = with(Kind::Policy, "other").unwrap_err().to_string();
    assert_eq!(
        second,
        "plan.json: policy other: there is another policy already, and a kiosk has one"
    );
}

const SETTINGS: &str = r#"{"format":1,"rules":{"floor":500,"overrides":20,"name-agreement":80},"policy":{"attempts":3},"hours":{"opens":"08:00","closes":"20:00"}}"#;

/// (what is changed in the good settings, into what, the sentence)
const BAD_SETTINGS: [(&str, &str, &str); 6] = [
    (
        "\"floor\":500",
        "\"floor\":299",
        "settings/s.json: `rules.floor` is 299, but must be 300 to 2000",
    ),
    (
        "\"name-agreement\":80",
        "\"name-agreement\":101",
        "settings/s.json: `rules.name-agreement` is 101, but must be 0 to 100",
    ),
    (
        "\"format\":1",
        "\"format\":9",
        "settings/s.json: `format` is 9, but must be 1 to 1",
    ),
    (
        "08:00",
        "8:00",
        "settings/s.json: `8:00` is not a time of day; write it as 08:00",
    ),
    (
        "08:00",
        "20:00",
        "settings/s.json: `hours` end at 20:00, which is not after 20:00",
    ),
    (
        "\"overrides\"",
        "\"override\"",
        "settings/s.json: unknown field `override`, expected one of `floor`, `overrides`, `name-agreement`",
    ),
];

#[test]
fn settings_are_held_against_their_ranges() {
    let good = Settings::read("settings/s.json", SETTINGS.as_bytes()).unwrap();
    assert_eq!(good.for_policy(), r#"{"attempts":3}"#);
    assert_eq!(good.hours.map(|hours| hours.closes.minutes()), Some(1_200));
    assert_eq!(Settings::read("s", &good.bytes()).unwrap(), good);
    for (part, bad, sentence) in BAD_SETTINGS {
        let text = SETTINGS.replacen(part, bad, 1);
        assert_eq!(
            without_place(&Settings::read("settings/s.json", text.as_bytes()).unwrap_err()),
            sentence
        );
    }
}

const MESSAGES: &str = r#"{"format":1,"languages":{"ky":{"poor-image":"Манжаңызды кайра коюңуз"},"ru":{"poor-image":"Приложите палец ещё раз","photo":"Сравните с фотографией"}}}"#;

/// (what is changed in the good texts, into what, the sentence)
const BAD_MESSAGES: [(&str, &str, &str); 5] = [
    (
        "\"ky\"",
        "\"kyr\"",
        "messages/m.json: the language `kyr` must be two small letters (ISO 639-1)",
    ),
    (
        "\"photo\"",
        "\"Photo\"",
        "messages/m.json: `Photo` in `ru` must be 1 to 64 of a-z, 0-9 and -, a letter first",
    ),
    (
        "Сравните с фотографией",
        " ",
        "messages/m.json: `photo` in `ru` has 1 characters, but must have 1 to 300",
    ),
    (
        "Сравните с",
        "Сравните\\u0000с",
        "messages/m.json: `photo` in `ru` holds a control character",
    ),
    (
        "\"format\":1",
        "\"format\":0",
        "messages/m.json: `format` is 0, but must be 1",
    ),
];

#[test]
fn texts_come_in_the_first_language_that_has_them() {
    let messages = Messages::read("messages/m.json", MESSAGES.as_bytes()).unwrap();
    assert_eq!(
        messages.text(&["ky", "ru"], "poor-image"),
        Some("Манжаңызды кайра коюңуз")
    );
    assert_eq!(messages.text(&["ky", "ru"], "photo"), Some("Сравните с фотографией"));
    assert_eq!(messages.text(&["ky"], "photo"), None);
    for (part, bad, sentence) in BAD_MESSAGES {
        let text = MESSAGES.replacen(part, bad, 1);
        assert_eq!(
            without_place(&Messages::read("messages/m.json", text.as_bytes()).unwrap_err()),
            sentence
        );
    }
}

#[test]
fn an_emergency_list_has_no_place_for_anything_but_withdrawals() {
    let good = r#"{"format":1,"counter":2,"made":"2027-01-24T09:00:00Z","withdrawn":[{"item":{"kind":"policy","name":"p"},"counter":3,"reason":"wrong-threshold"}]}"#;
    let list = Emergency::read(good.as_bytes()).unwrap();
    assert_eq!(list.reason(&list.withdrawn[0].item, 3), Some("wrong-threshold"));
    assert_eq!(list.reason(&list.withdrawn[0].item, 2), None);
    let more = good.replacen("\"counter\":2", "\"counter\":2,\"items\":[]", 1);
    let error = Emergency::read(more.as_bytes()).unwrap_err().to_string();
    assert!(error.starts_with("emergency.json: unknown field `items`"), "{error}");
}

#[test]
fn a_document_of_more_than_a_mebibyte_is_refused_unread() {
    let error = Plan::read(&vec![b' '; plan::MAX_DOCUMENT_BYTES + 1])
        .unwrap_err()
        .to_string();
    assert_eq!(error, "plan.json: it has 1048577 bytes, over the limit of 1048576");
}
