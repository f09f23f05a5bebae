//! The seam to the matcher: this crate does not know what makes a template of an image.

use crate::image::FingerImage;
use identification::voter::FingerPosition;

/// Largest template that is stored, in bytes.
const MAX_TEMPLATE_BYTES: usize = 64 << 10;

/// A template and what it is worth. `Debug` does not show the template.
#[derive(Clone, PartialEq, Eq)]
pub struct Extracted {
    template: Vec<u8>,
    quality: u8,
}

impl Extracted {
    /// A template of 1 byte to 64 KiB in the matcher's own form, and its quality, 0 worst to 100 best.
    ///
    /// # Errors
    /// [`ExtractError::Failed`] where the matcher's answer is out of these ranges.
    pub fn new(template: Vec<u8>, quality: u8) -> Result<Self, ExtractError> {
        if template.is_empty() || template.len() > MAX_TEMPLATE_BYTES || quality > 100 {
            return Err(ExtractError::Failed(
                "it answered with an impossible template".to_owned(),
            ));
        }
        Ok(Self { template, quality })
    }

    /// 0 worst to 100 best
    #[must_use]
    pub fn quality(&self) -> u8 {
        self.quality
    }

    /// In the matcher's own form.
    #[must_use]
    pub fn template(&self) -> &[u8] {
        &self.template
    }

    pub(crate) fn into_template(self) -> Vec<u8> {
        self.template
    }
}

impl std::fmt::Debug for Extracted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extracted")
            .field("quality", &self.quality)
            .finish_non_exhaustive()
    }
}

/// One finger view of an interchange record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FingerView {
    /// as the record says
    pub position: FingerPosition,
    /// in the matcher's own form
    pub extracted: Extracted,
}

/// Why there is no template. The words are the matcher's: codes, never biometric data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// too poor to be of use; the voter is sealed without this finger, and a warning says so
    #[error("gives no usable template ({0})")]
    Unusable(String),
    /// the image or the record breaks a rule of its format; the list is refused
    #[error("cannot be read by the matcher ({0})")]
    Invalid(String),
    /// the matcher itself failed; sealing stops
    #[error("the matcher failed: {0}")]
    Failed(String),
}

/// Makes templates. The host's matcher plugin stands behind it, or a toy in tests.
pub trait Extractor {
    /// The matcher's name and version, as the roll shall name it.
    fn name(&self) -> String;

    /// Which form its templates have; a matcher of another version does not read them.
    fn version(&self) -> u32;

    /// The template of an image.
    ///
    /// # Errors
    /// [`ExtractError`].
    fn extract(&mut self, image: &FingerImage) -> Result<Extracted, ExtractError>;

    /// The templates of many images, in their order; a matcher with several instances makes them at once.
    fn extract_all(&mut self, images: Vec<FingerImage>) -> Vec<Result<Extracted, ExtractError>> {
        images.iter().map(|image| self.extract(image)).collect()
    }

    /// One template for each finger view in an ISO/IEC 19794-2 record.
    ///
    /// # Errors
    /// [`ExtractError`].
    fn import_record(&mut self, bytes: &[u8]) -> Result<Vec<FingerView>, ExtractError>;
}
