//! A server on this machine that says what a test tells it to, right or wrong.

use crate::ups::{Client, KnownUps, Supply, UpsAddress, UpsError, UpsReport, Watch, list_upses};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_millis(300);

/// What the server does after it heard a command.
#[derive(Clone)]
enum Act {
    Say(Vec<u8>),
    /// until the other side hangs up
    Repeat(&'static [u8]),
    /// a byte, then this long nothing, again and again
    Drip(&'static [u8], Duration),
    SayNothing,
    HangUp,
}

fn say(text: &str) -> Act {
    Act::Say(text.as_bytes().to_vec())
}

/// Serves one connection for each of these scripts, one act for each command heard. Its port.
fn server(scripts: Vec<Vec<Act>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for script in scripts {
            let (stream, _) = listener.accept().unwrap();
            let mut commands = BufReader::new(stream.try_clone().unwrap()).lines();
            let mut stream = stream;
            for act in script {
                if commands.next().is_none_or(|line| line.is_err()) {
                    break;
                }
                match act {
                    Act::Say(bytes) => drop(stream.write_all(&bytes)),
                    Act::Repeat(bytes) => while stream.write_all(bytes).is_ok() {},
                    Act::Drip(bytes, pause) => {
                        for byte in bytes.iter().cycle() {
                            if stream.write_all(&[*byte]).is_err() {
                                break;
                            }
                            std::thread::sleep(pause);
                        }
                    }
                    Act::SayNothing => drop(commands.next()),
                    Act::HangUp => drop(stream.shutdown(std::net::Shutdown::Both)),
                }
            }
            // What was said last stands there, until the other side hangs up.
            commands.for_each(drop);
        }
    });
    port
}

fn client(port: u16) -> Client {
    let address: UpsAddress = format!("kiosk@127.0.0.1:{port}").parse().unwrap();
    Client::connect(&address, PATIENCE).unwrap()
}

const GOOD: &str = "BEGIN LIST VAR kiosk\nVAR kiosk battery.charge \"87\"\nVAR kiosk battery.runtime \"1500\"\n\
                    VAR kiosk ups.mfr \"Fran\\\"ken\\\\stein\"\nVAR kiosk ups.status \"OL CHRG\"\nEND LIST VAR kiosk\n";
const ON_BATTERY: &str = "BEGIN LIST VAR kiosk\nVAR kiosk ups.status \"OB LB\"\nEND LIST VAR kiosk\n";

#[test]
fn a_good_answer_becomes_a_state() {
    let state = client(server(vec![vec![say(GOOD)]])).state().unwrap();
    assert_eq!(state.supply, Supply::Mains);
    assert!(state.charging && !state.low_battery);
    assert_eq!(state.charge_percent, Some(87));
    assert_eq!(state.runtime, Some(Duration::from_secs(1500)));
}

#[test]
fn lines_may_end_as_a_terminal_ends_them_and_come_in_pieces() {
    let state = client(server(vec![vec![say(&GOOD.replace('\n', "\r\n"))]])).state();
    assert_eq!(state.unwrap().charge_percent, Some(87));
    let dripped = Act::Drip(ON_BATTERY.as_bytes(), Duration::from_millis(1));
    let state = client(server(vec![vec![dripped]])).state();
    assert_eq!(state.unwrap().supply, Supply::Battery);
}

