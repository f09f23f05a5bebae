//! The sealed station roll: voters, templates and photos, imported whole or not at all.
//!
//! The commission checks a list of voters ([`check`]) and seals it into one encrypted file ([`seal()`]); a kiosk opens
//! that file for reading alone ([`Roll::open`]). Between the two nothing can change unnoticed: every page is
//! authenticated by SQLCipher, and a digest over the whole content stands in the file.
//!
//! Templates are made by whatever stands behind [`Extractor`], so this crate knows no matcher.

mod date;
mod draft;
mod extractor;
mod finding;
mod folder;
mod image;
mod import;
mod json;
mod line;
mod list;
mod roll;
mod schema;
mod seal;
mod station;
mod voter;

pub use date::{Date, DateError};
pub use encrypted_store::{KeyError, StoreKey as RollKey};
pub use extractor::{ExtractError, Extracted, Extractor, FingerView};
pub use finding::{Finding, Findings};
pub use image::FingerImage;
pub use import::{SealError, SealRequest, Sealed, seal};
pub use list::{Check, ListError, check};
pub use roll::{Demographic, OpenError, ReadError, ReferencePage, Roll};
pub use schema::FORMAT;
pub use station::{Station, StationError};
pub use voter::{Reference, Sex, Voter};
