//! Attacks as data.

use crate::commission::Day;
use crate::forgery::Forgery;
use crate::scene::Scene;

/// What it is, the day whose repository is changed, and the change.
pub(crate) type Attack = (&'static str, Day, fn(&Forgery));

/// Each attack meets a kiosk of its own, which runs what was published on `day`. Tells what each of them was answered.
pub(crate) fn told(day: Day, attacks: &[Attack]) -> String {
    let mut told = String::new();
    for (attack, offered, forge) in attacks {
        let forged = Forgery::of(*offered);
        forge(&forged);
        let mut scene = Scene::at(day);
        // What is answered stands on the page too.
        let _ = scene.import(forged.path());
        told += &clean(&scene.withstood(attack), &forged);
    }
    told
}

/// The same on every machine, whatever the plugins were built to.
pub(crate) fn clean(told: &str, forged: &Forgery) -> String {
    lengths_out(&told.replace(&forged.path().display().to_string(), "[stick]"))
}

/// Without digests, and without numbers of bytes.
pub(crate) fn lengths_out(told: &str) -> String {
    let lines: Vec<String> = told.lines().map(line_without_lengths).collect();
    lines.join("\n") + "\n"
}

fn line_without_lengths(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let cleaned = words.iter().enumerate().map(|(index, word)| {
        let number = word.trim_end_matches(':');
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_length = match words.get(index + 1..).unwrap_or_default() {
            [next, ..] if next.starts_with("bytes") => true,
            ["were", "signed;", ..] => true,
            ["of", _, next, ..] => next.starts_with("bytes"),
            _ => index > 0 && words[index - 1] == "byte",
        };
        let digest = word.split(['/', '.']).find(|part| part.len() == 64);
        match digest {
            _ if is_number && is_length => word.replace(number, "[length]"),
            Some(digest) => word.replace(digest, "[digest]"),
            None => (*word).to_owned(),
        }
    });
    cleaned.collect::<Vec<_>>().join(" ")
}
