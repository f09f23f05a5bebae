//! The driver against virtual readers of both models, ones that misbehave, and images that no device should send.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod claimed;
mod troubled;

use claimed::Claimed;
use devices::bus::{Bus as _, Place};
use plugin_sdk::device::Identity;
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::Concurrent as _;
use simulator::virtual_device::{Misbehaviour, Uru4000, VirtualBus};
use std::cell::RefCell;
use std::time::{Duration, Instant};
use troubled::{Trouble, Troubled};
use uru4000_driver::image::{DPI, Facing, HEIGHT, Sealed, WIDTH};
use uru4000_driver::model::{MICROSOFT_V2, MODELS, Model, PowerUp, U_ARE_U_4500};
use uru4000_driver::reader::capture;

const SEED: u32 = 0xdead_beef;
const CALL: Duration = Duration::from_secs(10);

fn plugged(model: &Model) -> (VirtualBus, Uru4000, Place) {
    let device = match model.power_up {
        PowerUp::Told => Uru4000::new("SIM-1"),
        PowerUp::Challenged => Uru4000::microsoft("SIM-1", 5),
    };
    let bus = VirtualBus::new();
    let place = bus.plug(device.clone());
    (bus, device, place)
}

/// Any image with white edges but on the lines that `dark` names.
fn image(seed: u32, dark: impl Fn(usize) -> bool) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut pixels: Vec<u8> = (0..WIDTH * HEIGHT)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect();
    for line in 0..HEIGHT {
        let edge = if dark(line) { 0 } else { 0xff };
        pixels[line * WIDTH] = edge;
        pixels[line * WIDTH + WIDTH - 1] = edge;
    }
    pixels
}

fn touch(device: &Uru4000, pixels: &[u8]) {
    device.finger().touch(384, 289, DPI, pixels).unwrap();
}

#[test]
fn whatever_lies_on_the_sensor_is_delivered_pixel_for_pixel() {
    type Edge = fn(usize) -> bool;
    let edges: [(&str, Edge); 4] = [
        ("white", |_| false),
        ("every third line white", |line| line % 3 != 0),
        ("one line white", |line| line != 100),
        ("dark", |_| true),
    ];
    for (model, (name, dark)) in MODELS.iter().flat_map(|model| edges.map(|edge| (model, edge))) {
        for seed in 0..5 {
            let (bus, device, place) = plugged(model);
            let pixels = image(seed, dark);
            touch(&device, &pixels);
            let usb = Claimed::open(&bus, &place, CALL);
            let captured = capture(&usb, model, SEED.wrapping_add(seed), |_| ()).unwrap();
            assert_eq!(captured.height, 289);
            assert!(captured.pixels == pixels, "{}, {name}, seed {seed}", model.name);
            assert!(device.is_off());
        }
    }
}

#[test]
fn one_claimed_interface_captures_again_and_again_and_leaves_nothing_pending() {
    for model in &MODELS {
        let (bus, device, place) = plugged(model);
        let usb = Claimed::open(&bus, &place, CALL);
        for seed in 0..20 {
            let pixels = image(seed, |_| false);
            touch(&device, &pixels);
            let captured = capture(&usb, model, seed, |_| ()).unwrap();
            assert!(captured.pixels == pixels, "{}, capture {seed}", model.name);
            // With nothing left, this is a pause and nothing else.
            assert_eq!(usb.wait(&[], 1), None);
        }
        assert_eq!(device.finger().reads(), 20);
    }
}

#[test]
fn a_finger_that_comes_late_is_waited_for_and_the_operator_is_told_each_stage() {
    let (bus, device, place) = plugged(&U_ARE_U_4500);
    let usb = Claimed::open(&bus, &place, CALL);
    let stages = RefCell::new(Vec::new());
    let voter = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        touch(&device, &image(3, |_| false));
    });
    let started = Instant::now();
    let captured = capture(&usb, &U_ARE_U_4500, SEED, |stage| stages.borrow_mut().push(stage)).unwrap();
    assert!(captured.pixels == image(3, |_| false));
    assert!((100..1_000).contains(&started.elapsed().as_millis()));
    assert_eq!(
        stages.into_inner(),
        [Stage::Ready, Stage::Presented, Stage::Reading, Stage::Remove]
    );
    voter.join().unwrap();
}

#[test]
fn no_finger_within_the_time_is_nothing_presented_and_the_device_is_switched_off() {
    let (bus, device, place) = plugged(&U_ARE_U_4500);
    let usb = Claimed::open(&bus, &place, Duration::from_millis(600));
    let started = Instant::now();
    assert_eq!(
        capture(&usb, &U_ARE_U_4500, SEED, |_| ()),
        Err(Fault::new(Kind::NothingPresented, "nothing-presented"))
    );
    assert!(
        started.elapsed() < Duration::from_millis(600),
        "{:?}",
        started.elapsed()
    );
    assert!(device.is_off());
    assert_eq!(usb.wait(&[], 1), None);
}

