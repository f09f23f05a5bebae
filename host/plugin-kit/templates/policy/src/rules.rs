//! What happens next, as a pure function of what is known.

/// Every reason that the policy answers with.
pub const CODES: [&str; 6] = [
    "any-finger",
    "look-at-the-photo",
    "admitted",
    "officers-decide",
    "not-entitled",
    "already-admitted",
];

/// What the evidence comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// fingers that were captured so far
    pub attempts: usize,
    /// the voter whose finger agreed, well enough
    pub voter: Option<u32>,
    /// the operator found that the photo shows this voter, or does not
    pub photo: Option<bool>,
    /// the voter may vote here
    pub entitled: bool,
    /// has already been admitted
    pub admitted: bool,
    /// a scanner is there
    pub scanner: bool,
}

/// What the policy decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// any finger
    Finger,
    /// the operator compares the photo
    Photo(u32),
    /// admit
    Admit(u32),
    /// two officers decide
    Officers(Option<u32>),
    /// not here, not now
    Refuse(u32),
}

/// Attempts before the officers decide.
pub const ATTEMPTS: usize = 3;

/// The decision, and why.
#[must_use]
pub fn decide(known: &Known) -> (Decision, &'static str) {
    match known.voter {
        Some(voter) if known.admitted => (Decision::Officers(Some(voter)), "already-admitted"),
        Some(voter) if !known.entitled => (Decision::Refuse(voter), "not-entitled"),
        Some(voter) => match known.photo {
            None => (Decision::Photo(voter), "look-at-the-photo"),
            Some(true) => (Decision::Admit(voter), "admitted"),
            Some(false) => (Decision::Officers(Some(voter)), "officers-decide"),
        },
        None if known.scanner && known.attempts < ATTEMPTS => (Decision::Finger, "any-finger"),
        None => (Decision::Officers(None), "officers-decide"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUND: Known = Known {
        attempts: 1,
        voter: Some(7),
        photo: None,
        entitled: true,
        admitted: false,
        scanner: true,
    };

    #[test]
    fn a_voter_who_is_found_is_admitted_once_the_photo_agrees() {
        assert_eq!(decide(&FOUND), (Decision::Photo(7), "look-at-the-photo"));
        let looked = Known {
            photo: Some(true),
            ..FOUND
        };
        assert_eq!(decide(&looked), (Decision::Admit(7), "admitted"));
    }

    #[test]
    fn nobody_is_turned_away_for_want_of_a_finger() {
        for attempts in 0..10 {
            let known = Known {
                attempts,
                scanner: true,
                ..Known::default()
            };
            assert!(!matches!(decide(&known).0, Decision::Refuse(_)));
        }
    }
}
