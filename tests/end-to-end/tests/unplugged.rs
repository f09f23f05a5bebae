//! The scanner's plug is pulled at any of the transfers of a check-in: the operator is told at once, the check-in stays as
//! it was, and once the scanner is plugged in again the same check-in goes on to the admission.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use devices::bus::{Bus, BusError, Found, Hotplug, OpenError, Place};
use devices::transfer::{Canceller, ClaimedInterface, Completion, Identity, Refusal, Request, Status, Ticket};
use gateway::assembly::{Ground, Kiosk, KioskError};
use gateway::clock::SystemClock;
use gateway::configuration::{Configuration, PluginEntry};
use gateway::desk::Desk;
use gateway::plugs::Watch;
use gateway::ports::{PortError, random_nonce};
use identification::command::Command;
use identification::event::{CheckInId, Event};
use identification::evidence::{Evidence, Modality};
use identification::next::Next;
use identification::state::State;
use identification::voter::RollNumber;
use journal::journal::Moment;
use simulator::finger::View;
use simulator::virtual_device::finger::Sensor;
use simulator::virtual_device::upektc_img::Model;
use simulator::virtual_device::{FingerHandle, Nb1010, Printer, UpektcImg, Uru4000, VirtualBus};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Whoever looks at the screen knows within this.
const TOLD_WITHIN: Duration = Duration::from_millis(500);
/// After this the test has failed; it is far above every limit that is tested.
const PATIENCE: Duration = Duration::from_secs(20);
/// Where the scanner is plugged in, and where it is plugged in again.
const PORTS: [&str; 2] = ["9-5", "9-6"];
/// Voters on the roll, each with a finger of their own.
const VOTERS: u32 = 4;

/// When the plug is pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pull {
    /// just before the transfer: it is refused
    Before,
    /// while it is under way: the device has seen it, its end is never heard
    During,
}

const PULLS: [Pull; 2] = [Pull::Before, Pull::During];

/// The hand at the plug.
#[derive(Default)]
struct Hand {
    /// transfers until the pull; none while it keeps still
    armed: Option<(usize, Pull)>,
    /// transfers since it was armed
    transfers: usize,
    pulled: Option<Instant>,
}

type Shared<T> = Arc<Mutex<T>>;

/// The virtual bus, with a hand at the plugs of scanners.
struct HandyBus {
    bus: VirtualBus,
    hand: Shared<Hand>,
}

impl Bus for HandyBus {
    fn list(&self) -> Result<Vec<Found>, BusError> {
        self.bus.list()
    }

    fn open(&self, place: &Place, interface: u8) -> Result<Box<dyn ClaimedInterface>, OpenError> {
        let inner = self.bus.open(place, interface)?;
        if !PORTS.contains(&place.port.as_str()) {
            return Ok(inner);
        }
        Ok(Box::new(Handy {
            inner,
            bus: self.bus.clone(),
            place: place.clone(),
            hand: Arc::clone(&self.hand),
            unheard: None,
        }))
    }

    fn next_hotplug(&self, timeout: Duration) -> Option<Hotplug> {
        self.bus.next_hotplug(timeout)
    }
}

struct Handy {
    inner: Box<dyn ClaimedInterface>,
    bus: VirtualBus,
    place: Place,
    hand: Shared<Hand>,
    /// the transfer whose end is never heard
    unheard: Option<Ticket>,
}

impl Handy {
    /// Counts one transfer; how the plug is to be pulled at it, if it is.
    fn count(&self) -> Option<Pull> {
        let mut hand = self.hand.lock().unwrap();
        hand.transfers += 1;
        let (at, pull) = hand.armed?;
        (at == hand.transfers).then_some(pull)
    }

    fn pull(&self) {
        let mut hand = self.hand.lock().unwrap();
        hand.armed = None;
        hand.pulled = Some(Instant::now());
        assert!(self.bus.unplug(&self.place));
    }
}

impl ClaimedInterface for Handy {
    fn identity(&self) -> Identity {
        self.inner.identity()
    }

