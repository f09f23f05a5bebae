//! A stick as people have them: FAT, which knows no owners and no permissions. Holders keep their keys on one, the desk writes a
//! repository on it, and a kiosk takes what is there with the stick mounted for reading alone.

use crate::Outcome;
use crate::device_mapper::run;
use crate::kiosk::{BEGIN, NEW, OLD, Packed, Strokes};
use crate::moments::BUSYBOX;
use crate::told::Told;
use jiff::Timestamp;
use repository::key::SecretKey;
use repository::keyfile::{self, Passphrase, Work};
use repository::state::State;
use repository::stick::{Load, Writing, free_space, write};
use serde_json::json;
use std::fs;
use std::path::Path;

const DISK: &str = "/dev/vda";
const STICK: &str = "/stick";
/// As little as may be: guessing is not what is tried here.
const WORK: Work = Work::Only(1);

/// All of it, on one stick.
pub(crate) fn stick(told: &mut Told) -> Outcome {
    fs::create_dir(STICK)?;
    run(BUSYBOX, &["mkdosfs", DISK])?;
    mounted("rw")?;
    let same_key = keys()?;
    let same_file = files()?;
    let packed = Packed::read()?;
    let old = repository(&packed, OLD)?;
    let new = repository(&packed, NEW)?;
    run(BUSYBOX, &["umount", STICK])?;
    mounted("ro")?;
    let runs = packed.start(&Strokes::of_start(0), |_| ())?.take(STICK)?;
    run(BUSYBOX, &["umount", STICK])?;
    let runs = runs.iter().map(|(id, run)| (id.to_string(), json!(run.counter)));
    told.found(
        "stick",
        json!({
            "same_key": same_key,
            "same_file": same_file,
            "files": [old, new],
            "runs": runs.collect::<serde_json::Map<_, _>>(),
        }),
    )
}

fn mounted(how: &str) -> Outcome {
    run(BUSYBOX, &["mount", "-t", "vfat", "-o", how, DISK, STICK])
}

/// A holder's key: made, read, given another passphrase, read again.
fn keys() -> Outcome<bool> {
    let passphrase = |words: &str| Passphrase::new(words.to_owned());
    let (first, second) = (passphrase("correct horse battery"), passphrase("staple after staple"));
    let key = SecretKey::generate("aigul")?;
    let path = keyfile::write(&Path::new(STICK).join("aigul"), &key, &first, WORK)?;
    let written = keyfile::read(&path, &first)?;
    keyfile::rewrite(&path, &written, &second, WORK)?;
    let changed = keyfile::read(&path, &second)?;
    let public = keyfile::read_public(&path.with_file_name(keyfile::public_name("aigul")))?;
    Ok([written.id(), changed.id(), &public.id()?]
        .iter()
        .all(|id| *id == key.id()))
}

/// A change that goes from holder to holder: written, and written again in its place.
fn files() -> Outcome<bool> {
    let path = Path::new(STICK).join("change.json");
    repository::write_file(&path, b"unsigned")?;
    repository::write_file(&path, b"signed")?;
    Ok(fs::read(path)? == b"signed")
}

/// A repository in place of what was there before; how many files a kiosk found in it that was read back.
fn repository(packed: &Packed, folder: &str) -> Outcome<usize> {
    let repository = Path::new(folder);
    let state = State::read(repository)?.ok_or("the repository is empty")?;
    let writing = Writing {
        repository,
        stick: Path::new(STICK),
        root: packed.root(),
        now: Timestamp::from_millisecond(i64::try_from(BEGIN)?)?,
        days: 1,
    };
    let free = free_space(writing.stick)?;
    Ok(write(&writing, &Load::of(repository, &state)?, free, &mut |_, _| ())?.files)
}
