//! The shipped scanner drivers, each with its virtual device.

use crate::session::capture;
use plugin_kit::check::{Material, Promises, Scenarios};
use plugin_runtime::grants::Allowed;
use plugin_runtime::plugin::{LogMode, Plugin};
use plugin_runtime::runtime::Runtime;
use simulator::finger::{Finger, View};
use simulator::virtual_device::{
    Aes3500, Device, Egis0570, Elan, FingerHandle, Nb1010, UpektcImg, Uru4000, VirtualBus, upektc_img,
};
use std::error::Error;
use std::path::Path;
use std::time::Duration;
use usb_recording::recording::Recording;

type Made<T> = Result<T, Box<dyn Error>>;

/// A virtual scanner, and what lays fingers on it.
type Virtual = (Box<dyn FnOnce(&VirtualBus) -> devices::bus::Place>, FingerHandle);

/// A shipped driver.
pub struct Shipped {
    /// the plugin's name
    pub name: &'static str,
    /// which of its devices, where it has several
    pub device: &'static str,
    /// what its protocol promises
    pub promises: Promises,
    /// given a seed, for what the device draws by chance
    make: fn(u64) -> Virtual,
}

impl std::fmt::Debug for Shipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.device)
    }
}

fn plugged(device: impl Device + 'static, finger: FingerHandle) -> Virtual {
    (Box::new(move |bus: &VirtualBus| bus.plug(device)), finger)
}

const NOTHING: Promises = Promises {
    checksums: false,
    numbers: false,
};

/// Frames with CRC and sequence numbers.
const CHECKED: Promises = Promises {
    checksums: true,
    numbers: true,
};

fn upektc(model: upektc_img::Model) -> Virtual {
    let device = UpektcImg::new("SIM-UPEK", model);
    let finger = device.finger();
    plugged(device, finger)
}

/// All of them.
pub const SHIPPED: [Shipped; 8] = [
    Shipped {
        name: "nb1010",
        device: "NB-1010-U",
        // Commands and lines are numbered.
        promises: Promises {
            checksums: false,
            numbers: true,
        },
        make: |_| {
            let device = Nb1010::new("SIM-NB");
            let finger = device.finger();
            plugged(device, finger)
        },
    },
    Shipped {
        name: "upektc-img",
        device: "TouchStrip",
        promises: CHECKED,
        make: |_| upektc(upektc_img::Model::TouchStrip),
    },
    Shipped {
        name: "upektc-img",
        device: "TouchChip",
        promises: CHECKED,
        make: |_| upektc(upektc_img::Model::TouchChip),
    },
    Shipped {
        name: "aes3500",
        device: "AES3500",
        promises: NOTHING,
        make: |_| {
            let device = Aes3500::new("SIM-AES");
            let finger = device.finger();
            plugged(device, finger)
        },
    },
    Shipped {
        name: "elan",
        device: "Elan",
        promises: NOTHING,
        make: |_| {
            let device = Elan::new("SIM-ELAN");
            let finger = device.finger();
            plugged(device, finger)
        },
    },
    Shipped {
        name: "egis0570",
        device: "ET570",
        promises: NOTHING,
        make: |_| {
            let device = Egis0570::new("SIM-EGIS");
            let finger = device.finger();
            plugged(device, finger)
        },
    },
    Shipped {
        name: "uru4000",
        device: "U.are.U 4500",
        promises: NOTHING,
        make: |_| {
            let device = Uru4000::new("SIM-URU");
            let finger = device.finger();
            plugged(device, finger)
        },
    },
    Shipped {
        name: "uru4000",
        device: "Microsoft v2",
        promises: NOTHING,
        make: |seed| {
            let device = Uru4000::microsoft("SIM-MS", seed);
            let finger = device.finger();
            plugged(device, finger)
        },
    },
];

/// A synthetic finger, as large as the sensor sees.
#[must_use]
pub fn picture(finger: &FingerHandle, seed: u64) -> Vec<u8> {
    let sensor = finger.sensor();
    let view = View::reference(seed, sensor.width, sensor.height, sensor.dpi);
    Finger::new(seed).impression(&view).pixels
}

