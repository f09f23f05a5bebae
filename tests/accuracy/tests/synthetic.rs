//! The whole measurement, on synthetic fingers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use accuracy::figures::Figures;
use accuracy::name::ImageName;
use accuracy::table::Table;
use serde_json::Value;
use simulator::finger::{Finger, Image, View};
use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Two sets of two fingers, three touches each, on two sensors; and a picture of nothing.
fn sets() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (set, seeds, view) in [
        (
            "enrolment",
            [1, 2],
            (|seed| View::reference(seed, 388, 374, 500)) as fn(u64) -> View,
        ),
        ("station", [3, 4], |seed| View::live(seed, 256, 240, 385)),
    ] {
        let place = folder.path().join(set);
        std::fs::create_dir(&place).unwrap();
        for seed in seeds {
            let finger = Finger::new(seed);
            for impression in 1..=3 {
                let image = finger.impression(&view(10 * seed + impression));
                save(&place, &format!("{seed}_{impression}"), &image);
            }
        }
    }
    std::fs::write(folder.path().join("station/dpi.txt"), "385\n").unwrap();
    let nothing = Image {
        width: 256,
        height: 240,
        dpi: 385,
        pixels: vec![236; 256 * 240],
    };
    save(&folder.path().join("station"), "4_4", &nothing);
    folder
}

fn save(folder: &Path, stem: &str, image: &Image) {
    std::fs::write(folder.join(format!("{stem}.png")), image.to_png().unwrap()).unwrap();
}

struct Run {
    printed: String,
    scores: String,
    report: String,
}

fn run(sets: &Path, arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let scores = folder.path().join("scores.csv");
    let done = Command::new(env!("CARGO_BIN_EXE_accuracy"))
        .arg("--sets")
        .arg(sets)
        .arg("--out")
        .arg(&scores)
        .arg("--report")
        .arg(folder.path())
        .args(arguments)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Run {
        printed: String::from_utf8(done.stdout).unwrap(),
        scores: std::fs::read_to_string(scores).unwrap(),
        report: std::fs::read_to_string(folder.path().join("accuracy.html")).unwrap(),
    }
}

/// The table that was written, read again.
fn table(scores: &str) -> Table {
    let name = |text: &str| {
        let (set, stem) = text.split_once('/').unwrap();
        ImageName::of_file(set, stem).unwrap()
    };
    let mut known: HashMap<(ImageName, ImageName), f64> = HashMap::new();
    let mut names = Vec::new();
    for line in scores.lines() {
        let [a, b, score] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        names.extend([name(a), name(b)]);
        known.insert((name(a), name(b)), score.parse().unwrap());
    }
    names.sort();
    names.dedup();
    let all = names.clone();
    Table::new(names, |a, b| known[&(all[a].clone(), all[b].clone())])
}

/// Every number as `#`, blanks as one, lines of one kind once: what is printed whichever matcher it is.
fn shape(text: &str) -> String {
    let masked = |word: &str| {
        let is_digest = word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_digest {
            return "DIGEST".to_owned();
        }
        let mut shape = String::new();
        for letter in word.chars() {
            let is_number = letter.is_ascii_digit() || letter == '.' && shape.ends_with('#');
            let letter = if is_number { '#' } else { letter };
            if letter != '#' || !shape.ends_with('#') {
                shape.push(letter);
            }
        }
        shape
    };
    let line = |line: &str| line.split_whitespace().map(masked).collect::<Vec<_>>().join(" ");
    let mut lines: Vec<String> = text.lines().map(line).collect();
    lines.dedup();
    lines.join("\n")
}

