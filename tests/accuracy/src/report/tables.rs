//! The figures as tables.

use crate::figures::{AtThreshold, Figures};
use crate::measurement::Measurement;
use crate::text::{grouped, percent, six_digits};
use maud::{Markup, html};

pub(crate) fn head(measured: &Measurement) -> Markup {
    let figures = &measured.figures;
    let manifest = measured.plugin.manifest();
    let digest = measured.plugin.digest().to_string();
    html! {
        (manifest.name) " " (manifest.version) ", SHA-256 " code { (digest[..16]) "…" } ", as the compiled component. "
        (figures.images) " images of " (figures.fingers) " fingers: " (figures.genuine) " genuine and " (figures.impostors)
        " impostor pairs, none left out."
        @if measured.records {
            @let (same, of) = measured.unchanged_references();
            " Every reference was written as an ISO/IEC 19794-2:2005 record and read again, which left " (same) " of " (of)
            " templates unchanged."
        }
    }
}

pub(crate) fn figures(figures: &Figures) -> Markup {
    let search = &figures.identification;
    html! {
        div.tables {
            table {
                thead { tr { th { "set, by itself" } th { "EER" } th { "FNMR at FMR 0.1 %" } } }
                tbody {
                    @for set in &figures.sets {
                        tr { th { (set.name) } td { (share(set.equal_error)) } td { (share(set.missed)) } }
                    }
                }
            }
            table {
                thead { tr { th { "all sets" } th { "" } th { "90 % of fingers" } th { "threshold" } } }
                tbody {
                    tr { th { "EER" } td { (share(figures.equal_error)) } td {} td {} }
                    @for rate in &figures.pooled {
                        tr {
                            th { "FNMR at FMR " (six_digits(100.0 * rate.rate)) " %" }
                            td { (share(rate.missed)) }
                            td { @if let Some((low, high)) = rate.interval { (share(Some(low))) " to " (share(Some(high))) } }
                            td { @if let Some(threshold) = rate.threshold { (six_digits(threshold)) } }
                        }
                    }
                    @if let Some(cross) = &figures.cross_sensor {
                        tr { th { "other sensor, FNMR at FMR 0.01 %" } td { (share(cross.missed)) } td {} td {} }
                    }
                    @for (rate, missed) in &figures.two_fingers.missed {
                        tr { th { "sum of two fingers, FNMR at FMR " (six_digits(100.0 * rate)) " %" } td { (share(*missed)) } td {} td {} }
                    }
                    tr { th { "rank-1 of " (search.fingers) " fingers" } td { (share(search.rank_one)) } td {} td {} }
                    tr { th { "FNIR at FPIR 1 %" } td { (share(search.missed)) } td {} td {} }
                }
            }
        }
    }
}

pub(crate) fn shipped(measured: &Measurement) -> Markup {
    html! {
        table {
            thead { tr {
                th { "policy's threshold, 1:N" } th { "score" }
                th { "FNMR, one finger" } th { "impostors at or above it" }
                th { "FNMR, two fingers" } th { "impostors at or above it" }
            } }
            tbody {
                @for (roll, one, two) in &measured.shipped {
                    tr {
                        th { "roll of " (grouped(*roll)) " voters" } td { (one.threshold) }
                        td { (share(one.miss_rate())) } td { (matched(one)) }
                        td { (share(two.miss_rate())) } td { (matched(two)) }
                    }
                }
            }
        }
    }
}

pub(crate) fn costs(measured: &Measurement) -> Markup {
    let (speed, losses) = (&measured.speed, &measured.losses);
    let (mean, most) = measured.template_bytes();
    let failures: Vec<_> = measured.failures().collect();
    html! {
        table {
            thead { tr { th { "in Wasm, processor time" } th { "mean" } th { "95 % or most" } } }
            tbody {
                tr {
                    th { "extraction of an image" }
                    td { (format!("{:.1} ms", 1e3 * speed.extraction.as_secs_f64())) }
                    td { (format!("{:.1} ms", 1e3 * speed.extraction_p95.as_secs_f64())) }
                }
                tr { th { "comparison of two" } td { (format!("{:.0} µs", 1e6 * speed.comparison.as_secs_f64())) } td {} }
                tr {
                    th { "search of " (grouped(speed.enrolled)) " templates" }
                    td { (format!("{:.0} ms", 1e3 * speed.search.as_secs_f64())) }
                    td {}
                }
                tr { th { "template" } td { (mean) " bytes" } td { (most) " bytes" } }
            }
        }
        p {
            "A search among the first impressions does not name " (losses.lost) " of " (losses.alike)
            " genuine pairs that a comparison gives any score, and " (losses.matching_lost) " of " (losses.matching)
            " of those at the threshold for 5,000 voters."
        }
        p {
            "Failures to extract: " (failures.len()) " of " (measured.prints.len()) "."
            @for (print, refusal) in failures { " " code { (print.name) } " (" (refusal) ")" }
        }
    }
}

fn matched(at: &AtThreshold) -> String {
    format!("{} of {}", grouped(at.matched), grouped(at.impostors))
}

fn share(share: Option<f64>) -> String {
    format!("{} %", percent(share).trim_start())
}
