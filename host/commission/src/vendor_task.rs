//! `kiosk-commission vendor`: add, list, sign, renew.

use crate::signing::write;
use crate::updates_cli::{VendorAdd, VendorSign, VendorTask};
use crate::world::World;
use crate::{Console, Trouble};
use plan::vendor::{Devices, Limits, Vendor};
use repository::ceremony::Keyholders;
use repository::configuration::Lifetimes;
use repository::keyfile;
use repository::publication::Input;
use repository::vendors::VendorSigned;
use repository::words;
use repository::workshop;
use std::path::{Path, PathBuf};

pub(crate) fn run(task: &VendorTask, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    match task {
        VendorTask::Add(asked) => add(asked, world, console),
        VendorTask::List { folder, json } => list(&folder.workshop, *json, console),
        VendorTask::Sign(asked) => sign(asked, world, console),
        VendorTask::Renew { name, signed, signing } => {
            let signed = VendorSigned::read(signed, name)?;
            signing.change(world, console, |_, draft| draft.take_signed(&signed).map(|_| ()))
        }
    }
}

fn add(asked: &VendorAdd, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    let mut devices: Vec<Devices> = Vec::new();
    for (vendor, product) in &asked.devices {
        match devices.iter_mut().find(|devices| devices.vendor == *vendor) {
            Some(devices) => devices.products.push(*product),
            None => devices.push(Devices {
                vendor: *vendor,
                products: vec![*product],
            }),
        }
    }
    let allowed = Vendor {
        devices,
        classes: asked.classes.clone(),
        limits: Limits {
            max_length: asked.max_length,
            max_control_length: asked.max_control_length,
            max_control_requests: asked.max_control_requests,
        },
    };
    let key = asked.public_key.as_deref().map(keyfile::read_public).transpose()?;
    let keys = key.map(Keyholders::one);
    let signed = asked.signed_by.as_deref();
    let signed = signed.map(|path| VendorSigned::read(path, &asked.name)).transpose()?;
    asked.signing.change(world, console, |_, draft| {
        draft.set_vendor(&asked.name, keys.as_ref(), allowed)?;
        signed.map_or(Ok(()), |signed| draft.take_signed(&signed).map(|_| ()))
    })
}

fn list(folder: &Path, json: bool, console: &mut Console<'_>) -> Result<(), Trouble> {
    let vendors = workshop::look(folder)?.0.plan.vendors;
    if json {
        console.say_json(&vendors);
        return Ok(());
    }
    for (name, vendor) in &vendors {
        console.say(&format!("{name}: {}\n", words::vendor(vendor)));
    }
    console.say(&format!("vendors: {}\n", vendors.len()));
    Ok(())
}

fn sign(asked: &VendorSign, world: &World<'_>, console: &mut Console<'_>) -> Result<(), Trouble> {
    let files = asked.files.iter().map(|file| Input::read(file));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    let earlier = asked.earlier.as_deref();
    let earlier = earlier.map(|path| VendorSigned::read(path, &asked.name)).transpose()?;
    let lifetimes = Lifetimes {
        delegated_days: asked.days,
        ..Lifetimes::default()
    };
    let key = asked.passphrases.open(world)?.key(&asked.key)?;
    let signed = VendorSigned::sign(&asked.name, &key, &files, earlier.as_ref(), &lifetimes, world.now)?;
    let out = asked
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}.json", plan::names::vendor_role(&asked.name))));
    write(&out, &signed.encode()?)?;
    for target in signed.targets() {
        console.say(&format!("{target}\n"));
    }
    console.say(&format!(
        "wrote {}: version {}, good until {}\n",
        out.display(),
        signed.version(),
        signed.expires()
    ));
    Ok(())
}
