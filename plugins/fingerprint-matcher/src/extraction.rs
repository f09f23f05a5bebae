//! From a sample to a template.
//!
//! Stages are functions of their own (`inline(never)`, there and in their loops): grown together into one, they leave the
//! sandbox's compiler too few registers.

use crate::contrast::Contrast;
use crate::field::Field;
use crate::frequency::Frequency;
use crate::image::Image;
use crate::number::{count16, short};
use crate::orientation::Orientation;
use crate::plane::Plane;
use crate::quality::{self, Advice, Findings};
use crate::skeleton::Skeleton;
use crate::template::Template;
use crate::{contrast, detection, enhancement, frequency, orientation, resolution, segmentation, thinning};
use std::fmt;

/// What was read off a sample.
#[derive(Clone, PartialEq, Eq)]
pub struct Extraction {
    /// this plugin's own form, see [`crate::template`]
    pub template: Vec<u8>,
    /// 0 worst to 100 best
    pub quality: u8,
    /// what would make the next sample better
    pub advice: Vec<Advice>,
    /// minutiae in the template
    pub minutiae: u16,
}

// Template bytes are biometric data and never get into a log.
impl fmt::Debug for Extraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Extraction(quality {}, {} minutiae, {:?})",
            self.quality, self.minutiae, self.advice
        )
    }
}

/// Why there is no template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtractionError {
    /// the sample is too poor; what to do
    Unusable(Vec<Advice>),
    /// the image contradicts itself
    InvalidImage(String),
}

impl fmt::Display for ExtractionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unusable(advice) => write!(f, "the sample is too poor to use: {advice:?}"),
            Self::InvalidImage(why) => write!(f, "the image is not valid: {why}"),
        }
    }
}

impl std::error::Error for ExtractionError {}

/// Lines and what is known of them.
struct Ridges {
    orientation: Orientation,
    mask: Plane<bool>,
    frequency: Frequency,
    skeleton: Skeleton,
    findings: Findings,
}

/// Filters twice: directions read off the first answer are better than those read off the sample.
fn read(contrast: &Contrast) -> Result<Ridges, ExtractionError> {
    let rough = orientation::estimate(&contrast.normal);
    let mask = segmentation::foreground(&contrast.spread, &rough.coherence);
    let frequency = frequency::estimate(&contrast.normal, &rough, &mask);
    let mask = segmentation::ridged(&mask, &rough.coherence, &frequency.clarity);
    let findings = quality::findings(contrast, &rough, &frequency.clarity, &mask);
    usable(findings.refusal())?;
    let first = enhancement::ridges(&contrast.normal, &rough, &frequency, &mask);
    let orientation = Orientation {
        coherence: rough.coherence,
        ..orientation::estimate(&first)
    };
    let ridges = enhancement::ridges(&contrast.normal, &orientation, &frequency, &mask);
    let mut skeleton = Skeleton::new(thinning::thinned(&ridges));
    skeleton.clean();
    Ok(Ridges {
        orientation,
        mask,
        frequency,
        skeleton,
        findings,
    })
}

/// Reads the minutiae off one sample.
pub fn extract(image: &Image) -> Result<Extraction, ExtractionError> {
    let estimated;
    let image = if image.dpi == resolution::UNKNOWN {
        estimated = Image {
            dpi: resolution::estimated(image),
            ..image.clone()
        };
        &estimated
    } else {
        image
    };
    let grey = image.at_working_resolution().map_err(ExtractionError::InvalidImage)?;
    let contrast = contrast::normalised(&grey);
    let Ridges {
        orientation,
        mask,
        frequency,
        skeleton,
        findings,
    } = read(&contrast)?;
    let minutiae = detection::minutiae(&skeleton, &orientation, &frequency.clarity, &mask);
    usable(findings.refusal_for_minutiae(minutiae.len()))?;
    let quality = findings.score(minutiae.len());
    let template = Template::new(short(grey.width as f32), short(grey.height as f32), quality, minutiae)
        .with_field(Field::of(&orientation, &mask));
    Ok(Extraction {
        minutiae: count16(template.minutiae().len()),
        template: template.to_bytes(),
        quality,
        advice: findings.advice(),
    })
}

fn usable(advice: Vec<Advice>) -> Result<(), ExtractionError> {
    if advice.is_empty() {
        Ok(())
    } else {
        Err(ExtractionError::Unusable(advice))
    }
}
