//! The case, as much of it as this policy looks at (`kiosk:policy`, `case-file`).

/// A finger's position code, ISO/IEC 19794-2:2005, table 2; 0 is unknown.
pub type Finger = u8;

/// Those that a person can have.
const FINGERS: std::ops::RangeInclusive<Finger> = 1..=10;

/// Whom a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// who
    pub voter: u32,
    /// how much alike
    pub score: u16,
    /// the enrolled finger that agreed best, which need not be the one asked for; 0 is unknown
    pub finger: Finger,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// a finger was asked for
    Fingerprint {
        /// which
        asked: Finger,
        /// 0 to 100; none when nothing usable was captured
        quality: Option<u8>,
        /// the best candidate
        best: Option<Candidate>,
        /// score of the second best
        second: Option<u16>,
    },
    /// a document was read
    Document {
        /// check digits right
        valid: bool,
        /// the roll's voter with its number
        voter: Option<u32>,
        /// 0 to 100
        name_agreement: u8,
    },
    /// the operator compared the photo
    Photo {
        /// whose
        voter: u32,
        /// the answer
        same_person: bool,
    },
    /// a live face was compared with a voter's portrait
    Face {
        /// whose portrait
        voter: u32,
        /// how much alike
        score: u16,
    },
    /// the camera cannot be used, or not for this voter
    CameraOut,
    /// the voter does not have this finger
    FingerAbsent(Finger),
    /// the scanner cannot be used for this voter
    ScannerOut,
    /// the document reader cannot be used, or the voter has no document
    ReaderOut,
    /// what this policy does not weigh
    Other,
}

/// What the roll says of a voter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// who
    pub voter: u32,
    /// at this station
    pub already_admitted: bool,
    /// the roll lets the voter vote here
    pub entitled: bool,
    /// with a reference
    pub fingers: Vec<Finger>,
    /// the roll has a photo
    pub portrait: bool,
}

/// The case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// oldest first
    pub evidence: Vec<Evidence>,
    /// that the evidence names
    pub voters: Vec<Voter>,
    /// a scanner is there
    pub fingerprint: bool,
    /// a document reader is there
    pub document: bool,
    /// a camera is there
    pub face: bool,
    /// the polls are open
    pub polls_open: bool,
    /// voters on the roll
    pub roll_size: u32,
}

impl Case {
    /// A fingerprint can be asked for.
    #[must_use]
    pub fn can_scan(&self) -> bool {
        self.fingerprint && !self.evidence.contains(&Evidence::ScannerOut) && self.has_fingers()
    }

    /// Not every finger was said to be absent.
    fn has_fingers(&self) -> bool {
        FINGERS
            .into_iter()
            .any(|finger| !self.evidence.contains(&Evidence::FingerAbsent(finger)))
    }

    /// A document can be asked for.
    #[must_use]
    pub fn can_read(&self) -> bool {
        self.document && !self.evidence.contains(&Evidence::ReaderOut)
    }

    /// A face can be asked for.
    #[must_use]
    pub fn can_photograph(&self) -> bool {
        self.face && !self.evidence.contains(&Evidence::CameraOut)
    }

    /// The roll's facts of a voter.
    #[must_use]
    pub fn voter(&self, voter: u32) -> Option<&Voter> {
        self.voters.iter().find(|facts| facts.voter == voter)
    }
}
