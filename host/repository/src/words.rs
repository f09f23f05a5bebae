//! A change in plain words: what whoever signs it reads before the passphrase is asked.

use crate::change::{Change, Requirement};
use crate::error::Error;
use crate::key::hex;
use crate::metadata::Signers;
use crate::role::Role;
use crate::status::per_cent;
use crate::workshop::fingerprint;
use plan::emergency::Emergency;
use plan::item::{Item, Release};
use plan::names::{EMERGENCY, PLAN};
use plan::plan::Plan;
use plan::vendor::Vendor;
use plan::waves::Waves;
use plugin_package::{ControlAsk, Direction, EndpointAsk, EndpointKind, Recipient, RequestKind, UsbAsk};
use std::fmt::Write as _;
use tough::schema::{PathSet, Targets};

/// The whole change, line by line.
///
/// # Errors
/// [`Error::Refused`] where a document of it breaks a rule.
pub fn tell(change: &Change) -> Result<String, Error> {
    let mut text = String::new();
    let mut line = |words: &str| {
        let _ = writeln!(text, "{words}");
    };
    line(&format!("prepared at {}", change.made));
    match &change.base {
        Some(base) => line(&format!(
            "for the repository whose root {} has the fingerprint {}",
            base.root.signed.version,
            fingerprint(&base.root)
        )),
        None => line("for a new repository"),
    }
    for words in roots(change)
        .into_iter()
        .chain(delegations(change))
        .chain(plans(change)?)
    {
        line(&words);
    }
    for words in emergencies(change)?.into_iter().chain(documents(change)) {
        line(&words);
    }
    line("signatures");
    for one in change.requirements()? {
        line(&format!("  {}", requirement(change, &one)));
    }
    Ok(text)
}

fn requirement(change: &Change, one: &Requirement) -> String {
    let expires = match &one.role {
        Role::Root => change
            .root
            .as_ref()
            .map(|root| (root.signed.version, root.signed.expires)),
        role => change
            .roles
            .get(role)
            .map(|document| (document.signed.version, document.signed.expires)),
    };
    let document = expires.map_or(String::new(), |(version, until)| {
        format!(" {version}, good until {until}")
    });
    let whose = if one.outgoing { ", by its present keys" } else { "" };
    let signed = one.signers.keys.iter().filter(|(id, _)| one.signed.contains(id));
    let signed: Vec<String> = signed.map(|(id, _)| change.holder(id)).collect();
    let signed = if signed.is_empty() {
        "nobody yet".to_owned()
    } else {
        signed.join(", ")
    };
    format!(
        "{}{document}{whose}: {}; signed by {signed}",
        one.role,
        holders(change, &one.signers)
    )
}

fn holders(change: &Change, signers: &Signers) -> String {
    let names: Vec<String> = signers.keys.iter().map(|(id, _)| change.holder(id)).collect();
    format!("{} of {}", signers.threshold, names.join(", "))
}

/// Who holds the top roles, where that changes.
fn roots(change: &Change) -> Vec<String> {
    let Some(root) = &change.root else { return Vec::new() };
    let mut lines = vec![format!(
        "root {}, fingerprint {}",
        root.signed.version,
        fingerprint(root)
    )];
    for role in [Role::Root, Role::Targets, Role::Snapshot, Role::Timestamp] {
        let before = change
            .base
            .as_ref()
            .and_then(|base| Signers::of_top(&base.root.signed, &role));
        lines.extend(given(change, &role, before, Signers::of_top(&root.signed, &role)));
    }
    if lines.len() == 1 {
        lines.push("  nobody's keys change".to_owned());
    }
    lines
}

