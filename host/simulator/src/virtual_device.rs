//! Virtual USB devices, at the level of transfers: they stand on the seam of `devices`, where real ones stand, and
//! speak the real protocols, so that the real drivers run against them.
//!
//! [`bus::VirtualBus`] is what they are plugged into; [`uru4000::Uru4000`], [`nb1010::Nb1010`] and [`printer::Printer`]
//! are devices. A device is a handle, cloned freely: one clone is plugged in, another stays with the test or the demo.

pub mod aes3500;
mod bell;
pub mod bus;
pub mod device;
pub mod egis0570;
pub mod elan;
pub mod finger;
mod interface;
pub mod mrz_keyboard;
pub mod mrz_serial;
pub mod nb1010;
mod outbox;
pub mod printer;
mod receipt_parser;
#[cfg(test)]
mod tests;
pub mod upektc_img;
pub mod uru4000;

pub use aes3500::Aes3500;
pub use bell::Bell;
pub use bus::VirtualBus;
pub use device::{Answer, Device, Misbehaviour};
pub use egis0570::Egis0570;
pub use elan::Elan;
pub use finger::{FingerHandle, WrongPicture};
pub use mrz_keyboard::MrzKeyboard;
pub use mrz_serial::{Framing, MrzSerial};
pub use nb1010::Nb1010;
pub use printer::Printer;
pub use upektc_img::UpektcImg;
pub use uru4000::Uru4000;
