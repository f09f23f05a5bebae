//! `kiosk-commission` and updates, run as the commission runs it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "the other tests use the rest")]
mod office;

use clap::CommandFactory as _;
use commission::{Cli, Exit};
use office::{ALL, ANOTHER, DRIVER, EXPORTER, Office, PASSPHRASE, POLICY, SETTINGS, masked, plugin};

/// A repository with an item of several kinds and the vendor acme, whose key is one of the kit.
fn furnished() -> Office {
    let office = Office::new();
    office.begin();
    office.put("first.wasm", &plugin(POLICY, "0.1.0"));
    office.put("turnout.wasm", &plugin(EXPORTER, "0.1.0"));
    office.put("acme-200.wasm", &plugin(DRIVER, "0.1.0"));
    office.put("general.json", SETTINGS.as_bytes());
    office.put("vectors.json", b"{\"format\": 1}");
    plugin_kit::sign::new_key(&office.path("acme.key")).unwrap();
    office.good(&format!("publish policy F/first.wasm --vectors F/vectors.json {ALL}"));
    office.good(&format!("publish exporter F/turnout.wasm {ALL}"));
    office.good(&format!("publish settings F/general.json {ALL}"));
    office.good(&format!(
        "vendor add acme --public-key F/acme.key.pub --device 1209:0001 --device 1209:0002 --class 255 {ALL}"
    ));
    office.good("vendor sign acme F/acme-200.wasm --key F/acme.key --out F/vendor-acme.json");
    office.good(&format!(
        "publish driver F/acme-200.wasm --vendor acme --signed-by F/vendor-acme.json --start 2026-11-02T06:00:00Z --step 0:20 \
         --step 60:1024 --step 1440:2048 {ALL}"
    ));
    office
}

#[test]
fn a_ceremony_in_one_place_makes_the_keys_and_a_repository_that_kiosks_take() {
    let office = Office::new();
    let said = office.good(
        "keys ceremony --root aigul,bakyt,chinara --root-threshold 2 --desk desk --emergency duty --make-keys F/keys \
         --workshop F/w",
    );
    insta::assert_snapshot!("ceremony", masked(&said));
    insta::assert_snapshot!("status_new", masked(&office.good("status --workshop F/w")));
    insta::assert_snapshot!("verify_new", office.good("verify --workshop F/w"));
    let again = office.bad("keys ceremony --root aigul --desk desk --make-keys F/keys --workshop F/w");
    assert!(again.contains("holds a repository already"), "{again}");
}

#[test]
fn a_ceremony_over_three_machines_names_who_is_missing_and_takes_copies_signed_apart() {
    let office = Office::new();
    for holder in ["aigul", "bakyt", "chinara", "desk"] {
        office.good(&format!("keys new {holder} --out F/{holder}"));
    }
    let begin = "keys ceremony --root aigul,bakyt,chinara --root-threshold 2 --desk desk --workshop F/w";
    office.good("keys add F/aigul/aigul.pub.json F/bakyt/bakyt.pub.json F/desk/desk.pub.json --workshop F/w");
    let missing = office.bad(&format!("{begin} --prepare F/ceremony.json"));
    assert!(missing.contains("the public key of chinara is missing"), "{missing}");
    office.good("keys add F/chinara/chinara.pub.json --workshop F/w");
    let said = office.good(&format!("{begin} --prepare F/ceremony.json"));
    assert!(
        said.contains("missing: root has 0 of 2, 2 more of aigul, bakyt, chinara"),
        "{said}"
    );

    // Each holder has a copy, and sees what is signed.
    for holder in ["aigul", "bakyt"] {
        std::fs::copy(
            office.path("ceremony.json"),
            office.path(&format!("{holder}/ceremony.json")),
        )
        .unwrap();
    }
    let said = office.good("sign F/aigul/ceremony.json --key F/aigul/aigul.key");
    insta::assert_snapshot!("sign_ceremony", masked(&said));
    let early = office.bad("finish F/aigul/ceremony.json --key F/desk/desk.key --workshop F/w");
    insta::assert_snapshot!("finish_too_early", early);
    let nothing = office.bad("sign F/bakyt/ceremony.json --key F/desk/desk.key");
    insta::assert_snapshot!("sign_with_a_key_that_is_not_needed", nothing);
    office.good("sign F/bakyt/ceremony.json --key F/bakyt/bakyt.key");
    let nobody = office.bad("finish F/aigul/ceremony.json F/bakyt/ceremony.json --workshop F/w");
    assert!(nobody.contains("snapshot has 0 of 1, 1 more of desk"), "{nobody}");
    office.good("finish F/aigul/ceremony.json F/bakyt/ceremony.json --key F/desk/desk.key --workshop F/w");
    office.good("verify --workshop F/w");

    // The same for a publication later: one after the other, on one file.
    office.put("first.wasm", &plugin(POLICY, "0.1.0"));
    office.good("publish policy F/first.wasm --prepare F/change.json --workshop F/w");
    std::fs::remove_file(office.path("first.wasm")).unwrap();
    let said = office.good("sign F/change.json --key F/chinara/chinara.key --root F/w/root.json");
    insta::assert_snapshot!("sign_publication", masked(&said));
    office.good("sign F/change.json --key F/aigul/aigul.key");
    office.good("finish F/change.json --key F/desk/desk.key --workshop F/w");
    let status = office.good("status --workshop F/w");
    assert!(
        status.contains("release 1, version 0.1.0: 100 % of the kiosks"),
        "{status}"
    );
}

