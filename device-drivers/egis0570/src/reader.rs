//! The order of the requests: settings, then frames over and over: until a finger comes, and until it is gone.

use crate::frame::Background;
use crate::packet::{FRAMES_BYTES, IDLE, MODE, PACKET_BYTES, Raw, Request, SCANNING, SETTINGS, value};
use crate::stitching::Stitching;
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::swipe::Picture;
use plugin_sdk::usb::{Status, Usb};

const OUT: u8 = 0x04;
const IN: u8 = 0x83;
/// The device answers within a millisecond, and sends frames after 67; this is a dead one.
const ANSWER_MS: u32 = 1_000;
/// From one transfer without a finger to the next, where the device is faster than its 67 ms.
const POLL_MS: u32 = 60;
/// With less than this left, a finger is no longer waited for, and a swipe ends: what remains is for stitching. Also, 0 is
/// the host's wish to end, and a late read must not look like it.
const LEAST_MS: u32 = 200;
/// What stitching takes for each transfer at most, in the sandbox on a slow processor.
const STITCHING_MS: u32 = 15;
/// Most transfers of one swipe, 20 s, so that a finger that stays does not hold the capture for ever.
const MOST_TRANSFERS: u32 = 300;
/// What the device still holds comes within this.
const LEFT_BEHIND_MS: u32 = 20;
/// Within this comes what it is still reading off its sensor.
const LEFT_FRAMES_MS: u32 = 150;
/// Most packets that it may hold.
const LEFT_BEHIND: u32 = 10;

/// Captures one swipe: top line first, ridges dark. Whatever happened, the device is idle afterwards.
///
/// # Errors
/// `nothing-presented`, `swipe-too-short`, `sensor-covered`, `cancelled`, `device-gone`, or another fault's code.
pub fn capture(usb: &impl Usb, tell: impl Fn(Stage)) -> Result<Picture, Fault> {
    let captured = set_up(usb).and_then(|()| swiped(usb, &tell));
    if captured.as_ref().is_err_and(|fault| fault.kind != Kind::DeviceGone) {
        // Where even that fails, the next capture says so.
        let _ = idle(usb);
    }
    captured
}

/// Throws away what the device had to say, and lets its sensor rest.
///
/// # Errors
/// `device-gone`, `talks-without-end`, or a protocol fault's code.
pub fn idle(usb: &impl Usb) -> Result<(), Fault> {
    throw_away(usb)?;
    write(usb, MODE, IDLE)
}

fn throw_away(usb: &impl Usb) -> Result<(), Fault> {
    let mut wait_ms = LEFT_FRAMES_MS;
    for _ in 0..LEFT_BEHIND {
        match usb.read(IN, FRAMES_BYTES, wait_ms) {
            Ok(_) | Err(Status::Overflow) => wait_ms = LEFT_BEHIND_MS,
            Err(Status::TimedOut) => return Ok(()),
            Err(status) => return Err(usb.failed(IN, status)),
        }
    }
    Err(Fault::new(Kind::Protocol, "talks-without-end"))
}

/// A capture that broke off leaves answers behind, which come instead: those are thrown away, and it is written once more.
/// Later on a wrong answer is a fault, since frames would be missing.
fn set_up(usb: &impl Usb) -> Result<(), Fault> {
    for (register, value) in SETTINGS {
        if exchange(usb, Request::Write { register, value }, register, value)?.is_err() {
            throw_away(usb)?;
            write(usb, register, value)?;
        }
    }
    let (_, written) = SETTINGS[SETTINGS.len() - 1];
    is_idle(usb, written)
}

