//! The figures for a person.

use crate::figures::{AtThreshold, Figures, QualityGroup, quality_groups};
use crate::measurement::Measurement;
use std::fmt::Write as _;
use std::time::Duration;

/// Groups of quality that are printed.
const QUALITY_GROUPS: usize = 5;

/// The figures of the table: the lines of `fingerprint_score.py`, letter for letter but for the interval.
#[must_use]
pub fn figures(figures: &Figures) -> String {
    let mut lines = vec![format!(
        "images {} fingers {} genuine {} impostor {}",
        figures.images, figures.fingers, figures.genuine, figures.impostors
    )];
    for set in &figures.sets {
        lines.push(format!(
            "  {:14} EER {} %   FNMR@1e-3 {} %",
            set.name,
            percent(set.equal_error),
            percent(set.missed)
        ));
    }
    lines.push(format!("  pooled         EER {} %", percent(figures.equal_error)));
    for rate in &figures.pooled {
        let (low, high) = rate.interval.unzip();
        lines.push(format!(
            "  pooled         FNMR@{} {} %  [{}, {}]  threshold {}",
            rate.rate,
            percent(rate.missed),
            percent(low).trim_start(),
            percent(high).trim_start(),
            rate.threshold.map_or_else(|| "-".to_owned(), six_digits)
        ));
    }
    if let Some(cross) = &figures.cross_sensor {
        let (missed, pairs) = (percent(cross.missed), cross.pairs);
        lines.push(format!("  cross-sensor   FNMR@1e-4 {missed} %  ({pairs} pairs)"));
    }
    let two = &figures.two_fingers;
    for (rate, missed) in &two.missed {
        lines.push(format!(
            "  two fingers    FNMR@{rate} {} %  ({} voters, {} impostor pairs)",
            percent(*missed),
            two.voters,
            two.impostors
        ));
    }
    let search = &figures.identification;
    lines.push(format!(
        "  identification rank-1 {} %  FNIR@FPIR<=1% {} %  ({} fingers, {} probes)",
        percent(search.rank_one),
        percent(search.missed),
        search.fingers,
        search.probes
    ));
    lines.join("\n")
}

/// Everything that was measured.
pub(crate) fn all(measured: &Measurement) -> String {
    let mut text = figures(&measured.figures);
    let references = if measured.records {
        let (same, of) = measured.unchanged_references();
        format!("\n  references through ISO/IEC 19794-2:2005 records, {same} of {of} templates unchanged by it")
    } else {
        String::new()
    };
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "\n  The interval is 90 % over fingers, 500 draws of our own: it differs from the script's in the last digits.\n\n\
         {:?}{references}\n",
        measured.plugin
    );
    text.push_str(&shipped(measured));
    text.push_str(&quality(measured));
    text.push_str(&losses(measured));
    text.push_str(&costs(measured));
    text.trim_end().to_owned()
}

fn shipped(measured: &Measurement) -> String {
    let mut text =
        "at the policy's threshold for a roll, one finger / two fingers by the component's own fusion\n".to_owned();
    for (roll, one, two) in &measured.shipped {
        let _ = writeln!(
            text,
            "  {:>6} voters, {:>4}   FNMR {} % / {} %   impostors at or above it {} / {}",
            grouped(*roll),
            one.threshold,
            percent(one.miss_rate()),
            percent(two.miss_rate()),
            matched(one),
            matched(two)
        );
    }
    text
}

fn matched(at: &AtThreshold) -> String {
    format!("{} of {}", at.matched, at.impostors)
}