    fn submit(&mut self, request: Request, timeout: Duration) -> Result<Ticket, Refusal> {
        let pull = self.count();
        if pull == Some(Pull::Before) {
            self.pull();
        }
        let ticket = self.inner.submit(request, timeout)?;
        if pull == Some(Pull::During) {
            self.unheard = Some(ticket);
            self.pull();
        }
        Ok(ticket)
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.inner.cancel(ticket);
    }

    fn wait(&mut self, tickets: &[Ticket], timeout: Duration) -> Option<Completion> {
        let completion = self.inner.wait(tickets, timeout)?;
        if self.unheard != Some(completion.ticket) {
            return Some(completion);
        }
        Some(Completion {
            ticket: completion.ticket,
            status: Status::NoDevice,
            actual: 0,
            data: Vec::new(),
        })
    }

    fn clear_halt(&mut self, endpoint: u8) -> Result<(), Status> {
        if self.count().is_some() {
            self.pull();
        }
        self.inner.clear_halt(endpoint)
    }

    fn select_alternate(&mut self, setting: u8) -> Result<(), Status> {
        if self.count().is_some() {
            self.pull();
        }
        self.inner.select_alternate(setting)
    }

    fn canceller(&self) -> Canceller {
        self.inner.canceller()
    }
}

fn configure(folder: &Path, driver: &str) -> Configuration {
    journal::StoreKey::generate()
        .unwrap()
        .write(&folder.join("journal.key"))
        .unwrap();
    let sealed = stand::sealed().display();
    let mut text = format!(
        "[kiosk]\nnumber = \"1\"\nutc-offset-minutes = 360\n\
         [roll]\nfile = \"{sealed}/roll.db\"\nkey = \"{sealed}/roll.key\"\n\
         [journal]\nfile = \"journal.db\"\nkey = \"journal.key\"\n\
         [rules]\nfloor = 500\noverrides = 5\nname-agreement = 80\n"
    );
    for name in ["fingerprint-matcher", "fingerprint-first", "escpos", driver] {
        let entry = toml::Value::try_from(PluginEntry::pinning(&fixtures::plugin(name)).unwrap()).unwrap();
        let list = toml::Table::from_iter([("plugin".to_owned(), toml::Value::Array(vec![entry]))]);
        text.push_str(&toml::to_string(&list).unwrap());
    }
    std::fs::write(folder.join("kiosk.toml"), text).unwrap();
    Configuration::read(&folder.join("kiosk.toml")).unwrap()
}

/// A scanner that can be plugged in, as often as wanted.
#[derive(Clone)]
enum Reader {
    Nb1010(Nb1010),
    Upektc(UpektcImg),
    Uru4000(Uru4000),
}

impl Reader {
    fn plug(&self, bus: &VirtualBus, port: &str) -> Place {
        match self {
            Self::Nb1010(device) => bus.plug_at(port, device.clone()),
            Self::Upektc(device) => bus.plug_at(port, device.clone()),
            Self::Uru4000(device) => bus.plug_at(port, device.clone()),
        }
    }

    fn finger(&self) -> FingerHandle {
        match self {
            Self::Nb1010(device) => device.finger(),
            Self::Upektc(device) => device.finger(),
            Self::Uru4000(device) => device.finger(),
        }
    }
}

/// A station with open polls and a printer; the scanner comes and goes.
struct Day {
    kiosk: Arc<Kiosk>,
    bus: VirtualBus,
    reader: Reader,
    hand: Shared<Hand>,
    /// when each of the journal's writes was durable
    durable: Shared<Vec<Instant>>,
    /// of each voter, as the sensor sees them
    pictures: Vec<Vec<u8>>,
    touches: u16,
    _watch: Watch,
    _folder: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

fn officers() -> Vec<String> {
    vec!["Sadykova A.".to_owned(), "Ivanov P.".to_owned()]
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::sleep(Duration::from_micros(200));
    }
}

