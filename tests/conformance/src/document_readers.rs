//! The shipped drivers of document readers, each with its virtual device. Nothing of a real document is in their recordings:
//! people and documents are the simulator's.

use crate::session::read;
use crate::shipped::load;
use devices::bus::Place;
use plugin_kit::check::{Material, Promises, Scenarios};
use plugin_runtime::driver::{DriverError, FaultKind};
use plugin_runtime::plugin::Plugin;
use plugin_runtime::runtime::Runtime;
use simulator::document::{Document, Form};
use simulator::person::person;
use simulator::virtual_device::{Framing, MrzKeyboard, MrzSerial, VirtualBus};
use std::error::Error;
use std::path::Path;
use std::time::Duration;

type Made<T> = Result<T, Box<dyn Error>>;

/// Lays a document on a virtual reader, which reads it after a delay.
type Present = Box<dyn FnOnce(&Document, Duration) + Send>;

/// A shipped driver with its device.
pub struct ShippedReader {
    /// the plugin's name
    pub name: &'static str,
    /// how its device sends documents
    pub device: &'static str,
    /// what its protocol promises
    pub promises: Promises,
    plug: fn(&VirtualBus) -> (Place, Present),
}

impl std::fmt::Debug for ShippedReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.device)
    }
}

fn serial(bus: &VirtualBus, framing: Framing) -> (Place, Present) {
    let device = MrzSerial::new("SIM-SERIAL", framing);
    let place = bus.plug(device.clone());
    (place, Box::new(move |document, delay| device.present(document, delay)))
}

const NOTHING: Promises = Promises {
    checksums: false,
    numbers: false,
};

/// All of them.
pub const SHIPPED_READERS: [ShippedReader; 3] = [
    ShippedReader {
        name: "mrz-keyboard",
        device: "typing",
        promises: NOTHING,
        plug: |bus| {
            let device = MrzKeyboard::new("SIM-KEYS");
            let place = bus.plug(device.clone());
            (place, Box::new(move |document, delay| device.present(document, delay)))
        },
    },
    ShippedReader {
        name: "mrz-serial",
        device: "with checks",
        promises: Promises {
            checksums: true,
            numbers: false,
        },
        plug: |bus| serial(bus, Framing::Checked),
    },
    ShippedReader {
        name: "mrz-serial",
        device: "plain",
        promises: NOTHING,
        plug: |bus| serial(bus, Framing::Plain),
    },
];

/// Whose document of which form comes, and after how many milliseconds.
type Presented = (u32, Form, u64);

/// What happens in a scenario, and how many milliseconds the reading may take.
const SCENARIOS: [(&str, Option<Presented>, u64); 4] = [
    ("document", Some((11, Form::Td3, 0)), 3_000),
    ("other-document", Some((12, Form::Td1, 0)), 3_000),
    ("slow-document", Some((13, Form::Td2, 1_200)), 5_000),
    ("no-document", None, 1_000),
];

impl ShippedReader {
    /// Its plugin, with all that it asks for.
    ///
    /// # Errors
    /// Where it was not built or does not load.
    pub fn plugin(&self, runtime: &Runtime, plugins: &Path) -> Made<(Vec<u8>, Plugin)> {
        load(self.name, runtime, plugins)
    }

    /// Records the scenarios of the conformance list with the virtual device.
    ///
    /// # Errors
    /// Where a reading does not end as its scenario says.
    pub fn material(&self, plugin: &Plugin) -> Made<Material> {
        let mut scenarios = Scenarios::default();
        for (name, presented, timeout_ms) in SCENARIOS {
            let bus = VirtualBus::new();
            let (place, present) = (self.plug)(&bus);
            let document =
                presented.map(|(number, form, ms)| (Document::of(&person(7, number), form), Duration::from_millis(ms)));
            let laid = document.clone();
            let ready = move || {
                if let Some((document, delay)) = laid {
                    present(&document, delay);
                }
            };
            let (recording, lines) = read(plugin, &bus, &place, Duration::from_millis(timeout_ms), ready)?;
            let as_told = match (&lines, &document) {
                (Ok(lines), Some((document, _))) => lines == document.lines(),
                (Err(DriverError::Fault(fault)), None) => fault.kind == FaultKind::NothingPresented,
                _ => false,
            };
            if !as_told {
                return Err(format!("{self:?}, {name}: {:?}", lines.err()).into());
            }
            scenarios.add(name, recording)?;
        }
        Ok(Material {
            scenarios,
            promises: self.promises,
            settings: None,
        })
    }
}
