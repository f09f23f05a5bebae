//! A kiosk that follows what a commission signs, on a folder that can be copied: every attack and every power cut gets a kiosk
//! of its own that runs the same releases.

#![expect(
    clippy::unwrap_used,
    reason = "a kiosk that cannot be set up ends the test, and so does a voter who is not admitted"
)]

use gateway::assembly::{Ground, Kiosk};
use gateway::configuration::Configuration;
use gateway::desk::Desk;
use gateway::ports::random_nonce;
use gateway::updates::clerk::Clerk;
use gateway::updates::source::configured;
use gateway::updates::state::TROUBLE;
use gateway::updates::status::{Status, Whose};
use identification::event::{Event, UpdateStep};
use identification::next::Next;
use identification::voter::RollNumber;
use jiff::Timestamp;
use journal::StoreKey;
use journal::journal::Observer;
use plan::item::ItemId;
use plugin_runtime::compile_child::CompileChild;
use simulator::finger::Image;
use simulator::virtual_device::{Printer, Uru4000, VirtualBus};
use stand::Hands;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use updates::source::Source;

/// Local time, in minutes from UTC.
const UTC_OFFSET_MINUTES: i16 = 360;
/// The commission's repository as this kiosk sees it, below its folder.
const MIRROR: &str = "mirror";

/// A kiosk's folder, and the world around the kiosk.
pub struct Site {
    folder: PathBuf,
    clock: Hands,
    bus: VirtualBus,
    reader: Uru4000,
}

/// A kiosk that was started.
pub struct Running {
    /// the station
    pub kiosk: Arc<Kiosk>,
    /// who looks for updates
    pub clerk: Clerk,
}

/// What runs of each item: by the journal, and on the table.
pub type Lineup = BTreeMap<ItemId, (Option<u32>, Option<u32>)>;

