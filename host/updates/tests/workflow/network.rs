//! HTTPS, on this machine.

use crate::kiosk::{Kiosk, code};
use crate::server::{Authority, Request, Send, Server, answer};
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use updates::digest::Sha256;
use updates::https::{HttpsSource, NetworkLimits};
use updates::source::{Source, SourceError};
use updates::testing::{Repository, Shelf};

const QUICK: NetworkLimits = NetworkLimits {
    connect: Duration::from_secs(5),
    answer: Duration::from_millis(500),
    slowest_bytes_per_second: 10_000,
    tries: 3,
    pause: Duration::from_millis(10),
};

fn source(server: &Server, authority: &Authority) -> HttpsSource {
    HttpsSource::new(&server.base, &authority.pem(), QUICK).unwrap()
}

/// The files of a shelf, as a static server gives them.
fn files(shelf: &Shelf) -> impl Fn(&Request) -> Vec<Send> + Sync + std::marker::Send + 'static {
    let files = shelf.files.clone();
    move |request| {
        let answer = match (files.get(&request.path[1..]), request.range) {
            (None, _) => answer("404 Not Found", &[], b"no"),
            (Some(bytes), None) => answer("200 OK", &[], bytes),
            (Some(bytes), Some(from)) => partial(bytes, from),
        };
        vec![Send::Bytes(answer)]
    }
}

