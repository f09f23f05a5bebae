//! The matcher as a component.

mod bindings {
    wit_bindgen::generate!({
        path: ["wit/types/v0", "wit/matcher/v0"],
        world: "kiosk:matcher/fingerprint-matcher",
        generate_all,
    });
    export!(Matcher);
    use super::Matcher;
}

use crate::template::{BYTES, extract, quality, score};
use bindings::exports::kiosk::matcher::fingerprint as contract;
use bindings::kiosk::types::samples::{FingerAdvice, FingerImage, FingerPosition};
use std::cell::RefCell;
use std::collections::BTreeMap;

struct Matcher;

impl contract::Guest for Matcher {
    type Gallery = Gallery;

    fn template_version() -> u32 {
        1
    }

    fn extract(sample: FingerImage) -> Result<contract::Extraction, contract::ExtractionError> {
        let image = sample.image;
        let (width, height) = (usize::from(image.width), usize::from(image.height));
        if image.pixels.len() != width * height {
            return Err(contract::ExtractionError::InvalidImage("size".to_owned()));
        }
        match extract(width, height, &image.pixels) {
            Some(template) => Ok(contract::Extraction {
                quality: quality(&template),
                template,
                advice: Vec::new(),
                minutiae: 0,
            }),
            None => Err(contract::ExtractionError::Unusable(vec![FingerAdvice::NotAFinger])),
        }
    }

    fn import_record(_bytes: Vec<u8>, _format: contract::RecordFormat) -> Result<Vec<contract::Probe>, String> {
        Err("unknown-format".to_owned())
    }

    fn export_record(_probe: contract::Probe, _format: contract::RecordFormat) -> Result<Vec<u8>, String> {
        Err("unknown-format".to_owned())
    }
}

/// Everyone who is enrolled, by subject.
struct Gallery(RefCell<BTreeMap<u32, Vec<(Vec<u8>, FingerPosition)>>>);

impl Gallery {
    fn best(&self, subject: u32, probes: &[contract::Probe]) -> Option<contract::Candidate> {
        let enrolled = self.0.borrow();
        let references = enrolled.get(&subject)?;
        let pairs = references
            .iter()
            .flat_map(|(template, position)| probes.iter().map(move |probe| (score(template, &probe.template), *position)));
        let (score, position) = pairs.max_by_key(|(score, _)| *score)?;
        Some(contract::Candidate {
            subject,
            score,
            position,
        })
    }
}

impl contract::GuestGallery for Gallery {
    fn new(_expected: u32) -> Self {
        Self(RefCell::default())
    }

    fn enrol(&self, references: Vec<contract::Reference>) -> Result<(), String> {
        if references.iter().any(|one| one.probe.template.len() != BYTES) {
            return Err("broken-template".to_owned());
        }
        let mut enrolled = self.0.borrow_mut();
        for one in references {
            let of_it = enrolled.entry(one.subject).or_default();
            of_it.push((one.probe.template, one.probe.position));
        }
        Ok(())
    }

    fn remove(&self, subject: u32) {
        self.0.borrow_mut().remove(&subject);
    }

    fn len(&self) -> u32 {
        let fingers = self.0.borrow().values().map(Vec::len).sum::<usize>();
        u32::try_from(fingers).unwrap_or(u32::MAX)
    }

    fn identify(&self, probes: Vec<contract::Probe>, limit: u16) -> Vec<contract::Candidate> {
        let subjects: Vec<u32> = self.0.borrow().keys().copied().collect();
        let mut found: Vec<contract::Candidate> = subjects
            .into_iter()
            .filter_map(|subject| self.best(subject, &probes))
            .collect();
        // Best first; ties go to the smaller subject.
        found.sort_by_key(|one| (std::cmp::Reverse(one.score), one.subject));
        found.truncate(usize::from(limit));
        found
    }

    fn verify(&self, subject: u32, probes: Vec<contract::Probe>) -> Option<contract::Candidate> {
        self.best(subject, &probes)
    }

    fn explain(&self, _subject: u32, _probe: contract::Probe) -> Vec<contract::Pairing> {
        Vec::new()
    }
}
