//! The operator's page over HTTP, on the demonstration's station: buttons pressed twice, too late, and by another site.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A station with its page, ended with this value.
struct Page {
    station: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Page {
    fn drop(&mut self) {
        // It may have ended by itself, which the test then says.
        let _ = self.station.kill();
        let _ = self.station.wait();
    }
}

/// Status and body.
type Answer = (u16, String);

impl Page {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut station = Command::new(fixtures::binary("kiosk-demo"))
            .args(["--voters", "20", "--port", &port.to_string(), "--folder"])
            .arg(folder.path())
            .arg("--plugins")
            .arg(fixtures::target().join("plugins"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(station.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().starts_with("Stop with")));
        let page = Self {
            station,
            port,
            _folder: folder,
        };
        page.press("/open", "first=Sadykova&second=Ivanov");
        page.press("/start", "");
        page
    }

    fn ask(&self, method: &str, path: &str, headers: &str, form: &str) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let length = form.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {length}\r\n\r\n{form}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    }

    fn own(&self) -> String {
        format!("Host: 127.0.0.1:{}\r\n", self.port)
    }

    fn press(&self, path: &str, form: &str) {
        let (status, answer) = self.ask("POST", path, &self.own(), form);
        assert_eq!(status, 303, "{path}: {answer}");
    }

    fn shown(&self) -> String {
        self.ask("GET", "/", &self.own(), "").1
    }
}

#[test]
fn a_second_press_does_not_queue_a_capture_and_who_left_is_not_waited_for() {
    let page = Page::open();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            page.press("/capture", "id=1");
            Instant::now()
        });
        // Until the first one is under way, a press begins it.
        let busy = "a finger is being read already; wait until it is done";
        std::thread::sleep(Duration::from_millis(500));
        page.press("/capture", "id=1");
        assert!(page.shown().contains(busy), "{}", page.shown());
        let left = Instant::now();
        page.press("/abandon", "id=1");
        let waited = first.join().unwrap().saturating_duration_since(left);
        println!("the capture ended {} ms after the person left", waited.as_millis());
        assert!(waited < Duration::from_secs(3), "{waited:?}");
    });
    // The next person is read as ever.
    page.press("/start", "");
    page.press("/simulator/touch", "voter=7&finger=0");
    page.press("/capture", "id=2");
    assert!(
        page.shown().contains("Compare the photo with the person."),
        "{}",
        page.shown()
    );
}

#[test]
fn a_button_of_a_page_that_is_out_of_date_does_not_overturn_an_answer() {
    let page = Page::open();
    page.press("/simulator/touch", "voter=7&finger=0");
    page.press("/capture", "id=1");
    page.press("/photo", "id=1&voter=7&same=no");
    page.press("/photo", "id=1&voter=7&same=yes");
    let shown = page.shown();
    assert!(shown.contains("Call two officers."), "{shown}");
    assert!(shown.contains("does not wait for that any more"), "{shown}");
}

#[test]
fn whoever_was_admitted_before_the_polls_closed_gets_the_receipt_after() {
    let page = Page::open();
    page.press("/simulator/touch", "voter=7&finger=0");
    page.press("/capture", "id=1");
    page.press("/photo", "id=1&voter=7&same=yes");
    page.press("/close", "first=Sadykova&second=Ivanov");
    let shown = page.shown();
    assert!(
        shown.contains("The polls are closed.") && shown.contains("Hand the receipt over."),
        "{shown}"
    );
    page.press("/handover", "id=1");
    assert!(page.shown().contains("Person 1 has the receipt"));
    assert!(
        page.ask("GET", "/checkpoint", &page.own(), "")
            .1
            .contains("kiosk-journal/2041/1")
    );
    let (status, turnout) = page.ask("POST", "/export", &page.own(), "format=turnout-by-hour");
    assert!(status == 200 && turnout.contains(",all,"), "{turnout}");
}

#[test]
fn another_site_cannot_press_the_buttons() {
    let page = Page::open();
    let foreign = [
        "Host: example.org\r\n".to_owned(),
        format!("Host: 127.0.0.1.example.org:{}\r\n", page.port),
        format!("{}Origin: http://example.org\r\n", page.own()),
    ];
    for headers in foreign {
        for (method, path) in [("POST", "/start"), ("GET", "/"), ("GET", "/photo/7")] {
            let (status, answer) = page.ask(method, path, &headers, "");
            assert_eq!(status, 403, "{headers}{method} {path}: {answer}");
        }
    }
    // What changes the journal is no link that a picture's address can be.
    let (status, _) = page.ask("GET", "/export", &page.own(), "");
    assert_eq!(status, 405);
}
