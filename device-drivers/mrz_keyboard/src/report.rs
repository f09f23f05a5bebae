//! Reports of the boot protocol: modifiers, a reserved byte, and the keys that are down (USB HID 1.11, appendix B.1).

use plugin_sdk::fault::{Fault, Kind};

/// Length of a report, in bytes.
pub const REPORT_BYTES: u32 = 8;

/// What stands in the place of a key while more are down than a report can hold, and for a fault of the keyboard (HID Usage
/// Tables 1.4, section 10: ErrorRollOver, POSTFail, ErrorUndefined).
const ROLL_OVER: u8 = 0x01;
const ERRORS: [u8; 2] = [0x02, 0x03];
const NO_KEY: u8 = 0;
/// Left and right shift, and all modifiers but those.
const SHIFT: u8 = 0x22;

/// Which keys are down.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    modifiers: u8,
    keys: [u8; 6],
}

/// Keys are a document's text.
impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "report of {} bytes", REPORT_BYTES)
    }
}

/// How the modifiers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modifiers {
    /// none is down
    None,
    /// shift alone
    Shift,
    /// control, alt or the logo key: nothing that is typed
    Command,
}

impl Report {
    /// Reads a report; none while more keys are down than it can tell: what is held then is told by the next one.
    ///
    /// # Errors
    /// `wrong-length`, `keyboard-error`.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, Fault> {
        let &[modifiers, _, ref keys @ ..] = bytes else {
            return Err(Fault::new(Kind::Protocol, "wrong-length"));
        };
        let keys = <[u8; 6]>::try_from(keys).map_err(|_| Fault::new(Kind::Protocol, "wrong-length"))?;
        if keys.iter().any(|key| ERRORS.contains(key)) {
            return Err(Fault::new(Kind::Protocol, "keyboard-error"));
        }
        Ok((!keys.contains(&ROLL_OVER)).then_some(Self { modifiers, keys }))
    }

    /// How the modifiers are.
    #[must_use]
    pub fn modifiers(self) -> Modifiers {
        match self.modifiers {
            0 => Modifiers::None,
            held if held & !SHIFT == 0 => Modifiers::Shift,
            _ => Modifiers::Command,
        }
    }

    /// The key that went down since the earlier report, as its usage. The order of keys in a report means nothing (USB HID
    /// 1.11, appendix C), so that two at once cannot be put in order.
    ///
    /// # Errors
    /// `keys-at-once`.
    pub fn pressed_since(self, earlier: Self) -> Result<Option<u8>, Fault> {
        let mut pressed = None;
        for key in self.keys {
            if key == NO_KEY || earlier.keys.contains(&key) || pressed == Some(key) {
                continue;
            }
            if pressed.replace(key).is_some() {
                return Err(Fault::new(Kind::Protocol, "keys-at-once"));
            }
        }
        Ok(pressed)
    }
}
