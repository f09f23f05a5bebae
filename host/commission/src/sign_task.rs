//! Signatures on other machines, and bringing them together: sign, finish.

use crate::signing::{still_missing, write};
use crate::updates_cli::{Finish, Sign};
use crate::world::World;
use crate::{Console, Trouble};
use repository::Error;
use repository::change::Change;
use repository::words;
use repository::workshop;

pub(crate) fn sign(asked: &Sign, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    let mut change = Change::read(&asked.change)?;
    if let Some(path) = &asked.root {
        same_root(&change, path)?;
    }
    console.say(&words::tell(&change)?);
    if asked.dry_run {
        console.say("nothing was signed: --dry-run\n");
        return Ok(());
    }
    for key in asked.passphrases.open(world)?.keys(&asked.keys)? {
        let roles = change.sign(&key)?;
        let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
        console.say(&format!("{} signed {}\n", key.holder(), roles.join(", ")));
    }
    write(asked.out.as_ref().unwrap_or(&asked.change), &change.encode()?)?;
    console.say(&still_missing(&change)?);
    Ok(())
}

/// The root that a holder keeps is the one that the change builds on.
fn same_root(change: &Change, path: &std::path::Path) -> Result<(), Trouble> {
    let kept = workshop::read_root(path)?;
    match &change.base {
        Some(base) if base.root.signed == kept.signed => Ok(()),
        Some(base) => Err(Error::Tampered(format!(
            "it builds on root {} with the fingerprint {}, but {} is root {} with {}",
            base.root.signed.version,
            workshop::fingerprint(&base.root),
            path.display(),
            kept.signed.version,
            workshop::fingerprint(&kept)
        ))
        .into()),
        None => Err(Error::Tampered("it begins a new repository, and builds on no root".to_owned()).into()),
    }
}

pub(crate) fn finish(asked: &Finish, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    let mut changes = asked.changes.iter().map(|path| Change::read(path));
    let Some(first) = changes.next() else { return Ok(()) };
    let mut change = first?;
    for other in changes {
        change.merge(&other?)?;
    }
    let workshop = asked.signing.open()?;
    asked.signing.conclude(&workshop, change, world, console)
}