#[test]
fn a_finger_that_never_goes_does_not_spoil_the_image() {
    let (bus, device, place) = plugged(&U_ARE_U_4500);
    let pixels = image(4, |_| false);
    device.finger().place(384, 289, DPI, &pixels).unwrap();
    let usb = Claimed::open(&bus, &place, Duration::from_millis(800));
    assert!(capture(&usb, &U_ARE_U_4500, SEED, |_| ()).unwrap().pixels == pixels);
    assert!(device.is_off());
}

#[test]
fn a_cancelled_call_ends_at_once_as_cancelled_with_the_device_off() {
    for model in &MODELS {
        let (bus, device, place) = plugged(model);
        let usb = Claimed::open(&bus, &place, CALL);
        let cancel = usb.canceller();
        let host = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            cancel();
            Instant::now()
        });
        assert_eq!(
            capture(&usb, model, SEED, |_| ()),
            Err(Fault::new(Kind::Cancelled, "cancelled"))
        );
        assert!(host.join().unwrap().elapsed() < Duration::from_millis(50));
        assert!(device.is_off());
        assert_eq!(usb.wait(&[], 1), None);
    }
}

/// More transfers than any capture here has: every one of them goes wrong once.
const TRANSFERS: u32 = 24;

/// A capture with trouble at this transfer, then one without; whether the first came to that transfer.
fn troubled(model: &Model, trouble: Trouble, at: u32) -> bool {
    let what = format!("{}, transfer {at} {trouble:?}", model.name);
    let (bus, device, place) = plugged(model);
    let pixels = image(at, |_| false);
    touch(&device, &pixels);
    let usb = Claimed::open(&bus, &place, Duration::from_millis(2_500));
    let troubled = Troubled::new(&usb, at, trouble);
    let captured = capture(&troubled, model, SEED, |_| ());
    let reached = troubled.came_to_it();
    assert_eq!(troubled.halted(), None, "{what}");
    // Other bytes in an image, or in its key, are another image: nothing on the wire shows it.
    if let Ok(captured) = captured
        && trouble != Trouble::Garbles
    {
        assert!(captured.pixels == pixels, "{what}");
    }
    assert_eq!(usb.wait(&[], 1), None, "{what}");
    drop(usb);

    touch(&device, &pixels);
    let usb = Claimed::open(&bus, &place, CALL);
    let captured = capture(&usb, model, SEED, |_| ()).unwrap();
    assert!(captured.pixels == pixels, "{what}");
    assert!(device.is_off(), "{what}");
    reached
}

#[test]
fn whichever_transfer_goes_wrong_the_capture_ends_in_a_fault_or_its_image_and_the_next_one_is_whole() {
    let troubles = [Trouble::Halts, Trouble::Shortens, Trouble::Garbles, Trouble::Cancels];
    std::thread::scope(|scope| {
        for (model, trouble) in MODELS.iter().flat_map(|model| troubles.map(|trouble| (model, trouble))) {
            scope.spawn(move || {
                let reached = (0..TRANSFERS).filter(|at| troubled(model, trouble, *at)).count();
                println!("{} {trouble:?}: {reached} transfers", model.name);
                assert!((16..24).contains(&reached), "{}: {reached} transfers", model.name);
            });
        }
    });
}

#[test]
fn a_locked_reader_that_is_not_answered_gets_no_power() {
    let (bus, device, place) = plugged(&MICROSOFT_V2);
    touch(&device, &image(1, |_| false));
    let usb = Claimed::open(&bus, &place, CALL);
    let silent = Model {
        power_up: PowerUp::Told,
        ..MICROSOFT_V2
    };
    assert_eq!(
        capture(&usb, &silent, SEED, |_| ()),
        Err(Fault::new(Kind::Protocol, "no-power"))
    );
    assert_eq!(device.finger().reads(), 0);
    assert!(device.is_off());
    assert_eq!(usb.wait(&[], 1), None);
}

#[test]
fn each_model_is_known_by_its_ids_and_no_other_is() {
    for model in MODELS {
        let (bus, _device, place) = plugged(&model);
        let said = bus.open(&place, 0).unwrap().identity();
        let identity = Identity {
            vendor_id: said.vendor_id,
            product_id: said.product_id,
            ..Identity::default()
        };
        assert_eq!(Model::of(&identity), Ok(model));
        let relative = Identity {
            product_id: 0x00bb,
            ..identity
        };
        assert_eq!(
            Model::of(&relative),
            Err(Fault::new(Kind::NotSupported, "model-not-known"))
        );
    }
}

#[test]
fn a_plug_pulled_while_the_finger_is_awaited_is_a_device_that_is_gone() {
    let (bus, _device, place) = plugged(&U_ARE_U_4500);
    let usb = Claimed::open(&bus, &place, CALL);
    let (pulled, from) = (bus.clone(), place);
    let hand = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        pulled.unplug(&from)
    });
    assert_eq!(
        capture(&usb, &U_ARE_U_4500, SEED, |_| ()),
        Err(Fault::new(Kind::DeviceGone, "device-gone"))
    );
    assert!(hand.join().unwrap());
}

