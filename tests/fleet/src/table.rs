//! What it cost, for people and for scripts.

use crate::country::Cost;
use std::fmt::Write as _;

/// Units of a thousand bytes, with one decimal.
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn kilobytes(bytes: u64, stations: u64) -> f64 {
    bytes as f64 / stations as f64 / 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn each(count: u64, stations: u64) -> f64 {
    count as f64 / stations as f64
}

/// The table.
#[must_use]
pub fn text(costs: &[Cost]) -> String {
    let mut out = String::from(
        "| what | stations | requests each | kB down each | kB up each | kB on the wire each | time for all | slowest of 100 | server's processor |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for cost in costs {
        let stations = cost.stations;
        // A string takes everything.
        let _ = writeln!(
            out,
            "| {} | {stations} | {:.1} | {:.1} | {:.1} | {} | {:.1} s | {:.2} s | {:.2} s, {:.2} ms each |",
            cost.name,
            each(cost.traffic.requests, stations),
            kilobytes(cost.traffic.down, stations),
            kilobytes(cost.traffic.up, stations),
            cost.wire.map_or_else(
                || "not counted".to_owned(),
                |bytes| format!("{:.1}", kilobytes(bytes, stations))
            ),
            cost.time.as_secs_f64(),
            cost.slowest.as_secs_f64(),
            cost.server.as_secs_f64(),
            cost.server.as_secs_f64() * 1_000.0 / each(stations, 1),
        );
    }
    out
}

/// The same for scripts.
#[must_use]
pub fn json(costs: &[Cost]) -> String {
    let rows: Vec<serde_json::Value> = costs
        .iter()
        .map(|cost| {
            serde_json::json!({
                "what": cost.name,
                "stations": cost.stations,
                "files-each": cost.files,
                "requests": cost.traffic.requests,
                "absent": cost.traffic.absent,
                "bytes-down": cost.traffic.down,
                "bytes-up": cost.traffic.up,
                "bytes-on-the-wire": cost.wire,
                "seconds": cost.time.as_secs_f64(),
                "slowest-seconds": cost.slowest.as_secs_f64(),
                "server-processor-seconds": cost.server.as_secs_f64(),
            })
        })
        .collect();
    serde_json::Value::Array(rows).to_string()
}
