//! `kiosk-commission keys`: new, passphrase, add, ceremony, rotate.

use crate::updates_cli::{Ceremony as Asked, KeyTask, Passphrases, Rotate};
use crate::world::World;
use crate::{Console, Trouble};
use repository::Error;
use repository::ceremony::{Ceremony, Keyholders};
use repository::configuration::{self, Configuration};
use repository::key::{PublicKey, SecretKey, short};
use repository::keyfile;
use repository::role::Role;
use repository::words;
use repository::workshop::Workshop;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) fn run(task: &KeyTask, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    match task {
        KeyTask::New {
            holder,
            out,
            passphrases,
        } => new(holder, out, passphrases, world, console),
        KeyTask::Passphrase { file, passphrases } => change_passphrase(file, passphrases, world, console),
        KeyTask::Add { files, folder } => add(files, &folder.workshop, console),
        KeyTask::Ceremony(asked) => ceremony(asked, world, console),
        KeyTask::Rotate(asked) => rotate(asked, world, console),
    }
}

fn new(
    holder: &str,
    out: &Path,
    passphrases: &Passphrases,
    world: &World<'_>,
    console: &mut Console<'_>,
) -> Result<(), Trouble> {
    let key = SecretKey::generate(holder)?;
    let passphrase = passphrases.open(world)?.fresh(holder)?;
    let path = keyfile::write(out, &key, &passphrase, world.work)?;
    console.say(&format!(
        "wrote {}, for {holder} alone; keep a copy, for nobody can make it again\nwrote {}, for the commission (key {})\n",
        path.display(),
        out.join(keyfile::public_name(holder)).display(),
        short(key.id())
    ));
    Ok(())
}

fn change_passphrase(
    file: &Path,
    passphrases: &Passphrases,
    world: &World<'_>,
    console: &mut Console<'_>,
) -> Result<(), Trouble> {
    let mut passphrases = passphrases.open(world)?;
    let old = passphrases.of(file)?;
    // A wrong one is told before a new one is typed twice.
    let key = keyfile::read(file, &old)?;
    let new = passphrases.fresh(key.holder())?;
    if new.is(&old) {
        return Err(Error::SamePassphrase(file.to_owned()).into());
    }
    keyfile::rewrite(file, &key, &new, world.work)?;
    console.say(&format!(
        "{} opens with the new passphrase alone (key {}); its copies still have the old one\n",
        file.display(),
        short(key.id())
    ));
    Ok(())
}

fn add(files: &[PathBuf], folder: &Path, console: &mut Console<'_>) -> Result<(), Trouble> {
    let keys = files.iter().map(|file| keyfile::read_public(file));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    let workshop = Workshop::create(folder)?;
    for key in keys {
        workshop.add_holder(&key)?;
        console.say(&format!("{}: key {}\n", key.holder, short(&key.id()?)));
    }
    Ok(())
}

/// Who holds each role, by name.
struct Holders(BTreeMap<Role, (Vec<String>, u64)>);

impl Holders {
    fn of(asked: &Asked) -> Self {
        let or = |names: &[String], other: &[String]| -> Vec<String> {
            if names.is_empty() {
                other.to_vec()
            } else {
                names.to_vec()
            }
        };
        let root_threshold = asked.root_threshold.unwrap_or(asked.root.len() as u64 / 2 + 1);
        let targets = or(&asked.targets, &asked.root);
        let targets_threshold = asked.targets_threshold.unwrap_or(root_threshold);
        let desk = vec![asked.desk.clone()];
        Self(BTreeMap::from([
            (Role::Root, (asked.root.clone(), root_threshold)),
            (Role::Targets, (targets.clone(), targets_threshold)),
            (Role::Snapshot, (desk.clone(), 1)),
            (Role::Timestamp, (desk, 1)),
            (Role::Emergency, (or(&asked.emergency, &targets), 1)),
            (Role::Policies, (or(&asked.policies, &targets), 1)),
            (Role::Exports, (or(&asked.exports, &targets), 1)),
        ]))
    }