#[test]
fn what_is_signed_is_told_in_plain_words() {
    let office = furnished();
    insta::assert_snapshot!("status", masked(&office.good("status --workshop F/w")));
    insta::assert_snapshot!(
        "status_json",
        masked(&office.good("status --workshop F/w --json --days 100"))
    );
    insta::assert_snapshot!("vendors", office.good("vendor list --workshop F/w"));
    office.put("acme-201.wasm", &plugin(DRIVER, "0.2.0"));
    office.put("acme-202.wasm", &plugin(DRIVER, "0.3.0"));
    office.good(
        "vendor sign acme F/acme-201.wasm F/acme-202.wasm F/vectors.json --key F/acme.key --earlier F/vendor-acme.json --out \
         F/vendor-acme.json",
    );
    let told = office.good(&format!(
        "publish driver F/acme-201.wasm --vendor acme --signed-by F/vendor-acme.json --vectors F/vectors.json --device 1209:0001 \
         --dry-run {ALL}"
    ));
    insta::assert_snapshot!("told_driver", masked(&told));
    let mut told = String::new();
    for line in [
        "grant driver acme-200 --device 1209:0002",
        "grant exporter turnout --row counts",
        "withdraw driver acme-200 1 --reason bad-images",
        "withdraw policy first 1 --reason admits-nobody --emergency",
        "waves driver acme-200 --none",
        "keys rotate policies --to aigul",
        "keys rotate root --to aigul,bakyt --threshold 2",
        "vendor add acme --device 1209:0001 --device 1209:0002 --class 255 --class 3 --max-length 8192",
        "publish settings F/general2.json --name general",
        "renew root targets emergency",
    ] {
        office.put("general2.json", SETTINGS.replace("1000", "1100").as_bytes());
        let said = office.good(&format!("{line} --dry-run --workshop F/w"));
        told.push_str(&format!("$ {line}\n{}\n", masked(&said)));
    }
    insta::assert_snapshot!("told", told);
}

#[test]
fn a_dry_run_changes_nothing() {
    let office = furnished();
    std::fs::create_dir(office.path("stick")).unwrap();
    office.put("second.wasm", &plugin(POLICY, "0.2.0"));
    let before = office.digests();
    for line in [
        "keys ceremony --root aigul --desk desk --workshop F/elsewhere",
        "keys rotate timestamp --to aigul --workshop F/w",
        "publish policy F/second.wasm --workshop F/w",
        "grant driver acme-200 --device 1209:0002 --workshop F/w",
        "withdraw policy first 1 --reason bad --workshop F/w",
        "withdraw policy first 1 --reason bad --emergency --workshop F/w",
        "waves driver acme-200 --none --workshop F/w",
        "vendor add acme --device 1209:0001 --device 1209:0002 --device 1209:0003 --class 255 --workshop F/w",
        "renew root --workshop F/w",
        "timestamp --workshop F/w",
        "stick F/stick --workshop F/w",
    ] {
        let said = office.good(&format!("{line} --dry-run"));
        assert!(said.ends_with("nothing was changed: --dry-run\n"), "{line}: {said}");
        assert_eq!(before, office.digests(), "{line}");
    }
}