impl Site {
    /// The files of a new kiosk, which trusts this root.
    #[must_use]
    pub fn new(folder: &Path, root: &[u8], now: Timestamp) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("root.json"), root).unwrap();
        StoreKey::generate()
            .unwrap()
            .write(&folder.join("journal.key"))
            .unwrap();
        let sealed = stand::sealed().display();
        let text = format!(
            "[kiosk]\nnumber = \"1\"\nutc-offset-minutes = {UTC_OFFSET_MINUTES}\nmatcher-shards = 1\n\
             [roll]\nfile = \"{sealed}/roll.db\"\nkey = \"{sealed}/roll.key\"\n\
             [journal]\nfile = \"journal.db\"\nkey = \"journal.key\"\n\
             [updates]\nroot = \"root.json\"\nfolder = \"updates\"\nmirror = \"{MIRROR}\"\n"
        );
        std::fs::write(folder.join("kiosk.toml"), text).unwrap();
        Self::at(folder, now)
    }

    /// A kiosk whose files are there, with a reader and a printer.
    #[must_use]
    pub fn at(folder: &Path, now: Timestamp) -> Self {
        let (bus, reader) = (VirtualBus::new(), Uru4000::new("SITE-4500"));
        bus.plug(Printer::new());
        bus.plug(reader.clone());
        Self {
            folder: folder.to_owned(),
            clock: Hands::at(now),
            bus,
            reader,
        }
    }

    /// The time, which stands still until it is moved.
    #[must_use]
    pub fn clock(&self) -> &Hands {
        &self.clock
    }

    /// A file or folder of the kiosk.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// From now on the kiosk finds a copy of this repository; of nothing, it finds none.
    pub fn mirror(&self, repository: Option<&Path>) {
        let mirror = self.path(MIRROR);
        if mirror.exists() {
            std::fs::remove_dir_all(&mirror).unwrap();
        }
        if let Some(repository) = repository {
            fixtures::copy_folder(repository, &mirror);
        }
    }

    /// Starts the kiosk, which looks where its configuration says.
    #[must_use]
    pub fn start(&self) -> Running {
        self.start_with(None, None, stand::compiler())
    }

    /// As [`Site::start`], with somebody who hears of every write of the journal, another place to look for updates, and another
    /// compiler.
    #[must_use]
    pub fn start_with(
        &self,
        observer: Option<Observer>,
        source: Option<Box<dyn Source>>,
        compiler: CompileChild,
    ) -> Running {
        let configuration = self.configuration();
        let kiosk = self.assemble(observer, compiler);
        let source = source.or_else(|| configured(&configuration).unwrap());
        let root = std::fs::read(self.path("root.json")).unwrap();
        let clerk = Clerk::new(&kiosk, &self.path("updates"), &root, source);
        Running {
            clerk: clerk.unwrap().unwrap(),
            kiosk,
        }
    }

    /// The kiosk's configuration.
    #[must_use]
    pub fn configuration(&self) -> Configuration {
        Configuration::read(&self.path("kiosk.toml")).unwrap()
    }

    /// The station alone, without anybody who looks for updates.
    #[must_use]
    pub fn assemble(&self, observer: Option<Observer>, compiler: CompileChild) -> Arc<Kiosk> {
        let ground = Ground {
            bus: Arc::new(self.bus.clone()),
            clock: Arc::new(self.clock.clone()),
            nonce: random_nonce(),
            observer,
        };
        Arc::new(Kiosk::assemble_compiling(&self.configuration(), ground, Some(compiler)).unwrap())
    }

    /// A voter's finger touches the reader, and the voter is led to the receipt.
    ///
    /// # Panics
    /// Where the voter is not admitted.
    pub fn admit(&self, kiosk: &Kiosk, voter: u32) {
        let id = kiosk.start().unwrap();
        let image = self.finger_of(voter);
        self.reader
            .finger()
            .touch(image.width, image.height, image.dpi, &image.pixels)
            .unwrap();
        let asked = kiosk.capture(id).unwrap();
        let voter = RollNumber(voter);
        assert_eq!(asked, Some(Next::ConfirmPhoto(voter)), "{:?}", kiosk.notices());
        kiosk.confirm_photo(id, voter, true).unwrap();
        kiosk.hand_over(id).unwrap();
    }

    /// What the reader sees of a voter's finger. It is drawn once: that takes longer than all that a kiosk does with it.
    fn finger_of(&self, voter: u32) -> Arc<Image> {
        static DRAWN: Mutex<BTreeMap<u32, Arc<Image>>> = Mutex::new(BTreeMap::new());
        let mut drawn = DRAWN.lock().unwrap();
        let image = drawn
            .entry(voter)
            .or_insert_with(|| Arc::new(stand::finger_view(&self.reader, voter)));
        Arc::clone(image)
    }

    /// Two officers open the polls, and a voter is admitted with what runs.
    ///
    /// # Panics
    /// Where the voter is not admitted, or the journal does not verify.
    pub fn serve(&self, kiosk: &Kiosk, voter: u32) {
        kiosk.open_polls(stand::officers()).unwrap();
        self.admit(kiosk, voter);
        assert_eq!(kiosk.verify().unwrap().counts.issued, 1);
    }
}

impl Running {
    /// What the page shows.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::of(&Whose::of(&self.kiosk), &self.kiosk.updates(), &self.clerk.outlook())
    }

    /// What runs of everything that the journal or the table knows.
    #[must_use]
    pub fn lineup(&self) -> Lineup {
        lineup(&self.kiosk)
    }

    /// What the journal says that went wrong about updates, oldest first: codes of troubles, and of refusals with what was
    /// refused.
    #[must_use]
    pub fn wrongs(&self) -> Vec<String> {
        let entries = self.kiosk.look(Desk::entries).unwrap();
        let wrong = |event: &Event| match event {
            Event::Incident { code } => code.strip_prefix(TROUBLE).map(str::to_owned),
            Event::Update {
                kind,
                name,
                counter,
                step: UpdateStep::Refused { reason } | UpdateStep::Returned { reason },
                ..
            } => Some(format!("{kind} {name} {counter}: {reason}")),
            _ => None,
        };
        entries.iter().filter_map(|entry| wrong(&entry.event)).collect()
    }
}

/// What runs of everything that the journal or the table knows.
#[must_use]
pub fn lineup(kiosk: &Kiosk) -> Lineup {
    let table = kiosk.table();
    let mut lineup = Lineup::new();
    for (id, run) in kiosk.updates().all_that_run() {
        lineup.entry(id.clone()).or_default().0 = Some(run.counter);
    }
    for (id, origin) in &table.parts().releases {
        lineup.entry(id.clone()).or_default().1 = Some(origin.counter);
    }
    lineup
}
