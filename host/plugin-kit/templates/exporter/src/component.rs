//! The exporter as a component: pages of rows in, bytes out.

mod bindings {
    wit_bindgen::generate!({
        path: ["wit/types/v0", "wit/exporter/v0"],
        world: "kiosk:exporter/exporter-plugin",
        generate_all,
    });
    export!(Exporter);
    use super::Exporter;
}

use crate::table::{HEADER, line};
use bindings::exports::kiosk::exporter::formats::{Format, Guest};
use bindings::kiosk::exporter::sink::Output;
use bindings::kiosk::exporter::snapshot::Reader;

/// Rows of a page.
const PAGE: u32 = 200;

struct Exporter;

impl Guest for Exporter {
    fn list_formats() -> Vec<Format> {
        vec![Format {
            id: "totals".to_owned(),
            title: "Totals".to_owned(),
            media_type: "text/tab-separated-values".to_owned(),
            file_extension: "tsv".to_owned(),
            needs_participants: false,
        }]
    }

    fn write(format: String, _settings: String, source: &Reader, to: &Output) -> Result<(), String> {
        if format != "totals" {
            return Err("unknown-format".to_owned());
        }
        put(to, HEADER)?;
        let mut from = Some(0);
        while let Some(cursor) = from {
            let (page, next) = source.counts(cursor, PAGE).map_err(|_| "not-granted".to_owned())?;
            for count in page {
                put(to, &line(&count.station, &count.what, count.value))?;
            }
            from = next;
        }
        Ok(())
    }
}

fn put(to: &Output, text: &str) -> Result<(), String> {
    to.write(text.as_bytes()).map_err(|_| "closed".to_owned())
}