    /// All names, each once, in the order of the roles.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.0.values().flat_map(|(names, _)| names) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    fn ceremony(&self, keys: &[PublicKey]) -> Result<Ceremony, Error> {
        let mut ceremony = Ceremony::new();
        for (role, (names, threshold)) in &self.0 {
            let of = |name: &String| keys.iter().find(|key| key.holder == *name).cloned();
            let held = names.iter().filter_map(of).collect();
            ceremony = ceremony.with(role.clone(), Keyholders::new(role, held, *threshold)?);
        }
        Ok(ceremony)
    }
}

fn ceremony(asked: &Asked, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    let folder = &asked.signing.folder.workshop;
    let holders = Holders::of(asked);
    if asked.signing.dry_run {
        return rehearse(asked, &holders, world, console);
    }
    let workshop = Workshop::create(folder)?;
    if workshop.state()?.is_some() {
        return Err(Error::Ceremony(folder.clone()).into());
    }
    let known = workshop.holders()?;
    let missing: Vec<String> = holders
        .names()
        .into_iter()
        .filter(|name| known.iter().all(|key| key.holder != *name))
        .collect();
    let mut passphrases = asked.signing.passphrases.open(world)?;
    let mut keys = Vec::new();
    if let Some(private) = asked.make_keys.as_ref().filter(|_| !missing.is_empty()) {
        // All passphrases first: whoever mistypes one finds nothing half made.
        let mut made = Vec::new();
        for holder in &missing {
            made.push((SecretKey::generate(holder)?, passphrases.fresh(holder)?));
        }
        for (key, passphrase) in made {
            let path = keyfile::write(private, &key, &passphrase, world.work)?;
            workshop.add_holder(key.public())?;
            console.say(&format!("wrote {} (key {})\n", path.display(), short(key.id())));
            keys.push(key);
        }
    }
    let public = holders
        .names()
        .iter()
        .map(|name| workshop.holder(name))
        .collect::<Result<Vec<_>, _>>()?;
    let change = workshop.ceremony(&holders.ceremony(&public)?, world.now)?;
    console.say(&words::tell(&change)?);
    keys.extend(passphrases.keys(&asked.signing.keys)?);
    asked.signing.bring_to_end(&workshop, change, &keys, world, console)
}

/// What a ceremony would sign, with keys that are forgotten for those that are missing.
fn rehearse(asked: &Asked, holders: &Holders, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    let folder = &asked.signing.folder.workshop;
    let is_there = folder.join(configuration::FILE).exists();
    let workshop = is_there.then(|| Workshop::open(folder)).transpose()?;
    let configuration = workshop
        .as_ref()
        .map_or_else(Configuration::default, |workshop| workshop.configuration().clone());
    let mut public = Vec::new();
    if let Some(workshop) = &workshop {
        if workshop.state()?.is_some() {
            return Err(Error::Ceremony(folder.clone()).into());
        }
        public = workshop.holders()?;
    }
    for name in holders.names() {
        if public.iter().all(|key| key.holder != name) {
            console.say(&format!("the key of {name} is missing\n"));
            public.push(SecretKey::generate(&name)?.public().clone());
        }
    }
    let change = holders.ceremony(&public)?.change(&configuration, world.now)?;
    console.say(&words::tell(&change)?);
    console.say("nothing was changed: --dry-run\n");
    Ok(())
}

fn rotate(asked: &Rotate, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    asked.signing.change(world, console, |workshop, draft| {
        let names = asked.to.iter();
        let keys = names.map(|name| workshop.holder(name)).collect::<Result<Vec<_>, _>>()?;
        let present = workshop.present()?.signers(&asked.role);
        let threshold = asked
            .threshold
            .or(present.map(|signers| signers.threshold))
            .unwrap_or(1);
        draft.rotate(&asked.role, &Keyholders::new(&asked.role, keys, threshold)?)
    })
}