/// Swipes until one is long enough.
fn swiped(usb: &impl Usb, tell: &impl Fn(Stage)) -> Result<Picture, Fault> {
    let mut without = Fault::new(Kind::NothingPresented, "nothing-presented");
    let mut asked_ms = usb.remaining_ms();
    let mut transfer = scan(usb)?;
    let mut background = Background::of(Raw::parse(&transfer)?);
    tell(if background.is_covered() {
        Stage::Remove
    } else {
        Stage::Ready
    });
    loop {
        let raw = Raw::parse(&transfer)?;
        if background.is_lighter_than(raw) {
            let was_covered = background.is_covered();
            background = Background::of(raw);
            if was_covered && !background.is_covered() {
                tell(Stage::Ready);
            }
        }
        if has_finger(&background, raw) {
            tell(Stage::Presented);
            tell(Stage::Reading);
            let stitching = frames(usb, &background, &mut transfer)?;
            tell(Stage::Remove);
            if let Some(picture) = stitching.image(usb) {
                return Ok(picture);
            }
            without.code = "swipe-too-short";
            tell(Stage::Ready);
        }
        match usb.remaining_ms() {
            0 => return Err(Status::Cancelled.fault()),
            left if left > LEAST_MS => match POLL_MS.saturating_sub(asked_ms.saturating_sub(left)) {
                0 => {}
                early => usb.pause(early),
            },
            _ if background.is_covered() => return Err(Fault::new(Kind::NeedsAttention, "sensor-covered")),
            _ => return Err(without),
        }
        is_idle(usb, IDLE)?;
        asked_ms = usb.remaining_ms();
        transfer = scan(usb)?;
    }
}

/// Whether a finger is there at the end of a transfer.
fn has_finger(background: &Background, raw: Raw<'_>) -> bool {
    let last = raw.frames().next_back();
    last.is_some_and(|last| background.removed_from(last).has_finger())
}

/// Frames from this transfer on, until the finger is gone or has been there for too long. The last transfer stands in the
/// first one's place afterwards.
fn frames(usb: &impl Usb, background: &Background, transfer: &mut Vec<u8>) -> Result<Stitching, Fault> {
    let mut stitching = Stitching::default();
    for number in 0..MOST_TRANSFERS {
        let raw = Raw::parse(transfer)?;
        let mut room = true;
        for frame in raw.frames() {
            room = room && stitching.add(background.removed_from(frame));
        }
        if !room || !has_finger(background, raw) {
            break;
        }
        match usb.remaining_ms() {
            0 => return Err(Status::Cancelled.fault()),
            left if left <= LEAST_MS + number * STITCHING_MS => break,
            _ => {}
        }
        is_idle(usb, IDLE)?;
        *transfer = scan(usb)?;
    }
    Ok(stitching)
}

/// One transfer of frames, after which the sensor rests.
fn scan(usb: &impl Usb) -> Result<Vec<u8>, Fault> {
    write(usb, MODE, SCANNING)?;
    send(usb, Request::Frames)?;
    let transfer = usb.read(IN, FRAMES_BYTES, ANSWER_MS);
    let transfer = transfer.map_err(|status| usb.failed(IN, status))?;
    Raw::parse(&transfer)?;
    write(usb, MODE, IDLE)?;
    Ok(transfer)
}

/// Checks that the sensor rests, as the recorded host does before each transfer.
fn is_idle(usb: &impl Usb, written: u8) -> Result<(), Fault> {
    let request = Request::Read {
        register: MODE,
        written,
    };
    expect(usb, request, MODE, IDLE)
}

fn write(usb: &impl Usb, register: u8, value: u8) -> Result<(), Fault> {
    expect(usb, Request::Write { register, value }, register, value)
}

/// One request and the answer that it must have.
fn expect(usb: &impl Usb, request: Request, register: u8, expected: u8) -> Result<(), Fault> {
    exchange(usb, request, register, expected)?
}

/// Whether the answer was the expected one, or what came instead of it.
fn exchange(usb: &impl Usb, request: Request, register: u8, expected: u8) -> Result<Result<(), Fault>, Fault> {
    send(usb, request)?;
    match usb.read(IN, PACKET_BYTES, ANSWER_MS) {
        Ok(answer) => Ok(value(&answer, register).and_then(|value| match value == expected {
            true => Ok(()),
            false => Err(Fault::new(Kind::Protocol, "wrong-answer")),
        })),
        Err(Status::Overflow) => Ok(Err(Status::Overflow.fault())),
        Err(status) => Err(usb.failed(IN, status)),
    }
}

fn send(usb: &impl Usb, request: Request) -> Result<(), Fault> {
    usb.write(OUT, &request.bytes(), ANSWER_MS)
        .map_err(|status| usb.failed(OUT, status))
}
