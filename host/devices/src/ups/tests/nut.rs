//! Against NUT's own server and its driver for a UPS that is a file.

use crate::ups::{Client, DEFAULT_PORT, Supply, UpsAddress, UpsError, UpsReport, Watch, list_upses};
use std::fs::write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The programs themselves; in /sbin Debian has a script that obeys /etc/nut/nut.conf.
const FOLDERS: [&str; 2] = ["/lib/nut", "/usr/lib/nut"];
const PATIENCE: Duration = Duration::from_secs(2);
/// The driver reads its file again every two seconds.
const SEEN_WITHIN: Duration = Duration::from_secs(20);

/// Ends, by its process's number, when dropped.
struct Program(Child);

impl Program {
    fn start(path: &Path, arguments: &[&str], folder: &Path) -> Self {
        let child = Command::new(path)
            .args(arguments)
            // Both change their user where root starts them; elsewhere they stay who they are.
            .args(["-u", "root", "-F"])
            .env("NUT_CONFPATH", folder)
            .env("NUT_STATEPATH", folder.join("run"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn programs(test: &str) -> Option<(PathBuf, PathBuf)> {
    let found = FOLDERS.iter().find_map(|folder| {
        let (server, driver) = (Path::new(folder).join("upsd"), Path::new(folder).join("dummy-ups"));
        (server.exists() && driver.exists()).then_some((server, driver))
    });
    if found.is_none() {
        println!("SKIPPED {test}: nut-server is not installed");
    }
    found
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(start.elapsed() < SEEN_WITHIN, "not seen: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_real_server_tells_when_mains_goes_and_the_battery_runs_low() {
    let Some((server, driver)) = programs("the_real_server_tells_when_mains_goes_and_the_battery_runs_low") else {
        return;
    };
    let room = tempfile::tempdir().unwrap();
    let folder = room.path();
    std::fs::create_dir(folder.join("run")).unwrap();
    let ups = folder.join("kiosk.dev");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_ne!(port, DEFAULT_PORT);
    write(
        &ups,
        "ups.status: OL CHRG\nbattery.charge: 87.5\nbattery.runtime: 1500\n",
    )
    .unwrap();
    let config = format!(
        "[kiosk]\ndriver = dummy-ups\nport = {}\nmode = dummy-once\ndesc = \"the \\\"big\\\" one\"\n",
        ups.display()
    );
    write(folder.join("ups.conf"), config).unwrap();
    write(folder.join("upsd.conf"), format!("LISTEN 127.0.0.1 {port}\n")).unwrap();
    write(folder.join("upsd.users"), "").unwrap();

    let feeding = Program::start(&driver, &["-a", "kiosk"], folder);
    let serving = Program::start(&server, &[], folder);
    let address: UpsAddress = format!("kiosk@127.0.0.1:{port}").parse().unwrap();
    let mut client = until("the server", || Client::connect(&address, PATIENCE).ok());
    // The driver hands its variables over one after the other.
    until("the driver's name", || client.variable("driver.name").ok().flatten());
    until("the driver's file", || client.state().ok()?.runtime);

    let known = list_upses("127.0.0.1", port, PATIENCE).unwrap();
    assert_eq!(
        (known[0].name.as_str(), known[0].description.as_str()),
        ("kiosk", "the \"big\" one")
    );
    assert_eq!(client.variable("driver.name"), Ok(Some("dummy-ups".to_owned())));
    assert_eq!(client.variable("ups.none"), Ok(None));
    let unknown: UpsAddress = format!("other@127.0.0.1:{port}").parse().unwrap();
    let refused = Client::connect(&unknown, PATIENCE).unwrap().state();
    assert!(matches!(refused, Err(UpsError::UnknownUps { .. })), "{refused:?}");

    let watch = Watch::start(address, Duration::from_millis(100)).unwrap();
    let Some(UpsReport::State(mains)) = watch.next(SEEN_WITHIN) else {
        panic!("no first state");
    };
    assert_eq!(
        (mains.supply, mains.charging, mains.is_critical()),
        (Supply::Mains, true, false)
    );
    assert_eq!(
        (mains.charge_percent, mains.runtime),
        (Some(87), Some(Duration::from_secs(1500)))
    );

    write(&ups, "ups.status: OB LB\nbattery.charge: 9\nbattery.runtime: 60\n").unwrap();
    let battery = until("OB LB", || match watch.next(Duration::from_millis(200)) {
        Some(UpsReport::State(state)) if state.charge_percent == Some(9) && state.is_critical() => Some(state),
        _ => None,
    });
    assert_eq!((battery.supply, battery.low_battery), (Supply::Battery, true));

    drop(feeding);
    until("the driver's end", || match watch.next(Duration::from_millis(200)) {
        Some(UpsReport::Lost(UpsError::DriverNotConnected(_) | UpsError::Stale(_))) => Some(()),
        _ => None,
    });
    drop(serving);
    until("the server's end", || match watch.next(Duration::from_millis(200)) {
        Some(UpsReport::Lost(UpsError::Closed(_) | UpsError::Unreachable { .. })) => Some(()),
        _ => None,
    });
}
