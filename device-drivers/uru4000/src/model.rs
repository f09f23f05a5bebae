//! The models of the family that this driver knows, and what differs between them.

use crate::image::Facing;
use plugin_sdk::device::Identity;
use plugin_sdk::fault::{Fault, Kind};

/// A model. Whatever is not said here is the same for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// idVendor and idProduct, by which it is told from the others
    pub ids: (u16, u16),
    /// for the screen
    pub vendor: &'static str,
    /// for the screen
    pub name: &'static str,
    /// how it sends its images
    pub facing: Facing,
    /// what it wants before it has power
    pub power_up: PowerUp,
}

/// What a device wants before it has power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerUp {
    /// to be told so
    Told,
    /// an answer to its challenge ([`crate::challenge`]), then to be told so
    Challenged,
}

/// DigitalPersona U.are.U 4500.
pub const U_ARE_U_4500: Model = Model {
    ids: (0x05ba, 0x000a),
    vendor: "DigitalPersona",
    name: "U.are.U 4500",
    facing: Facing::UpsideDown,
    power_up: PowerUp::Told,
};

/// Microsoft Fingerprint Reader v2. The recording says nothing of its resolution: it is the family's.
pub const MICROSOFT_V2: Model = Model {
    ids: (0x045e, 0x00ca),
    vendor: "Microsoft",
    name: "Fingerprint Reader v2",
    facing: Facing::Upright,
    power_up: PowerUp::Challenged,
};

/// All of them.
pub const MODELS: [Model; 2] = [U_ARE_U_4500, MICROSOFT_V2];

impl Model {
    /// The one that the claimed device is.
    ///
    /// # Errors
    /// `model-not-known`.
    pub fn of(identity: &Identity) -> Result<Self, Fault> {
        let ids = (identity.vendor_id, identity.product_id);
        let known = MODELS.into_iter().find(|model| model.ids == ids);
        known.ok_or_else(|| Fault::new(Kind::NotSupported, "model-not-known"))
    }
}