#[test]
fn a_plug_pulled_in_the_middle_of_the_image_gives_none_and_the_next_plug_works() {
    let (bus, device, place) = plugged(&U_ARE_U_4500);
    device.misbehave(Misbehaviour::PulledMidTransfer);
    let pixels = image(5, |_| false);
    touch(&device, &pixels);
    let usb = Claimed::open(&bus, &place, CALL);
    assert_eq!(
        capture(&usb, &U_ARE_U_4500, SEED, |_| ()),
        Err(Fault::new(Kind::DeviceGone, "device-gone"))
    );
    assert_eq!(bus.list().unwrap(), []);
    drop(usb);

    let place = bus.plug(device.clone());
    touch(&device, &pixels);
    let usb = Claimed::open(&bus, &place, CALL);
    assert!(capture(&usb, &U_ARE_U_4500, SEED, |_| ()).unwrap().pixels == pixels);
}

#[test]
fn a_silent_device_is_given_up_as_one_that_does_not_answer() {
    let (bus, device, place) = plugged(&U_ARE_U_4500);
    device.misbehave(Misbehaviour::Silent);
    let usb = Claimed::open(&bus, &place, CALL);
    let started = Instant::now();
    assert_eq!(
        capture(&usb, &U_ARE_U_4500, SEED, |_| ()),
        Err(Fault::new(Kind::Protocol, "no-answer"))
    );
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(usb.wait(&[], 1), None);
}

/// An image of this many plain lines: its header and its lines.
fn sent(lines: u8) -> Vec<u8> {
    let mut bytes = vec![0; 64 + usize::from(lines) * WIDTH];
    bytes[4] = lines;
    bytes[17] = lines;
    bytes
}

type Damage = fn(&mut Vec<u8>);

/// What a device does to an image of 10 lines, and the code that it must end with.
const BROKEN_IMAGES: [(&str, Damage, &str); 10] = [
    ("sends nothing", |bytes| bytes.clear(), "wrong-length"),
    ("sends half a header", |bytes| bytes.truncate(32), "wrong-length"),
    ("sends a header alone", |bytes| bytes.truncate(64), "wrong-length"),
    (
        "loses the last byte",
        |bytes| bytes.truncate(64 + 10 * 384 - 1),
        "wrong-length",
    ),
    ("promises more lines", |bytes| bytes[4] = 11, "wrong-length"),
    ("promises no lines", |bytes| bytes[4] = 0, "wrong-length"),
    ("lists fewer lines", |bytes| bytes[17] = 9, "lines-missing"),
    (
        "ends with a line not sent",
        |bytes| bytes[18..20].copy_from_slice(&[1, 1]),
        "lines-missing",
    ),
    (
        "has a kind of block that is not known",
        |bytes| bytes[16] = 0x80,
        "block-not-known",
    ),
    (
        "leaves out more lines than a sensor has",
        |bytes| bytes[16..24].copy_from_slice(&[1, 255, 1, 255, 0, 10, 0, 0]),
        "image-too-high",
    ),
];

#[test]
fn each_broken_image_has_its_code_and_is_never_opened() {
    assert!(Sealed::parse(&sent(10)).is_ok());
    for (name, damage, code) in BROKEN_IMAGES {
        let mut bytes = sent(10);
        damage(&mut bytes);
        let fault = Sealed::parse(&bytes).err();
        assert_eq!(fault, Some(Fault::new(Kind::Protocol, code)), "{name}");
    }
}

#[test]
fn lines_that_were_not_sent_are_like_the_next_one() {
    let mut bytes = sent(3);
    // One line, two not sent, two lines.
    bytes[16..22].copy_from_slice(&[0, 1, 1, 2, 0, 2]);
    for line in 0u8..3 {
        let at = 64 + usize::from(line) * WIDTH;
        bytes[at..at + WIDTH].fill(10 + line);
    }
    let image = Sealed::parse(&bytes).unwrap().open(0, Facing::UpsideDown);
    let lines: Vec<u8> = image.pixels.chunks(WIDTH).map(|line| 255 - line[0]).collect();
    // From the bottom, as the sensor sends it.
    assert_eq!(lines, [12, 11, 11, 11, 10]);
    // The top line is top where the sensor looks at the finger the right way up.
    let image = Sealed::parse(&bytes).unwrap().open(0, Facing::Upright);
    let lines: Vec<u8> = image.pixels.chunks(WIDTH).map(|line| 255 - line[0]).collect();
    assert_eq!(lines, [10, 11, 11, 11, 12]);
}

#[test]
fn debug_output_shows_no_pixel() {
    let bytes = sent(3);
    let sealed = Sealed::parse(&bytes).unwrap();
    assert_eq!(
        format!("{sealed:?} {:?}", sealed.open(1, Facing::Upright)),
        "1 blocks of 1152 bytes image of 384x3"
    );
}
