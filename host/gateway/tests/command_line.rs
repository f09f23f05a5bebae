//! `kiosk-gateway updates`, on a station that does not run and on one that does.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use jiff::Timestamp;
use serde_json::Value;
use stand::{Stand, another, plugin};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

const OFFICERS: [&str; 4] = ["--officer", "Sadykova A.", "--officer", "Ivanov P."];

/// What the command said, and whether it ended well.
struct Said {
    good: bool,
    out: String,
    error: String,
}

fn kiosk(stand: &Stand, arguments: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_kiosk-gateway"))
        .args(arguments)
        .arg("--config")
        .arg(stand.path("kiosk.toml"))
        .env("RUST_LOG", "off")
        .output()
        .unwrap();
    let said = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let error = said(&output.stderr);
    Said {
        good: output.status.success(),
        out: said(&output.stdout),
        // Log lines come before the sentence.
        error: error.lines().last().unwrap_or_default().to_owned(),
    }
}

fn updates(stand: &Stand, arguments: &[&str]) -> Said {
    kiosk(stand, &[&["updates"], arguments].concat())
}

fn status(stand: &Stand) -> Value {
    let said = updates(stand, &["status", "--json"]);
    assert!(said.good, "{}", said.error);
    serde_json::from_str::<Value>(&said.out).unwrap()["status"].clone()
}

/// What runs of the policy, and what it can go back to.
fn policy_of(status: &Value) -> (Option<u64>, Option<u64>) {
    let items = status["items"].as_array().unwrap();
    let policy = items.iter().find(|item| item["kind"] == "policy");
    let counter = |name: &str| policy?.get(name)?["counter"].as_u64();
    (counter("active"), counter("previous"))
}

/// Times, digests and places are others at every run.
fn plain(text: &str, stand: &Stand) -> String {
    let repository = stand.trial.repository();
    let text = text.replace(&repository.display().to_string(), "REPOSITORY");
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        let bare = word.trim_end();
        let date = bare.len() == 10 && bare.as_bytes()[4] == b'-' && bare.as_bytes()[7] == b'-';
        let time = bare.trim_end_matches([',', ';']).len() == 5 && bare.as_bytes()[2] == b':';
        if date {
            word.replace(bare, "DATE")
        } else if time {
            word.replace(&bare[..5], "TIME")
        } else {
            word.to_owned()
        }
    });
    words.collect()
}

fn published_now() -> Stand {
    Stand::at(Timestamp::now()).publish()
}

fn publish_second(stand: &mut Stand) {
    stand
        .trial
        .publish_policy(&another(&plugin("fingerprint-first"), 2))
        .unwrap();
}

#[test]
fn a_station_that_does_not_run_is_updated_by_the_command_line() {
    let mut stand = published_now();
    let said = updates(&stand, &["status"]);
    assert!(!said.good);
    assert!(said.error.contains("there is no journal at"), "{}", said.error);
    let said = updates(&stand, &["check"]);
    assert!(said.good, "{}", said.error);
    assert_eq!(said.out.lines().count(), 6, "{}", said.out);
    publish_second(&mut stand);
    let stick = stand.path("stick");
    stand::copy(&stand.trial.repository(), &stick);
    let said = updates(&stand, &["import", stick.to_str().unwrap()]);
    assert_eq!(
        (said.good, said.out.as_str()),
        (true, "policy fingerprint-first 2 runs\n"),
        "{}",
        said.error
    );
    assert_eq!(policy_of(&status(&stand)), (Some(2), Some(1)));
    let text = updates(&stand, &["status"]).out;
    insta::assert_snapshot!(plain(&text, &stand));
    let said = updates(&stand, &["rollback", "fingerprint-first"]);
    assert_eq!(
        said.error,
        "kiosk-gateway: `fingerprint-first` is no item; write its kind and its name, as `policy/fingerprint-first`"
    );
    let said = updates(&stand, &["rollback", "policy/fingerprint-first"]);
    assert_eq!(
        said.out, "policy fingerprint-first 1 runs again, in place of 2\n",
        "{}",
        said.error
    );
    assert_eq!(policy_of(&status(&stand)), (Some(1), None));
    let said = updates(&stand, &["apply"]);
    assert_eq!(
        said.out,
        "nothing waits: what the commission signed for this kiosk runs\n"
    );
    // What a start would use is listed without one.
    let said = kiosk(&stand, &["plugins"]);
    assert!(said.good, "{}", said.error);
    assert_eq!(said.out.lines().count(), 5, "{}", said.out);
    assert!(!updates(&stand, &["import", "/no/such/stick"]).good);
}

