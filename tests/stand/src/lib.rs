//! A station that follows a trial repository of the commission, on simulated devices.

#![expect(
    clippy::unwrap_used,
    reason = "a stand that cannot be made ends the test or the measurement"
)]
#![expect(missing_docs, reason = "names that say what they are")]

mod disguise;

pub use disguise::{disguised, panicking_policy, panicking_settings, wrong_driver};

use devices::bus::Place;
use gateway::assembly::{Ground, Kiosk};
use gateway::clock::Clock;
use gateway::configuration::Configuration;
use gateway::ports::random_nonce;
use gateway::updates::clerk::Clerk;
use gateway::updates::status::{Status, Whose};
use gateway::updates::updater::open;
use identification::event::{CheckInId, Event};
use identification::next::Next;
use identification::voter::RollNumber;
use jiff::Timestamp;
use journal::journal::Observer;
use plan::item::{ItemId, Kind};
use plugin_runtime::compile_child::CompileChild;
use repository::trial::Trial;
use roll::{Date, RollKey, SealRequest, Station};
use serde_json::json;
use simulator::finger::{Finger, Image, View};
use simulator::person::person;
use simulator::virtual_device::finger::Sensor;
use simulator::virtual_device::{Printer, Uru4000, VirtualBus};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Voters on the roll, each with a finger of their own.
pub const VOTERS: u32 = 6;
/// When the commission's ceremony was held.
pub const BEGIN: &str = "2026-11-02T02:00:00Z";

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub struct Hands(Arc<AtomicU64>);

impl Hands {
    pub fn at(time: Timestamp) -> Self {
        Self(Arc::new(AtomicU64::new(u64::try_from(time.as_millisecond()).unwrap())))
    }

    pub fn set(&self, time: Timestamp) {
        let at = u64::try_from(time.as_millisecond()).unwrap();
        self.0.store(at, Ordering::SeqCst);
    }

    pub fn forward_hours(&self, hours: u64) {
        self.0.fetch_add(hours * 3_600_000, Ordering::SeqCst);
    }

    pub fn time(&self) -> Timestamp {
        Timestamp::from_millisecond(i64::try_from(self.now()).unwrap()).unwrap()
    }
}

impl Clock for Hands {
    fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A sealed roll and its key, made once.
pub fn sealed() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let enrolled = |voter| {
                let image = picture(voter, u64::from(voter), (388, 374, 500));
                (image.to_png().unwrap(), 500)
            };
            let fingers: Vec<(Vec<u8>, u16)> = (1..=VOTERS).map(enrolled).collect();
            seal(folder.path(), &fixtures::plugin("fingerprint-matcher"), &fingers);
            folder
        })
        .path()
}

/// The finger of a voter.
pub fn finger_of(voter: u32) -> Finger {
    Finger::new(7_000 + u64::from(voter))
}

/// A voter's finger on a sensor of so many pixels and so many of them to the inch.
pub fn picture(voter: u32, view: u64, (width, height, dpi): (u16, u16, u16)) -> Image {
    finger_of(voter).impression(&View::reference(view, width, height, dpi))
}

/// Seals a roll, with templates by this matcher, and its key into a folder. Each voter is enrolled with one finger: its PNG, and its
/// pixels to the inch.
pub fn seal(folder: &Path, matcher: &Path, fingers: &[(Vec<u8>, u16)]) {
    let list = folder.join("list");
    std::fs::create_dir_all(&list).unwrap();
    let mut lines = String::new();
    for (number, (png, dpi)) in (1..).zip(fingers) {
        let person = person(5, number);
        std::fs::write(list.join(format!("finger-{number}.png")), png).unwrap();
        std::fs::write(list.join(format!("photo-{number}.png")), person.portrait()).unwrap();
        let voter = json!({
            "number": number,
            "name": person.name.to_string(),
            "born": person.born.to_string(),
            "sex": person.sex.letter().to_string(),
            "pin": person.pin,
            "document": person.document_number,
            "photo": format!("photo-{number}.png"),
            "fingers": [{ "position": "right-index", "image": format!("finger-{number}.png"), "dpi": dpi }],
        });
        lines.push_str(&format!("{voter}\n"));
    }
    std::fs::write(list.join("voters.jsonl"), lines).unwrap();
    let key = RollKey::generate().unwrap();
    key.write(&folder.join("roll.key")).unwrap();
    let date = Date::new(2027, 1, 24).unwrap();
    let station = Station::new("2041", "School no. 5", "Bishkek", "Presidential election 2027", date).unwrap();
    let mut extractor = commission::matcher::open(matcher).unwrap();
    let request = SealRequest {
        list: &list,
        station: &station,
        key: &key,
        out: &folder.join("roll.db"),
    };
    roll::seal(&request, &mut *extractor, &mut |_, _| ()).unwrap();
}

