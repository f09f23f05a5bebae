//! `kiosk-gateway updates`: asks the running station by its socket, and works on a stopped one itself.

use crate::{Done, assemble};
use clap::{Args, Subcommand};
use gateway::configuration::Configuration;
use gateway::updates::clerk::Outlook;
use gateway::updates::socket::job;
use gateway::updates::source::configured;
use gateway::updates::state::{Stage, Standing, Trust};
use gateway::updates::status::{Status, Whose};
use gateway::updates::telling;
use gateway::updates::updater::{do_job, open};
use gateway::updates::wire::{Reply, Request, SOCKET, read, write};
use gateway::updates::wish::Wish;
use jiff::Timestamp;
use journal::StoreKey;
use journal::journal::Journal;
use std::error::Error;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use updates::client::Client;

/// What can be asked about updates.
#[derive(Subcommand)]
pub(crate) enum UpdatesTask {
    /// Say what runs, what waits for officers, how old it is, and what is wrong
    #[command(
        after_help = "Examples:\n  kiosk-gateway updates status\n  kiosk-gateway updates status --json | jq .waits"
    )]
    Status(Asked),
    /// Look for something new now, and try again what was refused
    #[command(after_help = "Example:\n  kiosk-gateway updates check")]
    Check(Asked),
    /// Bring in what waits; while the polls are open, two officers agree by their names
    #[command(
        after_help = "Examples:\n  kiosk-gateway updates apply --officer 'Sadykova A.' --officer 'Ivanov P.'\n  \
                      kiosk-gateway updates apply policy/fingerprint-first --officer 'Sadykova A.' --officer 'Ivanov P.'"
    )]
    Apply {
        /// only these, as KIND/NAME; everything that waits if left out
        items: Vec<String>,
        #[command(flatten)]
        agreed: Agreed,
        #[command(flatten)]
        asked: Asked,
    },
    /// Go back to the good release before; the one that runs now does not run here again
    #[command(
        after_help = "Example:\n  kiosk-gateway updates rollback driver/uru4000 --officer 'Sadykova A.' --officer 'Ivanov P.'"
    )]
    Rollback {
        /// of which item, as KIND/NAME
        item: String,
        #[command(flatten)]
        agreed: Agreed,
        #[command(flatten)]
        asked: Asked,
    },
    /// Take what the commission put on a stick
    #[command(after_help = "Example:\n  kiosk-gateway updates import /media/stick")]
    Import {
        /// the folder with `metadata` and `targets`
        stick: PathBuf,
        #[command(flatten)]
        asked: Asked,
    },
}

/// Of which kiosk, and how it is told.
#[derive(Args)]
pub(crate) struct Asked {
    /// the configuration file
    #[arg(long, default_value = "/etc/kiosk/kiosk.toml")]
    config: PathBuf,
    /// for scripts
    #[arg(long)]
    json: bool,
}

/// Who agrees.
#[derive(Args)]
pub(crate) struct Agreed {
    /// an officer's name; give two
    #[arg(long = "officer", value_name = "NAME")]
    officers: Vec<String>,
}

/// Asks, and prints the answer.
pub(crate) fn run(task: UpdatesTask) -> Done {
    let (asked, request) = match task {
        UpdatesTask::Status(asked) => (asked, Request::Status),
        UpdatesTask::Check(asked) => (asked, Request::Check),
        UpdatesTask::Apply { items, agreed, asked } => {
            let officers = agreed.officers;
            (asked, Request::Apply { items, officers })
        }
        UpdatesTask::Rollback { item, agreed, asked } => {
            let officers = agreed.officers;
            (asked, Request::Rollback { item, officers })
        }
        UpdatesTask::Import { stick, asked } => {
            // The station stands in another folder than whoever asks it.
            let folder = std::path::absolute(stick)?;
            (asked, Request::Import { folder })
        }
    };
    let configuration = Configuration::read(&asked.config)?;
    let Some(updates) = &configuration.file.updates else {
        return Err("this kiosk takes no signed updates; add [updates] to its configuration".into());
    };
    let is_status = request == Request::Status;
    let socket = configuration.path(&updates.folder).join(SOCKET);
    let reply = match UnixStream::connect(&socket) {
        Ok(station) => {
            write(&station, &request)?;
            read(&station)?
        }
        Err(_) if is_status => stopped_status(&configuration)?,
        Err(_) => stopped(&asked.config, request)?,
    };
    let offset = *configuration.file.kiosk.utc_offset_minutes.get_ref();
    if asked.json {
        println!("{}", serde_json::to_string_pretty(&reply)?);
    } else {
        reply.told.iter().for_each(|sentence| println!("{sentence}"));
        if is_status {
            print!("{}", telling::text(&reply.status, offset));
        }
    }
    reply.error.map_or(Ok(()), |sentence| Err(sentence.into()))
}

/// The station does not run: what is asked is done here, with its journal locked.
fn stopped(config: &Path, request: Request) -> Result<Reply, Box<dyn Error>> {
    let (configuration, kiosk) = assemble(config)?;
    let kiosk = Arc::new(kiosk);
    let clerk = open(&kiosk, &configuration).map_err(|(_, sentence)| sentence)?;
    let mut clerk = clerk.ok_or_else(|| kiosk.notices().join("\nkiosk-gateway: "))?;
    let job = job(request)?;
    let done = job.map_or(Ok(Vec::new()), |job| do_job(&mut clerk, job));
    let status = Status::of(&Whose::of(&kiosk), &kiosk.updates(), &clerk.outlook());
    let (told, error) = match done {
        Ok(told) => (told, None),
        Err(sentence) => (Vec::new(), Some(sentence)),
    };
    Ok(Reply { told, error, status })
}

/// How updates stand, read without changing anything.
fn stopped_status(configuration: &Configuration) -> Result<Reply, Box<dyn Error>> {
    let file = &configuration.file;
    let key = StoreKey::read(&configuration.path(&file.journal.key))?;
    let journal = Journal::open_existing(&configuration.path(&file.journal.file), &key)?;
    let standing = Standing::of(&journal.entries()?);
    let whose = Whose {
        origin: journal.owner().origin(),
        utc_offset_minutes: *file.kiosk.utc_offset_minutes.get_ref(),
    };
    let offer = file.updates.as_ref().and_then(|updates| {
        let root = std::fs::read(configuration.path(&updates.root)).ok()?;
        let metadata = configuration.path(&updates.folder).join("metadata");
        // Where another command works in it, the journal alone tells.
        let client = metadata.exists().then(|| Client::open(&metadata, &root))?;
        client.ok()?.kept().ok().flatten()
    });
    let outlook = Outlook {
        offer: offer.map(Arc::new),
        last_answer: standing.trust().and_then(Trust::answered),
        waiting: standing_by(&standing),
        source: configured(configuration)?.map(|source| source.describe()),
        now: Timestamp::now(),
        ..Outlook::default()
    };
    Ok(Reply {
        told: Vec::new(),
        error: None,
        status: Status::of(&whose, &standing, &outlook),
    })
}

fn standing_by(standing: &Standing) -> Vec<Wish> {
    let waits = standing.items().flat_map(|(id, releases)| {
        let ready = releases
            .all()
            .filter(|(_, known)| known.stage == Some(Stage::StandingBy) && known.withdrawn.is_none());
        ready.map(move |(counter, _)| Wish::Run {
            id: id.clone(),
            counter,
        })
    });
    waits.collect()
}
