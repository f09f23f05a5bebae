//! The first connections of a process, opened by many threads at once.

use encrypted_store::StoreKey;
use rusqlite::OpenFlags;
use std::process::Command;
use std::sync::Barrier;

const THREADS: u8 = 8;
/// Only a process that has opened nothing yet can show it, so each try is one of its own.
const PROCESSES: usize = 100;
/// Set in a process that is one try.
const TRY: &str = "KIOSK_FIRST_CONNECTION_TRY";

#[test]
fn threads_that_open_the_first_files_of_a_process_at_once_all_have_their_keys_taken() {
    if std::env::var_os(TRY).is_some() {
        return open_at_once();
    }
    let program = std::env::current_exe().expect("this program");
    let failed: Vec<String> = (0..PROCESSES)
        .map(|_| {
            Command::new(&program)
                .env(TRY, "1")
                .arg("--nocapture")
                .env("RUST_BACKTRACE", "0")
                .output()
                .expect("a process")
        })
        .filter(|output| !output.status.success())
        .map(|output| String::from_utf8_lossy(&output.stderr).into_owned())
        .collect();
    let (count, first) = (failed.len(), failed.first());
    assert!(failed.is_empty(), "{count} of {PROCESSES}: {first:?}");
}

fn open_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let together = Barrier::new(usize::from(THREADS));
    std::thread::scope(|scope| {
        for number in 0..THREADS {
            let path = folder.path().join(number.to_string());
            let together = &together;
            scope.spawn(move || {
                together.wait();
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
                let connection = encrypted_store::open(&path, flags, &StoreKey::from_bytes([number; 32]));
                connection
                    .expect("opened")
                    .execute_batch("CREATE TABLE content (x)")
                    .expect("written");
                let plain = std::fs::read(&path).expect("the file").starts_with(b"SQLite format 3");
                assert!(!plain, "it must stand encrypted");
            });
        }
    });
}