/// what the server says to LIST VAR, and how the operator's sentence goes on after "server"
fn bad_answers() -> Vec<(&'static str, Act, &'static str)> {
    let long_line = [b"VAR kiosk ups.status \"".as_slice(), &[b'a'; 5000]].concat();
    vec![
        (
            "another protocol",
            say("HTTP/1.1 400 Bad Request\r\n\r\n"),
            "(it does not begin the list",
        ),
        ("an empty line", say("\n"), "(it does not begin the list"),
        (
            "another list",
            say("BEGIN LIST VAR other\n"),
            "(it does not begin the list",
        ),
        (
            "another UPS in it",
            say("BEGIN LIST VAR kiosk\nVAR other ups.status \"OL\"\n"),
            "(a line is not of the list",
        ),
        (
            "a line without a variable",
            say("BEGIN LIST VAR kiosk\nVAR kiosk\n"),
            "(a line is not of the list",
        ),
        (
            "another end",
            say("BEGIN LIST VAR kiosk\nEND LIST VAR other\n"),
            "(it ends a list",
        ),
        (
            "an open quote",
            say("BEGIN LIST VAR kiosk\nVAR kiosk ups.status \"OL\\\"\n"),
            "(a quoted word does not end",
        ),
        (
            "bytes that are no text",
            Act::Say(b"\xff\xfe\xfd\n".to_vec()),
            "(it is not UTF-8 text",
        ),
        (
            "a terminal's escape",
            say("ERR \x1b[2J\n"),
            "(it holds a control character",
        ),
        ("an error without a code", say("ERR\n"), "(an error has no code"),
        (
            "an error with a sentence",
            say("ERR \"call 555-0100\"\n"),
            "(an error has no code",
        ),
        ("a line without end", Act::Repeat(&[b'x'; 512]), "answers without end"),
        ("a long line", Act::Say(long_line), "answers without end"),
        (
            "a list without end",
            Act::Repeat(b"BEGIN LIST VAR kiosk\n"),
            "(a line is not of the list",
        ),
        ("nothing", Act::SayNothing, "does not answer"),
        (
            "half an answer",
            say("BEGIN LIST VAR kiosk\nVAR kiosk ups.sta"),
            "does not answer",
        ),
        (
            "a byte now and then",
            Act::Drip(b"x", Duration::from_millis(60)),
            "does not answer",
        ),
        ("the end of the connection", Act::HangUp, "ended the connection"),
        ("an unknown UPS", say("ERR UNKNOWN-UPS\n"), "knows no UPS named kiosk"),
        (
            "no access",
            say("ERR ACCESS-DENIED\n"),
            "does not let this machine read",
        ),
        (
            "an error of another version",
            say("ERR NEW-THING 7\n"),
            "refused with NEW-THING",
        ),
    ]
}

#[test]
fn every_bad_answer_is_a_sentence_and_comes_in_time() {
    for (what, act, expected) in bad_answers() {
        let mut client = client(server(vec![vec![act]]));
        let start = Instant::now();
        let error = client.state().unwrap_err();
        let told = error.to_string();
        assert!(told.contains(expected), "{what}: {told}");
        assert!(told.contains("UPS server 127.0.0.1:"), "{what}: {told}");
        assert!(start.elapsed() < 5 * PATIENCE, "{what} took {:?}", start.elapsed());
        assert!(!told.chars().any(char::is_control), "{what}: {told:?}");
    }
}

#[test]
fn a_list_of_more_variables_than_any_ups_has_is_ended() {
    let mut answer = "BEGIN LIST VAR kiosk\n".to_owned();
    answer.push_str(&"VAR kiosk ups.status \"OL\"\n".repeat(1025));
    let error = client(server(vec![vec![say(&answer)]])).state().unwrap_err();
    assert!(matches!(error, UpsError::Endless(_)), "{error}");
}

#[test]
fn a_ups_that_its_driver_lost_is_told_apart_from_a_driver_that_does_not_run() {
    let cases = [
        (
            "DATA-STALE",
            "the driver of the UPS kiosk has lost it; check the cable between the UPS and its computer",
        ),
        (
            "DRIVER-NOT-CONNECTED",
            "the driver of the UPS kiosk does not run; start nut-driver",
        ),
    ];
    for (code, sentence) in cases {
        let mut client = client(server(vec![vec![say(&format!("ERR {code}\n")), say(GOOD)]]));
        assert_eq!(client.state().unwrap_err().to_string(), sentence);
        // A refusal is an answer like others: the connection is still good.
        assert_eq!(client.state().unwrap().supply, Supply::Mains);
    }
}

#[test]
fn a_ups_without_a_status_is_named() {
    let answer = say("BEGIN LIST VAR kiosk\nVAR kiosk ups.status\nEND LIST VAR kiosk\n");
    let error = client(server(vec![vec![answer]])).state().unwrap_err();
    assert_eq!(error, UpsError::NoStatus("kiosk".to_owned()));
}