fn partial(bytes: &[u8], from: u64) -> Vec<u8> {
    let rest = &bytes[usize::try_from(from).unwrap()..];
    let range = format!("content-range: bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
    answer("206 Partial Content", &[&range], rest)
}

fn content() -> Vec<u8> {
    (0..300_000_u32).map(|number| number.to_le_bytes()[1]).collect()
}

fn repository() -> Repository {
    let mut repository = Repository::new();
    repository.add("targets", "vendors/acme/reader.wasm", &content());
    repository.publish_content();
    repository
}

/// The sentence of a failure.
fn failed<T: std::fmt::Debug>(result: Result<T, SourceError>) -> String {
    match result.unwrap_err() {
        SourceError::Failed(sentence) => sentence,
        other => panic!("{other:?}"),
    }
}

fn read_all(source: &HttpsSource, path: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let part = source.target(path, 0).map_err(|cause| cause.to_string())?;
    let mut body = part.bytes.take(1 << 20);
    body.read_to_end(&mut bytes)
        .map(|_| bytes)
        .map_err(|cause| cause.to_string())
}

#[test]
fn a_repository_is_taken_from_a_server_whose_certificate_the_pinned_authority_signed() {
    let repository = repository();
    let authority = Authority::new("authority");
    let server = Server::start(&authority, files(&repository.shelf));
    let source = source(&server, &authority);
    let mut kiosk = Kiosk::of(&repository);
    kiosk.refresh(&source).unwrap();
    let sha256 = kiosk.fetch(&source, "vendors/acme/reader.wasm").unwrap();
    assert_eq!(kiosk.artifacts.read(&sha256).unwrap(), content());
    assert_eq!(source.describe(), server.base);
    let paths: Vec<_> = server.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(
        paths,
        [
            "/metadata/2.root.json".to_owned(),
            "/metadata/timestamp.json".to_owned(),
            "/metadata/2.snapshot.json".to_owned(),
            "/metadata/2.targets.json".to_owned(),
            format!("/targets/vendors/acme/{sha256}.reader.wasm"),
        ]
    );
}

#[test]
fn another_authority_and_another_name_are_refused_without_another_try() {
    let [pinned, other] = ["pinned", "other"].map(Authority::new);
    let foreign = Server::start(&other, files(&repository().shelf));
    let sentence = failed(source(&foreign, &pinned).metadata("timestamp.json", 1_000));
    assert!(sentence.contains("UnknownIssuer"), "{sentence}");
    let renamed = Server::with_name(&pinned, "updates.example.org", files(&repository().shelf));
    let sentence = failed(source(&renamed, &pinned).metadata("timestamp.json", 1_000));
    assert!(sentence.contains("not valid for name"), "{sentence}");
    assert_eq!((foreign.requests(), renamed.requests()), (vec![], vec![]));
}

#[test]
fn a_certificate_that_is_not_of_this_time_may_mean_a_wrong_clock() {
    let mut authority = Authority::new("authority");
    authority.expired = true;
    let server = Server::start(&authority, files(&repository().shelf));
    let sentence = failed(source(&server, &authority).metadata("timestamp.json", 1_000));
    assert!(sentence.contains("certificate expired"), "{sentence}");
    assert!(sentence.ends_with("), or this computer's clock is wrong"), "{sentence}");
}

#[test]
fn only_https_addresses_and_certificates_are_taken() {
    let authority = Authority::new("authority");
    let cases = [
        (
            "http://localhost:80",
            "`http://localhost:80` cannot be the address of an update server: it must begin with https://",
        ),
        (
            "localhost",
            "`localhost` cannot be the address of an update server: it must begin with https://",
        ),
        (
            "https://",
            "`https://` cannot be the address of an update server: write it as https://updates.example.org/kiosks",
        ),
        (
            "https://a b",
            "`https://a b` cannot be the address of an update server: write it as https://updates.example.org/kiosks",
        ),
        (
            "https://me:secret@host",
            "`https://me:secret@host` cannot be the address of an update server: it must have neither `?` nor `@`",
        ),
        (
            "https://host/?a=b",
            "`https://host/?a=b` cannot be the address of an update server: it must have neither `?` nor `@`",
        ),
    ];
    for (address, expected) in cases {
        assert_eq!(failed(HttpsSource::new(address, &authority.pem(), QUICK)), expected);
    }
    for authority in [
        &b""[..],
        b"no certificate",
        b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
    ] {
        let sentence = failed(HttpsSource::new("https://localhost", authority, QUICK));
        assert!(
            sentence.starts_with("the certificate authority of the update server cannot be read: "),
            "{sentence}"
        );
    }
}

#[test]
fn answers_that_are_no_file_are_told_apart() {
    let authority = Authority::new("authority");
    let server = Server::start(&authority, |request| {
        let status = request.path.rsplit('/').next().unwrap().replace('_', " ");
        vec![Send::Bytes(answer(
            &status,
            &["location: https://localhost/elsewhere"],
            b"{}",
        ))]
    });
    let source = source(&server, &authority);
    let failed = |sentence: &str| Err(SourceError::Failed(sentence.to_owned()));
    let absent = |what: &str| Err(SourceError::NotFound(what.to_owned()));
    let cases = [
        ("404_Not_Found", absent("metadata/404_Not_Found"), 1),
        ("403_Forbidden", absent("metadata/403_Forbidden"), 1),
        ("410_Gone", absent("metadata/410_Gone"), 1),
        (
            "301_Moved",
            failed("metadata/301_Moved was answered with 301 Moved Permanently, and redirects are not followed"),
            1,
        ),
        (
            "302_Found",
            failed("metadata/302_Found was answered with 302 Found, and redirects are not followed"),
            1,
        ),
        (
            "308_Moved",
            failed("metadata/308_Moved was answered with 308 Permanent Redirect, and redirects are not followed"),
            1,
        ),
        (
            "401_No",
            failed("metadata/401_No was answered with 401 Unauthorized"),
            1,
        ),
        (
            "204_Empty",
            failed("metadata/204_Empty was answered with 204 No Content"),
            1,
        ),
        (
            "503_Busy",
            failed("metadata/503_Busy was answered with 503 Service Unavailable"),
            3,
        ),
        (
            "500_Error",
            failed("metadata/500_Error was answered with 500 Internal Server Error"),
            3,
        ),
        (
            "429_Slow",
            failed("metadata/429_Slow was answered with 429 Too Many Requests"),
            3,
        ),
    ];
    for (name, expected, tries) in cases {
        assert_eq!(source.metadata(name, 1_000), expected, "{name}");
        assert_eq!(server.requests().len(), tries, "{name}");
    }
}

#[test]
fn a_server_that_is_busy_once_is_asked_again() {
    let authority = Authority::new("authority");
    let asked = AtomicUsize::new(0);
    let server = Server::start(&authority, move |_| {
        let busy = asked.fetch_add(1, Ordering::SeqCst) < 2;
        let status = if busy { "503 Busy" } else { "200 OK" };
        vec![Send::Bytes(answer(status, &[], b"{}"))]
    });
    assert_eq!(
        source(&server, &authority).metadata("timestamp.json", 100),
        Ok(b"{}".to_vec())
    );
}

#[test]
fn a_server_that_is_not_there_is_one_sentence() {
    let authority = Authority::new("authority");
    let source = HttpsSource::new("https://localhost:1", &authority.pem(), QUICK).unwrap();
    let repository = repository();
    let mut kiosk = Kiosk::of(&repository);
    let refusal = kiosk.refresh(&source).unwrap_err();
    assert!(refusal.is_passing());
    assert_eq!(
        refusal.to_string(),
        "https://localhost:1 gave no updates: metadata/2.root.json could not be fetched (io: Connection refused (os error \
         111)); try again, or use another stick or the network"
    );
}

#[test]
fn metadata_that_are_too_large_or_never_end_are_cut() {
    let authority = Authority::new("authority");
    let server = Server::start(&authority, |request| {
        if request.path.ends_with("endless.json") {
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
            return vec![Send::Bytes(head.as_bytes().to_vec()), Send::Endless];
        }
        vec![Send::Bytes(answer("200 OK", &[], &[b' '; 1_001]))]
    });
    let source = source(&server, &authority);
    for name in ["endless.json", "large.json"] {
        let what = format!("metadata/{name}");
        assert_eq!(
            source.metadata(name, 1_000),
            Err(SourceError::TooLarge { what, limit: 1_000 })
        );
    }
    assert_eq!(source.metadata("large.json", 1_001).unwrap().len(), 1_001);
}

#[test]
fn a_target_that_never_ends_is_cut_at_its_signed_length() {
    let repository = repository();
    let authority = Authority::new("authority");
    let metadata = files(&repository.shelf);
    let server = Server::start(&authority, move |request| {
        if request.path.starts_with("/targets/") {
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
            return vec![Send::Bytes(head.as_bytes().to_vec()), Send::Endless];
        }
        metadata(request)
    });
    let source = source(&server, &authority);
    let mut kiosk = Kiosk::of(&repository);
    kiosk.refresh(&source).unwrap();
    assert_eq!(code(&kiosk.fetch(&source, "vendors/acme/reader.wasm")), "wrong-length");
}

#[test]
fn a_server_that_keeps_a_kiosk_waiting_is_left() {
    let authority = Authority::new("authority");
    let server = Server::start(&authority, |request| {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec();
        if request.path.contains("silent") {
            vec![Send::Wait(Duration::from_secs(60))]
        } else if request.path.contains("half") {
            vec![
                Send::Bytes(head),
                Send::Bytes(vec![b' '; 10]),
                Send::Wait(Duration::from_secs(60)),
            ]
        } else {
            vec![
                Send::Bytes(head),
                Send::Drip(vec![b' '; 2_000], Duration::from_millis(10)),
            ]
        }
    });
    let source = source(&server, &authority);
    for name in ["silent", "half", "drip"] {
        let begun = Instant::now();
        failed(source.metadata(name, 1 << 20));
        let bytes = read_all(&source, name);
        assert!(bytes.is_err(), "{name}");
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{name}: {:?}",
            begun.elapsed()
        );
        assert_eq!(server.requests().len(), 6, "{name}: three tries each");
    }
    let sentence = read_all(&source, "drip").unwrap_err();
    assert!(sentence.contains("it came too slowly"), "{sentence}");
}

