//! The printed figures are those of the shared `fingerprint_score.py`, digit for digit, but for the interval, which is
//! drawn by chance and with other numbers there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use accuracy::figures::{Figures, Relation};
use accuracy::name::ImageName;
use accuracy::sets::Sets;
use accuracy::table::Table;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;
use std::process::Command;

/// What a table is like.
struct Case {
    name: &'static str,
    /// set, fingers, impressions
    sets: &'static [(&'static str, u32, u32)],
    /// images that are left out, as a share of all
    missing: f64,
    /// the score of a genuine pair, from two numbers of 0 to 1
    genuine: fn(f64, f64) -> f64,
    /// the score of an impostor
    impostor: fn(f64, f64) -> f64,
}

const CASES: [Case; 8] = [
    Case {
        name: "scores that overlap",
        sets: &[("alpha", 10, 4), ("beta", 6, 3)],
        missing: 0.0,
        genuine: |a, b| 0.3 + a * b,
        impostor: |a, b| a * b,
    },
    Case {
        name: "scores that do not overlap",
        sets: &[("alpha", 5, 3)],
        missing: 0.0,
        genuine: |a, _| 2.0 + a,
        impostor: |a, _| a,
    },
    Case {
        name: "whole numbers with many ties",
        sets: &[("alpha", 12, 4), ("beta", 8, 4)],
        missing: 0.0,
        genuine: |a, b| (8.0 * (a + b)).round(),
        impostor: |a, b| (6.0 * a * b).round(),
    },
    Case {
        name: "mostly zeros",
        sets: &[("alpha", 9, 4)],
        missing: 0.0,
        genuine: |a, b| if a < 0.4 { 0.0 } else { 400.0 * b },
        impostor: |a, b| if a < 0.999 { 0.0 } else { b },
    },
    Case {
        name: "nothing but zeros",
        sets: &[("alpha", 4, 3), ("beta", 4, 2)],
        missing: 0.0,
        genuine: |_, _| 0.0,
        impostor: |_, _| 0.0,
    },
    Case {
        name: "ten fingers on two sensors, and others",
        sets: &[("fvc2000_db1", 10, 4), ("fvc2000_db2", 10, 4), ("fvc2000_db3", 4, 3)],
        missing: 0.0,
        genuine: |a, b| (1_000.0 * a.max(b)).round(),
        impostor: |a, b| (700.0 * a * b).round(),
    },
    Case {
        name: "missing impressions",
        sets: &[("alpha", 11, 5), ("beta", 7, 4), ("fvc2000_db2", 3, 3)],
        missing: 0.3,
        genuine: |a, b| (90.0 * (a + b)).round() / 8.0,
        impostor: |a, b| (90.0 * a * b).round() / 8.0,
    },
    Case {
        name: "large and small scores",
        sets: &[("a", 6, 4), ("a-b", 6, 4), ("b", 2, 2)],
        missing: 0.1,
        genuine: |a, b| 1e7 * a * b,
        impostor: |a, b| 1e7 * (a * b).powi(4),
    },
];

impl Case {
    fn table(&self, seed: u64) -> Table {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let mut names = Vec::new();
        for (set, fingers, impressions) in self.sets {
            // From 8 on, so that names of one and two digits are there.
            for finger in 8..8 + fingers {
                for impression in 1..=*impressions {
                    // Two touches of every finger stay, so that every set has genuine pairs.
                    if impression <= 2 || !chance.random_bool(self.missing) {
                        names.push(ImageName::of_file(set, &format!("{finger}_{impression}")).unwrap());
                    }
                }
            }
        }
        if self.missing > 0.0 {
            // And one first touch goes, so that the lowest impression is another.
            names.remove(0);
        }
        names.sort();
        let kinds = names.clone();
        Table::new(names, |a, b| {
            let (first, second) = (chance.random::<f64>(), chance.random::<f64>());
            match Relation::of(&kinds[a], &kinds[b]) {
                Relation::Impostor => (self.impostor)(first, second),
                Relation::Genuine | Relation::CrossSensor => (self.genuine)(first, second),
            }
        })
    }
}

/// The script, and the python that can run it.
struct Script {
    python: PathBuf,
    file: PathBuf,
}

