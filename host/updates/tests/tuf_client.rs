//! The command line that the conformance suite of TUF drives.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use updates::testing::{Repository, TOP_LEVEL};

/// Serves files in plain HTTP, one connection a request.
fn serve(files: BTreeMap<String, Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap();
            let path = head.split(' ').nth(1).unwrap();
            let (status, body) = match files.get(&path[1..]) {
                Some(bytes) => ("200 OK", &bytes[..]),
                None => ("404 Not Found", &b""[..]),
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(body).unwrap();
        }
    });
    base
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tuf-client"))
        .current_dir(folder)
        .args(["--metadata-dir", "metadata"])
        .args(arguments)
        .output()
        .unwrap()
}

/// A repository for the system's clock.
fn repository() -> Repository {
    let mut repository = Repository::new();
    for role in TOP_LEVEL {
        repository.role(role).expires = Timestamp::now() + SignedDuration::from_hours(24);
    }
    repository.publish("root");
    repository.add("targets", "a/file", b"file");
    repository.publish_content();
    repository
}

#[test]
fn the_client_begins_refreshes_and_downloads() {
    let repository = repository();
    let base = serve(repository.shelf.files.clone());
    let folder = tempfile::tempdir().unwrap();
    for name in ["metadata", "targets"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("initial.json"), repository.root(1)).unwrap();
    let metadata = format!("{base}/metadata/");
    let targets = format!("{base}/targets/");
    let download = |target: &str| {
        let places = [
            "--metadata-url",
            &metadata,
            "--target-base-url",
            &targets,
            "--target-dir",
            "targets",
        ];
        run(
            folder.path(),
            &[&places[..], &["--target-name", target, "download"]].concat(),
        )
    };

    let refused = run(folder.path(), &["--metadata-url", &metadata, "refresh"]);
    assert_eq!(refused.status.code(), Some(1), "there is no root yet");
    let begun = run(folder.path(), &["init", "initial.json"]);
    assert_eq!(begun.status.code(), Some(0), "{begun:?}");
    let refreshed = run(folder.path(), &["--metadata-url", &metadata, "refresh"]);
    assert_eq!(refreshed.status.code(), Some(0), "{refreshed:?}");
    let fetched = download("a/file");
    assert_eq!(fetched.status.code(), Some(0), "{fetched:?}");
    assert_eq!(std::fs::read(folder.path().join("targets/a%2Ffile")).unwrap(), b"file");
    let missing = download("missing");
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(missing.stderr).unwrap(),
        "nobody signed `missing`; check its name, or publish it [unsigned-target]\n"
    );
}

#[test]
fn plain_http_ends_at_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("initial.json"), repository().root(1)).unwrap();
    assert_eq!(run(folder.path(), &["init", "initial.json"]).status.code(), Some(0));
    let refused = run(
        folder.path(),
        &["--metadata-url", "http://updates.example.org/metadata", "refresh"],
    );
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(refused.stderr).unwrap(),
        "http://updates.example.org/metadata is not on this machine\n"
    );
}