#[test]
fn a_target_that_breaks_off_is_asked_for_from_there() {
    let authority = Authority::new("authority");
    let bytes = content();
    let server = Server::start(&authority, move |request| {
        let from = usize::try_from(request.range.unwrap_or(0)).unwrap();
        let mut answer = if from == 0 {
            answer("200 OK", &[], &bytes)
        } else {
            partial(&bytes, from as u64)
        };
        let rest = bytes.len() - from;
        // No more than 120,000 bytes at a time.
        answer.truncate(answer.len() - rest + rest.min(120_000));
        vec![Send::Bytes(answer), Send::Cut]
    });
    let source = source(&server, &authority);
    assert_eq!(read_all(&source, "a/reader.wasm").unwrap(), content());
    let ranges: Vec<_> = server.requests().into_iter().map(|request| request.range).collect();
    assert_eq!(ranges, [None, Some(120_000), Some(240_000)]);
}

#[test]
fn a_fetch_goes_on_after_a_restart_where_it_ended() {
    let repository = repository();
    let authority = Authority::new("authority");
    let metadata = files(&repository.shelf);
    let once = AtomicUsize::new(0);
    let server = Server::start(&authority, move |request| {
        let broken = request.path.starts_with("/targets/") && once.fetch_add(1, Ordering::SeqCst) < 3;
        if broken && request.range.is_none() {
            let mut answer = answer("200 OK", &[], &content());
            answer.truncate(answer.len() - 100_000);
            return vec![Send::Bytes(answer), Send::Cut];
        }
        if broken {
            return vec![Send::Cut];
        }
        metadata(request)
    });
    let source = source(&server, &authority);
    let mut kiosk = Kiosk::of(&repository);
    kiosk.refresh(&source).unwrap();
    let refusal = kiosk.fetch(&source, "vendors/acme/reader.wasm").unwrap_err();
    assert!(refusal.is_passing(), "{refusal}");
    kiosk.restart();
    server.requests();
    kiosk.refresh(&source).unwrap();
    let sha256 = kiosk.fetch(&source, "vendors/acme/reader.wasm").unwrap();
    assert_eq!(sha256, Sha256::of(&content()));
    assert_eq!(server.requests().last().unwrap().range, Some(200_000));
}

