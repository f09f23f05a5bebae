//! A driver: its device, plugged in or played from a recording.

use super::say;
use crate::cli::Run;
use crate::replay::{in_order, write_grey_png};
use crate::sentence::Sentence;
use crate::session::{Gave, call, claim, nonce};
use devices::usb_bus::UsbBus;
use plugin_runtime::plugin::Plugin;
use plugin_runtime::printer::State;
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;
use usb_recording::import;
use usb_recording::replay::{Order, Replay};

pub(super) fn drive(plugin: &Plugin, asked: &Run, out: &mut dyn Write) -> Result<(), Sentence> {
    let timeout = Duration::from_millis(u64::from(asked.timeout));
    // The bus moves every transfer: it stays until the call is done.
    let mut bus = None;
    let (interfaces, nonce) = match &asked.recording {
        Some(path) => {
            let recording = import::read(path, None)?;
            let device = Replay::new(&recording, Order::Free)?;
            (in_order(plugin, &device), recording.nonce.unwrap_or_default())
        }
        None => {
            let bus = bus.insert(UsbBus::start()?);
            (claim(bus, plugin, None)?.1, nonce()?)
        }
    };
    let gave = call(plugin, interfaces, nonce, timeout, &|_, _| ())?;
    let words = if asked.json {
        serde_json::to_string_pretty(&value(&gave))?
    } else {
        words(&gave)
    };
    say(out, &words)?;
    let Some(path) = &asked.image else {
        return Ok(());
    };
    let Gave::Finger { image, .. } = &gave else {
        return Err(Sentence(format!(
            "`{}` gave no image to write; leave `--image` out",
            plugin.name()
        )));
    };
    let image = &image.image;
    write_grey_png(path, image.width, image.height, &image.pixels)?;
    if !asked.json {
        say(out, &format!("{}: biometric data, take care of it", path.display()))?;
    }
    Ok(())
}

fn words(gave: &Gave) -> String {
    match gave {
        Gave::Finger { device, image, .. } => {
            let shape = &image.image;
            format!(
                "{device}: an image of {}x{} pixels at {} dpi; told were {}",
                shape.width,
                shape.height,
                shape.dpi,
                stages(gave).join(", ")
            )
        }
        Gave::Document(document) => format!("a document of {} lines was read", document.mrz_lines.len()),
        Gave::Printed { outcome, state } => {
            let outcome = format!("{outcome:?}").to_lowercase();
            match wants(state)[..] {
                [] => format!("the receipt: {outcome}; the printer is well"),
                ref wants => format!("the receipt: {outcome}; the printer: {}", wants.join(", ")),
            }
        }
    }
}

fn value(gave: &Gave) -> Value {
    match gave {
        Gave::Finger { device, image, .. } => json!({
            "device": device,
            "width": image.image.width,
            "height": image.image.height,
            "dpi": image.image.dpi,
            "stages": stages(gave),
        }),
        Gave::Document(document) => json!({ "lines": document.mrz_lines.len() }),
        Gave::Printed { outcome, state } => json!({ "outcome": outcome, "wants": wants(state) }),
    }
}

fn stages(gave: &Gave) -> Vec<String> {
    match gave {
        Gave::Finger { stages, .. } => stages.iter().map(|stage| format!("{stage:?}").to_lowercase()).collect(),
        Gave::Document(_) | Gave::Printed { .. } => Vec::new(),
    }
}

fn wants(state: &State) -> Vec<&'static str> {
    let told = [
        (state.paper_low, "paper-low"),
        (state.paper_out, "paper-out"),
        (state.cover_open, "cover-open"),
        (state.asleep, "asleep"),
    ];
    told.into_iter().filter_map(|(is, word)| is.then_some(word)).collect()
}
