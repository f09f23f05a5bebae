//! One kiosk, and what becomes of it.

use crate::commission::Day;
use end_to_end::site::{Lineup, Running, Site};
use jiff::Timestamp;
use plugin_runtime::compile_child::CompileChild;
use std::path::Path;
use tempfile::TempDir;
use updates::source::Source;

/// A kiosk of its own that runs what was published on a day, with the polls not open yet: whatever it took, it would run at once.
pub(crate) struct Scene {
    pub(crate) site: Site,
    pub(crate) running: Running,
    before: Lineup,
    wrongs: usize,
    pub(crate) folder: TempDir,
}

impl Scene {
    /// Some hours after that day's publishing, without network.
    pub(crate) fn at(day: Day) -> Self {
        let now = if day == Day::First { Day::Second } else { Day::Rotated };
        Self::later(day, now.begins())
    }

    /// At some time after it.
    pub(crate) fn later(day: Day, now: Timestamp) -> Self {
        Self::with(day, now, None)
    }

    /// With a place to look for updates.
    pub(crate) fn with(day: Day, now: Timestamp, source: Option<Box<dyn Source>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fixtures::copy_folder(&day.kiosk(), folder.path());
        let site = Site::at(folder.path(), now);
        let running = site.start_with(None, source, stand::compiler());
        Self::begin(site, running, folder)
    }

    /// With another compiler.
    pub(crate) fn compiling(day: Day, compiler: CompileChild) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fixtures::copy_folder(&day.kiosk(), folder.path());
        let site = Site::at(folder.path(), Day::Rotated.begins());
        let running = site.start_with(None, None, compiler);
        Self::begin(site, running, folder)
    }

    fn begin(site: Site, running: Running, folder: TempDir) -> Self {
        let before = running.lineup();
        assert!(before.len() > 6, "{before:?}");
        Self {
            before,
            wrongs: running.wrongs().len(),
            site,
            running,
            folder,
        }
    }

    /// A stick is plugged in.
    pub(crate) fn import(&mut self, stick: &Path) -> Result<Vec<String>, String> {
        self.running.clerk.import(stick)
    }

    /// Goes on from here: what runs now is what must stay.
    pub(crate) fn settle(&mut self) {
        self.before = self.running.lineup();
        self.wrongs = self.running.wrongs().len();
    }

    /// What went wrong since then, as the journal has it.
    pub(crate) fn wrongs(&self) -> Vec<String> {
        self.running.wrongs()[self.wrongs..].to_vec()
    }

    /// Nothing that runs has changed, by the journal and on the table.
    pub(crate) fn assert_unmoved(&self, attack: &str) {
        assert_eq!(self.running.lineup(), self.before, "{attack}");
        for (id, (journal, table)) in &self.before {
            assert_eq!(journal, table, "{attack}: {id}");
        }
    }

    /// Nothing that runs has changed, before and after a restart; there is one new code in the journal and one sentence on the
    /// page; and a voter is admitted. Gives code and sentence.
    pub(crate) fn withstood(self, attack: &str) -> String {
        self.assert_unmoved(attack);
        let wrongs = self.wrongs();
        let shown = self.running.status().wrong;
        assert_eq!((wrongs.len(), shown.len()), (1, 1), "{attack}: {wrongs:?} {shown:?}");
        self.serves(attack);
        format!("{attack}\n  {}\n  {}\n", wrongs[0], shown[0])
    }

    /// The kiosk is started again, and everything still runs.
    pub(crate) fn restarted(self, attack: &str) -> Self {
        let Self {
            site,
            running,
            before,
            folder,
            ..
        } = self;
        drop(running);
        let running = site.start();
        assert_eq!(running.lineup(), before, "{attack}: after a restart");
        Self::begin(site, running, folder)
    }

    /// After a restart everything still runs, and a voter is admitted.
    pub(crate) fn serves(self, attack: &str) {
        let scene = self.restarted(attack);
        scene.site.serve(&scene.running.kiosk, 1);
    }
}
