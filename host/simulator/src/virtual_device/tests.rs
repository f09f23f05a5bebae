//! The seam's rules, held by virtual devices.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use super::*;
use devices::bus::{Bus, Hotplug, OpenError, Place};
use devices::transfer::{ClaimedInterface, Recipient, Refusal, Request, RequestKind, Setup, Status, Ticket};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(30);
/// What "at once" is on a busy machine.
const AT_ONCE: Duration = Duration::from_millis(50);

fn event_read() -> Request {
    Request::DataIn {
        endpoint: 0x81,
        length: 64,
    }
}

fn image_read() -> Request {
    Request::DataIn {
        endpoint: 0x82,
        length: 111_424,
    }
}

fn register(value: u16) -> Setup {
    Setup {
        kind: RequestKind::Vendor,
        recipient: Recipient::Device,
        request: 4,
        value,
        index: 0,
    }
}

fn write(value: u16, data: &[u8]) -> Request {
    Request::ControlOut {
        setup: register(value),
        data: data.to_vec(),
    }
}

fn read(value: u16, length: u16) -> Request {
    Request::ControlIn {
        setup: register(value),
        length,
    }
}

fn open(bus: &VirtualBus, place: &Place) -> Box<dyn ClaimedInterface> {
    bus.open(place, 0).unwrap()
}

fn reader() -> (VirtualBus, Uru4000, Place, Box<dyn ClaimedInterface>) {
    let (bus, device) = (VirtualBus::new(), Uru4000::new("SIM-1"));
    let place = bus.plug(device.clone());
    let interface = open(&bus, &place);
    (bus, device, place, interface)
}

/// Submits and waits for that one.
fn transfer(interface: &mut dyn ClaimedInterface, request: Request) -> (Status, Vec<u8>) {
    let ticket = interface.submit(request, LONG).unwrap();
    let completion = interface.wait(&[ticket], LONG).unwrap();
    assert_eq!(completion.ticket, ticket);
    (completion.status, completion.data)
}