/// The script, where it and what it needs are there.
fn script(test: &str) -> Option<Script> {
    let file = fixtures::shared(test, "../tools/fingerprint_score.py")?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_numpy = |python: &PathBuf| {
        let numpy = Command::new(python).args(["-c", "import numpy"]).output();
        numpy.is_ok_and(|done| done.status.success())
    };
    // A distribution's numpy is for its own python3, which need not be the first.
    let mut pythons = std::env::split_paths(&path).map(|folder| folder.join("python3"));
    if let Some(python) = pythons.find(has_numpy) {
        return Some(Script { python, file });
    }
    println!("SKIPPED {test}: python3 with numpy is absent");
    None
}

fn told_by_script(script: &Script, table: &Table, names: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.csv");
    let mut lines = Vec::new();
    table.write_csv(&mut lines).unwrap();
    std::fs::write(&path, lines).unwrap();
    let done = Command::new(&script.python)
        .arg(&script.file)
        .arg(&path)
        .args(names)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Without what stands in brackets: the interval.
fn without_interval(text: &str) -> Vec<String> {
    let masked = |line: &str| match (line.find('['), line.find(']')) {
        (Some(from), Some(to)) => format!("{}[]{}", &line[..from], &line[to + 1..]),
        _ => line.to_owned(),
    };
    text.lines().map(masked).collect()
}

/// The numbers in brackets.
fn intervals(text: &str) -> Vec<[f64; 2]> {
    let one = |line: &str| {
        let (low, high) = line.split_once('[')?.1.split_once(']')?.0.split_once(", ")?;
        Some([low.parse().ok()?, high.parse().ok()?])
    };
    text.lines().filter_map(one).collect()
}

#[test]
fn the_printed_figures_are_those_of_the_shared_script() {
    let Some(script) = script("the_printed_figures_are_those_of_the_shared_script") else {
        return;
    };
    for case in &CASES {
        for seed in 1..=3 {
            let table = case.table(seed);
            let (ours, theirs) = (
                accuracy::text::figures(&Figures::of(&table)),
                told_by_script(&script, &table, &[]),
            );
            assert_eq!(
                without_interval(&ours),
                without_interval(&theirs),
                "{} with seed {seed}",
                case.name
            );
        }
    }
}

#[test]
fn names_that_are_asked_for_choose_the_images_that_the_shared_script_chooses() {
    let test = "names_that_are_asked_for_choose_the_images_that_the_shared_script_chooses";
    let Some(script) = script(test) else {
        return;
    };
    // Files without pixels: only their names count.
    let folder = tempfile::tempdir().unwrap();
    let all = CASES[0].table(1);
    for name in all.names() {
        let set = folder.path().join(&name.set);
        std::fs::create_dir_all(&set).unwrap();
        std::fs::write(set.join(format!("{}_{}.png", name.finger, name.impression)), "").unwrap();
    }
    for names in [&["alp"][..], &["beta/1", "alpha/1"], &["beta", "alpha"]] {
        let begin: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let chosen = Sets::list(folder.path(), &begin).unwrap().images;
        let chosen: Vec<ImageName> = chosen.into_iter().map(|image| image.name).collect();
        let place = |index: usize| all.names().iter().position(|name| *name == chosen[index]).unwrap();
        let table = Table::new(chosen.clone(), |a, b| all.score(place(a), place(b)));
        let ours = accuracy::text::figures(&Figures::of(&table));
        let theirs = told_by_script(&script, &all, names);
        assert_eq!(without_interval(&ours), without_interval(&theirs), "{names:?}");
    }
}

#[test]
fn the_interval_is_that_of_the_shared_script_to_within_what_500_draws_vary() {
    let Some(script) = script("the_interval_is_that_of_the_shared_script_to_within_what_500_draws_vary") else {
        return;
    };
    let table = CASES[0].table(1);
    let (ours, theirs) = (
        intervals(&accuracy::text::figures(&Figures::of(&table))),
        intervals(&told_by_script(&script, &table, &[])),
    );
    assert_eq!((ours.len(), theirs.len()), (3, 3));
    for (ours, theirs) in ours.iter().flatten().zip(theirs.iter().flatten()) {
        // Per cent; the intervals are about 20 wide.
        assert!((ours - theirs).abs() < 3.0, "{ours} and {theirs}");
    }
}
