//! How updates stand, as text for a terminal.

use crate::updates::status::{ItemStatus, ReleaseStatus, Status, Trusted, in_words, local};
use jiff::SignedDuration;
use plan::waves::SEEDS;
use std::fmt::Write as _;

/// The status, in lines.
#[must_use]
pub fn text(status: &Status, utc_offset_minutes: i16) -> String {
    let mut text = String::new();
    let polls = if status.polls_open {
        "the polls are open: nothing changes without two officers"
    } else {
        "the polls are not open"
    };
    let mut line = |words: String| {
        // A String takes everything.
        let _ = writeln!(text, "{words}");
    };
    line(format!(
        "{}: number {} of {SEEDS} among the waves; {polls}",
        status.kiosk, status.seed
    ));
    if let Some(trust) = &status.trust {
        trusted(trust, utc_offset_minutes).into_iter().for_each(&mut line);
    }
    for sentence in &status.urgent {
        line(format!("AT ONCE: {sentence}"));
    }
    for sentence in &status.wrong {
        line(format!("wrong: {sentence}"));
    }
    for sentence in &status.waits {
        line(format!("waits for two officers: {sentence}"));
    }
    for item in &status.items {
        line(item_line(item, utc_offset_minutes));
    }
    for sentence in &status.lines {
        line(format!("  {sentence}"));
    }
    text
}

fn trusted(trust: &Trusted, offset: i16) -> Vec<String> {
    let list = trust
        .emergency
        .map_or_else(String::new, |list| format!(", emergency list {list}"));
    let expires = trust
        .expires
        .map_or_else(String::new, |at| format!("; good until {}", local(at, offset)));
    let mut lines = vec![
        format!(
            "plan {}{list}; root {}, timestamp {}, snapshot {}, targets {}",
            trust.plan, trust.root, trust.timestamp, trust.snapshot, trust.targets
        ),
        format!(
            "signed {}, {} ago{expires}",
            local(trust.signed_at, offset),
            in_words(SignedDuration::from_hours(trust.age_hours))
        ),
    ];
    let answer = trust.last_answer.map_or_else(
        || "no answer yet".to_owned(),
        |at| format!("last answer {}", local(at, offset)),
    );
    match &trust.source {
        Some(source) => lines.push(format!("from {source}; {answer}")),
        None => lines.push(format!("from sticks alone; {answer}")),
    }
    lines
}

/// One item: what runs, what ran before, what comes.
#[must_use]
pub fn item_line(item: &ItemStatus, offset: i16) -> String {
    let mut words = vec![match &item.active {
        Some(active) => format!("{} runs", release(active)),
        None => "nothing runs".to_owned(),
    }];
    words.extend(
        item.previous
            .as_ref()
            .map(|previous| format!("before it {}", previous.counter)),
    );
    words.extend(item.standing_by.map(|counter| format!("{counter} stands by")));
    words.extend(
        item.coming
            .map(|(counter, from)| format!("{counter} comes at {}", local(from, offset))),
    );
    words.extend(item.stopped.iter().map(|(counter, why)| format!("{counter} {why}")));
    if item.floor > 1 {
        words.push(format!("floor {}", item.floor));
    }
    format!("{:<9} {:<22} {}", item.kind, item.name, words.join("; "))
}

fn release(release: &ReleaseStatus) -> String {
    let version = release
        .version
        .as_ref()
        .map_or_else(String::new, |version| format!(" ({version})"));
    format!("{}{version}", release.counter)
}