#[test]
fn a_read_of_nothing_times_out_with_nothing_moved() {
    let (_bus, _device, _place, mut interface) = reader();
    let started = Instant::now();
    let ticket = interface.submit(event_read(), SHORT).unwrap();
    let completion = interface.wait(&[ticket], LONG).unwrap();
    assert_eq!((completion.status, completion.actual), (Status::TimedOut, 0));
    assert!(completion.data.is_empty());
    assert!(
        (SHORT..SHORT + AT_ONCE).contains(&started.elapsed()),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_wait_that_ends_first_leaves_the_transfer_pending() {
    let (_bus, device, _place, mut interface) = reader();
    let ticket = interface.submit(event_read(), LONG).unwrap();
    assert_eq!(interface.wait(&[ticket], SHORT), None);
    assert_eq!(transfer(&mut *interface, write(0x4e, &[0x10])).0, Status::Completed);
    device.finger().place(384, 289, 512, &[0; 384 * 289]).unwrap();
    let completion = interface.wait(&[ticket], LONG).unwrap();
    assert_eq!((completion.status, completion.actual), (Status::Completed, 64));
    assert_eq!(completion.data[..2], [0x01, 0x01]);
    assert_eq!(interface.wait(&[ticket], SHORT), None);
}

#[test]
fn a_pending_read_is_cancelled_from_another_thread_at_once_and_the_interface_stays_usable() {
    let (_bus, _device, _place, mut interface) = reader();
    let ticket = interface.submit(event_read(), LONG).unwrap();
    let canceller = interface.canceller();
    let other = std::thread::spawn(move || {
        std::thread::sleep(SHORT);
        canceller.cancel();
        Instant::now()
    });
    let completion = interface.wait(&[ticket], LONG).unwrap();
    assert_eq!((completion.status, completion.actual), (Status::Cancelled, 0));
    assert!(other.join().unwrap().elapsed() < AT_ONCE);
    assert_eq!(
        transfer(&mut *interface, read(0x07, 1)),
        (Status::Completed, vec![0x01])
    );
}

#[test]
fn a_pause_is_ended_by_the_canceller_and_is_as_long_as_asked_without_it() {
    let (_bus, _device, _place, mut interface) = reader();
    let started = Instant::now();
    assert_eq!(interface.wait(&[], SHORT), None);
    assert!(started.elapsed() >= SHORT);

    let canceller = interface.canceller();
    let other = std::thread::spawn(move || {
        std::thread::sleep(SHORT);
        canceller.cancel();
        Instant::now()
    });
    assert_eq!(interface.wait(&[], LONG), None);
    assert!(other.join().unwrap().elapsed() < AT_ONCE);
}

#[test]
fn one_transfer_is_cancelled_and_the_others_stay() {
    let (_bus, _device, _place, mut interface) = reader();
    let events = interface.submit(event_read(), LONG).unwrap();
    let image = interface.submit(image_read(), LONG).unwrap();
    interface.cancel(events);
    interface.cancel(Ticket(999));
    let completion = interface.wait(&[], LONG).unwrap();
    assert_eq!((completion.ticket, completion.status), (events, Status::Cancelled));
    assert_eq!(interface.wait(&[], SHORT), None);
    interface.cancel(image);
    assert_eq!(
        interface.wait(&[image], LONG).map(|done| done.status),
        Some(Status::Cancelled)
    );
}

#[test]
fn a_pulled_plug_ends_everything_pending_and_everything_later() {
    let (bus, _device, place, mut interface) = reader();
    let tickets = [
        interface.submit(event_read(), LONG).unwrap(),
        interface.submit(image_read(), LONG).unwrap(),
    ];
    let (pulled, from) = (bus.clone(), place.clone());
    let hand = std::thread::spawn(move || {
        std::thread::sleep(SHORT);
        assert!(pulled.unplug(&from));
        Instant::now()
    });
    for _ in tickets {
        let completion = interface.wait(&tickets, LONG).unwrap();
        assert_eq!((completion.status, completion.actual), (Status::NoDevice, 0));
    }
    assert!(hand.join().unwrap().elapsed() < AT_ONCE);
    assert_eq!(interface.submit(event_read(), LONG), Err(Refusal::NoDevice));
    assert_eq!(interface.clear_halt(0x82), Err(Status::NoDevice));
    assert_eq!(interface.select_alternate(0), Err(Status::NoDevice));
    assert!(!bus.unplug(&place));
    assert_eq!(bus.open(&place, 0).err(), Some(OpenError::Gone(place)));
}

#[test]
fn two_reads_stay_pending_while_control_requests_go_out() {
    let (_bus, device, _place, mut interface) = reader();
    device.finger().place(384, 289, 512, &[0; 384 * 289]).unwrap();
    let events = interface.submit(event_read(), LONG).unwrap();
    let image = interface.submit(image_read(), LONG).unwrap();
    assert_eq!(transfer(&mut *interface, write(0x07, &[0x81])).0, Status::Completed);
    assert_eq!(interface.wait(&[], SHORT), None);
    assert_eq!(transfer(&mut *interface, write(0x07, &[0x01])).0, Status::Completed);
    assert_eq!(interface.wait(&[events, image], LONG).unwrap().data[..2], [0x56, 0xaa]);
    assert_eq!(transfer(&mut *interface, write(0x4e, &[0x20])).0, Status::Completed);
    let completion = interface.wait(&[image], LONG).unwrap();
    assert_eq!((completion.status, completion.actual), (Status::Completed, 111_040));
}

#[test]
fn reads_of_one_endpoint_end_in_the_order_in_which_they_were_asked_for() {
    let (_bus, _device, _place, mut interface) = reader();
    let first = interface.submit(event_read(), LONG).unwrap();
    let second = interface.submit(event_read(), LONG).unwrap();
    transfer(&mut *interface, write(0x07, &[0x81]));
    transfer(&mut *interface, write(0x07, &[0x01]));
    let order: Vec<Ticket> = (0..2).map(|_| interface.wait(&[], LONG).unwrap().ticket).collect();
    assert_eq!(order, [first, second]);
}

#[test]
fn what_a_device_does_not_know_stalls_and_what_is_too_long_overflows() {
    let (_bus, _device, _place, mut interface) = reader();
    assert_eq!(transfer(&mut *interface, read(0x99, 1)).0, Status::Stalled);
    assert_eq!(transfer(&mut *interface, write(0x4e, &[0xff])).0, Status::Stalled);
    let short = Request::DataIn {
        endpoint: 0x81,
        length: 8,
    };
    transfer(&mut *interface, write(0x07, &[0x81]));
    transfer(&mut *interface, write(0x07, &[0x01]));
    assert_eq!(
        transfer(&mut *interface, short),
        (Status::Overflow, vec![0x56, 0xaa, 0, 0, 0, 0, 0, 0])
    );
}

#[test]
fn transfers_that_cannot_be_are_refused_before_the_bus() {
    let (_bus, _device, _place, mut interface) = reader();
    let data_in = |endpoint, length| Request::DataIn { endpoint, length };
    let cases = [
        ("no such endpoint", data_in(0x83, 64)),
        ("not an IN endpoint", data_in(0x01, 64)),
        ("no length", data_in(0x81, 0)),
        ("too long", data_in(0x82, (1 << 20) + 1)),
        (
            "an OUT endpoint that it has not",
            Request::DataOut {
                endpoint: 0x01,
                data: vec![1],
            },
        ),
        ("too much for a control request", write(0x33, &[0; 65_536])),
    ];
    for (name, request) in cases {
        assert_eq!(interface.submit(request, LONG), Err(Refusal::Invalid), "{name}");
    }
    for _ in 0..16 {
        interface.submit(event_read(), LONG).unwrap();
    }
    assert_eq!(interface.submit(event_read(), LONG), Err(Refusal::Busy));
}

#[test]
fn arrivals_and_departures_are_told_in_order_and_addresses_are_new_on_every_plug() {
    let bus = VirtualBus::new();
    assert_eq!(bus.next_hotplug(Duration::ZERO), None);
    let first = bus.plug(Uru4000::new("SIM-1"));
    let second = bus.plug(Printer::new());
    bus.unplug(&first);
    let again = bus.plug(Uru4000::new("SIM-1"));
    assert_eq!((first.port.as_str(), second.port.as_str()), ("9-1", "9-2"));
    assert_eq!(again.port, first.port);
    assert_ne!(again.address, first.address);
    let told: Vec<(bool, Place)> = std::iter::from_fn(|| bus.next_hotplug(Duration::ZERO))
        .map(|event| match event {
            Hotplug::Arrived(found) => (true, found.place),
            Hotplug::Left(place) => (false, place),
        })
        .collect();
    assert_eq!(
        told,
        [
            (true, first.clone()),
            (true, second.clone()),
            (false, first),
            (true, again.clone())
        ]
    );
    let listed: Vec<Place> = bus.list().unwrap().into_iter().map(|found| found.place).collect();
    assert_eq!(listed, [again, second]);
}

#[test]
fn whoever_waits_for_a_plug_is_woken_at_once() {
    let bus = VirtualBus::new();
    let plugging = bus.clone();
    let hand = std::thread::spawn(move || {
        std::thread::sleep(SHORT);
        plugging.plug(Nb1010::new("SIM-2"));
        Instant::now()
    });
    assert!(matches!(bus.next_hotplug(LONG), Some(Hotplug::Arrived(found)) if found.vendor_id == 0x298d));
    assert!(hand.join().unwrap().elapsed() < AT_ONCE);
}

#[test]
fn an_interface_is_claimed_once_until_it_is_dropped() {
    let (bus, _device, place, interface) = reader();
    assert_eq!(bus.open(&place, 0).err(), Some(OpenError::Busy(place.clone())));
    assert_eq!(
        bus.open(&place, 1).err(),
        Some(OpenError::NoInterface(place.clone(), 1))
    );
    drop(interface);
    let mut interface = open(&bus, &place);
    assert_eq!(transfer(&mut *interface, read(0x07, 1)).0, Status::Completed);
}

#[test]
fn a_device_that_leaves_in_the_middle_of_a_transfer_is_off_the_bus_and_the_host_is_told() {
    let (bus, device, place, mut interface) = reader();
    assert!(bus.next_hotplug(Duration::ZERO).is_some());
    device.misbehave(Misbehaviour::PulledMidTransfer);
    let image = interface.submit(image_read(), LONG).unwrap();
    transfer(&mut *interface, write(0x4e, &[0x20]));
    assert_eq!(
        interface.wait(&[image], LONG).map(|done| done.status),
        Some(Status::NoDevice)
    );
    assert_eq!(bus.next_hotplug(AT_ONCE), Some(Hotplug::Left(place)));
    assert_eq!(bus.list().unwrap(), []);
}

#[test]
fn a_silent_device_lets_every_transfer_time_out() {
    let (_bus, device, _place, mut interface) = reader();
    device.misbehave(Misbehaviour::Silent);
    let ticket = interface.submit(read(0x07, 1), SHORT).unwrap();
    assert_eq!(
        interface.wait(&[ticket], LONG).map(|done| (done.status, done.actual)),
        Some((Status::TimedOut, 0))
    );
}

#[test]
fn a_picture_that_the_sensor_could_not_see_is_refused_in_words() {
    let finger = Uru4000::new("SIM-1").finger();
    let refused = finger.place(256, 180, 385, &[0; 256 * 180]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the sensor sees 384x289 pixels at 512 dpi, but the picture is 256x180 at 385 dpi with 46080 pixels"
    );
    assert!(finger.place(384, 289, 512, &[0; 7]).is_err());
    assert!(!finger.is_present());
}

/// The 16 bytes that answer a challenge: AES-128 under the key of every such reader.
fn answered(challenge: &[u8]) -> Vec<u8> {
    use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};
    let key = 0x79ac_9179_5ca1_478e_98e0_0f3c_598f_5f4b_u128.to_be_bytes();
    let mut block = <[u8; 16]>::try_from(challenge).unwrap().into();
    aes::Aes128::new(&key.into()).encrypt_block(&mut block);
    block.to_vec()
}

/// What the host answers a challenge with, given the challenge before as well; and whether that is right.
type Answered = (&'static str, fn(&[u8], &[u8]) -> Vec<u8>, bool);

#[test]
fn a_microsoft_reader_has_power_and_sends_an_image_only_after_the_right_answer() {
    const ANSWERS: [Answered; 4] = [
        ("the challenge itself", |challenge, _| challenge.to_vec(), false),
        (
            "one bit wrong",
            |challenge, _| {
                let mut answer = answered(challenge);
                answer[15] ^= 1;
                answer
            },
            false,
        ),
        (
            "the answer to the challenge before",
            |_, before| answered(before),
            false,
        ),
        ("the right one", |challenge, _| answered(challenge), true),
    ];
    for (name, answer, right) in ANSWERS {
        let (bus, device) = (VirtualBus::new(), Uru4000::microsoft("SIM-1", 7));
        let place = bus.plug(device.clone());
        let mut interface = open(&bus, &place);
        device.finger().place(384, 289, 512, &[0x80; 384 * 289]).unwrap();
        transfer(&mut *interface, write(0x07, &[0x83]));
        transfer(&mut *interface, write(0x07, &[0x03]));
        assert_eq!(transfer(&mut *interface, read(0x07, 1)).1, [0x83], "{name}: locked");
        let before = transfer(&mut *interface, read(0x2010, 16)).1;
        let challenge = transfer(&mut *interface, read(0x2010, 16)).1;
        assert_ne!(challenge, before);
        let answer = answer(&challenge, &before);
        assert_eq!(transfer(&mut *interface, write(0x2000, &answer)).0, Status::Completed);
        transfer(&mut *interface, write(0x07, &[0x03]));
        let power = transfer(&mut *interface, read(0x07, 1)).1;
        assert_eq!(power, [if right { 0x03 } else { 0x83 }], "{name}");

        let image = interface.submit(image_read(), LONG).unwrap();
        transfer(&mut *interface, write(0x4e, &[0x20]));
        let sent = interface.wait(&[image], SHORT).map(|done| done.actual);
        assert_eq!(sent, right.then_some(111_040), "{name}");
        let events = interface.submit(event_read(), LONG).unwrap();
        transfer(&mut *interface, write(0x4e, &[0x10]));
        assert_eq!(interface.wait(&[events], SHORT).is_some(), right, "{name}");

        // Switched off, it is locked again: an answer is good for once.
        transfer(&mut *interface, write(0x07, &[0x83]));
        transfer(&mut *interface, write(0x2000, &answer));
        transfer(&mut *interface, write(0x07, &[0x03]));
        assert_eq!(
            transfer(&mut *interface, read(0x07, 1)).1,
            [0x83],
            "{name}: locked again"
        );
    }
}

#[test]
fn challenges_follow_from_the_seed_and_a_4500_has_none() {
    let challenge = |device: Uru4000| {
        let bus = VirtualBus::new();
        let place = bus.plug(device);
        transfer(&mut *open(&bus, &place), read(0x2010, 16))
    };
    let first = challenge(Uru4000::microsoft("SIM-1", 1));
    assert_eq!(first, challenge(Uru4000::microsoft("SIM-2", 1)));
    assert_ne!(first, challenge(Uru4000::microsoft("SIM-1", 2)));
    assert_eq!(challenge(Uru4000::new("SIM-1")).0, Status::Stalled);
}

#[test]
fn an_image_goes_over_the_wire_scrambled_and_its_table_covers_every_line() {
    let (_bus, device, _place, mut interface) = reader();
    device.finger().place(384, 289, 512, &[0xff; 384 * 289]).unwrap();
    let image = interface.submit(image_read(), LONG).unwrap();
    transfer(&mut *interface, write(0x4e, &[0x20]));
    let data = interface.wait(&[image], LONG).unwrap().data;
    let pairs: Vec<&[u8]> = data[16..46].chunks(2).take_while(|pair| pair[1] != 0).collect();
    let lines: usize = pairs.iter().map(|pair| usize::from(pair[1])).sum();
    assert_eq!(lines, 289);
    let scrambled: usize = pairs
        .iter()
        .filter(|pair| pair[0] == 2)
        .map(|pair| usize::from(pair[1]))
        .sum();
    assert!(scrambled > 280, "{scrambled} lines");
    // White is 0 on the wire: what is not, was scrambled.
    let covered = data[64..].iter().filter(|byte| **byte != 0).count();
    assert!(covered > 100_000, "{covered} bytes");
}

/// Bytes as a host would send them, split at every place, and what is on the paper.
const RECEIPTS: [(&str, &[u8], &str); 4] = [
    (
        "russian",
        b"\x1b@\x1bt\x11\x1bE\x01\x84\xa0\n\x1dVB\0",
        "Да\n-- cut --\n",
    ),
    (
        "a cut within a picture",
        b"\x1dv0\0\x04\0\x01\0\x1dVB\0\x1dVB\0",
        "[picture 32x1]\n-- cut --\n",
    ),
    (
        "a QR code",
        b"\x1d(k\x06\0\x31\x50\x30abc\x1d(k\x03\0\x31\x51\x30\x1bd\x02",
        "[QR abc]\n\n\n",
    ),
    ("a status request within text", b"a\x10\x04\x01b\x1dr\x01\n", "ab\n"),
];

#[test]
fn a_receipt_reads_the_same_however_it_was_split_between_transfers() {
    for (name, bytes, text) in RECEIPTS {
        for split in 0..=bytes.len() {
            let mut printer = Printer::new();
            for part in [&bytes[..split], &bytes[split..]] {
                assert_eq!(printer.data_out(0x01, part), Answer::Done(Vec::new()));
            }
            assert_eq!(printer.text(), text, "{name} split at {split}");
        }
    }
}

#[test]
fn debug_output_shows_neither_pixels_nor_text() {
    let device = Uru4000::new("SIM-1");
    device.finger().place(384, 289, 512, &[0xa7; 384 * 289]).unwrap();
    let mut printer = Printer::new();
    printer.data_out(0x01, b"voter\n");
    let shown = format!("{device:?} {printer:?} {:?}", Answer::Done(vec![0xa7; 3]));
    assert!(
        !shown.contains("167") && !shown.contains("a7") && !shown.contains("voter"),
        "{shown}"
    );
    assert!(shown.ends_with("done 3 bytes"));
}
