//! The server for trials, asked by the kiosks' own client.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use jiff::Timestamp;
use repository::serve::Server;
use repository::trial::Trial;
use repository::verify::{Question, verify};
use std::io::Read as _;
use updates::https::{HttpsSource, NetworkLimits};
use updates::source::{Source as _, SourceError};

fn now() -> Timestamp {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

#[test]
fn a_kiosk_that_pins_the_authority_reads_everything_and_goes_on_where_it_broke_off() {
    let folder = tempfile::tempdir().unwrap();
    let mut trial = Trial::new(folder.path(), now()).unwrap();
    let plugin = fixtures::bytes(&fixtures::plugin("turnout-csv"));
    trial.publish_exporter(&plugin).unwrap();
    let server = Server::start(&trial.repository(), "127.0.0.1:0".parse().unwrap(), &[]).unwrap();
    let source = HttpsSource::new(&server.url(), server.authority().as_bytes(), NetworkLimits::default()).unwrap();
    let question = Question {
        source: &source,
        root: trial.root(),
        now: now(),
        days: 10,
    };
    let report = verify(&question, &mut |_, _| ()).unwrap();
    assert_eq!((report.plan, report.files, report.warnings.len()), (2, 1, 0));

    let file = &trial.plan().unwrap().items[0].releases[0].file;
    let path = repository::state::target_file(&file.target, &file.sha256);
    let mut part = source.target(path.strip_prefix("targets/").unwrap(), 1_000).unwrap();
    let mut rest = Vec::new();
    part.bytes.read_to_end(&mut rest).unwrap();
    assert_eq!(part.offset, 1_000);
    assert!(rest == plugin[1_000..], "{} bytes", rest.len());
    let missing = source.metadata("99.root.json", 1_000).unwrap_err();
    assert!(matches!(missing, SourceError::NotFound(_)), "{missing}");
}

#[test]
fn a_kiosk_that_pins_another_authority_reads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let trial = Trial::new(folder.path(), now()).unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let server = Server::start(&trial.repository(), listen, &[]).unwrap();
    let other = Server::start(&trial.repository(), listen, &["updates.example.org".to_owned()]).unwrap();
    let limits = NetworkLimits {
        tries: 1,
        ..NetworkLimits::default()
    };
    let source = HttpsSource::new(&server.url(), other.authority().as_bytes(), limits).unwrap();
    let refused = source.metadata("timestamp.json", 10_000).unwrap_err();
    assert!(matches!(refused, SourceError::Failed(_)), "{refused}");
    let taken = Server::start(&trial.repository(), server.address(), &[])
        .unwrap_err()
        .to_string();
    assert!(taken.starts_with("the server on 127.0.0.1:"), "{taken}");
}