impl Shipped {
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
    /// Where a session does not end as its scenario says.
    pub fn material(&self, plugin: &Plugin) -> Made<Material> {
        let mut scenarios = Scenarios::default();
        for (name, seed, delay, timeout) in [
            ("finger", 11, Some(0), 3_000),
            ("other-finger", 12, Some(0), 3_000),
            ("slow-finger", 13, Some(1_200), 5_000),
            ("no-finger", 0, None, 1_000),
        ] {
            let bus = VirtualBus::new();
            let (plug, finger) = (self.make)(seed);
            let place = plug(&bus);
            let picture = picture(&finger, seed);
            let touch = || {
                let sensor = finger.sensor();
                // A picture of the sensor's own size fits it.
                let _ = finger.touch(sensor.width, sensor.height, sensor.dpi, &picture);
            };
            if delay == Some(0) {
                touch();
            }
            let later = || {
                if let Some(ms) = delay.filter(|ms| *ms > 0) {
                    std::thread::sleep(Duration::from_millis(ms));
                    touch();
                }
            };
            let nonce = [u8::try_from(seed)?; 32];
            let timeout = Duration::from_millis(timeout);
            let (recording, image) = capture(plugin, &bus, &place, nonce, timeout, later)?;
            if image.is_ok() != delay.is_some() {
                return Err(format!("{self:?}, {name}: {:?}", image.err()).into());
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

/// A capture of a virtual device, recorded.
pub struct Session {
    /// every transfer
    pub recording: Recording,
    /// what the plugin delivered
    pub delivered: Vec<u8>,
    /// what lay on the sensor
    picture: Vec<u8>,
    swipe: bool,
    /// the device sends four bits a pixel
    coarse: bool,
}

/// Counts only: it holds a finger, though a synthetic one.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "session of {} transfers", self.recording.transfers())
    }
}

impl Session {
    /// How what was delivered compares with what lay on the sensor, in words, and whether it is right.
    #[must_use]
    pub fn comparison(&self) -> (String, bool) {
        if self.swipe {
            // The driver's own tests correlate it with the drawn picture.
            return ("stitched; as recorded".to_owned(), !self.delivered.is_empty());
        }
        let same_size = self.delivered.len() == self.picture.len();
        let most = self
            .delivered
            .iter()
            .zip(&self.picture)
            .map(|(delivered, lay)| delivered.abs_diff(*lay))
            .max();
        let most = most.unwrap_or(u8::MAX);
        if self.coarse {
            return (
                format!("what lay on it, to four bits (at most {most} apart)"),
                same_size && most <= 17,
            );
        }
        ("what lay on it, byte for byte".to_owned(), same_size && most == 0)
    }
}

impl Shipped {
    /// Records one capture of a synthetic finger that comes so late.
    ///
    /// # Errors
    /// Where it ends badly.
    pub fn session(&self, plugin: &Plugin, seed: u64, delay_ms: u64) -> Made<Session> {
        let bus = VirtualBus::new();
        let (plug, finger) = (self.make)(seed);
        let place = plug(&bus);
        let picture = picture(&finger, seed);
        let touch = || {
            let sensor = finger.sensor();
            // A picture of the sensor's own size fits it.
            let _ = finger.touch(sensor.width, sensor.height, sensor.dpi, &picture);
        };
        if delay_ms == 0 {
            touch();
        }
        let later = || {
            if delay_ms > 0 {
                std::thread::sleep(Duration::from_millis(delay_ms));
                touch();
            }
        };
        let nonce = [u8::try_from(seed)?; 32];
        let (recording, image) = capture(plugin, &bus, &place, nonce, Duration::from_secs(6), later)?;
        Ok(Session {
            recording,
            delivered: image?.image.pixels,
            picture,
            swipe: matches!(self.name, "elan" | "egis0570"),
            coarse: self.name == "aes3500",
        })
    }
}

/// A shipped plugin's file, and the plugin with all that it asks for.
///
/// # Errors
/// Where it was not built or does not load.
pub fn load(name: &str, runtime: &Runtime, plugins: &Path) -> Made<(Vec<u8>, Plugin)> {
    let bytes = std::fs::read(plugins.join(format!("{name}.wasm")))?;
    let manifest = plugin_package::read_manifest(&bytes)?;
    let plugin = runtime.load(&bytes, None, &Allowed::all_asked(&manifest))?;
    Ok((bytes, plugin))
}

/// A runtime for plugins that are tried.
///
/// # Errors
/// Where this machine cannot run plugins.
pub fn runtime() -> Made<Runtime> {
    Ok(Runtime::new(LogMode::Development)?)
}
