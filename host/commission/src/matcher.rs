//! Templates from a matcher plugin: the same component, in the same sandbox, as at the station.

use crate::extractor::NoExtractor;
use identification::evidence::Advice;
use identification::voter::FingerPosition;
use plugin_runtime::grants::Allowed;
use plugin_runtime::matcher::{self, Extraction, Matcher};
use plugin_runtime::plugin::{LogMode, read};
use plugin_runtime::runtime::Runtime;
use plugin_runtime::{FingerImage as Sample, GreyImage, Impression};
use roll::{ExtractError, Extracted, Extractor, FingerImage, FingerView};
use std::num::NonZeroUsize;
use std::path::Path;

/// A matcher that makes templates, one instance a core.
struct PluginExtractor {
    matcher: Matcher,
    _runtime: Runtime,
}

/// Opens the matcher plugin at a path.
///
/// # Errors
/// [`NoExtractor`].
pub fn open(path: &Path) -> Result<Box<dyn Extractor>, NoExtractor> {
    let refused = |reason: &dyn std::fmt::Display| NoExtractor {
        path: path.to_owned(),
        reason: reason.to_string(),
    };
    let runtime = Runtime::new(LogMode::Production).map_err(|error| refused(&error))?;
    let bytes = read(path).map_err(|error| refused(&error))?;
    let plugin = runtime
        .load(&bytes, None, &Allowed::nothing())
        .map_err(|error| refused(&error))?;
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let matcher = Matcher::start(&plugin, 0, cores).map_err(|error| refused(&error))?;
    Ok(Box::new(PluginExtractor {
        matcher,
        _runtime: runtime,
    }))
}

impl Extractor for PluginExtractor {
    fn name(&self) -> String {
        let plugin = self.matcher.plugin();
        format!("{} {}", plugin.name(), plugin.manifest().version)
    }

    fn version(&self) -> u32 {
        self.matcher.template_version()
    }

    fn extract(&mut self, image: &FingerImage) -> Result<Extracted, ExtractError> {
        told(self.matcher.extract(&sample(image)))
    }

    fn extract_all(&mut self, images: Vec<FingerImage>) -> Vec<Result<Extracted, ExtractError>> {
        let samples = images.iter().map(sample).collect();
        self.matcher
            .extract_all(samples, |_| ())
            .into_iter()
            .map(told)
            .collect()
    }

    fn import_record(&mut self, bytes: &[u8]) -> Result<Vec<FingerView>, ExtractError> {
        let probes = self.matcher.import_record(bytes).map_err(failed)?;
        probes
            .into_iter()
            .map(|probe| {
                // A record does not say how good its minutiae are as a whole; 50 is the middle.
                let extracted = Extracted::new(probe.template.0, 50)?;
                Ok(FingerView {
                    position: probe.position,
                    extracted,
                })
            })
            .collect()
    }
}

fn sample(image: &FingerImage) -> Sample {
    let image_of = GreyImage {
        width: image.width,
        height: image.height,
        dpi: image.dpi,
        pixels: image.pixels.clone(),
    };
    let position: FingerPosition = image.position;
    Sample {
        image: image_of,
        position,
        impression: Impression::LiveScanPlain,
    }
}

fn told(extraction: Result<Extraction, matcher::ExtractError>) -> Result<Extracted, ExtractError> {
    match extraction {
        Ok(extraction) => Extracted::new(extraction.template.0, extraction.quality),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: matcher::ExtractError) -> ExtractError {
    match error {
        matcher::ExtractError::Unusable(advice) => {
            ExtractError::Unusable(advice.first().map_or("too poor".to_owned(), Advice::to_string))
        }
        matcher::ExtractError::Invalid => ExtractError::Invalid("it breaks a rule of its format".to_owned()),
        matcher::ExtractError::Plugin(error) => ExtractError::Failed(error.to_string()),
    }
}
