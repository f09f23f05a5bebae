//! Synthetic voters: names, dates, numbers, fingers and faces of people who do not exist.

mod birth;
mod name;
mod names_kyrgyz;
mod names_russian;
mod portrait;
mod shape;

pub use birth::{Date, ELECTION};
pub use name::Name;
pub use portrait::{PORTRAIT_HEIGHT, PORTRAIT_WIDTH, portrait};

use crate::finger::Finger;
use crate::finger::chance::stream;
use rand::{Rng, RngCore};
use rand_chacha::ChaCha8Rng;

/// The sex in a person's documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// `f`; the PIN begins with 1
    Female,
    /// `m`; the PIN begins with 2
    Male,
}

impl Sex {
    /// `f` or `m`.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Sex::Female => 'f',
            Sex::Male => 'm',
        }
    }
}

/// A synthetic voter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// the number on the roll that the person was made for
    pub roll_number: u32,
    /// surname, given name, patronymic
    pub name: Name,
    /// sex
    pub sex: Sex,
    /// birth date: 18 to 95 years before [`ELECTION`]
    pub born: Date,
    /// personal number, 14 digits: sex (1 female, 2 male), day, month and year of birth, five digits
    pub pin: String,
    /// `ID` and seven digits
    pub document_number: String,
    /// the two fingers on the roll, the better one first: finger positions of ISO/IEC 19794-2, 1 (right thumb) to 10
    /// (left little finger), different ones
    pub enrolled_fingers: [u8; 2],
    /// what the fingers and the face are made of
    seed: u64,
}

/// The person with this number on the roll of this seed. The same arguments give the same person on every machine;
/// PINs and document numbers are distinct over the first 100,000 numbers of one seed.
#[must_use]
pub fn person(seed: u64, roll_number: u32) -> Person {
    let mut chance = stream(seed, (1 << 40) | u64::from(roll_number));
    let own_seed = chance.next_u64();
    let sex = if chance.random() { Sex::Female } else { Sex::Male };
    let name = Name::random(&mut chance, sex);
    let born = Date::random_birth(&mut chance);
    let enrolled_fingers = random_fingers(&mut chance);

    // one start for the whole roll and a step without a common factor: numbers that look random and never repeat
    let mut roll = stream(seed, 1 << 41);
    let (pin_start, document_start) = (u64::from(roll.next_u32()), u64::from(roll.next_u32()));
    let serial = (pin_start + 61_803 * u64::from(roll_number)) % 100_000;
    let document = (document_start + 6_180_339 * u64::from(roll_number)) % 10_000_000;
    let sex_digit = match sex {
        Sex::Female => 1,
        Sex::Male => 2,
    };
    Person {
        roll_number,
        name,
        sex,
        born,
        pin: format!("{sex_digit}{:02}{:02}{:04}{serial:05}", born.day, born.month, born.year),
        document_number: format!("ID{document:07}"),
        enrolled_fingers,
        seed: own_seed,
    }
}

impl Person {
    /// The finger at a position of ISO/IEC 19794-2: 1 to 5 right thumb to little finger, 6 to 10 left. Grows it anew
    /// on each call, in about a tenth of a second; [`Person::finger_seed`] is free.
    #[must_use]
    pub fn finger(&self, position_code: u8) -> Finger {
        Finger::new(self.finger_seed(position_code))
    }

    /// The seed of the finger at a position: [`Finger::new`] makes the finger of it.
    #[must_use]
    pub fn finger_seed(&self, position_code: u8) -> u64 {
        stream(self.seed, 1000 + u64::from(position_code)).next_u64()
    }

    /// The person's face as a PNG file, 120 by 150 pixels, colour.
    #[must_use]
    pub fn portrait(&self) -> Vec<u8> {
        portrait::drawn(self.seed, self.sex, self.born.years_to(ELECTION))
    }
}

/// The enrolled fingers: the index fingers of nine people in ten, as the instructions say; others when one is hurt.
fn random_fingers(chance: &mut ChaCha8Rng) -> [u8; 2] {
    match chance.random_range(0..100_u32) {
        0..90 => [2, 7],
        90..93 => [1, 6],
        93..95 => [3, 7],
        95..97 => [2, 8],
        97..98 => [2, 3],
        98..99 => [7, 8],
        _ => [1, 7],
    }
}

#[cfg(test)]
mod tests;