#[test]
fn passphrases_are_asked_for_or_read_and_a_wrong_one_is_one_sentence() {
    let mut office = furnished();
    office.typed = Some("something else entirely".to_owned());
    let said = office.bad(&format!("timestamp {ALL}"));
    insta::assert_snapshot!("wrong_passphrase", said);
    office.put("one.txt", b"correct horse battery\n");
    office.put("two.txt", b"correct horse battery\ncorrect horse battery\n");
    office.good("timestamp --workshop F/w --key F/keys/desk.key --passphrase-file F/one.txt");
    office.good("timestamp --workshop F/w --key F/keys/desk.key --key F/keys/duty.key --passphrase-file F/two.txt");
    let said = office.bad(&format!("timestamp {ALL} --passphrase-file F/two.txt"));
    insta::assert_snapshot!("too_few_lines", said);
    let said = office.bad("timestamp --workshop F/w --key F/keys/nobody.key");
    assert!(said.contains("F/keys/nobody.key could not be used"), "{said}");
    office.typed = None;
    let said = office.bad(&format!("timestamp {ALL}"));
    insta::assert_snapshot!("no_terminal", said);
    office.typed = Some("short".to_owned());
    let said = office.bad("keys new daniyar --out F/keys");
    insta::assert_snapshot!("short_passphrase", said);
    let said = office.bad("timestamp --workshop F/w");
    insta::assert_snapshot!("no_key", said);
}

#[test]
fn a_key_gets_another_passphrase_and_stays_the_same_key() {
    let mut office = furnished();
    let key = office.path("keys/desk.key");
    let before = std::fs::read(&key).unwrap();
    office.put("same.txt", format!("{PASSPHRASE}\n").as_bytes());
    office.put("short.txt", format!("{PASSPHRASE}\nshort\n").as_bytes());
    let mut told = String::new();
    for file in ["same", "short"] {
        told += &office.bad(&format!(
            "keys passphrase F/keys/desk.key --passphrase-file F/{file}.txt"
        ));
        assert_eq!(std::fs::read(&key).unwrap(), before, "{file}");
    }
    told += &masked(&office.good("keys passphrase F/keys/desk.key"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&key).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    told += &office.bad("timestamp --workshop F/w --key F/keys/desk.key");
    office.typed = Some(format!("{PASSPHRASE}{ANOTHER}"));
    office.good("timestamp --workshop F/w --key F/keys/desk.key");
    insta::assert_snapshot!(told);
}

#[test]
fn keys_are_rotated_with_the_old_and_the_new_ones_and_what_was_served_before_is_still_read() {
    let office = furnished();
    for holder in ["daniyar", "desk-2"] {
        office.good(&format!("keys new {holder} --out F/keys"));
        office.good(&format!("keys add F/keys/{holder}.pub.json --workshop F/w"));
    }
    let rotate = "keys rotate root --to aigul,bakyt,daniyar --workshop F/w --key F/keys/desk.key";
    let said = office.bad(&format!("{rotate} --key F/keys/daniyar.key --key F/keys/aigul.key"));
    insta::assert_snapshot!("rotation_without_the_old_threshold", said);
    office.good(&format!("{rotate} --key F/keys/aigul.key --key F/keys/bakyt.key"));
    office.good(&format!(
        "keys rotate timestamp --to desk-2 {ALL} --key F/keys/desk-2.key"
    ));
    let said = office.bad("timestamp --workshop F/w --key F/keys/desk.key");
    assert!(said.contains("timestamp has 0 of 1, 1 more of desk-2"), "{said}");
    office.good("timestamp --workshop F/w --key F/keys/desk-2.key");
    // From the first root on.
    let said = office.good("verify --workshop F/w");
    assert!(said.contains("root                3  "), "{said}");
    let same = office.bad(&format!("keys rotate timestamp --to desk-2 {ALL}"));
    assert!(same.contains("timestamp is held by these keys already"), "{same}");
}

#[test]
fn a_holder_who_keeps_the_root_signs_for_no_other_repository() {
    let office = furnished();
    let other = Office::new();
    other.begin();
    let root = std::fs::read(other.path("w/root.json")).unwrap();
    office.put("kept.json", &root);
    office.put("second.wasm", &plugin(POLICY, "0.2.0"));
    office.good("publish policy F/second.wasm --prepare F/change.json --workshop F/w");
    let said = office.bad("sign F/change.json --key F/keys/aigul.key --root F/kept.json");
    insta::assert_snapshot!("other_root", masked(&said));
    office.good("sign F/change.json --key F/keys/aigul.key --root F/w/root.json --dry-run");
}

#[test]
fn a_stick_is_written_whole_read_back_and_a_damaged_one_is_told_by_its_file() {
    let mut office = furnished();
    std::fs::create_dir(office.path("stick")).unwrap();
    insta::assert_snapshot!("stick", office.good("stick F/stick --workshop F/w"));
    office.good(&format!("withdraw policy first 1 --reason bad {ALL}"));
    office.good("stick F/stick --workshop F/w");
    let json = office.good("verify F/stick --root F/w/root.json --workshop F/w --json");
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["plan"], 7, "{json}");

    let mut names: Vec<_> = office.digests().into_keys().collect();
    names.retain(|path| path.starts_with(office.path("stick")) && path.extension().is_some());
    let of_plan = |path: &&std::path::PathBuf| path.to_string_lossy().ends_with(".plan.json");
    assert_eq!(names.iter().filter(of_plan).count(), 1, "earlier plans are gone");
    for path in names {
        let good = std::fs::read(&path).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        std::fs::write(&path, bad).unwrap();
        let said = office.bad("verify F/stick --root F/w/repository/metadata/1.root.json --workshop F/w");
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // The client calls a file by its target.
        let (first, rest) = name.split_once('.').unwrap();
        let called = if first.len() == 64 || first.parse::<u32>().is_ok() {
            rest
        } else {
            &name
        };
        assert!(said.contains(called), "{name}: {said}");
        std::fs::write(&path, good).unwrap();
    }
    office.now = "2026-11-17T08:00:00Z".parse().unwrap();
    let said = office.bad("verify F/stick --workshop F/w");
    insta::assert_snapshot!("old_stick", said);
}