impl Day {
    fn open(driver: &str, reader: Reader) -> Self {
        // Times are measured: one station at a time.
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let configuration = configure(folder.path(), driver);
        let (bus, hand) = (VirtualBus::new(), Shared::<Hand>::default());
        let durable = Shared::<Vec<Instant>>::default();
        let heard = Arc::clone(&durable);
        let ground = Ground {
            bus: Arc::new(HandyBus {
                bus: bus.clone(),
                hand: Arc::clone(&hand),
            }),
            clock: Arc::new(SystemClock),
            nonce: random_nonce(),
            observer: Some(Box::new(move |_, moment| {
                if moment == Moment::Durable {
                    heard.lock().unwrap().push(Instant::now());
                }
            })),
        };
        bus.plug(Printer::new());
        let kiosk = Kiosk::assemble(&configuration, ground).unwrap();
        assert_eq!(kiosk.notices(), [""; 0]);
        kiosk.warm_up().unwrap();
        kiosk.open_polls(officers()).unwrap();
        let kiosk = Arc::new(kiosk);
        let watch = Watch::start(&kiosk).unwrap();
        let Sensor { width, height, dpi } = reader.finger().sensor();
        let view = |number| View::reference(100 + u64::from(number), width, height, dpi);
        let pictures = (1..=VOTERS).map(|number| stand::finger_of(number).impression(&view(number)).pixels);
        Self {
            pictures: pictures.collect(),
            kiosk,
            bus,
            reader,
            hand,
            durable,
            touches: 0,
            _watch: watch,
            _folder: folder,
            _alone: alone,
        }
    }

    fn writes(&self) -> usize {
        self.durable.lock().unwrap().len()
    }

    /// Plugs the scanner in; returns once the station knows.
    fn plug_in(&self, port: &str) -> Place {
        let before = self.writes();
        let place = self.reader.plug(&self.bus, port);
        until("the plug in the journal", || self.writes() > before);
        until("the end of the notice", || self.kiosk.notices().is_empty());
        place
    }

    fn plug_out(&self, place: &Place) {
        let before = self.writes();
        assert!(self.bus.unplug(place));
        until("the plug in the journal", || self.writes() > before);
        until("the notice", || !self.kiosk.notices().is_empty());
    }

    /// The voter's finger touches the scanner; no two images are the same.
    fn touch(&mut self, voter: u32) {
        self.touches = self.touches.wrapping_add(1);
        let mut pixels = self.pictures[usize::try_from(voter - 1).unwrap()].clone();
        let Sensor { width, height, dpi } = self.reader.finger().sensor();
        // Two pixels of dirt in a corner.
        pixels[..2].copy_from_slice(&self.touches.to_le_bytes());
        self.reader.finger().touch(width, height, dpi, &pixels).unwrap();
    }

    fn state(&self, id: CheckInId) -> Option<State> {
        self.kiosk
            .look(|desk| desk.station().check_in(id).map(|one| one.state()))
    }

    /// Codes of what the journal says of a device, from an entry on.
    fn of(&self, device: &str, from: usize) -> Vec<String> {
        let entries = self.kiosk.look(Desk::entries).unwrap();
        let codes = entries.into_iter().skip(from).filter_map(|entry| match entry.event {
            Event::Device { role, code } if role == device => Some(code),
            _ => None,
        });
        codes.collect()
    }

    /// As the page does it for the button.
    fn press_capture(&self, id: CheckInId) -> Result<Option<Next>, KioskError> {
        self.kiosk.capture(id).inspect_err(|error| self.kiosk.explain(error))
    }

    /// Leads the check-in to its end as an operator does: whom it admitted.
    fn lead_to_the_end(&mut self, id: CheckInId, voter: u32) -> Option<RollNumber> {
        for _ in 0..12 {
            match self.kiosk.next(id)? {
                Next::CaptureFinger(_) => {
                    self.reader.finger().lift();
                    self.touch(voter);
                    self.kiosk.capture(id).unwrap();
                }
                Next::ConfirmPhoto(shown) => drop(self.kiosk.confirm_photo(id, shown, shown.0 == voter).unwrap()),
                Next::PrintReceipt { .. } => drop(self.kiosk.print(id).unwrap()),
                Next::HandOver => self.kiosk.hand_over(id).unwrap(),
                _ => break,
            }
        }
        let issued = self.state(id) == Some(State::Issued);
        let admitted = self.kiosk.look(|desk| desk.station().check_in(id)?.voter());
        admitted.filter(|_| issued)
    }

