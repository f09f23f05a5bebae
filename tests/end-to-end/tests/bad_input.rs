//! What goes wrong at a station: each gets one sentence that says what happened and what to do, an exit that is not zero
//! or a station that goes on, and nothing is lost.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// A station as the demonstration leaves it.
fn template() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let output = Command::new(fixtures::binary("kiosk-demo"))
                .args(["--headless", "--voters", "20", "--folder"])
                .arg(folder.path())
                .arg("--plugins")
                .arg(fixtures::target().join("plugins"))
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", told(&output));
            folder
        })
        .path()
}

struct Place {
    _folder: tempfile::TempDir,
    config: PathBuf,
    roll: PathBuf,
    roll_key: PathBuf,
    journal: PathBuf,
    journal_key: PathBuf,
    plugins: PathBuf,
}

/// A copy of the station with files of its own.
fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (from, to) in [
        ("station/kiosk.toml", "kiosk.toml"),
        ("station/journal.db", "journal.db"),
        ("station/journal.key", "journal.key"),
        ("roll-20/roll.db", "roll.db"),
        ("roll-20/roll.key", "roll.key"),
    ] {
        std::fs::copy(template().join(from), at(to)).unwrap();
    }
    let plugins = at("plugins");
    std::fs::create_dir(&plugins).unwrap();
    for entry in std::fs::read_dir(fixtures::target().join("plugins")).unwrap().flatten() {
        std::fs::copy(entry.path(), plugins.join(entry.file_name())).unwrap();
    }
    let text = std::fs::read_to_string(at("kiosk.toml")).unwrap();
    let canonical = |path: PathBuf| std::fs::canonicalize(path).unwrap().display().to_string();
    let text = text
        .replace(&canonical(template().join("roll-20/roll.db")), "roll.db")
        .replace(&canonical(template().join("roll-20/roll.key")), "roll.key")
        .replace(&canonical(fixtures::target().join("plugins")), "plugins");
    std::fs::write(at("kiosk.toml"), text).unwrap();
    Place {
        config: at("kiosk.toml"),
        roll: at("roll.db"),
        roll_key: at("roll.key"),
        journal: at("journal.db"),
        journal_key: at("journal.key"),
        plugins,
        _folder: folder,
    }
}