#[test]
fn a_vendors_list_grows_and_forgets_nothing_that_runs() {
    let office = furnished();
    for (file, version) in [("acme-201.wasm", "0.2.0"), ("acme-202.wasm", "0.3.0")] {
        office.put(file, &plugin(DRIVER, version));
    }
    let publish = |file: &str, list: &str| format!("publish driver F/{file} --vendor acme --signed-by F/{list} {ALL}");
    office.good("vendor sign acme F/acme-201.wasm --key F/acme.key --out F/short.json");
    let first = office.bad(&publish("acme-201.wasm", "short.json"));
    office.good("vendor sign acme F/acme-201.wasm --key F/acme.key --earlier F/short.json --out F/short.json");
    let second = office.bad(&publish("acme-201.wasm", "short.json"));
    insta::assert_snapshot!("short_lists", format!("{first}{second}"));
    // Two files at once: the second is published with the same list.
    office.good(
        "vendor sign acme F/acme-201.wasm F/acme-202.wasm --key F/acme.key --earlier F/vendor-acme.json --out F/vendor-acme.json",
    );
    office.good(&publish("acme-201.wasm", "vendor-acme.json"));
    office.good(
        "publish driver F/acme-202.wasm --vendor acme --signed-by F/vendor-acme.json --prepare F/change.json --workshop F/w",
    );
    office.good("sign F/change.json --key F/keys/aigul.key --key F/keys/bakyt.key");
    office.good("finish F/change.json --key F/keys/desk.key --workshop F/w");
    office.good("verify --workshop F/w");

    // A vendor whose key is stolen signs all of it anew.
    std::fs::create_dir(office.path("new")).unwrap();
    plugin_kit::sign::new_key(&office.path("new/acme.key")).unwrap();
    let add = format!(
        "vendor add acme --public-key F/new/acme.key.pub --device 1209:0001 --device 1209:0002 --class 255 {ALL}"
    );
    let old = office.bad(&format!("{add} --signed-by F/vendor-acme.json"));
    assert!(
        old.contains("it is not signed with the key that the commission has"),
        "{old}"
    );
    office.good(
        "vendor sign acme F/acme-202.wasm --key F/new/acme.key --earlier F/vendor-acme.json --out F/new/list.json",
    );
    office.good(&format!("{add} --signed-by F/new/list.json"));
    office.good("verify --workshop F/w");
}

