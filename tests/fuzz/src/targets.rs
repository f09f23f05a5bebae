//! All targets.

mod ansi_378;
mod compare;
mod escpos;
mod extract;
mod gallery;
mod image_file;
mod iso_2005;
mod iso_2011;
mod nb1010;
mod plan;
mod plugin_file;
mod settings;
mod uru4000;

use crate::Target;

/// By name.
pub const ALL: [Target; 13] = [
    ansi_378::TARGET,
    compare::TARGET,
    escpos::TARGET,
    extract::TARGET,
    gallery::TARGET,
    image_file::TARGET,
    iso_2005::TARGET,
    iso_2011::TARGET,
    nb1010::TARGET,
    plan::TARGET,
    plugin_file::TARGET,
    settings::TARGET,
    uru4000::TARGET,
];

/// The target of this name.
#[must_use]
pub fn named(name: &str) -> Option<Target> {
    ALL.into_iter().find(|target| target.name == name)
}
