//! Who comes to the station, and what their fingers look like on the scanner.

use simulator::finger::{Image, View};
use simulator::person::{Person, person};

/// The seed of the whole roll.
pub(crate) const ROLL_SEED: u64 = 2027;
/// People who are on no roll.
const STRANGERS_SEED: u64 = 99;

/// A person before the operator.
pub(crate) struct Visitor {
    person: Person,
    stranger: bool,
}

impl Visitor {
    /// A voter of the roll.
    pub(crate) fn voter(number: u32) -> Self {
        Self {
            person: person(ROLL_SEED, number),
            stranger: false,
        }
    }

    /// Somebody who is not on it.
    pub(crate) fn stranger(number: u32) -> Self {
        Self {
            person: person(STRANGERS_SEED, number),
            stranger: true,
        }
    }

    pub(crate) fn name(&self) -> String {
        let name = self.person.name.to_string();
        if self.stranger {
            format!("{name} (not on this roll)")
        } else {
            name
        }
    }

    /// The finger that is asked for, or the first enrolled one where any will do.
    fn finger_code(&self, asked: u8) -> u8 {
        if asked == 0 {
            self.person.enrolled_fingers[0]
        } else {
            asked
        }
    }

    /// The finger on a scanner; `touch` tells one impression from the next.
    pub(crate) fn touches(&self, asked: u8, touch: u64, (width, height, dpi): (u16, u16, u16), poorly: bool) -> Image {
        let code = self.finger_code(asked);
        let seed = self.person.finger_seed(code) ^ (touch.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let view = if poorly {
            View::poor(seed, width, height, dpi)
        } else {
            View::live(seed, width, height, dpi)
        };
        self.person.finger(code).impression(&view)
    }
}
