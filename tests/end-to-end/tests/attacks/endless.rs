//! Servers that give files without an end, or byte after byte for ever.

use crate::attack::lengths_out;
use crate::commission::Day;
use crate::forgery::{Forgery, MadeUp};
use crate::scene::Scene;
use crate::server::{Authority, Request, Send, Server, answer};
use stand::{another, plugin};
use std::time::{Duration, Instant};
use updates::https::{HttpsSource, NetworkLimits};

const QUICK: NetworkLimits = NetworkLimits {
    connect: Duration::from_secs(1),
    answer: Duration::from_millis(700),
    slowest_bytes_per_second: 10_000,
    tries: 2,
    pause: Duration::from_millis(10),
};

/// What the server does with one file.
type Trick = fn() -> Vec<Send>;

fn without_end() -> Vec<Send> {
    vec![Send::Bytes(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Send::Endless]
}

fn without_end_and_with_a_length() -> Vec<Send> {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\n";
    vec![Send::Bytes(head.to_vec()), Send::Endless]
}

fn byte_after_byte() -> Vec<Send> {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
    let drip = Send::Drip(vec![b' '; 100_000], Duration::from_millis(50));
    vec![Send::Bytes(head.to_vec()), drip]
}

fn silence() -> Vec<Send> {
    vec![Send::Wait(Duration::from_secs(4)), Send::Cut]
}

/// A part of the address of the file, and the trick.
const TRICKS: [(&str, &str, Trick); 9] = [
    ("the timestamp never ends", "/timestamp.json", without_end),
    ("the next root never ends", ".root.json", without_end),
    ("the snapshot never ends", ".snapshot.json", without_end),
    (
        "the plan's role never ends",
        ".targets.json",
        without_end_and_with_a_length,
    ),
    ("the plan never ends", ".plan.json", without_end),
    ("the policy's file never ends", ".9.wasm", without_end),
    (
        "the policy's file has every length there is",
        ".9.wasm",
        without_end_and_with_a_length,
    ),
    ("the policy's file comes byte after byte", ".9.wasm", byte_after_byte),
    ("the timestamp does not come", "/timestamp.json", silence),
];

#[test]
fn a_server_that_never_ends_a_file_costs_a_sentence_and_neither_disk_nor_memory_nor_time() {
    let forged = Forgery::of(Day::Second);
    let made_up = MadeUp {
        bytes: &another(&plugin("fingerprint-first"), 9),
        ..MadeUp::POLICY
    };
    forged.release(&made_up, |_| ());
    let authority = Authority::new("authority");
    let mut told = String::new();
    for (attack, part, trick) in TRICKS {
        let folder = forged.path().to_owned();
        let server = Server::start(&authority, move |request: &Request| {
            if request.path.ends_with(part) {
                return trick();
            }
            match std::fs::read(folder.join(&request.path[1..])) {
                Ok(bytes) => vec![Send::Bytes(answer("200 OK", &[], &bytes))],
                Err(_) => vec![Send::Bytes(answer("404 Not Found", &[], b"no"))],
            }
        });
        let source = HttpsSource::new(&server.base, &authority.pem(), QUICK).unwrap();
        let now = Day::Second.begins();
        let mut scene = Scene::with(Day::Second, now, Some(Box::new(source)));
        let size = || size(&scene.site.path("updates"));
        let before = size();
        let began = Instant::now();
        let _ = scene.running.clerk.check(false);
        assert!(
            began.elapsed() < Duration::from_secs(9),
            "{attack}: {:?}",
            began.elapsed()
        );
        let grown = size().saturating_sub(before);
        assert!(grown < 1 << 20, "{attack}: {grown} bytes more on the disk");
        told += &lengths_out(&scene.withstood(attack).replace(&server.base, "[server]"));
    }
    insta::assert_snapshot!(told);
}

/// Bytes below a folder.
fn size(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.is_dir() {
            true => size(&path),
            false => path.metadata().unwrap().len(),
        })
        .sum()
}
