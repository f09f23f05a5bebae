//! What the UPS tells: on the screen and in the journal. It advises only: nothing that it says, or fails to say, stops the
//! station.

use crate::assembly::Kiosk;
use devices::ups::{Supply, UpsAddress, UpsError, UpsReport, UpsState, Watch as Asking};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// The UPS in the journal.
pub(crate) const ROLE: &str = "ups";
/// Between two questions to the server: the operator knows of a power cut within this and the server's own delay.
pub const PACE: Duration = Duration::from_secs(2);
/// How long the watch sleeps at most before it looks whether it should end.
const TURN: Duration = Duration::from_millis(200);

/// What the operator should know of the power, and the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// for the journal: `on-mains`, `on-battery`, `low-battery`, `shutdown`, `off`, `replace-battery`, `overloaded`, `lost`
    pub code: &'static str,
    /// what is wrong, and what to do; none where nothing is
    pub wrong: Option<String>,
}

impl News {
    /// What a report means. None where it says nothing of the power, as while the UPS tests itself: what was told before
    /// then still holds.
    fn of(report: &UpsReport) -> Option<Self> {
        let told = |code, sentence: String| {
            Some(Self {
                code,
                wrong: Some(sentence),
            })
        };
        let state = match report {
            UpsReport::State(state) => state,
            UpsReport::Lost(error) => return told("lost", error.to_string()),
        };
        if state.forced_shutdown {
            let sentence = "the UPS is about to switch everything off; finish with the person at the desk and switch the kiosk \
                            off: nothing is lost, and it goes on from there once the power is back";
            return told("shutdown", sentence.to_owned());
        }
        if state.is_critical() {
            let sentence = "the UPS's battery is nearly empty; finish with the person at the desk and switch the kiosk off: \
                            nothing is lost, and it goes on from there once the power is back";
            return told("low-battery", sentence.to_owned());
        }
        match state.supply {
            Supply::Battery => told("on-battery", on_battery(state)),
            Supply::Off => told(
                "off",
                "the UPS is switched off, so a power cut would switch the kiosk off; switch it on".to_owned(),
            ),
            Supply::Mains if state.overloaded => told(
                "overloaded",
                "more is plugged into the UPS than it can feed; unplug what is not the kiosk's".to_owned(),
            ),
            Supply::Mains if state.replace_battery => told(
                "replace-battery",
                "the UPS's battery is worn out and may not last through a power cut; ask for a new one".to_owned(),
            ),
            Supply::Mains => Some(Self {
                code: "on-mains",
                wrong: None,
            }),
            Supply::Unknown => None,
        }
    }
}

/// The charge in tens of percent: a sentence that changed at every percent would never stand still.
fn on_battery(state: &UpsState) -> String {
    let charge = state.charge_percent.map(|percent| match percent / 10 * 10 {
        0 => " (less than 10 % left)".to_owned(),
        tens => format!(" (over {tens} % left)"),
    });
    format!(
        "the power is out and the kiosk runs on the UPS's battery{}; go on, and have the power looked after",
        charge.unwrap_or_default()
    )
}

/// What was told last.
#[derive(Debug, Default)]
struct Told(Option<News>);

impl Told {
    /// What is new in a report: the code for the journal where the power changed, and the sentence. Mains is no news at the
    /// beginning.
    fn turn(&mut self, report: &UpsReport) -> Option<(Option<&'static str>, Option<String>)> {
        let news = News::of(report)?;
        let before = self.0.replace(news.clone());
        if before.as_ref() == Some(&news) || (before.is_none() && news.wrong.is_none()) {
            return None;
        }
        let is_other = before.is_none_or(|before| before.code != news.code);
        Some((is_other.then_some(news.code), news.wrong))
    }
}

/// A thread that passes on what the UPS tells until this is dropped.
#[derive(Debug)]
pub struct Watch {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Begins to ask, at this pace. A server that is not there is told like everything else.
    ///
    /// # Errors
    /// [`UpsError::NoWatch`] where the system has no thread left; the station goes on without.
    pub fn start(kiosk: &Arc<Kiosk>, address: UpsAddress, pace: Duration) -> Result<Self, UpsError> {
        let ups = address.to_string();
        let asking = Asking::start(address, pace)?;
        let stop = Arc::new(AtomicBool::new(false));
        let (kiosk, stopped) = (Arc::clone(kiosk), Arc::clone(&stop));
        let mut told = Told::default();
        let thread = std::thread::Builder::new()
            .name("ups".to_owned())
            .spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    if let Some((code, wrong)) = asking.next(TURN).and_then(|report| told.turn(&report)) {
                        kiosk.news_of(ROLE, code, wrong);
                    }
                }
            })
            .map_err(|cause| UpsError::NoWatch {
                ups,
                cause: cause.to_string(),
            })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It only passes on what it hears; there is nothing to learn from how it ended.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(supply: Supply) -> UpsState {
        UpsState {
            supply,
            low_battery: false,
            replace_battery: false,
            charging: false,
            discharging: false,
            bypass: false,
            overloaded: false,
            calibrating: false,
            forced_shutdown: false,
            alarm: false,
            charge_percent: None,
            runtime: None,
        }
    }

    fn battery(charge_percent: u8) -> UpsState {
        UpsState {
            charge_percent: Some(charge_percent),
            ..state(Supply::Battery)
        }
    }

    /// What each state in turn adds to the journal and puts on the screen.
    fn story(reports: impl IntoIterator<Item = UpsReport>) -> String {
        let mut told = Told::default();
        let line = |report: UpsReport| match told.turn(&report) {
            None => "-\n".to_owned(),
            Some((code, wrong)) => format!("{}: {}\n", code.unwrap_or("-"), wrong.unwrap_or_default()),
        };
        reports.into_iter().map(line).collect()
    }

    #[test]
    fn a_power_cut_is_told_as_it_goes_on_and_the_journal_keeps_its_turns() {
        let mains = state(Supply::Mains);
        let cut = [
            mains.clone(),
            battery(97),
            battery(93),
            battery(89),
            battery(4),
            UpsState {
                low_battery: true,
                ..battery(3)
            },
            mains,
        ];
        insta::assert_snapshot!(story(cut.map(UpsReport::State)));
    }

    #[test]
    fn whatever_else_is_wrong_with_a_ups_is_one_sentence() {
        let mains = || state(Supply::Mains);
        let states = [
            UpsState {
                overloaded: true,
                ..mains()
            },
            UpsState {
                replace_battery: true,
                ..mains()
            },
            state(Supply::Unknown),
            state(Supply::Off),
            UpsState {
                forced_shutdown: true,
                ..mains()
            },
            state(Supply::Battery),
        ];
        let lost = [
            UpsError::Silent("localhost:3493".to_owned()),
            UpsError::Closed("localhost:3493".to_owned()),
        ];
        let reports = states.map(UpsReport::State).into_iter();
        insta::assert_snapshot!(story(reports.chain(lost.map(UpsReport::Lost))));
    }
}
