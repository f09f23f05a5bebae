//! What the operator should know, newest last: each thing once, and no longer than it is true.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many stand on the screen.
const MOST: usize = 10;

/// A sentence, and the device that it is about where it can be put right.
#[derive(Debug)]
struct Notice {
    about: Option<&'static str>,
    sentence: String,
}

/// The sentences on the screen.
#[derive(Debug, Default)]
pub(crate) struct Notices(Mutex<Vec<Notice>>);

impl Notices {
    /// Of these sentences.
    pub(crate) fn new(sentences: Vec<String>) -> Self {
        let notice = |sentence| Notice { about: None, sentence };
        Self(Mutex::new(sentences.into_iter().map(notice).collect()))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Notice>> {
        // A sentence is there or it is not, so a poisoned list is as good as a sound one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sentences, newest last.
    pub(crate) fn sentences(&self) -> Vec<String> {
        self.lock().iter().map(|notice| notice.sentence.clone()).collect()
    }

    /// Says something; what stands there already becomes the newest.
    pub(crate) fn say(&self, sentence: String) {
        let mut notices = self.lock();
        let earlier = notices.iter().position(|notice| notice.sentence == sentence);
        let about = earlier.and_then(|index| notices.remove(index).about);
        Self::push(&mut notices, Notice { about, sentence });
    }

    /// Says what is wrong with a device, in place of what was said of it before.
    pub(crate) fn say_of(&self, device: &'static str, sentence: String) {
        let mut notices = self.lock();
        notices.retain(|notice| notice.about != Some(device));
        let about = Some(device);
        Self::push(&mut notices, Notice { about, sentence });
    }

    /// Nothing is wrong with this device any more.
    pub(crate) fn is_well(&self, device: &'static str) {
        self.lock().retain(|notice| notice.about != Some(device));
    }

    /// Nothing is wrong with this device, if it is there. A plug that is pulled meanwhile is told after this, and stays.
    pub(crate) fn is_well_if(&self, device: &'static str, is_there: impl FnOnce() -> bool) {
        let mut notices = self.lock();
        if is_there() {
            notices.retain(|notice| notice.about != Some(device));
        }
    }

    fn push(notices: &mut Vec<Notice>, notice: Notice) {
        notices.push(notice);
        let old = notices.len().saturating_sub(MOST);
        notices.drain(..old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_twice_stands_once_as_the_newest() {
        let notices = Notices::new(vec!["a plugin was refused".to_owned()]);
        notices.say("no paper".to_owned());
        notices.say("a plugin was refused".to_owned());
        assert_eq!(notices.sentences(), ["no paper", "a plugin was refused"]);
    }

    #[test]
    fn a_device_that_is_well_again_leaves_the_screen_and_the_others_stay() {
        let notices = Notices::default();
        notices.say("the journal's disk is full".to_owned());
        notices.say_of("scanner", "scanner: the device is gone".to_owned());
        // The page says once more why the operator's wish failed.
        notices.say("scanner: the device is gone".to_owned());
        notices.say_of("printer", "printer: no paper".to_owned());
        notices.say_of("scanner", "the scanner was pulled out".to_owned());
        assert_eq!(
            notices.sentences(),
            [
                "the journal's disk is full",
                "printer: no paper",
                "the scanner was pulled out"
            ]
        );
        notices.is_well("scanner");
        assert_eq!(notices.sentences(), ["the journal's disk is full", "printer: no paper"]);
    }

    #[test]
    fn what_a_device_did_well_before_it_was_pulled_does_not_take_the_pull_off_the_screen() {
        let notices = Notices::default();
        notices.say_of("scanner", "the scanner was pulled out".to_owned());
        notices.is_well_if("scanner", || false);
        assert_eq!(notices.sentences(), ["the scanner was pulled out"]);
        notices.is_well_if("scanner", || true);
        assert_eq!(notices.sentences(), [""; 0]);
    }

    #[test]
    fn the_oldest_give_way() {
        let notices = Notices::default();
        (0..15).for_each(|number| notices.say(number.to_string()));
        assert_eq!(notices.sentences().len(), MOST);
        assert_eq!(notices.sentences()[0], "5");
    }
}
