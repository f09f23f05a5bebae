//! Minutiae from a fingerprint image, a score between two, a gallery searched 1:N.
//!
//! From pixels to a template: [`image`] brings the sample to 500 dpi, `contrast` evens it out, `orientation`,
//! `segmentation` and `frequency` describe the ridges in cells of 8 x 8 pixels, `enhancement` filters along them,
//! `thinning` and `skeleton` leave lines one pixel wide, [`minutia`] and `detection` read endings and bifurcations off,
//! [`template`] packs them. From templates to a decision: `descriptor` codes the neighbourhood of each minutia,
//! [`matching`] pairs two prints, [`calibration`] says what a score is worth, [`gallery`] searches.
//!
//! Every result is the same natively and in Wasm: no threads, no clock, no randomness, no hash order, and all
//! transcendental functions from `libm`.

pub mod calibration;
mod contrast;
mod descriptor;
mod detection;
mod direction;
mod enhancement;
mod evidence;
mod extraction;
mod field;
mod frequency;
pub mod gallery;
pub mod image;
mod margined;
pub mod matching;
pub mod minutia;
mod number;
mod orientation;
mod places;
mod plane;
mod quality;
pub mod record;
pub mod resolution;
mod segmentation;
mod sieve;
mod skeleton;
pub mod template;
mod thinning;

#[cfg(target_arch = "wasm32")]
mod component;

pub use extraction::{Extraction, ExtractionError, extract};
pub use gallery::{Candidate, Gallery, Pairing, Point, Probe, Reference, Subject};
pub use image::Image;
pub use quality::Advice;
pub use template::TEMPLATE_VERSION;
