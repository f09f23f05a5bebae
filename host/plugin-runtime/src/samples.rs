//! Biometric samples as they cross the boundary, checked.

use crate::bindings::base::kiosk::types::samples as wire;
use identification::evidence::Advice;
use identification::voter::FingerPosition;

/// 8-bit grey, row-major, top row first; ridges dark.
#[derive(Clone, PartialEq, Eq)]
pub struct GreyImage {
    /// pixels
    pub width: u16,
    /// pixels
    pub height: u16,
    /// pixels per inch, 100 to 1,200
    pub dpi: u16,
    /// exactly width x height
    pub pixels: Vec<u8>,
}

/// Biometric data are never shown: only the shape is.
impl std::fmt::Debug for GreyImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "grey image {}x{} at {} dpi", self.width, self.height, self.dpi)
    }
}

/// How the finger met the sensor (ISO/IEC 19794-2:2005, table 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impression {
    /// live, plain
    LiveScanPlain,
    /// live, rolled
    LiveScanRolled,
    /// drawn over a line sensor
    Swipe,
    /// from paper, plain
    NonlivePlain,
    /// from paper, rolled
    NonliveRolled,
}

/// One finger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FingerImage {
    /// the picture
    pub image: GreyImage,
    /// as asked of the voter, or unknown
    pub position: FingerPosition,
    /// how it was taken
    pub impression: Impression,
}

impl FingerImage {
    /// A picture out of a file, of a finger that nobody says more about. To a matcher the resolution is 0 where it is not known, as
    /// the contract has it.
    #[must_use]
    pub fn of_picture(picture: image_files::Picture) -> Self {
        Self {
            image: GreyImage {
                width: picture.width,
                height: picture.height,
                dpi: picture.dpi.unwrap_or(0),
                pixels: picture.pixels,
            },
            position: FingerPosition::Unknown,
            impression: Impression::LiveScanPlain,
        }
    }
}

/// An image from a plugin must be what its numbers say.
pub(crate) fn check(image: wire::FingerImage) -> Result<FingerImage, &'static str> {
    let wire::GreyImage {
        width,
        height,
        dpi,
        pixels,
    } = image.image;
    if pixels.len() != usize::from(width) * usize::from(height) || pixels.is_empty() {
        return Err("the image's pixels are not width x height");
    }
    if !(100..=1_200).contains(&dpi) {
        return Err("the image's resolution is not 100 to 1200 dpi");
    }
    Ok(FingerImage {
        image: GreyImage {
            width,
            height,
            dpi,
            pixels,
        },
        position: position_from(image.position),
        impression: match image.impression {
            wire::Impression::LiveScanPlain => Impression::LiveScanPlain,
            wire::Impression::LiveScanRolled => Impression::LiveScanRolled,
            wire::Impression::Swipe => Impression::Swipe,
            wire::Impression::NonlivePlain => Impression::NonlivePlain,
            wire::Impression::NonliveRolled => Impression::NonliveRolled,
        },
    })
}

pub(crate) fn to_wire(image: &FingerImage) -> wire::FingerImage {
    let GreyImage {
        width,
        height,
        dpi,
        pixels,
    } = image.image.clone();
    wire::FingerImage {
        image: wire::GreyImage {
            width,
            height,
            dpi,
            pixels,
        },
        position: position_to(image.position),
        impression: match image.impression {
            Impression::LiveScanPlain => wire::Impression::LiveScanPlain,
            Impression::LiveScanRolled => wire::Impression::LiveScanRolled,
            Impression::Swipe => wire::Impression::Swipe,
            Impression::NonlivePlain => wire::Impression::NonlivePlain,
            Impression::NonliveRolled => wire::Impression::NonliveRolled,
        },
    }
}

/// Both sides list ISO/IEC 19794-2, table 2, in the same order.
const POSITIONS: [(wire::FingerPosition, FingerPosition); 11] = [
    (wire::FingerPosition::Unknown, FingerPosition::Unknown),
    (wire::FingerPosition::RightThumb, FingerPosition::RightThumb),
    (wire::FingerPosition::RightIndex, FingerPosition::RightIndex),
    (wire::FingerPosition::RightMiddle, FingerPosition::RightMiddle),
    (wire::FingerPosition::RightRing, FingerPosition::RightRing),
    (wire::FingerPosition::RightLittle, FingerPosition::RightLittle),
    (wire::FingerPosition::LeftThumb, FingerPosition::LeftThumb),
    (wire::FingerPosition::LeftIndex, FingerPosition::LeftIndex),
    (wire::FingerPosition::LeftMiddle, FingerPosition::LeftMiddle),
    (wire::FingerPosition::LeftRing, FingerPosition::LeftRing),
    (wire::FingerPosition::LeftLittle, FingerPosition::LeftLittle),
];

pub(crate) fn position_from(position: wire::FingerPosition) -> FingerPosition {
    POSITIONS
        .iter()
        .find(|(wire, _)| *wire == position)
        .map_or(FingerPosition::Unknown, |(_, position)| *position)
}

pub(crate) fn position_to(position: FingerPosition) -> wire::FingerPosition {
    POSITIONS[usize::from(position.code())].0
}

/// Both names of each advice.
const ADVICE: [(wire::FingerAdvice, Advice); 7] = [
    (wire::FingerAdvice::TooDry, Advice::TooDry),
    (wire::FingerAdvice::TooWet, Advice::TooWet),
    (wire::FingerAdvice::TooSmallAnArea, Advice::TooSmallAnArea),
    (wire::FingerAdvice::Moved, Advice::Moved),
    (wire::FingerAdvice::OffCentre, Advice::OffCentre),
    (wire::FingerAdvice::NotAFinger, Advice::NotAFinger),
    (wire::FingerAdvice::DirtySensor, Advice::DirtySensor),
];

/// What a matcher advises, each once: a list of any length is as long as there are kinds at most.
pub(crate) fn advice_from(advice: &[wire::FingerAdvice]) -> Vec<Advice> {
    let mut told = Vec::new();
    for advice in advice {
        let named = ADVICE
            .iter()
            .find(|(wire, _)| wire == advice)
            .map(|(_, advice)| *advice);
        told.extend(named.filter(|advice| !told.contains(advice)));
    }
    told
}

pub(crate) fn advice_to(advice: &[Advice]) -> Vec<wire::FingerAdvice> {
    let named = |advice: &Advice| ADVICE.iter().find(|(_, told)| told == advice).map(|(wire, _)| *wire);
    advice.iter().filter_map(named).collect()
}
