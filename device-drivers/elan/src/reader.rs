//! The order of the commands: calibrate, light, wait for a finger, frames until it is gone, stop.

use crate::frame::Background;
use crate::packet::{
    ACROSS, ALONG, AwaitFinger, Calibration, Command, FRAME_BYTES, LONGEST_ANSWER, Mean, Question, Raw, SensorSize,
    Version,
};
use crate::stitching::Stitching;
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::swipe::Picture;
use plugin_sdk::usb::{Status, Usb};

const OUT: u8 = 0x01;
const FRAMES: u8 = 0x82;
const ANSWERS: u8 = 0x83;
/// The device answers within a few milliseconds; this is a dead one.
const ANSWER_MS: u32 = 1_000;
/// How long one read waits for a finger, so that the time that is left is looked at now and then.
const WAIT_MS: u32 = 500;
/// A finger on the sensor is told at once. One that is not told within this is gone.
const GONE_MS: u32 = 100;
/// With less than this left, a finger is no longer waited for, and a swipe ends: what remains is for stitching. Also, 0 is
/// the host's wish to end, and a late read must not look like it.
const LEAST_MS: u32 = 200;
/// What stitching takes for each frame at most, in the sandbox on a slow processor.
const STITCHING_MS: u32 = 6;
/// Between two questions whether it is calibrated.
const CALIBRATION_MS: u32 = 10;
/// Most questions whether it is calibrated; the sixth answer was yes in the recording.
const CALIBRATION_POLLS: u32 = 200;
/// How far a frame's mean may be from what the device says of one without a finger. 43 in the recording, 1,300 and more
/// with a finger, 2,500 before calibration; the place between is provisional until it is tried on more devices.
const STRAY: u16 = 500;
/// Calibrations before the sensor counts as covered or broken.
const CALIBRATIONS: u32 = 3;
/// Before the next of them: time to take the finger away.
const TAKE_AWAY_MS: u32 = 700;
/// Most frames of one swipe, so that a finger that stays does not hold the capture for ever.
const MOST_FRAMES: u32 = 600;
/// A device that lives takes its last command within a millisecond; a dead one does not hold the voter.
const STOP_MS: u32 = 200;
/// What the device still holds comes within this.
const LEFT_BEHIND_MS: u32 = 20;
/// Most packets that it may hold on one endpoint.
const LEFT_BEHIND: u32 = 10;

/// Captures one swipe: top line first, ridges dark. Whatever happened, the device is idle afterwards.
///
/// # Errors
/// `nothing-presented`, `swipe-too-short`, `cancelled`, `device-gone`, or another fault's code.
pub fn capture(usb: &impl Usb, tell: impl Fn(Stage)) -> Result<Picture, Fault> {
    let captured = calibrated(usb, &tell).and_then(|background| swiped(usb, &background, &tell));
    if captured.as_ref().is_err_and(|fault| fault.kind != Kind::DeviceGone) {
        // Where even that fails, the next capture says so.
        let _ = idle(usb);
    }
    captured
}

/// Ends whatever the device does, and throws away what it had to say.
///
/// # Errors
/// `device-gone`, `talks-without-end`, or a protocol fault's code.
pub fn idle(usb: &impl Usb) -> Result<(), Fault> {
    sent(usb, Command::Stop, STOP_MS)?;
    for (endpoint, length) in [(ANSWERS, LONGEST_ANSWER), (FRAMES, FRAME_BYTES)] {
        throw_away(usb, endpoint, length)?;
    }
    Ok(())
}

fn throw_away(usb: &impl Usb, endpoint: u8, length: u32) -> Result<(), Fault> {
    for _ in 0..LEFT_BEHIND {
        match usb.read(endpoint, length, LEFT_BEHIND_MS) {
            Ok(_) | Err(Status::Overflow) => {}
            Err(Status::TimedOut) => return Ok(()),
            Err(status) => return Err(usb.failed(endpoint, status)),
        }
    }
    Err(Fault::new(Kind::Protocol, "talks-without-end"))
}

/// What the sensor sees without a finger, after the device has adjusted itself.
fn calibrated(usb: &impl Usb, tell: &impl Fn(Stage)) -> Result<Background, Fault> {
    ask_first::<Version>(usb)?;
    let (along, across) = ask_first::<SensorSize>(usb)?;
    if (usize::from(along), usize::from(across)) != (ALONG, ACROSS) {
        return Err(Fault::new(Kind::NotSupported, "other-sensor"));
    }
    for _ in 0..CALIBRATIONS {
        if let Some(background) = calibrate(usb)? {
            return Ok(background);
        }
        // A finger that came too early, or a frame that an earlier capture left behind.
        idle(usb)?;
        tell(Stage::Remove);
        match usb.remaining_ms() {
            0 => return Err(Status::Cancelled.fault()),
            left if left <= TAKE_AWAY_MS + LEAST_MS => break,
            _ => usb.pause(TAKE_AWAY_MS),
        }
    }
    Err(Fault::new(Kind::NeedsAttention, "not-calibrated"))
}

