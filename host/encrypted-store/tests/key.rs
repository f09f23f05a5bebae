//! A key file is read by its owner alone, and never overwritten.

use encrypted_store::StoreKey;
use std::path::Path;

fn write(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("its mode");
    }
    #[cfg(not(unix))]
    let _ = mode;
}

#[test]
fn a_key_that_was_written_is_read_back_and_only_its_owner_can() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("roll.key");
    let key = StoreKey::generate().expect("randomness");
    key.write(&path).expect("written");
    assert!(StoreKey::read(&path) == Ok(key.clone()));
    assert!(key != StoreKey::generate().expect("randomness"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = path.metadata().expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn debug_hides_the_key() {
    assert_eq!(format!("{:?}", StoreKey::from_bytes([7; 32])), "StoreKey(..)");
}

#[test]
fn a_bad_key_file_is_one_sentence_and_never_shows_what_is_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("roll.key");
    let not_hex = "the key file KEY does not hold 64 hexadecimal digits; copy the key file again";
    let exposed = "other users can reach the key file KEY; run `chmod 600` on it";
    let good = "0f".repeat(32);
    for (text, mode, sentence) in [
        ("", 0o600, not_hex),
        (&good[1..], 0o600, not_hex),
        (&format!("{good}0"), 0o600, not_hex),
        (&good.replace('f', "g"), 0o600, not_hex),
        (&good.repeat(100), 0o600, not_hex),
        #[cfg(unix)]
        (&good, 0o640, exposed),
        #[cfg(unix)]
        (&good, 0o604, exposed),
        #[cfg(unix)]
        (&good, 0o620, exposed),
    ] {
        write(&path, text, mode);
        let error = StoreKey::read(&path).expect_err("a bad key");
        assert_eq!(
            error.to_string().replace(path.to_str().expect("a name"), "KEY"),
            sentence
        );
    }
    write(&path, &format!(" {}\r\n", good.to_uppercase()), 0o400);
    assert!(StoreKey::read(&path).is_ok());

    let error = StoreKey::read(&folder.path().join("none")).expect_err("no key");
    let sentence = error.to_string().replace(folder.path().to_str().expect("a name"), "F");
    assert_eq!(
        sentence,
        "there is no key file at F/none; give the path of the key that belongs to the roll or journal"
    );
}

#[test]
fn a_key_is_never_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("roll.key");
    let old = StoreKey::generate().expect("randomness");
    old.write(&path).expect("written");
    let error = StoreKey::generate()
        .expect("randomness")
        .write(&path)
        .expect_err("there is one");
    let sentence = error.to_string().replace(path.to_str().expect("a name"), "KEY");
    assert_eq!(
        sentence,
        "KEY is there already and may be the key of a roll or journal; choose another name"
    );
    assert!(StoreKey::read(&path) == Ok(old));
}