#[test]
fn without_updates_in_its_configuration_a_kiosk_says_so() {
    let stand = published_now();
    let text = std::fs::read_to_string(stand.path("kiosk.toml")).unwrap();
    let (before, _) = text.split_once("[updates]").unwrap();
    let rules = "[rules]\nfloor = 500\noverrides = 5\nname-agreement = 80\n";
    std::fs::write(stand.path("kiosk.toml"), format!("{before}{rules}")).unwrap();
    let said = updates(&stand, &["status"]);
    assert_eq!(
        said.error,
        "kiosk-gateway: this kiosk takes no signed updates; add [updates] to its configuration"
    );
}

/// The station, until this is dropped.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(stand: &Stand) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kiosk-gateway"))
            .args(["run", "--config"])
            .arg(stand.path("kiosk.toml"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
        Self { child, address }
    }

    fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .write_all(request.replace("HOST", &self.address).as_bytes())
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn get(&self, path: &str) -> String {
        self.ask(&format!(
            "GET {path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"
        ))
    }

    fn post(&self, path: &str, form: &str) -> String {
        let length = form.len();
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{form}"
        ))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_station_that_runs_is_asked_through_its_socket_and_its_page() {
    let mut stand = published_now();
    let text = std::fs::read_to_string(stand.path("kiosk.toml")).unwrap();
    let page = format!("{text}\n[page]\nlisten = \"127.0.0.1:0\"\n");
    // The port that the system gives is not told: one is chosen here.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    std::fs::write(stand.path("kiosk.toml"), page.replace(":0\"", &format!(":{port}\""))).unwrap();
    let station = Running::start(&stand);
    let socket = stand.path("updates/control.sock");
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let folder = std::fs::metadata(stand.path("updates")).unwrap().permissions().mode();
    assert_eq!(folder & 0o777, 0o700);
    let said = updates(&stand, &["check"]);
    assert!(said.good, "{}", said.error);
    assert_eq!(policy_of(&status(&stand)), (Some(1), None));

    // While the polls are open, two officers agree: by the command line ...
    station.post("/open", "first=Sadykova&second=Ivanov");
    publish_second(&mut stand);
    let said = updates(&stand, &["check"]);
    assert_eq!(
        said.out, "policy fingerprint-first 2 waits for two officers, since the polls are open\n",
        "{}",
        said.error
    );
    let said = updates(&stand, &["apply", "--officer", "Sadykova A."]);
    assert!(!said.good);
    assert!(
        said.error.contains("two commission members must give their names"),
        "{}",
        said.error
    );
    let said = updates(&stand, &[&["apply"], OFFICERS.as_slice()].concat());
    assert_eq!(said.out, "policy fingerprint-first 2 runs\n", "{}", said.error);
    assert_eq!(policy_of(&status(&stand)), (Some(2), Some(1)));

    // ... or on the page.
    stand
        .trial
        .publish_policy(&another(&plugin("fingerprint-first"), 3))
        .unwrap();
    station.post("/updates/check", "");
    let page = station.get("/updates");
    assert!(page.contains("policy fingerprint-first: 3 in place of 2"), "{page}");
    assert!(station.get("/").contains("1 waits for two officers"));
    station.post("/updates/apply", "first=Sadykova&second=sadykova");
    assert!(station.get("/updates").contains("the names must differ"));
    station.post("/updates/apply", "first=Sadykova&second=Ivanov");
    assert!(station.get("/updates").contains("policy fingerprint-first 3 runs"));
    station.post(
        "/updates/rollback",
        "item=policy/fingerprint-first&first=Sadykova&second=Ivanov",
    );
    assert!(
        station
            .get("/updates")
            .contains("policy fingerprint-first 2 runs again, in place of 3")
    );
    assert_eq!(policy_of(&status(&stand)).0, Some(2));

    // What is no question is not answered, and the station answers the next one.
    let mut stream = UnixStream::connect(&socket).unwrap();
    stream.write_all(b"{\"ask\":\"reset\"}\n").unwrap();
    let mut nothing = String::new();
    let _ = stream.read_to_string(&mut nothing);
    assert_eq!(nothing, "");
    assert_eq!(policy_of(&status(&stand)).0, Some(2));

    // Killed, it leaves its socket behind; the command line then works on the journal itself.
    drop(station);
    assert!(socket.exists());
    assert_eq!(policy_of(&status(&stand)).0, Some(2));
    let said = updates(&stand, &["apply"]);
    assert!(said.good, "{}", said.error);
}
