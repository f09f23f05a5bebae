//! A matcher's vectors: images, what comes of each, how alike they are, and who is found with each among all.

use super::watch::Watch;
use super::{Answered, ProbeError, sha256};
use crate::FingerImage;
use crate::matcher::{ExtractError, Matcher, Probe, Reference, Template};
use crate::plugin::Plugin;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use identification::evidence::{Advice, Score};
use identification::voter::FingerPosition;
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// Candidates that a search gives at most.
const LIMIT: u16 = 10;

/// Images and comparisons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MatcherVectors {
    /// synthetic fingers
    pub images: Vec<Picture>,
    /// one finger against one of the gallery
    #[serde(default)]
    pub comparisons: Vec<Comparison>,
    /// one finger against the gallery of all images that gave a template
    #[serde(default)]
    pub searches: Vec<Search>,
}

/// An image and what the matcher makes of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Picture {
    /// by which others name it
    pub name: String,
    /// a PNG, BMP or TIFF in base64
    pub file: String,
    /// what comes of it
    pub gives: Extracted,
}

/// The name alone.
impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "image `{}`", self.name)
    }
}

/// What comes of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Extracted {
    /// a template
    Template {
        /// of its bytes
        sha256: String,
        /// 0 to 100
        quality: u8,
        /// how many were found
        minutiae: u16,
        /// what could be better
        advice: Vec<Advice>,
    },
    /// too poor to be of use
    Unusable(Vec<Advice>),
    /// an image that it does not take
    Invalid,
}

/// How alike two images are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Comparison {
    /// the image in the gallery
    pub enrolled: String,
    /// the other one
    pub probe: String,
    /// how well they agree
    pub score: Score,
}

/// Who is found with an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Search {
    /// the image that is looked for
    pub probe: String,
    /// best first
    pub found: Vec<Found>,
}

/// One candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Found {
    /// which image
    pub image: String,
    /// how well it agrees
    pub score: Score,
}

/// The matcher with all images that gave a template in its gallery; an image's subject is its place among them.
struct Gallery<'a> {
    matcher: &'a Matcher,
    templates: Vec<(String, Template)>,
    plugin: &'a str,
}

fn probe(template: &Template) -> Probe {
    Probe {
        template: template.clone(),
        position: FingerPosition::Unknown,
    }
}

impl<'a> Gallery<'a> {
    fn enrolled(matcher: &'a Matcher, templates: Vec<(String, Template)>, plugin: &'a str) -> Result<Self, ProbeError> {
        let references = (0..).zip(&templates).map(|(subject, (_, template))| Reference {
            subject,
            probe: probe(template),
        });
        matcher.enrol(references)?;
        Ok(Self {
            matcher,
            templates,
            plugin,
        })
    }

    fn place(&self, name: &str) -> Result<(u32, &Template), ProbeError> {
        (0..)
            .zip(&self.templates)
            .find(|(_, (known, _))| known == name)
            .map(|(subject, (_, template))| (subject, template))
            .ok_or_else(|| ProbeError::Question {
                plugin: self.plugin.to_owned(),
                what: format!("image `{name}`"),
                cause: "there is none with a template".to_owned(),
            })
    }

    fn score(&self, enrolled: &str, other: &str) -> Result<Score, ProbeError> {
        let (subject, _) = self.place(enrolled)?;
        let (_, template) = self.place(other)?;
        let found = self.matcher.verify(subject, &[probe(template)])?;
        found
            .map(|candidate| candidate.score)
            .ok_or_else(|| ProbeError::Differs {
                plugin: self.plugin.to_owned(),
                what: format!("the score of `{enrolled}` and `{other}`"),
                expected: "a number".to_owned(),
                found: "none, as if nobody were enrolled".to_owned(),
            })
    }

    fn search(&self, name: &str) -> Result<Vec<Found>, ProbeError> {
        let (_, template) = self.place(name)?;
        let found = self.matcher.identify(&[probe(template)], LIMIT)?;
        let named = |subject: u32| {
            let place = usize::try_from(subject).unwrap_or(usize::MAX);
            // A subject that nobody enrolled has no name, and is told as it came.
            self.templates
                .get(place)
                .map_or_else(|| format!("subject {subject}"), |(name, _)| name.clone())
        };
        let found = found.into_iter().map(|candidate| Found {
            image: named(candidate.subject),
            score: candidate.score,
        });
        Ok(found.collect())
    }
}

fn read(plugin: &str, name: &str, file: &str) -> Result<FingerImage, ProbeError> {
    let wrong = |cause: String| ProbeError::Question {
        plugin: plugin.to_owned(),
        what: format!("image `{name}`"),
        cause,
    };
    let bytes = STANDARD.decode(file).map_err(|cause| wrong(cause.to_string()))?;
    let picture = image_files::decode(&bytes).map_err(|cause| wrong(cause.to_string()))?;
    Ok(FingerImage::of_picture(picture))
}