#[test]
fn every_pair_is_scored_the_figures_are_those_of_the_scores_and_a_failure_counts_as_nothing_alike() {
    let sets = sets();
    let run = run(sets.path(), &[]);
    // 13 images.
    assert_eq!(run.scores.lines().count(), 13 * 12 / 2);
    let table = table(&run.scores);
    let mut again = Vec::new();
    table.write_csv(&mut again).unwrap();
    assert_eq!(String::from_utf8(again).unwrap(), run.scores, "sorted, each pair once");
    let figures = Figures::of(&table);
    assert!(
        run.printed.starts_with(&accuracy::text::figures(&figures)),
        "{}",
        run.printed
    );
    // Of each finger three pairs, and three of the picture of nothing, which no matcher can find.
    let genuine = |line: &&str| {
        line.split(',')
            .map(|field| field.split('_').next())
            .take(2)
            .is_sorted_by(|a, b| a == b)
    };
    let scores = |line: &str| line.rsplit(',').next().unwrap().parse::<f64>().unwrap();
    let found = run
        .scores
        .lines()
        .filter(genuine)
        .filter(|line| scores(line) > 400.0)
        .count();
    assert!(found >= 9, "{found} of 15 genuine pairs\n{}", run.scores);
    let of_nothing: Vec<&str> = run.scores.lines().filter(|line| line.contains("station/4_4")).collect();
    assert!(
        of_nothing.len() == 12 && of_nothing.iter().all(|line| line.ends_with(",0")),
        "{of_nothing:?}"
    );
    assert!(
        run.printed.contains("failures to extract 1 of 13\n    station/4_4: "),
        "{}",
        run.printed
    );
}

#[test]
fn the_json_has_the_figures_and_a_second_run_the_same_scores() {
    let sets = sets();
    let (first, second) = (run(sets.path(), &["--json"]), run(sets.path(), &[]));
    assert_eq!(first.scores, second.scores);
    let printed: Value = serde_json::from_str(&first.printed).unwrap();
    let figures = Figures::of(&table(&first.scores));
    assert_eq!(printed["impostors"], figures.impostors);
    assert_eq!(printed["pooled"]["eer"].as_f64(), figures.equal_error);
    assert_eq!(printed["failures"][0]["image"], "station/4_4");
    assert_eq!(printed["shipped"][1]["roll"], 5_000);
    assert_eq!(printed["shipped"][1]["one-finger"]["threshold"], 800);
    for figure in [
        "/extraction/mean",
        "/extraction/p95",
        "/comparison/mean",
        "/template-bytes/mean",
    ] {
        assert!(printed.pointer(figure).unwrap().as_f64().unwrap() > 0.0, "{figure}");
    }
}

#[test]
fn references_through_records_are_compared_as_well() {
    let sets = sets();
    let run = run(sets.path(), &["--records", "enrolment"]);
    assert_eq!(run.scores.lines().count(), 6 * 5 / 2);
    let told = "  references through ISO/IEC 19794-2:2005 records, ";
    let line = run.printed.lines().find(|line| line.starts_with(told));
    assert!(
        line.is_some_and(|line| line.ends_with(" of 6 templates unchanged by it")),
        "{line:?}"
    );
    let figures = Figures::of(&table(&run.scores));
    assert_eq!(figures.equal_error, Some(0.0), "{}", run.scores);
}

#[test]
fn the_report_says_first_that_it_holds_fingers_and_stands_by_itself() {
    let sets = sets();
    let report = run(sets.path(), &[]).report;
    let body = report.split_once("<body>").unwrap().1;
    assert!(body.starts_with(r#"<p class="warning"><strong>This page holds biometric data"#));
    // 15 genuine pairs, and 20 of the impostors.
    assert_eq!(body.matches("<figure>").count(), 15 + 20);
    for (what, count) in [("<h2", 6), ("class=\"chart\"", 3)] {
        assert_eq!(body.matches(what).count(), count, "{what}");
    }
    // Each picture once, and nothing from anywhere else.
    let pictures = body.matches("data:image/png;base64,").count();
    assert!((12..=13).contains(&pictures), "{pictures}");
    for foreign in ["http:", "https:", "<script", "@import", "src="] {
        assert!(!report.contains(foreign), "{foreign}");
    }
    // Minutiae that are paired have one number left and right, so every number of a figure is there twice.
    let numbers: Vec<&str> = body
        .split("<figure>")
        .skip(1)
        .map(|figure| figure.split("<dl").next().unwrap())
        .collect();
    let paired = |figure: &&&str| figure.matches("class=\"paired\"").count();
    assert!(numbers.iter().filter(|figure| paired(figure) > 0).count() > 9);
    assert!(numbers.iter().all(|figure| paired(&figure).is_multiple_of(2)));
}

#[test]
fn the_figures_are_printed_in_this_shape() {
    let sets = sets();
    insta::assert_snapshot!(shape(&run(sets.path(), &["enrolment"]).printed));
}
