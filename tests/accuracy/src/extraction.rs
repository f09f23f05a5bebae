//! Every image through the component, once.

use crate::Outcome;
use crate::name::ImageName;
use crate::picture;
use crate::progress::Progress;
use crate::sets::Listed;
use crate::workers::on_all_cores;
use identification::evidence::Advice;
use identification::voter::FingerPosition;
use plugin_runtime::matcher::{ExtractError, Extraction, Matcher, Probe};
use plugin_runtime::plugin::Plugin;
use std::fmt;
use std::num::NonZeroUsize;

/// An image and what the component made of it.
pub(crate) struct Print {
    pub(crate) name: ImageName,
    pub(crate) found: Result<Extraction, Refusal>,
}

/// Why there is no template. It counts as a comparison that finds nothing alike, with everything.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// too poor
    Unusable(Vec<Advice>),
    /// not taken, or a limit was broken
    Failed(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unusable(advice) if advice.is_empty() => f.write_str("unusable, without advice"),
            Self::Unusable(advice) => f.write_str(&told(advice)),
            Self::Failed(why) => f.write_str(why),
        }
    }
}

/// Advice as words.
pub(crate) fn told(advice: &[Advice]) -> String {
    advice.iter().map(Advice::to_string).collect::<Vec<_>>().join(", ")
}

impl Print {
    /// 0 where there is no template.
    pub(crate) fn quality(&self) -> u8 {
        self.found.as_ref().map_or(0, |found| found.quality)
    }

    /// The template; whose finger it is, is not said.
    pub(crate) fn probe(&self) -> Option<Probe> {
        let found = self.found.as_ref().ok()?;
        Some(Probe {
            template: found.template.clone(),
            position: FingerPosition::Unknown,
        })
    }
}

/// In the order of the images.
pub(crate) fn extract_all(plugin: &Plugin, images: &[Listed]) -> Outcome<Vec<Print>> {
    let progress = Progress::new("extracting", images.len());
    let parts = on_all_cores(|worker| {
        let start = || Matcher::start(plugin, 0, NonZeroUsize::MIN);
        let mut matcher = start()?;
        let mut prints = Vec::new();
        for index in worker.share(images.len()) {
            // The image before this one ended it.
            if !matcher.is_running() {
                matcher = start()?;
            }
            prints.push((index, extract(&matcher, &images[index])?));
            progress.advance(1);
        }
        Ok(prints)
    })?;
    let mut prints: Vec<(usize, Print)> = parts.into_iter().flatten().collect();
    prints.sort_by_key(|(index, _)| *index);
    Ok(prints.into_iter().map(|(_, print)| print).collect())
}

fn extract(matcher: &Matcher, listed: &Listed) -> Outcome<Print> {
    let image = picture::read(listed)?;
    let found = matcher.extract(&image).map_err(|error| match error {
        ExtractError::Unusable(advice) => Refusal::Unusable(advice),
        ExtractError::Invalid => Refusal::Failed("not taken as an image".to_owned()),
        ExtractError::Plugin(error) => Refusal::Failed(error.to_string()),
    });
    Ok(Print {
        name: listed.name.clone(),
        found,
    })
}
