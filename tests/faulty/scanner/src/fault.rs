//! Which fault the driver has. One component serves for all of them: the name of the fault stands in its data behind a mark,
//! and the tests write it there.

/// The mark, and room for a name.
static CHOSEN: [u8; 44] = *b"kiosk-fault:none............................";
/// Length of the mark.
const MARK: usize = 12;

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident = $name:literal,)+) => {
        /// A fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fault {
            $($(#[$doc])* $fault,)+
        }

        const NAMES: &[(&str, Fault)] = &[$(($name, Fault::$fault),)+];
    };
}

faults! {
    /// none: a good driver
    None = "none",
    /// it gives the picture that it was written with
    Canned = "canned",
    /// it gives a grey picture
    Grey = "grey",
    /// it tells no stage
    Mute = "mute",
    /// it tells that the finger may go before it was read
    Hasty = "hasty",
    /// it keeps something of an earlier capture
    Remembers = "remembers",
    /// it forgets to free what it took
    Leaks = "leaks",
    /// it leaves a read pending
    LeavesPending = "leaves-pending",
    /// it does not look at the time
    Endless = "endless",
    /// it comes back late
    Dawdles = "dawdles",
    /// it gives up after three looks
    Impatient = "impatient",
    /// without a finger it gives a white picture
    WhiteWithoutFinger = "white-without-finger",
    /// it asks without a pause
    Polls = "polls",
    /// it does not end when it is cancelled
    Stubborn = "stubborn",
    /// it calls a cancelled capture one without a finger
    CancelIsPatience = "cancel-is-patience",
    /// it calls an unplugged device a broken one
    GoneIsBroken = "gone-is-broken",
    /// it asks again and again for a device that is gone
    Insists = "insists",
    /// it thinks about an unplugged device for a while
    SlowToTell = "slow-to-tell",
    /// it fills up short packets
    FillsUp = "fills-up",
    /// it takes lines as they come
    NoLineNumbers = "no-line-numbers",
    /// it breaks off at an empty packet
    TrapsOnEmpty = "traps-on-empty",
    /// it breaks off at a refusal
    TrapsOnRefusal = "traps-on-refusal",
    /// it never clears a halt
    LeavesHalted = "leaves-halted",
    /// it reads an endpoint that it did not ask for
    Strays = "strays",
    /// it asks more of the device than the recorded driver
    Chatty = "chatty",
    /// it tells faults with codes that it does not list
    UnlistedCodes = "unlisted-codes",
    /// it says another size than its images have
    WrongSize = "wrong-size",
    /// it names no vendor
    Nameless = "nameless",
    /// it computes for ever over zeros
    SpinsOnZeros = "spins-on-zeros",
    /// it hangs on to a silent device
    Clings = "clings",
}

/// The fault that was chosen.
#[must_use]
pub fn chosen() -> Fault {
    // Read at run time: what stands there is not known when this is compiled.
    let bytes = std::hint::black_box(&CHOSEN);
    let name = &bytes[MARK..];
    let end = name.iter().position(|byte| *byte == b'.').unwrap_or(name.len());
    let found = NAMES.iter().find(|(known, _)| known.as_bytes() == &name[..end]);
    found.map_or(Fault::None, |(_, fault)| *fault)
}