/// Who holds the delegated roles, and what they may sign, where that changes.
fn delegations(change: &Change) -> Vec<String> {
    let Some(targets) = change.roles.get(&Role::Targets) else {
        return Vec::new();
    };
    let before = change.before(&Role::Targets);
    let all = |document: Option<&Targets>| -> Vec<Role> {
        let roles = document.and_then(|document| document.delegations.as_ref());
        let roles = roles.into_iter().flat_map(|all| &all.roles);
        roles.filter_map(|role| role.name.parse().ok()).collect()
    };
    let mut lines = Vec::new();
    for role in all(Some(&targets.signed)) {
        let old = before.and_then(|before| Signers::of_delegated(before, &role));
        let new = Signers::of_delegated(&targets.signed, &role);
        lines.extend(given(change, &role, old, new));
        let paths = |document: &Targets| -> Option<Vec<String>> {
            let name = role.to_string();
            let all = document.delegations.as_ref()?;
            let role = all.roles.iter().find(|role| role.name == name)?;
            match &role.paths {
                PathSet::Paths(paths) => Some(paths.iter().map(|path| path.value().to_owned()).collect()),
                PathSet::PathHashPrefixes(_) => Some(vec!["targets by their digest".to_owned()]),
            }
        };
        let now = paths(&targets.signed);
        if let Some(paths) = now.as_ref().filter(|_| before.and_then(paths) != now) {
            lines.push(format!("  {role} may sign {}", paths.join(", ")));
        }
    }
    for role in all(before) {
        if Signers::of_delegated(&targets.signed, &role).is_none() {
            lines.push(format!("  {role} may sign nothing any more"));
        }
    }
    if !lines.is_empty() {
        lines.insert(0, "delegations".to_owned());
    }
    lines
}

fn given(change: &Change, role: &Role, before: Option<Signers>, after: Option<Signers>) -> Option<String> {
    if before == after {
        return None;
    }
    let after = after.map_or("nobody".to_owned(), |after| holders(change, &after));
    Some(match before {
        Some(before) => format!("  {role} is given to {after}; until now {}", holders(change, &before)),
        None => format!("  {role} is given to {after}"),
    })
}

fn plans(change: &Change) -> Result<Vec<String>, Error> {
    let Some(text) = change.texts.get(PLAN) else {
        return Ok(Vec::new());
    };
    let after = Plan::read(text.as_bytes())?;
    let before = change.base.as_ref().and_then(|base| base.texts.get(PLAN));
    let before = before.map(|text| Plan::read(text.as_bytes())).transpose()?;
    let mut lines = vec![match &before {
        Some(before) => format!("plan {}, after {}", after.counter, before.counter),
        None => format!("plan {}", after.counter),
    }];
    let differences = plan_differences(before.as_ref(), &after);
    if differences.is_empty() {
        lines.push("  nothing runs that did not run before".to_owned());
    }
    lines.extend(differences.into_iter().map(|words| format!("  {words}")));
    Ok(lines)
}

/// What is different between two plans, one line for each thing.
#[must_use]
pub fn plan_differences(before: Option<&Plan>, after: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, now) in &after.vendors {
        let old = before.and_then(|before| before.vendors.get(name));
        if old != Some(now) {
            let word = if old.is_some() { "now" } else { "is new and" };
            lines.push(format!("vendor {name} {word} may have {}", vendor(now)));
        }
    }
    for name in before.iter().flat_map(|before| before.vendors.keys()) {
        if !after.vendors.contains_key(name) {
            lines.push(format!("vendor {name} is gone"));
        }
    }
    for item in &after.items {
        let old = before.and_then(|before| before.item(&item.id()));
        lines.extend(item_differences(old, item));
    }
    for item in before.iter().flat_map(|before| &before.items) {
        if after.item(&item.id()).is_none() {
            lines.push(format!("{} is gone: no kiosk runs it any more", item.id()));
        }
    }
    lines
}

fn item_differences(before: Option<&Item>, after: &Item) -> Vec<String> {
    let id = after.id();
    let mut lines = Vec::new();
    if let Some(before) = before.filter(|before| before.floor != after.floor) {
        lines.push(format!(
            "{id}: no release before {} runs ever again, until now {}",
            after.floor, before.floor
        ));
    }
    for new in &after.releases {
        let old = before.and_then(|before| before.release(new.counter));
        let name = format!("{id}, release {}", new.counter);
        match old {
            None => lines.extend(new_release(&name, new)),
            Some(old) => lines.extend(release_differences(&name, old, new)),
        }
    }
    for old in before.iter().flat_map(|before| &before.releases) {
        if after.release(old.counter).is_none() {
            lines.push(format!("{id}, release {}: no longer in the plan", old.counter));
        }
    }
    lines
}