#[test]
fn after_a_broken_answer_a_late_one_is_never_taken_for_the_next() {
    let mut client = client(server(vec![vec![say("nonsense\n"), say(GOOD)]]));
    assert!(matches!(client.state(), Err(UpsError::NotUnderstood { .. })));
    assert!(matches!(client.state(), Err(UpsError::Closed(_))));
}

#[test]
fn one_variable_can_be_asked_for() {
    let mut client = client(server(vec![vec![
        say("VAR kiosk ups.model \"SMT 750\"\n"),
        say("ERR VAR-NOT-SUPPORTED\n"),
        say("VAR kiosk ups.model \"SMT 750\"\n"),
    ]]));
    assert_eq!(client.variable("ups.model"), Ok(Some("SMT 750".to_owned())));
    assert_eq!(client.variable("ups.delay"), Ok(None));
    // It never reaches the server.
    assert_eq!(client.variable("ups.model\nINSTCMD kiosk shutdown.return"), Ok(None));
    let other = client.variable("ups.mfr").unwrap_err();
    assert!(
        other.to_string().contains("it is not the variable that was asked for"),
        "{other}"
    );
}

#[test]
fn the_upses_of_a_server_are_listed_with_their_descriptions() {
    let answer = "BEGIN LIST UPS\nUPS kiosk \"the \\\"big\\\" one\"\nUPS spare\nEND LIST UPS\n";
    let known = list_upses("127.0.0.1", server(vec![vec![say(answer)]]), PATIENCE).unwrap();
    let expected = [("kiosk", "the \"big\" one"), ("spare", "")];
    let expected = expected.map(|(name, description)| KnownUps {
        name: name.to_owned(),
        description: description.to_owned(),
    });
    assert_eq!(known, expected);
}

#[test]
fn a_server_that_is_not_there_is_a_sentence() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address: UpsAddress = format!("kiosk@127.0.0.1:{port}").parse().unwrap();
    let error = Client::connect(&address, PATIENCE).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the UPS server 127.0.0.1:{port} cannot be reached (Connection refused (os error 111)); \
             start nut-server there, or correct the address"
        )
    );
}

#[test]
fn the_watch_tells_changes_alone_and_the_loss_of_the_server_as_one() {
    let port = server(vec![
        vec![say(GOOD), say(GOOD), say(GOOD), say(ON_BATTERY), Act::HangUp],
        vec![say("garbage\n")],
        vec![say(GOOD), Act::SayNothing],
    ]);
    let address: UpsAddress = format!("kiosk@127.0.0.1:{port}").parse().unwrap();
    let watch = Watch::with_patience(address, Duration::from_millis(10), PATIENCE).unwrap();
    let mut story = Vec::new();
    while story.len() < 6 {
        let report = watch.next(Duration::from_secs(10)).expect("a change");
        story.push(match report {
            UpsReport::State(state) => state.supply.to_string(),
            UpsReport::Lost(UpsError::Closed(_)) => "closed".to_owned(),
            UpsReport::Lost(UpsError::NotUnderstood { .. }) => "not understood".to_owned(),
            UpsReport::Lost(UpsError::Silent(_)) => "silent".to_owned(),
            UpsReport::Lost(other) => other.to_string(),
        });
    }
    assert_eq!(
        story,
        [
            "on mains",
            "on battery",
            "closed",
            "not understood",
            "on mains",
            "silent"
        ]
    );
}

#[test]
fn a_watch_that_nobody_hears_keeps_its_reports_bounded_and_ends_when_dropped() {
    let states: Vec<Act> = (0..100)
        .map(|charge| say(&GOOD.replace("87", &charge.to_string())))
        .collect();
    let port = server(vec![states]);
    let address: UpsAddress = format!("kiosk@127.0.0.1:{port}").parse().unwrap();
    let watch = Watch::with_patience(address, Duration::from_millis(1), PATIENCE).unwrap();
    std::thread::sleep(Duration::from_millis(600));
    let mut charges = Vec::new();
    while let Some(UpsReport::State(state)) = watch.next(Duration::from_millis(100)) {
        charges.push(state.charge_percent.unwrap());
    }
    assert!(charges.len() <= 65, "{}", charges.len());
    assert!(charges.is_sorted());
    let start = Instant::now();
    drop(watch);
    assert!(start.elapsed() < Duration::from_millis(100));
}