    /// The receipt comes back and the admission is undone, so that the same voter can come again.
    fn undo(&self, id: CheckInId) {
        let command = Command::Void {
            id,
            officers: officers(),
            reason: "returned".to_owned(),
        };
        self.kiosk.command(command).unwrap();
    }
}

/// What came of all the pulls of one device.
#[derive(Default)]
struct Outcome {
    tried: usize,
    longest: Duration,
    lost: usize,
    resumed: usize,
    /// of a capture whose plug was not pulled, with the driver's start
    transfers: usize,
}

impl Day {
    /// One check-in whose scanner is pulled at this transfer, counted from the plug. False where the capture has fewer.
    fn pull_at(&mut self, transfer: usize, pull: Pull, outcome: &mut Outcome) -> bool {
        let case = format!("{pull:?} transfer {transfer}");
        let voter = u32::try_from(transfer).unwrap() % VOTERS + 1;
        let place = self.plug_in(PORTS[0]);
        let id = self.kiosk.start().unwrap();
        let asked = self.kiosk.next(id);
        assert!(matches!(asked, Some(Next::CaptureFinger(_))), "{case}: {asked:?}");
        let before = self.kiosk.look(Desk::entries).unwrap().len();
        let writes = self.writes();
        self.touch(voter);
        *self.hand.lock().unwrap() = Hand {
            armed: Some((transfer, pull)),
            ..Hand::default()
        };
        let captured = std::thread::scope(|scope| {
            let capture = scope.spawn(|| self.press_capture(id));
            // The browser shows the page as soon as the capture's answer is there.
            until("the capture's end", || capture.is_finished());
            capture.join().unwrap()
        });
        let Some(pulled) = self.hand.lock().unwrap().pulled else {
            self.hand.lock().unwrap().armed = None;
            outcome.transfers = self.hand.lock().unwrap().transfers;
            assert_eq!(self.lead_to_the_end(id, voter), Some(RollNumber(voter)), "{case}");
            self.undo(id);
            self.plug_out(&place);
            return false;
        };
        outcome.tried += 1;
        until("the notice", || !self.kiosk.notices().is_empty());
        let on_screen = pulled.elapsed();
        until("the entry", || self.writes() > writes);
        let in_journal = self.durable.lock().unwrap()[writes].saturating_duration_since(pulled);
        until("the plug's entry", || {
            self.of("scanner", before).contains(&"pulled".to_owned())
        });
        let told = on_screen.max(in_journal);
        assert!(told < TOLD_WITHIN, "{case}: told after {told:?}");
        outcome.longest = outcome.longest.max(told);
        let notices = self.kiosk.notices();
        assert!(
            notices.len() == 1 && notices[0].ends_with("plug it in again"),
            "{case}: one sentence that says what to do: {notices:?} after {captured:?}"
        );

        // The check-in is what it was, whether or not the image had come whole.
        let is_same = match &captured {
            Err(_) => self.kiosk.next(id) == asked,
            Ok(next) => self.kiosk.next(id) == *next,
        };
        let open = self.kiosk.look(|desk| {
            desk.station()
                .check_ins()
                .filter(|one| !one.state().has_ended())
                .count()
        });
        if !is_same || self.state(id) != Some(State::Collecting) || open != 1 {
            println!("LOST {case}: {captured:?} {:?} {open} open", self.state(id));
            outcome.lost += 1;
            return true;
        }
        // Whoever asks again without plugging it in is told what to do, and nothing else happens.
        if captured.is_err() {
            let again = self.press_capture(id);
            assert!(
                matches!(again, Err(KioskError::Port(PortError::Absent(_)))),
                "{case}: {again:?}"
            );
            assert_eq!(self.kiosk.next(id), asked, "{case}");
        }

        let place = self.plug_in(PORTS[1]);
        if self.lead_to_the_end(id, voter) == Some(RollNumber(voter)) {
            outcome.resumed += 1;
        } else {
            println!("NOT RESUMED {case}: {:?} {:?}", self.state(id), self.kiosk.next(id));
        }
        self.undo(id);
        self.plug_out(&place);
        true
    }

