//! A bus of virtual devices.

use super::bell::{Bell, locked};
use super::device::Device;
use super::interface::Port;
use devices::bus::{Bus, BusError, Found, Hotplug, OpenError, Place};
use devices::transfer::ClaimedInterface;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The number of the bus in the names of its ports.
const BUS: u8 = 9;
/// Highest address of a device (USB 2.0, section 9.4.6).
const HIGHEST_ADDRESS: u8 = 127;

/// A bus that virtual devices are plugged into. A handle, cloned freely. Hotplug events are kept until someone takes
/// them, each is told once; a device plugged in before the first `list` is therefore both listed and told.
#[derive(Clone, Default)]
pub struct VirtualBus {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    bell: Bell,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ports: BTreeMap<Place, Arc<Port>>,
    events: VecDeque<Hotplug>,
    last_address: u8,
}

impl std::fmt::Debug for VirtualBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = locked(&self.inner.state);
        f.debug_set().entries(state.ports.keys()).finish()
    }
}

impl VirtualBus {
    /// An empty bus.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Plugs a device into the lowest free port.
    pub fn plug(&self, device: impl Device + 'static) -> Place {
        let mut state = locked(&self.inner.state);
        let free = (1u16..).map(|number| format!("{BUS}-{number}"));
        let taken = |port: &String| state.ports.keys().any(|place| place.port == *port);
        let port = free.into_iter().find(|port| !taken(port)).unwrap_or_default();
        self.plug_into(&mut state, port, Box::new(device))
    }

    /// Plugs a device into this port, for example `9-4`; what was there is unplugged first.
    pub fn plug_at(&self, port: &str, device: impl Device + 'static) -> Place {
        let occupied = locked(&self.inner.state)
            .ports
            .keys()
            .find(|place| place.port == port)
            .cloned();
        if let Some(place) = occupied {
            self.unplug(&place);
        }
        self.plug_into(&mut locked(&self.inner.state), port.to_owned(), Box::new(device))
    }

    fn plug_into(&self, state: &mut State, port: String, device: Box<dyn Device>) -> Place {
        state.last_address = state.last_address % HIGHEST_ADDRESS + 1;
        let place = Place {
            port,
            address: state.last_address,
        };
        let port = Arc::new(Port::new(device));
        state.events.push_back(Hotplug::Arrived(found(&place, &port)));
        state.ports.insert(place.clone(), port);
        self.inner.bell.ring();
        place
    }

    /// Pulls the plug: every pending transfer ends `NoDevice`, and every later one is refused. Whether something was
    /// there.
    pub fn unplug(&self, place: &Place) -> bool {
        self.inner.remove(place)
    }

    /// Where devices are plugged in.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        locked(&self.inner.state).ports.keys().cloned().collect()
    }
}

impl Inner {
    fn remove(&self, place: &Place) -> bool {
        let removed = {
            let mut state = locked(&self.state);
            let removed = state.ports.remove(place);
            if removed.is_some() {
                state.events.push_back(Hotplug::Left(place.clone()));
            }
            removed
        };
        if let Some(port) = &removed {
            port.pull();
            self.bell.ring();
        }
        removed.is_some()
    }
}

fn found(place: &Place, port: &Port) -> Found {
    let identity = port.identity();
    Found {
        place: place.clone(),
        vendor_id: identity.vendor_id,
        product_id: identity.product_id,
        release: identity.release,
        interfaces: port.numbers(),
    }
}

impl Bus for VirtualBus {
    fn list(&self) -> Result<Vec<Found>, BusError> {
        let state = locked(&self.inner.state);
        Ok(state.ports.iter().map(|(place, port)| found(place, port)).collect())
    }

    fn open(&self, place: &Place, interface: u8) -> Result<Box<dyn ClaimedInterface>, OpenError> {
        let port = locked(&self.inner.state).ports.get(place).cloned();
        let port = port.filter(|port| !port.is_gone());
        let port = port.ok_or_else(|| OpenError::Gone(place.clone()))?;
        if !port.numbers().contains(&interface) {
            return Err(OpenError::NoInterface(place.clone(), interface));
        }
        let (bus, from) = (Arc::downgrade(&self.inner), place.clone());
        let left = move || {
            if let Some(bus) = bus.upgrade() {
                bus.remove(&from);
            }
        };
        let claimed = port
            .claim(interface, left)
            .ok_or_else(|| OpenError::Busy(place.clone()))?;
        Ok(Box::new(claimed))
    }

    fn next_hotplug(&self, timeout: Duration) -> Option<Hotplug> {
        let until = Instant::now() + timeout;
        loop {
            let rung = self.inner.bell.count();
            if let Some(event) = locked(&self.inner.state).events.pop_front() {
                return Some(event);
            }
            if until <= Instant::now() {
                return None;
            }
            self.inner.bell.wait_past(rung, until);
        }
    }
}
