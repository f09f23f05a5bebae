//! `kiosk:driver/progress`: who listens to a capture.

use crate::bindings::base::kiosk::driver::progress::{self as wire, GreyImage};
use crate::guest::Guest;
use wasmtime::component::Resource;

/// How far a capture or a reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// put the finger or the document on the device
    Ready,
    /// something is there
    Presented,
    /// hold still, it is being read
    Reading,
    /// do not move
    HoldStill,
    /// press harder
    PressHarder,
    /// take it away
    Remove,
}

/// Told while a capture runs.
#[expect(unreachable_pub, reason = "bindgen re-exports it inside the crate")]
pub struct Listener {
    tell: Box<dyn FnMut(Stage) + Send>,
}

impl Listener {
    pub(crate) fn new(tell: Box<dyn FnMut(Stage) + Send>) -> Self {
        Self { tell }
    }
}

impl wire::Host for Guest {}

impl wire::HostListener for Guest {
    fn at(&mut self, this: Resource<Listener>, stage: wire::Stage) -> wasmtime::Result<()> {
        let stage = match stage {
            wire::Stage::Ready => Stage::Ready,
            wire::Stage::Presented => Stage::Presented,
            wire::Stage::Reading => Stage::Reading,
            wire::Stage::HoldStill => Stage::HoldStill,
            wire::Stage::PressHarder => Stage::PressHarder,
            wire::Stage::Remove => Stage::Remove,
        };
        (self.table.get_mut(&this)?.tell)(stage);
        self.returning();
        Ok(())
    }

    /// Screens show no previews yet, so the frame goes nowhere.
    fn preview(&mut self, this: Resource<Listener>, frame: GreyImage) -> wasmtime::Result<()> {
        drop(frame);
        self.table.get(&this)?;
        self.returning();
        Ok(())
    }

    fn remaining_ms(&mut self, this: Resource<Listener>) -> wasmtime::Result<u32> {
        self.table.get(&this)?;
        let left = u32::try_from(self.remaining().as_millis()).unwrap_or(u32::MAX);
        self.returning();
        Ok(left)
    }

    fn drop(&mut self, this: Resource<Listener>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        self.returning();
        Ok(())
    }
}
