//! Synthetic prints to fill galleries with, kept between runs.

use crate::Outcome;
use crate::length::Length;
use fingerprint_matcher::{Image, TEMPLATE_VERSION, extract};
use identification::voter::FingerPosition;
use plugin_runtime::plugin::Digest;
use simulator::finger::{Finger, View};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// A template's bytes.
pub(crate) type Print = Vec<u8>;

/// Extracted prints.
#[derive(Clone)]
pub(crate) struct Templates {
    /// a finger at enrolment and the same finger at the station; enrolled for one voter only
    pub(crate) sought: Vec<(Print, Print)>,
    /// other fingers, two views of each
    pub(crate) others: Vec<Print>,
}

// Template bytes have no place in a log, even of synthetic fingers.
impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Templates({} sought, {} others)",
            self.sought.len(),
            self.others.len()
        )
    }
}

/// One reference of a gallery.
pub(crate) struct Enrolled<'a> {
    pub(crate) subject: u32,
    pub(crate) position: FingerPosition,
    pub(crate) print: &'a Print,
}

impl Templates {
    /// Out of the folder where an earlier run left them, else grown and extracted on all cores.
    pub(crate) fn make(folder: &Path, matcher: Digest, length: Length) -> Outcome<Self> {
        let (fingers, sought) = length.pick((300, 20), (30, 5));
        let key = &matcher.to_string()[..16];
        let path = folder.join(format!("templates-{key}-v{TEMPLATE_VERSION}-{fingers}.json"));
        // A file that a stopped run left unfinished is made anew.
        let kept = std::fs::read(&path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if let Some((sought, others)) = kept {
            return Ok(Self { sought, others });
        }
        eprintln!(
            "bench: growing {fingers} synthetic fingers (kept in {} for the next run)",
            folder.display()
        );
        let made = Self::grow(fingers, sought);
        if made.sought.is_empty() || made.others.is_empty() {
            return Err("no synthetic finger gave a template".into());
        }
        std::fs::write(&path, serde_json::to_vec(&(&made.sought, &made.others))?)?;
        Ok(made)
    }

    /// Seeds from 1; the first `sought` are those that are searched for.
    fn grow(fingers: u64, sought: u64) -> Self {
        let next = AtomicU64::new(1);
        let grown: Mutex<Vec<(u64, Vec<Print>)>> = Mutex::new(Vec::new());
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed > fingers {
                            return;
                        }
                        let finger = Finger::new(seed);
                        let second = if seed <= sought {
                            live(seed)
                        } else {
                            enrolment(fingers + seed)
                        };
                        let views = [enrolment(seed), second];
                        let prints = views
                            .iter()
                            .filter_map(|view| extract(&picture(&finger, view)).ok())
                            .map(|extraction| extraction.template)
                            .collect();
                        grown
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push((seed, prints));
                    }
                });
            }
        });
        let mut grown = grown.into_inner().unwrap_or_else(PoisonError::into_inner);
        // The threads end in any order; the galleries are the same in every run.
        grown.sort_by_key(|(seed, _)| *seed);
        let (mut made, others) = (
            Self {
                sought: Vec::new(),
                others: Vec::new(),
            },
            grown,
        );
        for (seed, prints) in others {
            if seed > sought {
                made.others.extend(prints);
            } else if let Ok([enrolled, live]) = <[Print; 2]>::try_from(prints) {
                made.sought.push((enrolled, live));
            }
        }
        made
    }

    /// Two fingers for each voter: whoever is sought stands in the gallery once, the others' templates are repeated
    /// under as many voters as it takes.
    pub(crate) fn gallery(&self, voters: u32) -> impl Iterator<Item = Enrolled<'_>> {
        let own = self
            .sought
            .iter()
            .map(|(enrolled, _)| enrolled)
            .map(Some)
            .chain(std::iter::repeat(None));
        let mut filling = self.others.iter().cycle();
        (1..=voters).zip(own).flat_map(move |(subject, own)| {
            let right = own.or_else(|| filling.next());
            let left = filling.next();
            let sides = [(right, FingerPosition::RightIndex), (left, FingerPosition::LeftIndex)];
            sides.into_iter().filter_map(move |(print, position)| {
                print.map(|print| Enrolled {
                    subject,
                    position,
                    print,
                })
            })
        })
    }
}

/// As at enrolment, on a scanner of 500 dpi.
fn enrolment(seed: u64) -> View {
    View::reference(seed, 388, 374, 500)
}

/// As at the station, on an NB-1010-U.
pub(crate) fn live(seed: u64) -> View {
    View::live(seed, 256, 180, 385)
}

/// A touch as the matcher takes it.
pub(crate) fn picture(finger: &Finger, view: &View) -> Image {
    let simulator::finger::Image {
        width,
        height,
        dpi,
        pixels,
    } = finger.impression(view);
    Image {
        width,
        height,
        dpi,
        pixels,
    }
}
