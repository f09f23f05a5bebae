//! What changes the plan: publish, grant, withdraw, floor, waves; and renew, timestamp.

use crate::rehearsal::Rehearsal;
use crate::signing::told;
use crate::updates_cli::{Floor, Grant as Granted, Item, Publish, Renew, Signing, Steps, Waves as InWaves, Withdraw};
use crate::world::World;
use crate::{Console, Trouble};
use plan::item::{ItemId, Kind};
use plan::settings::Settings;
use plan::waves::Waves;
use repository::Error;
use repository::draft::Draft;
use repository::grants::Grant;
use repository::publication::{Input, Publication};
use repository::vendors::VendorSigned;
use repository::workshop::Workshop;

impl Item {
    fn id(&self) -> ItemId {
        ItemId {
            kind: self.kind,
            name: self.name.clone(),
        }
    }
}

impl Steps {
    fn waves(&self) -> Option<Waves> {
        self.start.map(|start| Waves {
            start,
            steps: self.steps.clone(),
        })
    }
}

pub(crate) fn publish(asked: &Publish, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    let mut publication = Publication::new(asked.kind, Input::read(&asked.file)?);
    if let Some(name) = &asked.name {
        publication = publication.named(name);
    }
    if let Some(vectors) = &asked.vectors {
        publication = publication.with_vectors(Input::read(vectors)?);
    }
    if let (Some(vendor), Some(path)) = (&asked.vendor, &asked.signed_by) {
        publication = publication.signed_by(VendorSigned::read(path, vendor)?);
    }
    if !asked.devices.is_empty() {
        publication = publication.only_devices(asked.devices.clone());
    }
    if !asked.rows.is_empty() {
        publication = publication.only_rows(asked.rows.clone());
    }
    if let Some(waves) = asked.steps.waves() {
        publication = publication.in_waves(waves);
    }
    if asked.replace {
        publication = publication.in_place_of_another();
    }
    let workshop = asked.signing.open()?;
    let mut draft = workshop.draft(world.now)?;
    let (id, _) = draft.publish(&publication)?;
    console.say(&tried(&publication, &workshop, &draft, &id, world)?);
    asked.signing.conclude(&workshop, draft.change()?, world, console)
}

/// Tries what is to be published, as a kiosk will: a plugin by itself, settings with the policy that they are for.
fn tried(
    publication: &Publication,
    workshop: &Workshop,
    draft: &Draft,
    id: &ItemId,
    world: &World<'_>,
) -> Result<String, Trouble> {
    let newest = |kind: Kind| {
        let mut items = draft.plan().items.iter().filter(move |item| item.kind == kind);
        items.find_map(|item| item.releases.iter().rev().find(|one| one.withdrawn.is_none()))
    };
    let refused = |why: String| {
        Trouble::from(Error::NotPublished {
            file: publication.file().path.clone(),
            why,
        })
    };
    let published = draft.plan().item(id).and_then(|item| item.releases.last());
    let Some(published) = published else {
        return Ok(String::new());
    };
    let own = publication.file().bytes.clone();
    let policy = newest(Kind::Policy);
    let settings = newest(Kind::Settings);
    let (component, release, settings) = match id.kind {
        Kind::Messages => return Ok(String::new()),
        Kind::Settings => match policy {
            Some(policy) => (workshop.bytes(&policy.file)?, policy, Some(own)),
            None => return Ok(String::new()),
        },
        Kind::Policy => {
            let settings = settings.map(|settings| workshop.bytes(&settings.file)).transpose()?;
            (own, published, settings)
        }
        _ => (own, published, None),
    };
    let settings = settings.map(|bytes| Settings::read("the settings", &bytes)).transpose();
    let settings = settings.map_err(Error::from)?.map(|settings| settings.for_policy());
    let rehearsal = Rehearsal {
        component: &component,
        release,
        vectors: publication.vectors().map(|vectors| vectors.bytes.as_slice()),
        settings: settings.as_deref(),
    };
    let compared = (world.rehearser)(&rehearsal).map_err(refused)?;
    Ok(match (id.kind, compared) {
        (Kind::Settings, _) => "tried: the policy takes these settings\n".to_owned(),
        (_, 0) => "tried: it starts; there were no golden vectors\n".to_owned(),
        (_, compared) => format!("tried: it starts, and answers as it was tested (answers: {compared})\n"),
    })
}

pub(crate) fn grant(asked: &Granted, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    let grant = match (asked.all, asked.devices.is_empty(), asked.rows.is_empty()) {
        (true, ..) => Grant::All,
        (false, false, true) => Grant::Devices(asked.devices.clone()),
        (false, true, false) => Grant::Rows(asked.rows.clone()),
        _ => {
            let sentence = "give --all, or --device VID:PID for a driver, or --row ROWS for an exporter".to_owned();
            return Err(Trouble::Typed(sentence));
        }
    };
    let id = asked.item.id();
    asked.signing.change(world, console, |workshop, draft| {
        let manifest = workshop.manifest(&id)?;
        draft.grant(&id, &manifest, &grant)
    })
}

pub(crate) fn withdraw(asked: &Withdraw, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    let id = asked.item.id();
    asked.signing.change(world, console, |_, draft| {
        if asked.emergency {
            draft.withdraw_in_emergency(&id, asked.counter, &asked.reason)
        } else {
            draft.withdraw(&id, asked.counter, &asked.reason)
        }
    })
}

pub(crate) fn floor(asked: &Floor, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    let id = asked.item.id();
    asked
        .signing
        .change(world, console, |_, draft| draft.raise_floor(&id, asked.counter))
}

pub(crate) fn waves(asked: &InWaves, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    let id = asked.item.id();
    let waves = asked.steps.waves();
    asked
        .signing
        .change(world, console, |_, draft| draft.set_waves(&id, waves))
}

pub(crate) fn renew(asked: &Renew, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    asked.signing.change(world, console, |_, draft| {
        asked.roles.iter().try_for_each(|role| draft.renew(role))
    })
}

pub(crate) fn timestamp(signing: &Signing, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    if signing.prepare.is_some() {
        let sentence = "the timestamp is signed at the desk, every day; leave --prepare out".to_owned();
        return Err(Trouble::Typed(sentence));
    }
    let workshop = signing.open()?;
    if signing.dry_run {
        let due = workshop.due(world.now)?;
        console.say(&format!("would sign: {due}\nnothing was changed: --dry-run\n"));
        return Ok(());
    }
    let keys = signing.passphrases.open(world)?.keys(&signing.keys)?;
    let finished = workshop.timestamp(&keys, world.now)?;
    console.say(&told(&finished));
    Ok(())
}
