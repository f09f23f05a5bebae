//! An image's name: its set, its finger, which impression of it.

use std::cmp::Ordering;
use std::fmt;

/// Two sets of one and the same ten fingers on two sensors: the second, and the first under whose name its fingers count.
const SAME_FINGERS: (&str, &str) = ("fvc2000_db2", "fvc2000_db1");

/// `set/finger_impression`, as a table of scores names an image. Sorted by set, finger (9 before 10), impression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageName {
    /// the folder
    pub set: String,
    /// which finger of the set; any word without `_`
    pub finger: String,
    /// which touch of it; 1 is usually the first
    pub impression: u32,
}

impl ImageName {
    /// The name of a file of a set, without its extension; none where it is not `<finger>_<impression>`. Leading zeros
    /// of the impression go.
    #[must_use]
    pub fn of_file(set: &str, stem: &str) -> Option<Self> {
        let (finger, impression) = stem.split_once('_')?;
        // The names stand between commas in the table, and a comma in them would make another column.
        let plain = |word: &str| !word.is_empty() && !word.contains(|c: char| ",\"/".contains(c) || c.is_control());
        let digits = !impression.is_empty() && impression.bytes().all(|byte| byte.is_ascii_digit());
        (plain(set) && plain(finger) && digits).then_some(())?;
        Some(Self {
            set: set.to_owned(),
            finger: finger.to_owned(),
            impression: impression.parse().ok()?,
        })
    }

    /// Whose finger it is: two images with the same one are of the same finger, in two sets too.
    #[must_use]
    pub fn identity(&self) -> String {
        let (set, finger) = self.person();
        format!("{set}:{finger}")
    }

    /// True where both are of one finger.
    #[must_use]
    pub fn is_finger_of(&self, other: &Self) -> bool {
        self.person() == other.person()
    }

    fn person(&self) -> (&str, &str) {
        let (second, first) = SAME_FINGERS;
        let set = if self.set == second { first } else { &self.set };
        (set, &self.finger)
    }

    /// True in a set whose fingers all stand in another set already, so that they are not counted as other people.
    #[must_use]
    pub fn repeats_people(&self) -> bool {
        self.set == SAME_FINGERS.0
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}_{}", self.set, self.finger, self.impression)
    }
}

/// Numbers as numbers, as far as they have no leading zeros: the shorter word first.
pub(crate) fn by_length(a: &str, b: &str) -> Ordering {
    a.chars().count().cmp(&b.chars().count()).then_with(|| a.cmp(b))
}

impl Ord for ImageName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.set
            .cmp(&other.set)
            .then_with(|| by_length(&self.finger, &other.finger))
            .then(self.impression.cmp(&other.impression))
    }
}

impl PartialOrd for ImageName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_set_is_named_by_finger_and_impression_and_others_are_none() {
        let shown = |stem| ImageName::of_file("db1", stem).map(|name| name.to_string());
        assert_eq!(shown("101_3").as_deref(), Some("db1/101_3"));
        assert_eq!(shown("thumb-l_08").as_deref(), Some("db1/thumb-l_8"));
        for other in [
            "",
            "101",
            "101_",
            "_1",
            "101_a",
            "101_1_2",
            "1,2_1",
            "101_+1",
            "1_99999999999",
        ] {
            assert_eq!(shown(other), None, "{other}");
        }
    }

    #[test]
    fn fingers_are_sorted_as_numbers() {
        let name = |finger| ImageName::of_file("s", finger);
        assert!(name("9_1") < name("10_1") && name("10_1") < name("10_2") && name("9_10") > name("9_9"));
    }

    #[test]
    fn the_two_sensors_of_fvc2000_have_the_same_fingers_and_other_sets_do_not() {
        let identity = |set| ImageName::of_file(set, "101_1").map(|name| name.identity());
        assert_eq!(identity("fvc2000_db2"), identity("fvc2000_db1"));
        assert_ne!(identity("fvc2000_db3"), identity("fvc2000_db1"));
    }
}
