//! `kiosk-commission roll`, run as the commission runs it, with a toy that makes templates. All people are made up.

use clap::{CommandFactory, Parser};
use commission::{Cli, Console, Exit, NoExtractor, World, run};
use repository::keyfile::Work;
use roll::{ExtractError, Extracted, Extractor, FingerImage, FingerView, Roll, RollKey};
use std::path::Path;

struct Toy;

impl Extractor for Toy {
    fn name(&self) -> String {
        "toy 1.0.0".to_owned()
    }

    fn version(&self) -> u32 {
        3
    }

    fn extract(&mut self, _: &FingerImage) -> Result<Extracted, ExtractError> {
        Err(ExtractError::Unusable("too-dry".to_owned()))
    }

    fn import_record(&mut self, bytes: &[u8]) -> Result<Vec<FingerView>, ExtractError> {
        let extracted = Extracted::new(bytes.to_vec(), 60)?;
        Ok(vec![FingerView {
            position: Default::default(),
            extracted,
        }])
    }
}

/// A folder with a key and a list of these lines.
fn folder(lines: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("voters.jsonl"), lines).expect("the list");
    std::fs::write(folder.path().join("1.fmr"), b"FMR\0 20\0").expect("a record");
    folder
}

/// Runs a command line in which `F/` is the folder; answers with the exit, standard output and standard error.
fn typed(folder: &Path, line: &str) -> (Exit, String, String) {
    let name = format!("{}/", folder.to_str().expect("a name"));
    let arguments = line.split(' ').map(|word| word.replace("F/", &name));
    let cli = Cli::try_parse_from(std::iter::once("kiosk-commission".to_owned()).chain(arguments)).expect("a command");
    let matcher = |path: &Path| -> Result<Box<dyn Extractor>, NoExtractor> {
        if path.ends_with("toy.wasm") {
            return Ok(Box::new(Toy));
        }
        Err(NoExtractor {
            path: path.to_owned(),
            reason: "there is no such file; build the plugins first".to_owned(),
        })
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let world = World {
        extractors: &matcher,
        rehearser: &|_| Err("no test of these needs it".to_owned()),
        now: jiff::Timestamp::UNIX_EPOCH,
        ask: &|_| Err(std::io::ErrorKind::NotConnected.into()),
        work: Work::Only(1),
    };
    let exit = run(
        &cli,
        &world,
        &mut Console {
            out: &mut out,
            err: &mut err,
        },
    );
    let text = |bytes| String::from_utf8(bytes).expect("text").replace(&name, "F/");
    (exit, text(out), text(err))
}

const GOOD: &str = r#"{"number":1,"name":"Aida Example","born":"1987-03-14","sex":"f","pin":"11403198700011","document":"ID1","fingers":[{"position":"right-index","template":"1.fmr"}]}
{"number":2,"name":"Bakyt Sample","born":"1990-12-01","sex":"m","pin":"20112199000022","document":"ID2","fingers":[]}
"#;

const BAD: &str = r#"{"number":1,"name":"Aida Example","born":"1987-03-14","sex":"m","pin":"11403198700011","document":"ID1","fingers":[]}
{"number":2}
{"number":3,"name":"Bakyt Sample","born":"1990-12-01","sex":"m","pin":"20112199000022","document":"ID2","fingers":[]}
"#;

const SEAL: &str = "roll seal F/voters.jsonl --station 2041 --name School --region Osh --election presidential-2027 \
                    --election-date 2027-01-24 --key F/roll.key --out F/roll.db --matcher toy.wasm";

fn shown((exit, out, err): &(Exit, String, String)) -> String {
    format!("{exit:?}\n--- standard output\n{out}--- standard error\n{err}")
}

#[test]
fn a_list_is_checked_for_people_and_for_programs() {
    let (good, bad) = (folder(GOOD), folder(BAD));
    insta::assert_snapshot!("check_good", shown(&typed(good.path(), "roll check F/voters.jsonl")));
    insta::assert_snapshot!("check_bad", shown(&typed(bad.path(), "roll check F/")));
    insta::assert_snapshot!("check_bad_json", shown(&typed(bad.path(), "roll check F/ --json")));
    insta::assert_snapshot!("check_missing", shown(&typed(bad.path(), "roll check F/other.jsonl")));
}

#[test]
fn a_key_is_made_a_list_is_sealed_and_the_roll_opens_with_that_key() {
    let folder = folder(GOOD);
    insta::assert_snapshot!("new_key", shown(&typed(folder.path(), "roll new-key F/roll.key")));
    insta::assert_snapshot!("new_key_again", shown(&typed(folder.path(), "roll new-key F/roll.key")));
    insta::assert_snapshot!("seal", shown(&typed(folder.path(), SEAL)));

    let key = RollKey::read(&folder.path().join("roll.key")).expect("the key");
    let roll = Roll::open(&folder.path().join("roll.db"), &key).expect("the roll");
    assert_eq!(
        (roll.len(), roll.reference_count(), roll.station().region()),
        (2, 1, "Osh")
    );
}

#[test]
fn nothing_is_sealed_of_a_bad_list() {
    let folder = folder(BAD);
    assert_eq!(typed(folder.path(), "roll new-key F/roll.key").0, Exit::Good);
    insta::assert_snapshot!("seal_bad", shown(&typed(folder.path(), SEAL)));
    assert!(!folder.path().join("roll.db").exists());
}

#[test]
fn what_sealing_lacks_is_one_sentence() {
    let folder = folder(GOOD);
    insta::assert_snapshot!("seal_without_key", shown(&typed(folder.path(), SEAL)));
    assert_eq!(typed(folder.path(), "roll new-key F/roll.key").0, Exit::Good);
    let without_matcher = SEAL.replace("toy.wasm", "F/none.wasm");
    insta::assert_snapshot!("seal_without_matcher", shown(&typed(folder.path(), &without_matcher)));
    let without_name = SEAL.replace("--name School", "--name=");
    insta::assert_snapshot!("seal_without_name", shown(&typed(folder.path(), &without_name)));
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    for line in [
        "",
        "roll",
        "roll check",
        "roll seal list",
        "roll open x",
        &SEAL.replace("2027-01-24", "24.01.2027"),
    ] {
        let words = std::iter::once("kiosk-commission").chain(line.split_whitespace());
        let error = Cli::try_parse_from(words).expect_err("a wrong command line");
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

#[test]
fn help_has_examples() {
    let mut cli = Cli::command().term_width(100);
    cli.build();
    let mut help = vec![cli.render_help().to_string()];
    let roll = cli.find_subcommand_mut("roll").expect("roll");
    for task in ["check", "seal", "new-key"] {
        let task = roll.find_subcommand_mut(task).expect("a task");
        help.push(task.clone().term_width(100).render_help().to_string());
    }
    insta::assert_snapshot!("help", help.join("\n=====\n"));
}