fn told(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn gateway(arguments: &[&str]) -> Output {
    Command::new(fixtures::binary("kiosk-gateway"))
        .args(arguments)
        .output()
        .unwrap()
}

fn check(place: &Place) -> Output {
    gateway(&["check", "--config", place.config.to_str().unwrap()])
}

/// The journal still says what it said: two voters identified.
fn nothing_is_lost(place: &Place, case: &str) {
    let key = template().join("station/journal.key");
    let output = gateway(&[
        "journal",
        "verify",
        "--json",
        "--journal",
        place.journal.to_str().unwrap(),
        "--key",
        key.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{case}: {}", told(&output));
    let journal: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(journal["identified"], 2, "{case}: {journal}");
}

fn truncate(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..bytes.len() * 2 / 3]).unwrap();
}

fn write_key(path: &Path) {
    std::fs::remove_file(path).unwrap();
    let output = gateway(&["new-key", path.to_str().unwrap()]);
    assert!(output.status.success(), "{}", told(&output));
}

/// Pins a plugin's new digest, so that what is wrong is in the file itself.
fn pin(place: &Place, file: &str, bytes: &[u8]) {
    let text = std::fs::read_to_string(&place.config).unwrap();
    let mut config: toml::Table = toml::from_str(&text).unwrap();
    let entries = config["plugin"].as_array_mut().unwrap().iter_mut();
    let entry = entries
        .map(|entry| entry.as_table_mut().unwrap())
        .find(|entry| entry["file"].as_str().unwrap().ends_with(file))
        .unwrap();
    entry.insert(
        "sha256".to_owned(),
        plugin_runtime::plugin::Digest::of(bytes).to_string().into(),
    );
    std::fs::write(&place.config, toml::to_string(&config).unwrap()).unwrap();
    std::fs::write(place.plugins.join(file), bytes).unwrap();
}

/// (the case, what is done, what must be said)
type Case = (&'static str, fn(&Place), &'static str);

const CASES: [Case; 9] = [
    (
        "a component that is none",
        |place| pin(place, "turnout-csv.wasm", b"this is not a component"),
        "the file is not a WebAssembly component (",
    ),
    (
        "a component that is cut off",
        |place| {
            let bytes = std::fs::read(place.plugins.join("uru4000.wasm")).unwrap();
            pin(place, "uru4000.wasm", &bytes[..bytes.len() / 2]);
        },
        "get it again from whoever made it",
    ),
    (
        "a component with a contract that this kiosk does not know",
        |place| {
            let bytes = std::fs::read(place.plugins.join("fingerprint-first.wasm")).unwrap();
            let at = bytes.windows(12).rposition(|window| window == b"policy@0.1.0").unwrap();
            let mut bytes = bytes;
            bytes[at..at + 12].copy_from_slice(b"policy@9.9.9");
            pin(place, "fingerprint-first.wasm", &bytes);
        },
        "put the right plugin here",
    ),
    (
        "another component than was signed",
        |place| {
            let other = std::fs::read(place.plugins.join("nb1010.wasm")).unwrap();
            std::fs::write(place.plugins.join("uru4000.wasm"), other).unwrap();
        },
        "is not the one that was signed",
    ),
    (
        "a plugin file that is missing",
        |place| std::fs::remove_file(place.plugins.join("escpos.wasm")).unwrap(),
        "copy it there again",
    ),
    (
        "a truncated roll file",
        |place| truncate(&place.roll),
        "or copy the roll again",
    ),
    (
        "a wrong roll key",
        |place| write_key(&place.roll_key),
        "use the key that the commission sent with this roll, or copy the roll again",
    ),
    (
        "a wrong journal key",
        |place| write_key(&place.journal_key),
        "the key does not open the journal",
    ),
    (
        "a mistake in the configuration",
        |place| {
            let text = std::fs::read_to_string(&place.config)
                .unwrap()
                .replace("floor = 500", "floor = 5");
            std::fs::write(&place.config, text).unwrap();
        },
        "`floor` is 5, but must be 300 to 2000; correct it and start again",
    ),
];

#[test]
fn each_bad_input_gets_its_sentence_and_a_non_zero_exit_and_nothing_is_lost() {
    for (case, damage, sentence) in CASES {
        let place = place();
        damage(&place);
        let output = check(&place);
        assert_eq!(output.status.code(), Some(1), "{case}: {}", told(&output));
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(words.contains(sentence), "{case}: {words}");
        assert!(!words.contains("panicked"), "{case}: {words}");
        println!("{case}: {}", words.trim());
        nothing_is_lost(&place, case);
    }
}

#[test]
fn a_station_with_a_bad_plugin_goes_on_without_it() {
    let place = place();
    pin(&place, "turnout-csv.wasm", b"this is not a component");
    // Everything else is listed; the exit says that something is wrong.
    let output = gateway(&["plugins", "--config", place.config.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    for name in [
        "escpos",
        "fingerprint-first",
        "fingerprint-matcher",
        "nb1010",
        "uru4000",
    ] {
        assert!(listed.contains(name), "{listed}");
    }
}

/// Runs a script in a mount namespace of its own, with a small file system at `$FULL` that ends with it.
fn on_a_small_disk(place: &Place, kibibytes: u32, script: &str) -> Output {
    let folder = place.config.parent().unwrap();
    let full = folder.join("full");
    std::fs::create_dir(&full).unwrap();
    Command::new("unshare")
        .args(["-m", "sh", "-c"])
        .arg(format!("mount -t tmpfs -o size={kibibytes}k none $FULL && {script}"))
        .env("FULL", &full)
        .env("PLACE", folder)
        .env("GATEWAY", fixtures::binary("kiosk-gateway"))
        .env("DEMO", fixtures::binary("kiosk-demo"))
        .env("PLUGINS", fixtures::target().join("plugins"))
        .output()
        .unwrap()
}

#[test]
fn a_disk_that_is_full_at_the_start_is_one_sentence_and_the_journal_is_as_it_was() {
    let place = place();
    let script = r##"
        cp $PLACE/journal.db $PLACE/journal.key $FULL && cp -r $PLACE/plugins $PLACE/roll.db $PLACE/roll.key $FULL &&
        cp $PLACE/kiosk.toml $FULL &&
        { dd if=/dev/zero of=$FULL/filler bs=4k 2>/dev/null || true; }
        timeout 60 $GATEWAY run --config $FULL/kiosk.toml; code=$?
        rm $FULL/filler
        $GATEWAY journal verify --json --journal $FULL/journal.db --key $FULL/journal.key && exit $code
    "##;
    let output = on_a_small_disk(&place, 8_192, script);
    let words = told(&output);
    assert_eq!(output.status.code(), Some(1), "{words}");
    let sentence = "free some space on its disk, check its permissions, and start again: nothing is lost";
    assert!(words.contains(sentence), "{words}");
    assert!(words.contains("\"identified\": 2"), "{words}");
}

#[test]
fn a_disk_that_fills_up_during_the_day_stops_admissions_and_the_day_goes_on_once_there_is_space() {
    let place = place();
    let script = r##"
        mkdir $FULL/roll-20 && cp $PLACE/roll.db $PLACE/roll.key $FULL/roll-20 &&
        free=$(df -k --output=avail $FULL | tail -1) &&
        dd if=/dev/zero of=$FULL/filler bs=1k count=$((free - 420)) 2>/dev/null
        $DEMO --headless --voters 20 --folder $FULL --plugins $PLUGINS && exit 9
        rm $FULL/filler
        $DEMO --headless --resume --voters 20 --folder $FULL --plugins $PLUGINS >/dev/null || exit 8
        $GATEWAY journal verify --json --journal $FULL/station/journal.db --key $FULL/station/journal.key
    "##;
    let output = on_a_small_disk(&place, 8_192, script);
    let words = told(&output);
    assert_eq!(output.status.code(), Some(0), "{words}");
    let sentence =
        "the journal's disk is full, so nothing more is admitted; free some space and go on: nothing is lost";
    assert!(words.contains(sentence), "{words}");
    for count in ["\"identified\": 2", "\"already_identified\": 1", "\"referred\": 1"] {
        assert!(words.contains(count), "{words}");
    }
}
