//! Keys of a US keyboard, as far as a machine-readable zone has them (HID Usage Tables 1.4, section 10).

use crate::report::Modifiers;
use plugin_sdk::fault::{Fault, Kind};

const A: u8 = 0x04;
const Z: u8 = 0x1d;
const ONE: u8 = 0x1e;
const NINE: u8 = 0x26;
const ZERO: u8 = 0x27;
const ENTER: u8 = 0x28;
const COMMA: u8 = 0x36;
const KEYPAD_ENTER: u8 = 0x58;

/// What a key types.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A to Z, 0 to 9 or `<`
    Character(u8),
    /// the end of a line
    Enter,
}

/// A character is a document's text.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Character(_) => "a character",
            Self::Enter => "Enter",
        })
    }
}

impl Key {
    /// What this usage types. A letter is a capital whether or not shift is down: what Caps Lock would make of it is the
    /// computer's affair, and a zone has no small letters.
    ///
    /// # Errors
    /// `unknown-key`: none of a zone's, or none on this layout.
    pub fn of(usage: u8, modifiers: Modifiers) -> Result<Self, Fault> {
        match (usage, modifiers) {
            (_, Modifiers::Command) => Err(unknown()),
            (A..=Z, _) => Ok(Self::Character(usage - A + b'A')),
            (ONE..=NINE, Modifiers::None) => Ok(Self::Character(usage - ONE + b'1')),
            (ZERO, Modifiers::None) => Ok(Self::Character(b'0')),
            (COMMA, Modifiers::Shift) => Ok(Self::Character(b'<')),
            (ENTER | KEYPAD_ENTER, _) => Ok(Self::Enter),
            _ => Err(unknown()),
        }
    }
}

fn unknown() -> Fault {
    Fault::new(Kind::Protocol, "unknown-key")
}