fn new_release(name: &str, release: &Release) -> Vec<String> {
    let plugin = release.plugin.as_ref();
    let plugin = plugin.map(|plugin| format!(": version {} for {}", plugin.version, plugin.contract));
    let mut lines = vec![
        format!("{name} is new{}", plugin.unwrap_or_default()),
        format!(
            "  {}, {} bytes, sha256 {}",
            release.file.target, release.file.length, release.file.sha256
        ),
    ];
    lines.extend(grants(release));
    if let Some(vectors) = &release.vectors {
        lines.push(format!(
            "  it must answer {}, {} bytes, sha256 {}",
            vectors.target, vectors.length, vectors.sha256
        ));
    }
    lines.push(format!("  {}", waves(release.waves.as_ref())));
    if let Some(reason) = &release.withdrawn {
        lines.push(format!("  it is withdrawn ({reason})"));
    }
    lines
}

fn release_differences(name: &str, old: &Release, new: &Release) -> Vec<String> {
    let mut lines = Vec::new();
    if (&old.file, &old.plugin, &old.vectors) != (&new.file, &new.plugin, &new.vectors) {
        lines.push(format!("{name}: ANOTHER FILE under the same number"));
        lines.extend(new_release(name, new));
        return lines;
    }
    if (&old.usb, &old.rows) != (&new.usb, &new.rows) {
        lines.push(format!("{name} is granted something else"));
        lines.extend(grants(new));
    }
    if old.waves != new.waves {
        lines.push(format!("{name}: {}", waves(new.waves.as_ref())));
    }
    match (&old.withdrawn, &new.withdrawn) {
        (None, Some(reason)) => lines.push(format!("{name} is withdrawn ({reason})")),
        (Some(_), None) => lines.push(format!("{name} is no longer withdrawn")),
        (Some(old), Some(new)) if old != new => lines.push(format!("{name} is withdrawn as {new}, not as {old}")),
        _ => {}
    }
    lines
}

fn grants(release: &Release) -> Vec<String> {
    let mut lines: Vec<String> = release.usb.iter().flat_map(interface).collect();
    if !release.rows.is_empty() {
        lines.push(format!("  it may read {}", release.rows.join(", ")));
    }
    lines
}

fn interface(ask: &UsbAsk) -> Vec<String> {
    let mut lines = vec![format!(
        "  it may use interface {} of {}",
        ask.interface,
        crate::grants::device(ask)
    )];
    lines.extend(
        ask.endpoints
            .iter()
            .map(|endpoint| format!("    {}", words_of_endpoint(endpoint))),
    );
    lines.extend(
        ask.control
            .iter()
            .map(|control| format!("    {}", words_of_control(control))),
    );
    lines
}

fn words_of_endpoint(endpoint: &EndpointAsk) -> String {
    let kind = match endpoint.kind {
        EndpointKind::Bulk => "bulk",
        EndpointKind::Interrupt => "interrupt",
    };
    let way = if endpoint.address & 0x80 == 0 { "to" } else { "from" };
    format!(
        "{kind} transfers {way} endpoint 0x{:02x}, at most {} bytes",
        endpoint.address, endpoint.max_length
    )
}

fn words_of_control(control: &ControlAsk) -> String {
    let way = match control.direction {
        Direction::In => "in",
        Direction::Out => "out",
    };
    let kind = match control.kind {
        RequestKind::Standard => "standard",
        RequestKind::Class => "class",
        RequestKind::Vendor => "vendor",
    };
    let to = match control.recipient {
        Recipient::Device => "device",
        Recipient::Interface => "interface",
        Recipient::Endpoint => "endpoint",
        Recipient::Other => "other",
    };
    let values: Vec<String> = control.values.iter().map(|value| format!("0x{value:04x}")).collect();
    let values = if values.is_empty() {
        "any value".to_owned()
    } else {
        format!("value {}", values.join(" or "))
    };
    format!(
        "control request 0x{:02x} ({way}, {kind}, {to}), {values}, at most {} bytes",
        control.request, control.max_length
    )
}