    /// How many transfers a capture has, from the plug on.
    fn transfers(&mut self) -> usize {
        const NEVER: usize = 1_000_000;
        let mut outcome = Outcome::default();
        assert!(!self.pull_at(NEVER, Pull::Before, &mut outcome));
        outcome.transfers
    }
}

/// Pulls at every one of these transfers, in both ways, and says what came of it.
fn pull_at_all(device: &str, mut day: Day, choose: impl Fn(usize) -> Vec<usize>) {
    let all = day.transfers();
    let chosen = choose(all);
    let mut outcome = Outcome::default();
    for &transfer in &chosen {
        for pull in PULLS {
            day.pull_at(transfer, pull, &mut outcome);
        }
    }
    let Outcome {
        tried,
        longest,
        lost,
        resumed,
        ..
    } = outcome;
    println!(
        "TABLE {device} | {tried} pulls at {} of {all} transfers | {:.1} ms | {lost} | {resumed}",
        chosen.len(),
        longest.as_secs_f64() * 1_000.0
    );
    assert!(tried > 0);
    assert_eq!((lost, resumed), (0, tried));
    day.kiosk.verify().unwrap();
}

/// All of a few, else about this many, with the first and the last ones.
fn sampled(most: usize) -> impl Fn(usize) -> Vec<usize> {
    move |all| {
        let step = all.div_ceil(most).max(1);
        (1..=all)
            .filter(|at| at % step == 1 % step || *at <= 5 || all - at < 5)
            .collect()
    }
}

#[test]
fn an_nb1010_pulled_at_any_transfer_costs_a_touch_and_never_the_check_in() {
    let day = Day::open("nb1010", Reader::Nb1010(Nb1010::new("UNPLUGGED")));
    pull_at_all("nb1010", day, |all| (1..=all).collect());
}

#[test]
fn an_upek_coprocessor_pulled_at_sampled_transfers_costs_a_touch_and_never_the_check_in() {
    let device = UpektcImg::new("UNPLUGGED", Model::TouchChip);
    let day = Day::open("upektc-img", Reader::Upektc(device));
    pull_at_all("upektc_img", day, sampled(40));
}

#[test]
fn a_uru4000_pulled_at_sampled_transfers_costs_a_touch_and_never_the_check_in() {
    let day = Day::open("uru4000", Reader::Uru4000(Uru4000::new("UNPLUGGED")));
    pull_at_all("uru4000", day, sampled(40));
}

#[test]
fn a_scanner_that_is_pulled_once_the_image_came_is_not_missed_by_that_voter() {
    let mut day = Day::open("nb1010", Reader::Nb1010(Nb1010::new("UNPLUGGED")));
    let place = day.plug_in(PORTS[0]);
    let id = day.kiosk.start().unwrap();
    day.touch(3);
    let next = day.kiosk.capture(id).unwrap();
    assert_eq!(next, Some(Next::ConfirmPhoto(RollNumber(3))));
    day.plug_out(&place);
    assert_eq!(day.lead_to_the_end(id, 3), Some(RollNumber(3)));
    // That the receipt came out says nothing about the scanner.
    let notices = day.kiosk.notices();
    assert!(
        notices.len() == 1 && notices[0].contains("was pulled out"),
        "{notices:?}"
    );
}

#[test]
fn while_the_scanner_is_gone_the_officers_can_decide_in_its_place() {
    let day = Day::open("nb1010", Reader::Nb1010(Nb1010::new("UNPLUGGED")));
    let place = day.plug_in(PORTS[0]);
    let id = day.kiosk.start().unwrap();
    day.plug_out(&place);
    let gone = Evidence::Unavailable {
        modality: Modality::Fingerprint,
    };
    let next = day.kiosk.observe(id, gone).unwrap();
    // This policy hands a check-in without a scanner and without a document over to the officers.
    assert_eq!(next, Some(Next::Done(State::Referred)));
    let decided = Evidence::Officers {
        voter: RollNumber(2),
        officers: officers(),
        reason: "no-scanner".to_owned(),
    };
    let next = day.kiosk.observe(id, decided).unwrap();
    assert!(matches!(next, Some(Next::HandOver)), "{next:?}");
}

