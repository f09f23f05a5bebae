//! The rows as a table and as JSON.

use crate::machine::Machine;
use crate::row::{Measurement, Row, Unit};
use crate::statistics::Sample;
use serde_json::{Value, json};

const HEADS: [&str; 7] = ["what", "median", "p95", "beside it", "median", "p95", "ratio"];
/// Columns of words; the others are numbers and stand to the right.
const WORDS: [usize; 2] = [0, 3];
const NOTE_WIDTH: usize = 112;

/// The rows for a person: one line each, then what each contains.
pub(crate) fn text(machine: &Machine, rows: &[Row]) -> String {
    let lines: Vec<Vec<String>> = rows.iter().map(cells).collect();
    let heads: Vec<String> = HEADS.map(str::to_owned).to_vec();
    let width = |column: usize| {
        let cells = lines.iter().chain([&heads]).filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    let mut text = format!(
        "{}, {} cores, {} file system\nnative side: {}; plugins: plugin profile, compiled by wasmtime\n\n",
        machine.processor, machine.cores, machine.file_system, machine.native_build
    );
    for line in [&heads].into_iter().chain(&lines) {
        text.push_str(aligned(line, &widths).trim_end());
        text.push('\n');
    }
    text.push('\n');
    for row in rows {
        let note = match &row.result {
            Measurement::Done { contains, .. } => contains.clone(),
            Measurement::Skipped(reason) => format!("skipped: {reason}"),
        };
        text.push_str(&wrapped(&format!("{}: {note}.", row.what)));
    }
    text.trim_end().to_owned()
}

fn cells(row: &Row) -> Vec<String> {
    let mut cells = vec![row.what.clone()];
    match &row.result {
        Measurement::Done {
            unit,
            figure,
            peer,
            limit,
            ..
        } => {
            cells.extend([shown(*unit, figure.median()), shown(*unit, figure.p95()), peer.clone()]);
            cells.extend([shown(*unit, limit.median()), shown(*unit, limit.p95())]);
            cells.push(format!("{} x", significant(ratio(*unit, figure, limit))));
        }
        Measurement::Skipped(_) => cells.push("skipped".to_owned()),
    }
    cells
}

fn aligned(line: &[String], widths: &[usize]) -> String {
    let cells = line.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
        if WORDS.contains(&column) {
            format!("{cell:<width$}")
        } else {
            format!("{cell:>width$}")
        }
    });
    cells.collect::<Vec<_>>().join("  ")
}

/// The first line at the margin, the others indented.
fn wrapped(note: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in note.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > NOTE_WIDTH {
            text.push_str("\n    ");
            column = 4;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
    text
}

/// How many times the limit the figure is.
fn ratio(unit: Unit, figure: &Sample, limit: &Sample) -> f64 {
    unit.of(figure.median()) / unit.of(limit.median()).max(1e-12)
}

fn shown(unit: Unit, seconds: f64) -> String {
    let (value, name) = match unit {
        Unit::Rate => (unit.of(seconds), "/s"),
        Unit::Time if seconds < 1e-6 => (seconds * 1e9, " ns"),
        Unit::Time if seconds < 1e-3 => (seconds * 1e6, " µs"),
        Unit::Time if seconds < 1.0 => (seconds * 1e3, " ms"),
        Unit::Time => (seconds, " s"),
    };
    format!("{}{name}", significant(value))
}

/// Three digits that say something, thousands set apart.
fn significant(value: f64) -> String {
    match value {
        value if value < 0.1 => format!("{value:.4}"),
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => grouped(&format!("{value:.0}")),
    }
}

/// 12345 as 12,345.
pub(crate) fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The rows for a program; times in seconds.
pub(crate) fn json(machine: &Machine, rows: &[Row]) -> String {
    let side = |unit: Unit, sample: &Sample| {
        let (median, p95) = (unit.of(sample.median()), unit.of(sample.p95()));
        json!({ "median": median, "p95": p95, "samples": sample.count() })
    };
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| match &row.result {
            Measurement::Done {
                unit,
                figure,
                peer,
                limit,
                contains,
            } => json!({
                "what": row.what,
                "unit": unit.name(),
                "figure": side(*unit, figure),
                "peer": peer,
                "limit": side(*unit, limit),
                "ratio": ratio(*unit, figure, limit),
                "contains": contains,
            }),
            Measurement::Skipped(reason) => json!({ "what": row.what, "skipped": reason }),
        })
        .collect();
    let machine = json!({
        "processor": machine.processor,
        "cores": machine.cores,
        "file-system": machine.file_system,
        "native-build": machine.native_build,
    });
    format!("{:#}", json!({ "machine": machine, "rows": rows }))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    /// (seconds, as times, as rates)
    const SHOWN: [(f64, &str, &str); 5] = [
        (85e-9, "85.0 ns", "11,764,706/s"),
        (12.34e-6, "12.3 µs", "81,037/s"),
        (1.5e-3, "1.50 ms", "667/s"),
        (0.25, "250 ms", "4.00/s"),
        (2.0, "2.00 s", "0.50/s"),
    ];

    #[test]
    fn figures_are_shown_with_three_digits_in_a_fitting_unit() {
        for (seconds, time, rate) in SHOWN {
            assert_eq!(
                (shown(Unit::Time, seconds).as_str(), shown(Unit::Rate, seconds).as_str()),
                (time, rate)
            );
        }
    }

    #[test]
    fn a_ratio_is_of_the_figures_as_shown_so_more_than_one_is_slower_for_times_and_faster_for_rates() {
        let (slow, fast) = (Sample::of(vec![4.0]).unwrap(), Sample::of(vec![2.0]).unwrap());
        assert_eq!(ratio(Unit::Time, &slow, &fast), 2.0);
        assert_eq!(ratio(Unit::Rate, &slow, &fast), 0.5);
    }
}
