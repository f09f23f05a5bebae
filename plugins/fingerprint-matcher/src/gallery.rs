//! Everybody who may come, searched by fingerprint.
//!
//! Two stages: a cheap one over all references, a full comparison of those that pass. Passing depends on probe and
//! reference alone, never on the rest of the gallery, so that what is found does not depend on the order of enrolment
//! or on how voters are spread over instances.

use crate::calibration::{together, worth};
use crate::descriptor::{Print, Spot};
use crate::matching::{Match, full};
use crate::number::{count32, short};
use crate::sieve::{Coarse, Kept, sift};
use crate::template::{Template, TemplateError};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

/// The host's key for a voter.
pub type Subject = u32;

/// Code of a finger that is not known; ISO/IEC 19794-2:2005, table 2.
const UNKNOWN: u8 = 0;
/// Highest finger code of that table.
const LAST_FINGER: u8 = 10;
/// A pair of prints that the first stage gives less is not compared. Measured on the shared sets, single fingers
/// (`examples/sieve`): 2 % of impostors pass; of the pairs of one finger that are worth 670 or more in full, 2 in 2,794 are
/// lost, and 22 in 3,053 of those worth 400.
pub const SIFTED: f32 = 2.26;
/// Two probes of unknown fingers that match this well are the same finger twice, and count once.
const SAME_FINGER: u16 = 400;

/// One view of a finger.
#[derive(Clone, PartialEq, Eq)]
pub struct Probe {
    /// as [`crate::extract`] made it
    pub template: Vec<u8>,
    /// ISO/IEC 19794-2:2005, table 2: 0 unknown, 1 right thumb to 10 left little finger
    pub position: u8,
}

// Template bytes are biometric data and never get into a log.
impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Probe(finger {})", self.position)
    }
}

/// A view of a finger and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// who
    pub subject: Subject,
    /// the view
    pub probe: Probe,
}

/// Who it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// who
    pub subject: Subject,
    /// -100 x log10 of the estimated false match rate of a single comparison
    pub score: u16,
    /// the enrolled finger that matched best
    pub position: u8,
}

/// A place in pixels at 500 dpi.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// from the left
    pub x: u16,
    /// from the top
    pub y: u16,
}

/// The same minutia in two prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pairing {
    /// in the probe
    pub probe: Point,
    /// in the reference
    pub reference: Point,
}

// Places of minutiae are biometric data and never get into a log.
impl fmt::Debug for Pairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pairing(..)")
    }
}

/// Why a reference is not enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrolError {
    /// the template of this subject cannot be read
    Template(Subject, TemplateError),
    /// there is no such finger
    Position(Subject),
}

impl fmt::Display for EnrolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template(subject, why) => write!(f, "subject {subject}: {why}"),
            Self::Position(subject) => write!(f, "subject {subject}: no such finger"),
        }
    }
}

impl std::error::Error for EnrolError {}

/// A view as it is kept: what a search of everybody needs; what a comparison needs is made of the template.
struct Enrolled {
    subject: Subject,
    position: u8,
    template: Box<[u8]>,
    codes: Kept,
}

impl Enrolled {
    fn key(&self) -> (Subject, u8, &[u8]) {
        (self.subject, self.position, &self.template)
    }

    fn print(&self) -> Print {
        // read once before, when it was enrolled
        Template::parse(&self.template).map_or_else(|_| Print::default(), |template| Print::new(&template))
    }
}

/// A probe made ready; probes of the same finger share a group.
struct Asked {
    position: u8,
    print: Print,
    coarse: Coarse,
    group: usize,
}

/// Enrolled voters.
#[derive(Default)]
pub struct Gallery {
    /// sorted by subject, finger and template
    views: Vec<Enrolled>,
}

impl fmt::Debug for Gallery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gallery({} subjects)", self.len())
    }
}

impl Gallery {
    /// An empty gallery; how many views are expected is a hint.
    #[must_use]
    pub fn new(expected: u32) -> Self {
        // A hint that is far off must not cost memory.
        let views = usize::try_from(expected.min(100_000)).unwrap_or(0);
        Self {
            views: Vec::with_capacity(views),
        }
    }

    /// Adds views, all or none. The same view twice counts once.
    pub fn enrol(&mut self, references: &[Reference]) -> Result<(), EnrolError> {
        let mut ready = Vec::with_capacity(references.len());
        for Reference { subject, probe } in references {
            if probe.position > LAST_FINGER {
                return Err(EnrolError::Position(*subject));
            }
            let template = Template::parse(&probe.template).map_err(|why| EnrolError::Template(*subject, why))?;
            ready.push(Enrolled {
                subject: *subject,
                position: probe.position,
                template: probe.template.clone().into_boxed_slice(),
                codes: Coarse::kept(&template),
            });
        }
        self.views.append(&mut ready);
        self.views.sort_by(|one, other| one.key().cmp(&other.key()));
        self.views.dedup_by(|one, other| one.key() == other.key());
        Ok(())
    }

    /// Forgets a subject.
    pub fn remove(&mut self, subject: Subject) {
        self.views.retain(|view| view.subject != subject);
    }

    /// Subjects enrolled.
    #[must_use]
    pub fn len(&self) -> u32 {
        count32(self.subjects().count())
    }