#[test]
fn a_server_that_cannot_begin_in_the_middle_begins_anew() {
    let authority = Authority::new("authority");
    let bytes = content();
    let cut = AtomicUsize::new(0);
    let server = Server::start(&authority, move |_| {
        let mut answer = answer("200 OK", &[], &bytes);
        if cut.fetch_add(1, Ordering::SeqCst) == 0 {
            answer.truncate(150_000);
        }
        vec![Send::Bytes(answer), Send::Cut]
    });
    let source = source(&server, &authority);
    assert_eq!(read_all(&source, "a/reader.wasm").unwrap(), content());
    let part = source.target("a/reader.wasm", 1_000).unwrap();
    assert_eq!(part.offset, 0);
}

#[test]
fn bytes_from_another_place_than_was_asked_for_are_refused() {
    let authority = Authority::new("authority");
    let server = Server::start(&authority, |request| {
        let range = match request.path.rsplit('/').next().unwrap() {
            "other" => "content-range: bytes 0-9/1000",
            "unit" => "content-range: lines 500-509/1000",
            "none" => "x-nothing: 0",
            _ => "content-range: bytes 500-509/1000",
        };
        vec![Send::Bytes(answer("206 Partial Content", &[range], &[1; 10]))]
    });
    let source = source(&server, &authority);
    for name in ["other", "unit", "none"] {
        let sentence = failed(source.target(name, 500));
        assert_eq!(
            sentence,
            format!("targets/{name} was answered from another place than byte 500")
        );
    }
    assert_eq!(source.target("right", 500).unwrap().offset, 500);
    // A part that nobody asked for.
    assert!(source.target("right", 0).is_err());
}

#[test]
fn names_of_targets_are_written_as_an_address_has_them() {
    let authority = Authority::new("authority");
    let server = Server::start(&authority, |_| vec![Send::Bytes(answer("200 OK", &[], b""))]);
    let source = source(&server, &authority);
    read_all(&source, "a b/ö?#%2F.wasm").unwrap();
    assert_eq!(server.requests()[0].path, "/targets/a%20b/%C3%B6%3F%23%252F.wasm");
}
