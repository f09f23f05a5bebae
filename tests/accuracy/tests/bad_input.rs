//! What is wrong with a folder of sets is told in one sentence, with an exit that is not zero.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::Command;

/// A file that is written as a picture of nothing.
const PICTURE: &str = "picture";

/// (the case, files and their bytes, more arguments)
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

const CASES: [Case; 12] = [
    ("no folder", &[], &["--sets", "FOLDER/absent"]),
    ("no sets", &[], &[]),
    ("no images", &[("a/readme.txt", "")], &[]),
    ("one image", &[("a/1_1.png", "")], &[]),
    (
        "a dpi.txt that is no number",
        &[("a/1_1.png", ""), ("a/1_2.png", ""), ("a/dpi.txt", "500 dpi\n")],
        &[],
    ),
    (
        "a dpi.txt that is empty",
        &[("a/1_1.png", ""), ("a/1_2.png", ""), ("a/dpi.txt", "")],
        &[],
    ),
    (
        "a dpi.txt out of range",
        &[("a/1_1.png", ""), ("a/1_2.png", ""), ("a/dpi.txt", "50")],
        &[],
    ),
    ("two images of one name", &[("a/1_1.png", ""), ("a/1_1.tif", "")], &[]),
    (
        "two images of one number",
        &[("a/1_1.png", ""), ("a/1_01.png", "")],
        &[],
    ),
    (
        "a name that no set has",
        &[("a/1_1.png", ""), ("a/1_2.png", "")],
        &["b", "c"],
    ),
    (
        "an image that is none",
        &[("a/1_1.png", "not an image"), ("a/1_2.png", PICTURE)],
        &[],
    ),
    (
        "a file that cannot be written",
        &[("a/1_1.png", ""), ("a/1_2.png", "")],
        &["--out", "FOLDER/absent/scores.csv"],
    ),
];

fn told(folder: &Path, files: &[(&str, &str)], arguments: &[&str]) -> String {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let bytes = if *text == PICTURE {
            picture()
        } else {
            text.as_bytes().to_vec()
        };
        std::fs::write(path, bytes).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_accuracy"));
    if !arguments.contains(&"--sets") {
        command.arg("--sets").arg(folder);
    }
    let place = folder.display().to_string();
    let done = command
        .args(arguments.iter().map(|argument| argument.replace("FOLDER", &place)))
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert!(done.stdout.is_empty());
    String::from_utf8(done.stderr).unwrap().replace(&place, "FOLDER")
}

fn picture() -> Vec<u8> {
    let image = simulator::finger::Image {
        width: 200,
        height: 200,
        dpi: 500,
        pixels: vec![255; 200 * 200],
    };
    image.to_png().unwrap()
}

#[test]
fn each_bad_input_gets_its_sentence() {
    let mut text = String::new();
    for (case, files, arguments) in CASES {
        let folder = tempfile::tempdir().unwrap();
        let words = told(folder.path(), files, arguments);
        assert!(!words.contains("panicked"), "{case}: {words}");
        text.push_str(&format!("{case}\n"));
        words.lines().for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    insta::assert_snapshot!(text);
}