fn quality(measured: &Measurement) -> String {
    let pairs = measured.qualities();
    let mut text = "quality of the poorer image, genuine pairs\n".to_owned();
    let thresholds: Vec<f64> = measured.figures.pooled[1..]
        .iter()
        .filter_map(|rate| rate.threshold)
        .collect();
    let [thousandth, ten_thousandth] = thresholds[..] else {
        return String::new();
    };
    let groups = |threshold| quality_groups(&pairs, threshold, QUALITY_GROUPS);
    let at = [groups(thousandth), groups(ten_thousandth)];
    for (group, strict) in at[0].iter().zip(&at[1]) {
        let _ = writeln!(
            text,
            "  {:>3} to {:>3}  {:>6} pairs   FNMR@0.001 {} %   FNMR@0.0001 {} %",
            group.range.0,
            group.range.1,
            group.pairs,
            percent(Some(group.miss_rate())),
            percent(Some(strict.miss_rate()))
        );
    }
    let falls =
        |groups: &[QualityGroup]| groups.is_sorted_by(|poorer, better| poorer.miss_rate() >= better.miss_rate());
    let told = if at.iter().all(|groups| falls(groups)) {
        "falls"
    } else {
        "does not always fall"
    };
    let _ = writeln!(text, "  the miss rate {told} with the quality");
    text
}

fn losses(measured: &Measurement) -> String {
    let losses = &measured.losses;
    let share = |part: usize, whole: usize| percent((whole > 0).then(|| part as f64 / whole as f64));
    let mut text = format!(
        "search among first impressions: genuine pairs that verify finds and identify does not name\n  \
         any score {} of {} ({} %), at the threshold for 5,000 voters {} of {} ({} %)\n",
        losses.lost,
        losses.alike,
        share(losses.lost, losses.alike).trim_start(),
        losses.matching_lost,
        losses.matching,
        share(losses.matching_lost, losses.matching).trim_start()
    );
    if losses.other_score > 0 {
        let _ = writeln!(
            text,
            "  identify and verify give {} of them different scores",
            losses.other_score
        );
    }
    text
}

fn costs(measured: &Measurement) -> String {
    let speed = &measured.speed;
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let (mean, most) = measured.template_bytes();
    let mut text = format!(
        "in Wasm, processor time of a call\n  extraction {:.1} ms, p95 {:.1} ms ({} images)   comparison {:.0} µs ({} pairs)\n  \
         search of {} templates {:.0} ms ({} searches)\n  template {mean} bytes, at most {most}\n",
        milliseconds(speed.extraction),
        milliseconds(speed.extraction_p95),
        speed.extractions,
        speed.comparison.as_secs_f64() * 1e6,
        speed.comparisons,
        grouped(speed.enrolled),
        milliseconds(speed.search),
        speed.searches,
    );
    let failures: Vec<_> = measured.failures().collect();
    let _ = writeln!(
        text,
        "  failures to extract {} of {}",
        failures.len(),
        measured.prints.len()
    );
    for (print, refusal) in failures {
        let _ = writeln!(text, "    {}: {refusal}", print.name);
    }
    text
}

/// A share in per cent, two digits behind the point.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| format!("{:>6}", "-"), |share| format!("{:6.2}", 100.0 * share))
}

/// 12345 as 12,345.
pub(crate) fn grouped(number: impl std::fmt::Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// C's `%g`: six digits that say something, no zeros behind them, an exponent where the number is far from 1.
pub(crate) fn six_digits(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let scientific = format!("{number:.5e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..6).contains(&exponent) {
        let behind = usize::try_from(5 - exponent).unwrap_or(0);
        return trimmed(&format!("{number:.behind$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trimmed(digits), exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_c_does() {
        let cases = [
            (400.0_f64.next_up(), "400"),
            (0.0_f64.next_up(), "4.94066e-324"),
            (-0.25, "-0.25"),
            (1234567.0, "1.23457e+06"),
            (999999.5, "1e+06"),
            (0.0001234567, "0.000123457"),
            (0.00001, "1e-05"),
            (12.5, "12.5"),
            (f64::MIN, "-1.79769e+308"),
        ];
        for (number, printed) in cases {
            assert_eq!(six_digits(number), printed);
        }
    }

    #[test]
    fn a_share_that_is_not_there_is_a_dash_and_halves_go_to_the_even_digit() {
        assert_eq!(percent(None), "     -");
        assert_eq!(percent(Some(1.0 / 32.0)), "  3.12");
        assert_eq!(percent(Some(0.5)), " 50.00");
    }
}