/// None where what came is not a sensor without a finger.
fn calibrate(usb: &impl Usb) -> Result<Option<Background>, Fault> {
    frame(usb)?;
    ask::<Mean>(usb)?;
    for poll in 1.. {
        if ask::<Calibration>(usb)? {
            break;
        }
        if usb.remaining_ms() == 0 {
            return Err(Status::Cancelled.fault());
        }
        if poll == CALIBRATION_POLLS {
            return Ok(None);
        }
        usb.pause(CALIBRATION_MS);
    }
    let empty = frame(usb)?;
    let mean = ask::<Mean>(usb)?;
    Ok((empty.mean().abs_diff(mean) <= STRAY).then(|| Background::of(empty)))
}

/// Swipes until one is long enough.
fn swiped(usb: &impl Usb, background: &Background, tell: &impl Fn(Stage)) -> Result<Picture, Fault> {
    let mut without = Fault::new(Kind::NothingPresented, "nothing-presented");
    loop {
        send(usb, Command::Light)?;
        tell(Stage::Ready);
        if !finger_comes(usb)? {
            return Err(without);
        }
        tell(Stage::Presented);
        tell(Stage::Reading);
        let stitching = frames(usb, background)?;
        send(usb, Command::Stop)?;
        tell(Stage::Remove);
        if let Some(picture) = stitching.image(usb) {
            return Ok(picture);
        }
        if usb.remaining_ms() == 0 {
            return Err(Status::Cancelled.fault());
        }
        without.code = "swipe-too-short";
    }
}

/// False where none came in time.
fn finger_comes(usb: &impl Usb) -> Result<bool, Fault> {
    send(usb, Command::AwaitFinger)?;
    loop {
        let left = match usb.remaining_ms() {
            0 => return Err(Status::Cancelled.fault()),
            left if left <= LEAST_MS => return Ok(false),
            left => left,
        };
        if let Some(answer) = word(usb, WAIT_MS.min(left - LEAST_MS))? {
            is_finger(&answer)?;
            return Ok(true);
        }
    }
}

/// Frames until the finger is gone, or has been there for too long.
fn frames(usb: &impl Usb, background: &Background) -> Result<Stitching, Fault> {
    let mut stitching = Stitching::default();
    for number in 0..MOST_FRAMES {
        if !stitching.add(background.removed_from(&frame(usb)?)) {
            break;
        }
        match usb.remaining_ms() {
            0 => return Err(Status::Cancelled.fault()),
            left if left <= LEAST_MS + number * STITCHING_MS => break,
            _ => {}
        }
        send(usb, Command::AwaitFinger)?;
        match word(usb, GONE_MS)? {
            Some(answer) if !answer.is_empty() => is_finger(&answer)?,
            // Nobody there: nothing comes, or, as in the recording, a read that ends without a byte.
            _ => break,
        }
    }
    Ok(stitching)
}

/// What the device says about a finger within this time; none where it says nothing.
fn word(usb: &impl Usb, timeout_ms: u32) -> Result<Option<Vec<u8>>, Fault> {
    match usb.read(ANSWERS, AwaitFinger::BYTES, timeout_ms) {
        Ok(answer) => Ok(Some(answer)),
        Err(Status::TimedOut) => Ok(None),
        Err(status) => Err(usb.failed(ANSWERS, status)),
    }
}

fn is_finger(answer: &[u8]) -> Result<(), Fault> {
    checked::<AwaitFinger>(answer).map_err(|code| Fault::new(Kind::Protocol, code))
}

fn send(usb: &impl Usb, command: Command) -> Result<(), Fault> {
    sent(usb, command, ANSWER_MS)
}

fn sent(usb: &impl Usb, command: Command, within_ms: u32) -> Result<(), Fault> {
    usb.write(OUT, &command.bytes(), within_ms)
        .map_err(|status| usb.failed(OUT, status))
}

fn frame(usb: &impl Usb) -> Result<Raw, Fault> {
    send(usb, Command::Frame)?;
    let bytes = usb
        .read(FRAMES, FRAME_BYTES, ANSWER_MS)
        .map_err(|status| usb.failed(FRAMES, status))?;
    Raw::parse(&bytes)
}

/// One of the first questions. A capture that broke off leaves answers behind, which come instead: those are thrown away,
/// and it is asked once more. Later on a wrong answer is a fault, since frames would be missing.
fn ask_first<Q: Question>(usb: &impl Usb) -> Result<Q::Answer, Fault> {
    if let Ok(answer) = exchange::<Q>(usb)? {
        return Ok(answer);
    }
    idle(usb)?;
    ask::<Q>(usb)
}

/// One question and its answer.
fn ask<Q: Question>(usb: &impl Usb) -> Result<Q::Answer, Fault> {
    exchange::<Q>(usb)?.map_err(|code| Fault::new(Kind::Protocol, code))
}

/// The answer, or the code of what came instead of it.
fn exchange<Q: Question>(usb: &impl Usb) -> Result<Result<Q::Answer, &'static str>, Fault> {
    send(usb, Q::COMMAND)?;
    match usb.read(ANSWERS, Q::BYTES, ANSWER_MS) {
        Ok(answer) => Ok(checked::<Q>(&answer)),
        Err(Status::Overflow) => Ok(Err("answer-too-long")),
        Err(status) => Err(usb.failed(ANSWERS, status)),
    }
}

fn checked<Q: Question>(answer: &[u8]) -> Result<Q::Answer, &'static str> {
    if u32::try_from(answer.len()) != Ok(Q::BYTES) {
        return Err("wrong-length");
    }
    Q::read(answer).ok_or("wrong-answer")
}