/// The bytes of a plugin of the product.
pub fn plugin(name: &str) -> Vec<u8> {
    fixtures::bytes(&fixtures::plugin(name))
}

/// The bytes of a plugin that misbehaves.
pub fn test_plugin(name: &str) -> Vec<u8> {
    fixtures::bytes(&fixtures::test_plugin(name))
}

/// The same plugin as another release: a custom section more, which says which.
pub fn another(component: &[u8], number: u8) -> Vec<u8> {
    disguise::with_section(component.to_vec(), "build", &[number])
}

/// The same plugin as another version, 0.1.1 on: its manifest says so.
pub fn released(component: &[u8], number: u8) -> Vec<u8> {
    let count = 10 + u32::from(number);
    let version = format!("{}.{}.{}", count / 100, count / 10 % 10, count % 10);
    fixtures::of_version(component, &version)
}

/// Settings with so many attempts.
pub fn settings(attempts: u32) -> Vec<u8> {
    let settings = json!({
        "format": 1,
        "rules": { "floor": 500, "overrides": 5, "name-agreement": 80 },
        "policy": { "attempts": attempts, "threshold": 300 },
        "hours": { "opens": "08:00", "closes": "20:00" },
    });
    serde_json::to_vec(&settings).unwrap()
}

pub fn officers() -> Vec<String> {
    vec!["Sadykova A.".to_owned(), "Ivanov P.".to_owned()]
}

pub fn id(kind: Kind, name: &str) -> ItemId {
    ItemId {
        kind,
        name: name.to_owned(),
    }
}

pub fn policy() -> ItemId {
    id(Kind::Policy, "fingerprint-first")
}

/// Publishes everything that a station needs.
pub fn publish(trial: &mut Trial) {
    trial.publish_policy(&plugin("fingerprint-first")).unwrap();
    trial.publish_matcher(&plugin("fingerprint-matcher")).unwrap();
    trial.publish_exporter(&plugin("turnout-csv")).unwrap();
    trial.publish_driver("digital-persona", &plugin("uru4000")).unwrap();
    trial.publish_driver("epson", &plugin("escpos")).unwrap();
    trial.publish_settings("general", &settings(3)).unwrap();
}

/// The commission's side, and the folder of one kiosk.
pub struct Stand {
    pub folder: tempfile::TempDir,
    pub trial: Trial,
    pub clock: Hands,
    pub bus: VirtualBus,
    pub reader: Uru4000,
    pub printer: Printer,
}

/// A station that was started.
pub struct Started {
    pub kiosk: Arc<Kiosk>,
    pub clerk: Clerk,
    touches: u16,
}

impl Stand {
    /// A ceremony, a configuration that follows it, a reader and a printer. Nothing is published yet.
    pub fn begun() -> Self {
        Self::at(BEGIN.parse().unwrap())
    }

    /// The same, with a ceremony that is held at this moment: for programs that look at the machine's clock.
    pub fn at(begin: Timestamp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let trial = Trial::new(&folder.path().join("commission"), begin).unwrap();
        std::fs::write(folder.path().join("root.json"), trial.root()).unwrap();
        journal::StoreKey::generate()
            .unwrap()
            .write(&folder.path().join("journal.key"))
            .unwrap();
        let bus = VirtualBus::new();
        let (reader, printer) = (Uru4000::new("STAND-4500"), Printer::new());
        bus.plug(printer.clone());
        bus.plug(reader.clone());
        let stand = Self {
            folder,
            trial,
            clock: Hands::at(begin),
            bus,
            reader,
            printer,
        };
        stand.configure("");
        stand
    }

    /// Everything that a station needs, in its first release.
    pub fn published() -> Self {
        Self::begun().publish()
    }

    /// Publishes everything that a station needs.
    pub fn publish(mut self) -> Self {
        publish(&mut self.trial);
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, more: &str) {
        let sealed = sealed().display();
        let mirror = self.trial.repository();
        let text = format!(
            "[kiosk]\nnumber = \"1\"\nutc-offset-minutes = 360\nmatcher-shards = 1\n\
             [roll]\nfile = \"{sealed}/roll.db\"\nkey = \"{sealed}/roll.key\"\n\
             [journal]\nfile = \"journal.db\"\nkey = \"journal.key\"\n\
             [updates]\nroot = \"root.json\"\nfolder = \"updates\"\nmirror = \"{}\"\n{more}",
            mirror.display()
        );
        std::fs::write(self.path("kiosk.toml"), text).unwrap();
    }

    pub fn configuration(&self) -> Configuration {
        Configuration::read(&self.path("kiosk.toml")).unwrap()
    }