fn extract(matcher: &Matcher, image: &FingerImage) -> Result<(Extracted, Option<Template>), ProbeError> {
    match matcher.extract(image) {
        Ok(extraction) => {
            let extracted = Extracted::Template {
                sha256: sha256(&extraction.template.0),
                quality: extraction.quality,
                minutiae: extraction.minutiae,
                advice: extraction.advice,
            };
            Ok((extracted, Some(extraction.template)))
        }
        Err(ExtractError::Unusable(advice)) => Ok((Extracted::Unusable(advice), None)),
        Err(ExtractError::Invalid) => Ok((Extracted::Invalid, None)),
        Err(ExtractError::Plugin(error)) => Err(error.into()),
    }
}

fn listed(advice: &[Advice]) -> String {
    let words: Vec<String> = advice.iter().map(ToString::to_string).collect();
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    }
}

/// Never the template's digest.
fn words(extracted: &Extracted) -> String {
    match extracted {
        Extracted::Template {
            quality,
            minutiae,
            advice,
            ..
        } => format!(
            "a template of {minutiae} minutiae, quality {quality}, advice {}",
            listed(advice)
        ),
        Extracted::Unusable(advice) => format!("a refusal with the advice {}", listed(advice)),
        Extracted::Invalid => "a refusal of the image".to_owned(),
    }
}

fn start(plugin: &Plugin, images: usize) -> Result<Matcher, ProbeError> {
    Ok(Matcher::start(plugin, images, NonZeroUsize::MIN)?)
}

impl MatcherVectors {
    pub(super) fn of(plugin: &Plugin, images: Vec<(String, Vec<u8>)>, watch: &Watch<'_>) -> Result<Self, ProbeError> {
        let matcher = start(plugin, images.len())?;
        let mut templates = Vec::new();
        let mut pictures = Vec::new();
        for (name, bytes) in images {
            watch.look()?;
            let file = STANDARD.encode(bytes);
            let (gives, template) = extract(&matcher, &read(plugin.name(), &name, &file)?)?;
            templates.extend(template.map(|template| (name.clone(), template)));
            pictures.push(Picture { name, file, gives });
        }
        let gallery = Gallery::enrolled(&matcher, templates, plugin.name())?;
        let mut comparisons = Vec::new();
        let mut searches = Vec::new();
        for (enrolled, _) in &gallery.templates {
            for (probe, _) in gallery.templates.iter().filter(|(probe, _)| probe != enrolled) {
                watch.look()?;
                comparisons.push(Comparison {
                    enrolled: enrolled.clone(),
                    probe: probe.clone(),
                    score: gallery.score(enrolled, probe)?,
                });
            }
            searches.push(Search {
                probe: enrolled.clone(),
                found: gallery.search(enrolled)?,
            });
        }
        Ok(Self {
            images: pictures,
            comparisons,
            searches,
        })
    }

    pub(super) fn count(&self) -> usize {
        self.images.len() + self.comparisons.len() + self.searches.len()
    }

    pub(super) fn compare(&self, plugin: &Plugin, watch: &mut Watch<'_>) -> Result<(), ProbeError> {
        let matcher = start(plugin, self.images.len())?;
        let name = watch.plugin();
        let answered = |what: String| Answered { plugin: name, what };
        let mut templates = Vec::new();
        for picture in &self.images {
            watch.look()?;
            let (gives, template) = extract(&matcher, &read(name, &picture.name, &picture.file)?)?;
            answered(format!("what it makes of image `{}`", picture.name)).same(&picture.gives, &gives, words)?;
            templates.extend(template.map(|template| (picture.name.clone(), template)));
            watch.count();
        }
        let gallery = Gallery::enrolled(&matcher, templates, name)?;
        for comparison in &self.comparisons {
            watch.look()?;
            let Comparison { enrolled, probe, score } = comparison;
            let found = gallery.score(enrolled, probe)?;
            answered(format!("the score of `{enrolled}` and `{probe}`"))
                .same(score, &found, |score| score.0.to_string())?;
            watch.count();
        }
        for search in &self.searches {
            watch.look()?;
            let found = gallery.search(&search.probe)?;
            let words = |found: &Vec<Found>| {
                let all: Vec<String> = found
                    .iter()
                    .map(|found| format!("`{}` with {}", found.image, found.score.0))
                    .collect();
                if all.is_empty() {
                    "nobody".to_owned()
                } else {
                    all.join(", ")
                }
            };
            answered(format!("who is found with image `{}`", search.probe)).same(&search.found, &found, words)?;
            watch.count();
        }
        Ok(())
    }
}
