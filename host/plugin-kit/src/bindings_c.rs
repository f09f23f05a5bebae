//! Headers and glue for a plugin in C, out of the contracts' WIT.

use crate::sentence::Sentence;
use plugin_package::Contract;
use std::path::{Path, PathBuf};
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

/// Writes header, source and object file of the contract's world into the folder; gives what the compiler must be handed.
///
/// # Errors
/// A sentence.
pub fn generate(wit: &[PathBuf], contract: &Contract, folder: &Path) -> Result<Vec<PathBuf>, Sentence> {
    let failed = |cause: &dyn std::fmt::Display| Sentence(format!("the contracts' WIT could not be read: {cause}"));
    let mut resolve = Resolve::default();
    let mut package = None;
    for path in wit {
        let (id, _) = resolve.push_dir(path).map_err(|cause| failed(&cause))?;
        package = Some(id);
    }
    let package = package.ok_or_else(|| Sentence("`wit` in kit.toml names no folder".to_owned()))?;
    let world = resolve
        .select_world(&[package], Some(contract.world()))
        .map_err(|cause| failed(&cause))?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default()
        .build()
        .generate(&mut resolve, world, &mut files)
        .map_err(|cause| failed(&cause))?;
    let mut given = Vec::new();
    for (name, contents) in files.iter() {
        let path = folder.join(name);
        std::fs::write(&path, contents).map_err(|cause| Sentence::file(&path, &cause))?;
        if path.extension().is_some_and(|end| end == "c" || end == "o") {
            given.push(path);
        }
    }
    Ok(given)
}