/// A server of Network UPS Tools that says these one after the other, and the last one for ever; at none it hangs up. It
/// knows the station's one question and refuses every other.
fn nut_server(statuses: &'static [Option<&'static str>]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (last, mut left) = (statuses[statuses.len() - 1], statuses.iter());
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let questions = BufReader::new(stream.try_clone().unwrap()).lines();
            for question in questions.map_while(Result::ok) {
                if question == "LOGOUT" {
                    break;
                }
                let answer = match left.next().copied().unwrap_or(last) {
                    Some(status) if question == "LIST VAR kiosk" => {
                        format!("BEGIN LIST VAR kiosk\n{status}\nEND LIST VAR kiosk\n")
                    }
                    Some(_) => "ERR UNKNOWN-COMMAND\n".to_owned(),
                    None => break,
                };
                if stream.write_all(answer.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    port
}

const MAINS: Option<&str> = Some("VAR kiosk ups.status \"OL CHRG\"\nVAR kiosk battery.charge \"100\"");
const BATTERY: Option<&str> = Some("VAR kiosk ups.status \"OB DISCHRG\"\nVAR kiosk battery.charge \"96\"");
const NEARLY_EMPTY: Option<&str> = Some("VAR kiosk ups.status \"OB LB\"\nVAR kiosk battery.charge \"7\"");

#[test]
fn a_power_cut_and_a_lost_ups_server_are_told_and_voters_are_admitted_all_the_while() {
    let mut day = Day::open("nb1010", Reader::Nb1010(Nb1010::new("UNPLUGGED")));
    day.plug_in(PORTS[0]);
    let before = day.kiosk.look(Desk::entries).unwrap().len();
    let port = nut_server(&[MAINS, MAINS, BATTERY, BATTERY, NEARLY_EMPTY, None, MAINS, None]);
    let address = format!("kiosk@127.0.0.1:{port}").parse().unwrap();
    let watch = gateway::ups::Watch::start(&day.kiosk, address, Duration::from_millis(20)).unwrap();
    let story = ["on-battery", "low-battery", "lost", "on-mains", "lost"];
    until("the whole story in the journal", || {
        day.of("ups", before).len() >= story.len()
    });
    assert_eq!(day.of("ups", before), story);
    until("the notice", || !day.kiosk.notices().is_empty());
    assert_eq!(
        day.kiosk.notices(),
        [format!(
            "the UPS server 127.0.0.1:{port} ended the connection; look whether nut-server still runs"
        )]
    );
    // The server is still gone.
    let id = day.kiosk.start().unwrap();
    assert_eq!(day.lead_to_the_end(id, 1), Some(RollNumber(1)));
    drop(watch);
}

#[test]
fn what_a_ups_says_stands_on_the_screen_for_as_long_as_it_is_true() {
    let day = Day::open("nb1010", Reader::Nb1010(Nb1010::new("UNPLUGGED")));
    let mut watch = None;
    for (statuses, sentence) in [
        (
            &[BATTERY] as &[_],
            "the power is out and the kiosk runs on the UPS's battery (over 90 % left); go on, and have the power looked after",
        ),
        (
            &[NEARLY_EMPTY],
            "the UPS's battery is nearly empty; finish with the person at the desk and switch the kiosk off: nothing is lost, \
             and it goes on from there once the power is back",
        ),
    ] {
        let address = format!("kiosk@127.0.0.1:{}", nut_server(statuses)).parse().unwrap();
        drop(watch.take());
        watch = Some(gateway::ups::Watch::start(&day.kiosk, address, Duration::from_millis(20)).unwrap());
        until(sentence, || day.kiosk.notices() == [sentence]);
    }
    drop(watch.take());
    let address = format!("kiosk@127.0.0.1:{}", nut_server(&[BATTERY, MAINS]))
        .parse()
        .unwrap();
    let _watch = gateway::ups::Watch::start(&day.kiosk, address, Duration::from_millis(20)).unwrap();
    until("the end of the notice", || day.kiosk.notices().is_empty());
}