    /// Bytes that the enrolled views take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let kept = |view: &Enrolled| view.template.len() + size_of_val(&*view.codes);
        self.views.capacity() * size_of::<Enrolled>() + self.views.iter().map(kept).sum::<usize>()
    }

    /// Whether nobody is enrolled.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.views.is_empty()
    }

    /// The views of each subject.
    fn subjects(&self) -> impl Iterator<Item = &[Enrolled]> {
        self.views.chunk_by(|one, other| one.subject == other.subject)
    }

    fn views_of(&self, subject: Subject) -> &[Enrolled] {
        let from = self.views.partition_point(|view| view.subject < subject);
        let to = self.views.partition_point(|view| view.subject <= subject);
        &self.views[from..to]
    }

    /// Who it may be: best first, at most `limit`, one entry per subject, ties to the smaller subject. Probes that
    /// cannot be read are left out.
    #[must_use]
    pub fn identify(&self, probes: &[Probe], limit: u16) -> Vec<Candidate> {
        let asked = asked(probes);
        let mut reference = Coarse::default();
        let mut passes = |view: &Enrolled| {
            reference.read(&view.template, &view.codes);
            asked
                .iter()
                .any(|probe| comparable(probe, view) && sift(&probe.coarse, &reference) >= SIFTED)
        };
        let mut found: Vec<Candidate> = self
            .subjects()
            .filter(|views| views.iter().any(&mut passes))
            .filter_map(|views| candidate(views, &asked))
            .filter(|candidate| candidate.score > 0)
            .collect();
        found.sort_by_key(|candidate| (Reverse(candidate.score), candidate.subject));
        found.truncate(usize::from(limit));
        found
    }

    /// Who it may be, with everybody compared in full: what [`Gallery::identify`] is measured beside.
    #[must_use]
    pub fn identify_without_sieve(&self, probes: &[Probe], limit: u16) -> Vec<Candidate> {
        let asked = asked(probes);
        let mut found: Vec<Candidate> = self.subjects().filter_map(|views| candidate(views, &asked)).collect();
        found.sort_by_key(|candidate| (Reverse(candidate.score), candidate.subject));
        found.truncate(usize::from(limit));
        found
    }

    /// For measuring the first stage: what it gives each enrolled view.
    #[doc(hidden)]
    #[must_use]
    pub fn sifted(&self, probe: &Probe) -> Vec<(Subject, f32)> {
        let asked = asked(std::slice::from_ref(probe));
        let mut reference = Coarse::default();
        let mut sums = Vec::new();
        for view in &self.views {
            reference.read(&view.template, &view.codes);
            sums.extend(
                asked
                    .iter()
                    .map(|probe| (view.subject, sift(&probe.coarse, &reference))),
            );
        }
        sums
    }

    /// How well the probes match this subject; none if the subject is not enrolled or no finger can be compared.
    #[must_use]
    pub fn verify(&self, subject: Subject, probes: &[Probe]) -> Option<Candidate> {
        candidate(self.views_of(subject), &asked(probes))
    }

    /// Minutiae that agree, in the subject's view that matches best.
    #[must_use]
    pub fn explain(&self, subject: Subject, probe: &Probe) -> Vec<Pairing> {
        let asked = asked(std::slice::from_ref(probe));
        let Some(probe) = asked.first() else {
            return Vec::new();
        };
        let mut best: Option<(Print, Match)> = None;
        for view in self.views_of(subject).iter().filter(|view| comparable(probe, view)) {
            let view = view.print();
            let found = full(&probe.print, &view);
            if best.as_ref().is_none_or(|(_, other)| found.raw > other.raw) {
                best = Some((view, found));
            }
        }
        let Some((view, found)) = best else {
            return Vec::new();
        };
        let pairing = |probe: &Spot, reference: &Spot| Pairing {
            probe: point(probe),
            reference: point(reference),
        };
        let spots = (&probe.print.spots, &view.spots);
        found
            .pairs
            .iter()
            .map(|pair| pairing(&spots.0[pair.probe], &spots.1[pair.reference]))
            .collect()
    }
}

fn point(spot: &Spot) -> Point {
    Point {
        x: short(spot.x),
        y: short(spot.y),
    }
}

/// Fingers that are known and differ are not compared: it could only be a false match.
fn comparable(probe: &Asked, view: &Enrolled) -> bool {
    probe.position == view.position || probe.position == UNKNOWN || view.position == UNKNOWN
}

fn asked(probes: &[Probe]) -> Vec<Asked> {
    let mut asked: Vec<Asked> = Vec::with_capacity(probes.len());
    for probe in probes {
        let Ok(template) = Template::parse(&probe.template) else {
            continue;
        };
        let print = Print::new(&template);
        let same = |other: &&Asked| {
            if other.position != UNKNOWN && probe.position != UNKNOWN {
                other.position == probe.position
            } else {
                worth(full(&print, &other.print).raw) >= SAME_FINGER
            }
        };
        let group = asked.iter().find(same).map_or(asked.len(), |other| other.group);
        asked.push(Asked {
            position: probe.position,
            print,
            coarse: Coarse::new(&template),
            group,
        });
    }
    asked
}

/// The best view counts for each finger, and the fingers count together.
fn candidate(views: &[Enrolled], asked: &[Asked]) -> Option<Candidate> {
    let subject = views.first()?.subject;
    // best by finger asked for
    let mut fingers: BTreeMap<usize, u16> = BTreeMap::new();
    let mut best: Option<(u16, u8)> = None;
    for view in views {
        let probes = asked.iter().filter(|probe| comparable(probe, view));
        let mut print = None;
        for probe in probes {
            let score = worth(full(&probe.print, print.get_or_insert_with(|| view.print())).raw);
            let finger = fingers.entry(probe.group).or_default();
            *finger = score.max(*finger);
            let position = if view.position == UNKNOWN {
                probe.position
            } else {
                view.position
            };
            if best.is_none_or(|(other, at)| score > other || score == other && position < at) {
                best = Some((score, position));
            }
        }
    }
    let (_, position) = best?;
    let worths: Vec<u16> = fingers.into_values().collect();
    Some(Candidate {
        subject,
        score: together(&worths),
        position,
    })
}
