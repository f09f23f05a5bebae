//! What is plugged in and what is pulled: told on the screen and in the journal as it happens, not at the next use.

use crate::assembly::Kiosk;
use devices::bus::{Found, Hotplug, Place};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long the watch sleeps at most before it looks whether it should end.
const TURN: Duration = Duration::from_millis(200);

/// A plug that came or went, of a device that some driver serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plug {
    /// `scanner`, `printer`
    pub role: &'static str,
    /// where
    pub place: Place,
    /// it came, else it went
    pub is_in: bool,
}

impl Plug {
    /// The code for the journal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        if self.is_in { "plugged-in" } else { "pulled" }
    }

    /// For the operator: what is wrong once it went.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { role, place, .. } = self;
        format!("the {role} at {place} was pulled out; check its cable and plug it in again")
    }
}

/// The role of a device, where a driver serves it.
type Role = dyn Fn(&Found) -> Option<&'static str> + Send;

/// Which devices are in their places. A bus can tell an arrival that was listed already, and is believed once.
struct Places {
    role: Box<Role>,
    known: BTreeMap<Place, &'static str>,
}

impl Places {
    fn arrived(&mut self, found: &Found) -> Option<Plug> {
        let role = (self.role)(found)?;
        let place = found.place.clone();
        let is_new = self.known.insert(place.clone(), role).is_none();
        is_new.then_some(Plug {
            role,
            place,
            is_in: true,
        })
    }

    fn turn(&mut self, event: Hotplug) -> Option<Plug> {
        match event {
            Hotplug::Arrived(found) => self.arrived(&found),
            Hotplug::Left(place) => self.known.remove(&place).map(|role| Plug {
                role,
                place,
                is_in: false,
            }),
        }
    }
}

/// A thread that watches a kiosk's bus until this is dropped.
#[derive(Debug)]
pub struct Watch {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Begins with what is plugged in now: that is no news.
    ///
    /// # Errors
    /// The system's, where it has no thread left; the station then learns of a pulled device at its next use.
    pub fn start(kiosk: &Arc<Kiosk>) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let (kiosk, roles) = (Arc::clone(kiosk), Arc::clone(kiosk));
        let bus = Arc::clone(kiosk.bus());
        let mut places = Places {
            role: Box::new(move |device| roles.role_of(device)),
            known: BTreeMap::new(),
        };
        for found in bus.list().unwrap_or_default() {
            places.arrived(&found);
        }
        let thread = std::thread::Builder::new().name("plugs".to_owned()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                if let Some(plug) = bus.next_hotplug(TURN).and_then(|event| places.turn(event)) {
                    kiosk.plug(&plug);
                }
            }
        })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It only passes on what it hears; there is nothing to learn from how it ended.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn found(port: &str, address: u8, vendor_id: u16) -> Found {
        Found {
            place: Place {
                port: port.to_owned(),
                address,
            },
            vendor_id,
            product_id: 1,
            release: 0,
            interfaces: vec![0],
        }
    }

    fn places() -> Places {
        Places {
            role: Box::new(|device| (device.vendor_id == 7).then_some("scanner")),
            known: BTreeMap::new(),
        }
    }

    #[test]
    fn a_plug_is_told_once_when_it_comes_and_once_when_it_goes() {
        let mut places = places();
        let scanner = found("1-10", 3, 7);
        let came = places.turn(Hotplug::Arrived(scanner.clone())).unwrap();
        assert_eq!(places.turn(Hotplug::Arrived(scanner.clone())), None);
        let went = places.turn(Hotplug::Left(scanner.place.clone())).unwrap();
        assert_eq!(
            went.sentence(),
            "the scanner at port 1-10 (address 3) was pulled out; check its cable and plug it in again"
        );
        assert_eq!((came.code(), went.code()), ("plugged-in", "pulled"));
        assert_eq!(places.turn(Hotplug::Left(scanner.place)), None);
    }

    #[test]
    fn a_device_that_no_driver_serves_is_not_told() {
        let mut places = places();
        let keyboard = found("1-2", 4, 8);
        assert_eq!(places.turn(Hotplug::Arrived(keyboard.clone())), None);
        assert_eq!(places.turn(Hotplug::Left(keyboard.place)), None);
    }
}