#[test]
fn what_a_kiosk_would_refuse_is_said_of_an_address_without_an_authority() {
    let office = furnished();
    let said = office.run("verify https://127.0.0.1:1 --workshop F/w");
    assert_eq!(said.exit, Exit::Usage);
    insta::assert_snapshot!("no_authority", said.err);
}

/// Ended however the test ends.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_server_for_trials_is_verified_at_its_address() {
    let office = furnished();
    let mut serving = std::process::Command::new(env!("CARGO_BIN_EXE_kiosk-commission"))
        .args(["serve", "--listen", "127.0.0.1:0", "--workshop"])
        .arg(office.path("w"))
        .arg("--authority")
        .arg(office.path("authority.pem"))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = std::io::BufReader::new(serving.stdout.take().unwrap());
    let _running = Running(serving);
    let mut line = String::new();
    std::io::BufRead::read_line(&mut said, &mut line).unwrap();
    let address = line.split_whitespace().find(|word| word.starts_with("https://"));
    let address = address.unwrap_or_else(|| panic!("{line}")).trim_end_matches(';');
    let said = office.good(&format!("verify {address} --authority F/authority.pem --workshop F/w"));
    assert!(said.starts_with(&format!("{address} holds, ")), "{said}");
    assert!(said.contains("files: 5, "), "{said}");
}

#[test]
fn what_expires_soon_is_said_with_what_to_do() {
    let mut office = furnished();
    office.now = "2027-10-30T08:00:00Z".parse().unwrap();
    insta::assert_snapshot!("expiring", masked(&office.good("status --workshop F/w")));
    // What expired can still be renewed; the vendor's own list by the vendor.
    let said = office.bad(&format!("renew vendor-acme {ALL}"));
    insta::assert_snapshot!("renew_vendor", said);
    office.good(&format!(
        "renew targets policies exports emergency {ALL} --key F/keys/duty.key"
    ));
    office.good("vendor sign acme F/acme-200.wasm --key F/acme.key --earlier F/vendor-acme.json --out F/new.json");
    office.good(&format!("vendor renew acme F/new.json {ALL}"));
    let said = office.good("verify --workshop F/w --days 10");
    assert!(!said.contains("soon"), "{said}");
    office.now = "2027-11-01T08:00:00Z".parse().unwrap();
    office.good("timestamp --workshop F/w --key F/keys/desk.key");
}

/// Every command with its tasks, in the order of the help.
fn commands() -> Vec<clap::Command> {
    let mut cli = Cli::command().term_width(100);
    cli.build();
    let mut all = vec![cli.clone()];
    for command in cli.get_subcommands().filter(|command| command.get_name() != "help") {
        all.push(command.clone());
        all.extend(
            command
                .get_subcommands()
                .filter(|task| task.get_name() != "help")
                .cloned(),
        );
    }
    all
}

#[test]
fn every_command_has_help_and_those_that_do_something_have_examples() {
    let mut text = String::new();
    for mut command in commands() {
        let help = command.clone().term_width(100).render_long_help().to_string();
        if !command.has_subcommands() {
            assert!(help.contains("Example"), "{}", command.get_name());
        }
        text.push_str(&format!("===== {}\n{help}", command.render_usage()));
    }
    insta::assert_snapshot!("help", text);
}

#[test]
fn the_manual_and_the_completions_name_every_command() {
    let office = Office::new();
    let manual = office.good("man");
    let completions = office.good("completions bash");
    for command in commands() {
        let name = command.get_name();
        assert!(manual.contains(&name.replace('-', "\\-")), "{name} in the manual");
        assert!(completions.contains(name), "{name} in the completions");
    }
}