    pub fn ground(&self, observer: Option<Observer>) -> Ground {
        Ground {
            bus: Arc::new(self.bus.clone()),
            clock: Arc::new(self.clock.clone()),
            nonce: random_nonce(),
            observer,
        }
    }

    /// Starts the station.
    pub fn start(&self) -> Started {
        self.start_observed(None)
    }

    pub fn start_observed(&self, observer: Option<Observer>) -> Started {
        let kiosk = self.assemble(observer);
        let clerk = open(&kiosk, &self.configuration()).unwrap().unwrap();
        Started {
            kiosk,
            clerk,
            touches: 0,
        }
    }

    /// The station alone, without anybody who looks for updates.
    pub fn assemble(&self, observer: Option<Observer>) -> Arc<Kiosk> {
        let ground = self.ground(observer);
        Arc::new(Kiosk::assemble_compiling(&self.configuration(), ground, Some(compiler())).unwrap())
    }

    /// A later hour, for the commission and for the kiosk.
    pub fn forward_hours(&mut self, hours: u64) {
        self.clock.forward_hours(hours);
        self.trial.set_time(self.clock.time());
    }
}

/// `kiosk-gateway` under its hidden command.
pub fn compiler() -> CompileChild {
    CompileChild {
        program: fixtures::binary("kiosk-gateway"),
        ..CompileChild::of_this_program(["compile-component"])
    }
}

impl Started {
    pub fn status(&self) -> Status {
        Status::of(&Whose::of(&self.kiosk), &self.kiosk.updates(), &self.clerk.outlook())
    }

    /// What runs of an item, by the journal.
    pub fn runs(&self, id: &ItemId) -> Option<u32> {
        self.kiosk.updates().runs(id).map(|run| run.counter)
    }

    /// What runs of an item, on the table.
    pub fn on_the_table(&self, id: &ItemId) -> Option<u32> {
        let table = self.kiosk.table();
        table.parts().releases.get(id).map(|origin| origin.counter)
    }

    /// The steps of an item in the journal, oldest first: `2 active`.
    pub fn steps(&self, id: &ItemId) -> Vec<String> {
        let entries = self.kiosk.look(gateway::desk::Desk::entries).unwrap();
        entries
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::Update {
                    kind,
                    name,
                    counter,
                    step,
                    ..
                } if *kind == id.kind.name() && *name == id.name => Some(format!("{counter} {}", step.name())),
                _ => None,
            })
            .collect()
    }

    pub fn check(&mut self) -> Vec<String> {
        self.clerk.check(false).unwrap()
    }

    /// Two officers open the polls.
    pub fn open_polls(&self) {
        self.kiosk.open_polls(officers()).unwrap();
    }

    /// A voter steps up, and the policy is asked.
    pub fn next_voter(&self) -> Option<Next> {
        let id = self.kiosk.start().unwrap();
        self.kiosk.next(id)
    }

    /// The finger of a voter touches the reader, and the voter is led to the receipt.
    pub fn admit(&mut self, stand: &Stand, voter: u32) -> CheckInId {
        let id = self.kiosk.start().unwrap();
        self.touch(stand, voter);
        let asked = self.kiosk.capture(id).unwrap();
        assert_eq!(
            asked,
            Some(Next::ConfirmPhoto(RollNumber(voter))),
            "{:?}",
            self.kiosk.notices()
        );
        self.kiosk.confirm_photo(id, RollNumber(voter), true).unwrap();
        self.kiosk.hand_over(id).unwrap();
        id
    }

    pub fn touch(&mut self, stand: &Stand, voter: u32) {
        self.touches += 1;
        let Sensor { width, height, dpi } = stand.reader.finger().sensor();
        let view = u64::from(100 * voter) + u64::from(self.touches);
        let image = picture(voter, view, (width, height, dpi));
        stand
            .reader
            .finger()
            .touch(image.width, image.height, image.dpi, &image.pixels)
            .unwrap();
    }
}

/// What this reader sees of a voter's finger.
pub fn finger_view(reader: &Uru4000, voter: u32) -> Image {
    let Sensor { width, height, dpi } = reader.finger().sensor();
    finger_of(voter).impression(&View::reference(u64::from(100 * voter), width, height, dpi))
}

/// Copies what a kiosk keeps; the commission's folder stays behind.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if name != "commission" {
                copy(&path, &to.join(name));
            }
        } else {
            // A file that is being written can go while it is looked at.
            let _ = std::fs::copy(&path, to.join(name));
        }
    }
}

/// The place of a device that is plugged in.
pub fn place_of(bus: &VirtualBus, vendor: u16) -> Place {
    use devices::bus::Bus as _;
    let found = bus.list().unwrap();
    found
        .into_iter()
        .find(|device| device.vendor_id == vendor)
        .unwrap()
        .place
}
