//! What the operator sees while a capture runs.

/// How far a capture is (`wit/driver`, `progress.stage`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// put the finger or document on the device
    Ready,
    /// something is there
    Presented,
    /// hold still, it is being read
    Reading,
    /// do not move
    HoldStill,
    /// press harder
    PressHarder,
    /// take it away
    Remove,
}
