//! A country of stations that fetch from one server: what the commission must provision.

mod access_log;
mod country;
mod nginx;
mod processor;
mod station;
pub mod table;
pub mod wire;

pub use access_log::Traffic;
pub use country::Cost;
pub use nginx::is_there as has_server;

use jiff::{SignedDuration, Timestamp};
use nginx::Nginx;
use repository::trial::Trial;
use station::{Server, Station};
use std::path::Path;

/// What a part gives, or in one sentence why it could not run.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A policy of this size is published.
const POLICY: usize = 1_000_000;
/// From one change to the next.
const LATER: SignedDuration = SignedDuration::from_hours(1);

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub struct Length {
    /// how many stations
    pub stations: u32,
    /// loopback is this program's alone, so that what it carries can be counted
    pub alone: bool,
}

fn settings(floor: u16) -> String {
    format!(
        r#"{{"format":1,"rules":{{"floor":{floor},"overrides":20,"name-agreement":80}},"policy":{{"attempts":3}},"hours":{{"opens":"08:00","closes":"20:00"}}}}"#
    )
}

/// Publishes what a country runs, lets every station take it, and then what is new, one change after the other.
///
/// # Errors
/// Whatever does not work; never a time.
pub fn measure(length: Length) -> Outcome<Vec<Cost>> {
    // In memory where the system has files there: it is the server that is measured, not this machine's disk under the
    // stations.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() {
        tempfile::tempdir_in(memory)?
    } else {
        tempfile::tempdir_in(fixtures::target())?
    };
    measure_in(folder.path(), length)
}

/// As [`measure`], in a folder that is empty.
///
/// # Errors
/// As [`measure`].
pub fn measure_in(folder: &Path, length: Length) -> Outcome<Vec<Cost>> {
    let start: Timestamp = "2027-01-10T06:00:00Z".parse()?;
    let mut trial = Trial::new(&folder.join("commission"), start)?;
    let policy = fixtures::bytes(&fixtures::plugin("fingerprint-first"));
    let driver = |name: &str| fixtures::bytes(&fixtures::plugin(name));
    trial.publish_policy(&policy)?;
    trial.publish_matcher(&driver("fingerprint-matcher"))?;
    trial.publish_exporter(&driver("turnout-csv"))?;
    for name in ["nb1010", "uru4000", "escpos"] {
        trial.publish_driver(&format!("maker-of-{name}"), &driver(name))?;
    }
    trial.publish_settings("station", settings(500).as_bytes())?;

    let nginx = Nginx::start(&trial.repository(), &folder.join("nginx"))?;
    let server = Server {
        address: nginx.address.clone(),
        authority: nginx.authority.clone(),
        root: trial.root().to_vec(),
    };
    let homes = folder.join("stations");
    let stations: Vec<Station> = (1..=length.stations)
        .map(|number| Station::new(&homes, number))
        .collect();
    let look = |name, stations: &[Station], now| country::look(name, stations, (&nginx, &server), now, length.alone);
    let mut costs = vec![look("a kiosk's first start", &stations, trial.now())?];
    costs.push(look("nothing new", &stations, trial.now())?);

    let later = |trial: &mut Trial| -> Outcome {
        trial.set_time(trial.now().checked_add(LATER)?);
        Ok(())
    };
    later(&mut trial)?;
    trial.timestamp()?;
    costs.push(look("the daily timestamp", &stations, trial.now())?);
    later(&mut trial)?;
    trial.publish_settings("station", settings(520).as_bytes())?;
    costs.push(look("a settings change", &stations, trial.now())?);
    later(&mut trial)?;
    trial.publish_policy(&fixtures::grown(&policy, POLICY, 1))?;
    costs.push(look("a policy of 1 MB", &stations, trial.now())?);
    Ok(costs)
}
