//! What changes nothing of the repository: verify, status; and what gives it away: stick, serve.

use crate::progress::Progress;
use crate::signing::write;
use crate::updates_cli::{Serve, Status as Asked, Stick, Verify};
use crate::world::World;
use crate::{Console, Trouble};
use repository::Error;
use repository::role::Role;
use repository::serve::Server;
use repository::status::Status;
use repository::stick::{self, Load, Writing};
use repository::verify::{Question, Report, verify as walk};
use repository::workshop::{self, REPOSITORY, Workshop};
use std::path::{Path, PathBuf};
use updates::folder::FolderSource;
use updates::https::{HttpsSource, NetworkLimits};
use updates::source::Source;

pub(crate) fn verify(asked: &Verify, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    let own = asked.workshop.workshop.join(REPOSITORY);
    let root = asked.root.clone().unwrap_or_else(|| first_root(&own));
    let root = read(&root)?;
    let source: Box<dyn Source> = match &asked.place {
        None => Box::new(FolderSource::new(own)),
        Some(address) if address.starts_with("https://") => {
            let Some(authority) = &asked.authority else {
                let sentence = "an address is pinned to an authority; give its certificate with --authority FILE";
                return Err(Trouble::Typed(sentence.to_owned()));
            };
            let source = HttpsSource::new(address, &read(authority)?, NetworkLimits::default());
            Box::new(source.map_err(|cause| Trouble::Sentence(cause.to_string()))?)
        }
        Some(folder) => Box::new(FolderSource::new(PathBuf::from(folder))),
    };
    let question = Question {
        source: source.as_ref(),
        root: &root,
        now: world.now,
        days: asked.days,
    };
    let progress = Progress::new("verifying");
    let report = walk(&question, &mut |done, total| progress.show(done, total));
    drop(progress);
    let report = report?;
    if asked.json {
        console.say_json(&report);
    } else {
        console.say(&told(&report));
    }
    Ok(())
}

fn first_root(repository: &Path) -> PathBuf {
    repository.join("metadata").join(Role::Root.file(1))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|cause| Error::File {
        path: path.to_owned(),
        cause,
    })
}

fn told(report: &Report) -> String {
    let signed_at = report
        .signed_at
        .map_or("at an unknown time".to_owned(), |at| at.to_string());
    let mut text = format!("{} holds, as of {}\n", report.place, report.at);
    for role in &report.roles {
        let until = role.expires.map_or(String::new(), |at| format!("until {at}"));
        text.push_str(&format!("  {:<16} {:>4}  {until}\n", role.role, role.version));
    }
    text.push_str(&format!(
        "plan {}, emergency list {}, signed at {signed_at}\nfiles: {}, bytes: {}\n",
        report.plan, report.emergency, report.files, report.bytes
    ));
    for warning in &report.warnings {
        text.push_str(&format!("soon: {warning}\n"));
    }
    text
}

pub(crate) fn status(asked: &Asked, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    let (state, holders) = workshop::look(&asked.workshop.workshop)?;
    let status = Status::of(&state, &holders, world.now, asked.days)?;
    if asked.json {
        console.say_json(&status);
    } else {
        console.say(&status.to_string());
    }
    Ok(())
}

pub(crate) fn stick(asked: &Stick, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    let workshop = Workshop::open(&asked.workshop.workshop)?;
    let repository = workshop.repository();
    let load = Load::of(&repository, &workshop.present()?)?;
    let free = stick::free_space(&asked.folder)?;
    if asked.dry_run {
        console.say(&format!(
            "would write {} of {} bytes in {} files to {}, which has {free} free\nnothing was changed: --dry-run\n",
            load.needed(&asked.folder),
            load.bytes(),
            load.count(),
            asked.folder.display()
        ));
        return Ok(());
    }
    let root = read(&first_root(&repository))?;
    let writing = Writing {
        repository: &repository,
        stick: &asked.folder,
        root: &root,
        now: world.now,
        days: 14,
    };
    let progress = Progress::new("writing");
    let report = stick::write(&writing, &load, free, &mut |done, total| progress.show(done, total));
    drop(progress);
    console.say(&told(&report?));
    console.say("the stick can be removed\n");
    Ok(())
}

pub(crate) fn serve(asked: &Serve, console: &mut Console<'_>) -> Result<(), Trouble> {
    let repository = asked.workshop.workshop.join(REPOSITORY);
    if !repository.is_dir() {
        return Err(Error::NoWorkshop(asked.workshop.workshop.clone()).into());
    }
    let server = Server::start(&repository, asked.listen, &asked.names)?;
    write(&asked.authority, server.authority().as_bytes())?;
    console.say(&format!(
        "serving {} at {}; kiosks pin {}\nfor trials; end it with Ctrl-C\n",
        repository.display(),
        server.url(),
        asked.authority.display()
    ));
    server.wait()?;
    Ok(())
}
