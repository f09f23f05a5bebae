//! A light station: the kiosk's own update client with its trust, its files and the server, and nothing around it.

use crate::Outcome;
use jiff::Timestamp;
use plan::choice::{Local, choose};
use plan::waves::Seed;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use updates::artifacts::Artifacts;
use updates::client::Client;
use updates::https::{HttpsSource, NetworkLimits};
use updates::offer::Seen;

/// Where a station fetches from, and what it was shipped with.
pub(crate) struct Server {
    /// its address
    pub(crate) address: String,
    /// the authority that is pinned, as PEM
    pub(crate) authority: String,
    /// the shipped root
    pub(crate) root: Vec<u8>,
}

/// One station's folder.
pub(crate) struct Station {
    folder: PathBuf,
    common: PathBuf,
    seed: Seed,
}

impl Station {
    /// A station with this number, in a folder of its own below `folder`.
    #[must_use]
    pub(crate) fn new(folder: &Path, number: u32) -> Self {
        Self {
            folder: folder.join(format!("station-{number:04}")),
            common: folder.join("common"),
            seed: Seed::of(&format!("station-{number:04}/kiosk-1")),
        }
    }

    /// Looks for what is new and takes it, as a kiosk does up to the compiler. How many files were fetched.
    ///
    /// # Errors
    /// A refusal of the client: nothing here is refused.
    pub(crate) fn look(&self, server: &Server, now: Timestamp) -> Outcome<u32> {
        let source = HttpsSource::new(&server.address, server.authority.as_bytes(), NetworkLimits::default())?;
        let artifacts = Artifacts::open(&self.folder.join("artifacts"))?;
        let mut client = Client::open(&self.folder.join("trust"), &server.root)?;
        let offer = client.offer(&source, now, &artifacts, Seen::default())?;
        let mut fetched = 0;
        for item in &offer.plan.items {
            let Some(release) = choose(item, &offer.emergency, &Local::default(), self.seed, now) else {
                continue;
            };
            for file in std::iter::once(&release.file).chain(&release.vectors) {
                if !artifacts.has(&file.sha256.parse()?) {
                    client.fetch_planned(&source, file, now, &artifacts)?;
                    fetched += 1;
                }
            }
        }
        Ok(fetched)
    }

    /// Lets files that other stations have, too, be one file: a country of stations has the same ones, on one machine here.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn share(&self) -> Outcome {
        fs::create_dir_all(&self.common)?;
        for entry in fs::read_dir(self.folder.join("artifacts"))? {
            let own = entry?.path();
            let common = self.common.join(own.file_name().unwrap_or_default());
            match fs::hard_link(&own, &common) {
                Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {
                    let beside = self.folder.join("shared");
                    fs::hard_link(&common, &beside)?;
                    fs::rename(&beside, &own)?;
                    // Renaming a file over itself leaves both names.
                    if beside.exists() {
                        fs::remove_file(&beside)?;
                    }
                }
                done => done?,
            }
        }
        Ok(())
    }
}