/// When which kiosks take a release.
#[must_use]
pub fn waves(waves: Option<&Waves>) -> String {
    let Some(waves) = waves else {
        return "for all kiosks at once".to_owned();
    };
    let step = |step: &plan::waves::Step| {
        let hours = step.after_minutes / 60;
        let minutes = step.after_minutes % 60;
        format!("{} after {hours}:{minutes:02} h", per_cent(step.share))
    };
    let steps: Vec<String> = waves.steps.iter().map(step).collect();
    format!("in waves from {}: {} of the kiosks", waves.start, steps.join(", "))
}

/// What a vendor's drivers may have.
#[must_use]
pub fn vendor(vendor: &Vendor) -> String {
    let devices: Vec<String> = vendor
        .devices
        .iter()
        .flat_map(|of| {
            of.products
                .iter()
                .map(|product| format!("{:04x}:{product:04x}", of.vendor))
        })
        .collect();
    let classes: Vec<String> = vendor.classes.iter().map(|class| format!("0x{class:02x}")).collect();
    format!(
        "devices {}, interfaces of class {}; transfers of at most {} bytes, control data of {}, {} control requests",
        devices.join(", "),
        classes.join(", "),
        vendor.limits.max_length,
        vendor.limits.max_control_length,
        vendor.limits.max_control_requests
    )
}

fn emergencies(change: &Change) -> Result<Vec<String>, Error> {
    let Some(text) = change.texts.get(EMERGENCY) else {
        return Ok(Vec::new());
    };
    let after = Emergency::read(text.as_bytes())?;
    let before = change.base.as_ref().and_then(|base| base.texts.get(EMERGENCY));
    let before = before.map(|text| Emergency::read(text.as_bytes())).transpose()?;
    let old = before.map(|before| before.withdrawn).unwrap_or_default();
    let mut lines = vec![format!("emergency list {}", after.counter)];
    let name = |one: &plan::emergency::Withdrawal| format!("{}, release {}", one.item, one.counter);
    for one in after.withdrawn.iter().filter(|one| !old.contains(one)) {
        lines.push(format!("  {} stops at once ({})", name(one), one.reason));
    }
    for one in old.iter().filter(|one| !after.withdrawn.contains(one)) {
        lines.push(format!("  {} may run again", name(one)));
    }
    if lines.len() == 1 {
        lines.push("  nothing stops that did not stop before".to_owned());
    }
    Ok(lines)
}

/// Settings and messages, as they will stand; files with their digests.
fn documents(change: &Change) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, text) in &change.texts {
        if ![PLAN, EMERGENCY].contains(&name.as_str()) {
            lines.push(name.clone());
            lines.extend(text.lines().map(|line| format!("  {line}")));
        }
    }
    for (role, document) in &change.roles {
        lines.extend(unlisted(change, role, &document.signed));
    }
    for (role, document) in change.roles.iter().filter(|(role, _)| matches!(role, Role::Vendor(_))) {
        let before = change.before(role);
        let mut unused: Vec<String> = document
            .signed
            .targets
            .iter()
            .filter(|(name, _)| before.is_none_or(|before| !before.targets.contains_key(name)))
            .filter(|(name, _)| change.files.iter().all(|file| file.target != name.raw()))
            .map(|(name, target)| {
                let digest = hex(&target.hashes.sha256);
                format!(
                    "{role} lists {} too, sha256 {digest}, which does not run by this",
                    name.raw()
                )
            })
            .collect();
        unused.sort();
        lines.extend(unused);
    }
    lines
}

/// What a role listed before, and lists no more: nobody can fetch it then.
fn unlisted(change: &Change, role: &Role, document: &Targets) -> Vec<String> {
    let before = change.before(role).into_iter().flat_map(|before| before.targets.keys());
    let gone = before.filter(|name| !document.targets.contains_key(*name));
    let mut lines: Vec<String> = gone
        .map(|name| format!("{role} no longer lists {}", name.raw()))
        .collect();
    lines.sort();
    lines
}
