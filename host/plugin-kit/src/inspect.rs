//! What a plugin is and asks for, in plain words.

use crate::sentence::Sentence;
use plugin_package::{ControlAsk, Direction, EndpointKind, Manifest, Recipient, RequestKind, UsbAsk, read_manifest};
use plugin_runtime::plugin::Digest;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A plugin, looked at without being run.
#[derive(Debug)]
pub struct Inspection {
    manifest: Manifest,
    bytes: usize,
    digest: Digest,
    imports: Vec<String>,
}

impl Inspection {
    /// Looks at a plugin.
    ///
    /// # Errors
    /// A sentence where it is none.
    pub fn of(bytes: &[u8]) -> Result<Self, Sentence> {
        Ok(Self {
            manifest: read_manifest(bytes)?,
            bytes: bytes.len(),
            digest: Digest::of(bytes),
            imports: plugin_package::imports(bytes)?,
        })
    }

    /// For scripts.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "manifest": self.manifest,
            "bytes": self.bytes,
            "sha256": self.digest.to_string(),
            "imports": self.imports,
        })
    }

    /// For people.
    #[must_use]
    pub fn words(&self) -> String {
        let Manifest {
            name,
            version,
            contract,
            minimum_host,
            codes,
            usb,
            exporter,
        } = &self.manifest;
        let mut text = format!("{name} {version}\n");
        let mut line = |what: &str, value: String| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "  {what:<14} {value}");
        };
        line("made for", contract.to_string());
        line("needs a host", format!("{minimum_host} or newer"));
        line("size", format!("{} KiB", self.bytes.div_ceil(1024)));
        line("sha256", self.digest.to_string());
        line("imports", self.imports.join(", "));
        if !codes.is_empty() {
            line("says", format!("{} codes: {}", codes.len(), codes.join(", ")));
        }
        if usb.is_empty() && exporter.is_none() {
            text += "It asks for nothing: it sees what it is called with, and can do nothing but answer.\n";
        }
        for ask in usb {
            text += &usb_words(ask);
        }
        if let Some(exporter) = exporter {
            text += &format!("It asks to read these rows: {}.\n", exporter.rows.join(", "));
        }
        text
    }
}

fn usb_words(ask: &UsbAsk) -> String {
    let mut text = format!(
        "It asks for interface {} of devices {:04x}:{:04x}, and on it\n",
        ask.interface, ask.vendor, ask.product
    );
    for endpoint in &ask.endpoints {
        let kind = match endpoint.kind {
            EndpointKind::Bulk => "bulk",
            EndpointKind::Interrupt => "interrupt",
        };
        let way = if endpoint.address & 0x80 != 0 {
            "read from"
        } else {
            "write to"
        };
        text += &format!(
            "  to {way} endpoint {:#04x} ({kind}), at most {} bytes at once\n",
            endpoint.address, endpoint.max_length
        );
    }
    for control in &ask.control {
        text += &control_words(control);
    }
    if !ask.alternates.is_empty() {
        let settings: Vec<String> = ask.alternates.iter().map(u8::to_string).collect();
        text += &format!("  to choose the alternate settings {}\n", settings.join(", "));
    }
    text
}

fn control_words(ask: &ControlAsk) -> String {
    let way = match ask.direction {
        Direction::In => "read by",
        Direction::Out => "write by",
    };
    let kind = match ask.kind {
        RequestKind::Standard => "standard",
        RequestKind::Class => "class",
        RequestKind::Vendor => "vendor",
    };
    let whom = match ask.recipient {
        Recipient::Device => "the device",
        Recipient::Interface => "the interface",
        Recipient::Endpoint => "an endpoint",
        Recipient::Other => "something else",
    };
    let values: Vec<String> = ask.values.iter().map(|value| format!("{value:#06x}")).collect();
    let values = if values.is_empty() {
        "any value".to_owned()
    } else {
        values.join(", ")
    };
    format!(
        "  to {way} {kind} request {:#04x} to {whom} with {values}, at most {} bytes\n",
        ask.request, ask.max_length
    )
}
