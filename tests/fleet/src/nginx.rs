//! One nginx on this machine, which serves a repository as a commission's server would: static files over HTTPS.

use crate::access_log::{self, FORMAT, Traffic};
use crate::{Outcome, processor};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Longest that it may take to start.
const START: Duration = Duration::from_secs(10);
/// Longest that it may take to log what it answered.
const LOGGED: Duration = Duration::from_secs(10);
/// The socket on which it tells how many requests came.
const STATUS: &str = "status.sock";

/// A server that runs until it is dropped.
pub(crate) struct Nginx {
    child: Child,
    folder: PathBuf,
    /// where it serves
    pub(crate) address: String,
    /// the authority that kiosks pin, as PEM
    pub(crate) authority: String,
    /// how often its count was asked for, which it counts too
    asked: AtomicU64,
}

impl Nginx {
    /// Serves `root`; its own files go into `folder`.
    ///
    /// # Errors
    /// A sentence.
    pub(crate) fn start(root: &Path, folder: &Path) -> Outcome<Self> {
        let program = program().ok_or("nginx is not here; install Debian's package nginx-light")?;
        fs::create_dir_all(folder)?;
        let authority = certificates(folder)?;
        // Free now, and taken by nginx right after.
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let configuration = folder.join("nginx.conf");
        fs::write(&configuration, text(root, folder, port))?;
        let log = fs::File::create(folder.join("start.log"))?;
        let child = Command::new(program)
            .arg("-p")
            .arg(folder)
            .arg("-c")
            .arg(&configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let mut server = Self {
            child,
            folder: folder.to_owned(),
            address: format!("https://localhost:{port}"),
            authority,
            asked: AtomicU64::new(0),
        };
        server.answers()?;
        Ok(server)
    }

    fn answers(&mut self) -> Outcome {
        let until = Instant::now() + START;
        // It listens in the order of its configuration: on this one last, on which no other server can.
        while UnixStream::connect(self.folder.join(STATUS)).is_err() {
            if self.child.try_wait()?.is_some() || Instant::now() > until {
                let said = fs::read_to_string(self.folder.join("start.log"))?;
                return Err(format!("nginx did not start: {}", said.trim()).into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// All that it has answered. It logs a request after the client has the answer, so this waits for a line for each one that
    /// came.
    ///
    /// # Errors
    /// The log's, or requests that are not logged within [`LOGGED`].
    pub(crate) fn traffic(&self) -> Outcome<Traffic> {
        let log = self.folder.join("access.log");
        let until = Instant::now() + LOGGED;
        loop {
            let (logged, came) = (access_log::read(&log)?, self.requests()?);
            if logged.requests == came {
                return Ok(logged);
            }
            if Instant::now() > until {
                return Err(format!("nginx logged {} of {came} requests", logged.requests).into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// How many requests have come from stations.
    fn requests(&self) -> Outcome<u64> {
        let mut connection = UnixStream::connect(self.folder.join(STATUS))?;
        connection.set_read_timeout(Some(LOGGED))?;
        connection.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
        let mut page = String::new();
        connection.read_to_string(&mut page)?;
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let came = access_log::requests_of(&page).ok_or_else(|| format!("nginx told no count: {page}"))?;
        Ok(came.saturating_sub(asked))
    }

    /// Processor time that its workers have used.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn processor_time(&self) -> Outcome<Duration> {
        processor::of_children(self.child.id())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its master ends its workers on this signal, which a kill would leave behind.
        let told = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(told, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}

/// Is the program here?
#[must_use]
pub fn is_there() -> bool {
    program().is_some()
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join("nginx"))
        .find(|program| program.is_file())
}

/// What a commission's own configuration would say, too, but for logs and ports.
fn text(root: &Path, folder: &Path, port: u16) -> String {
    let (root, folder) = (root.display(), folder.display());
    // Started by root, its workers would be another user, who may not read a test's folder.
    let user = if rustix::process::geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    format!(
        "daemon off;
{user}
worker_processes auto;
worker_rlimit_nofile 16384;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    log_format traffic '{FORMAT}';
    access_log {folder}/access.log traffic;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 30;
    server_tokens off;
    server {{
        listen 127.0.0.1:{port} ssl backlog=4096;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key;
        ssl_protocols TLSv1.3;
        root {root};
    }}
    server {{
        listen unix:{folder}/{STATUS};
        access_log off;
        location / {{ stub_status; }}
    }}
}}
"
    )
}

/// Makes an authority and the server's certificate; gives the authority's.
fn certificates(folder: &Path) -> Outcome<String> {
    let mut ours = CertificateParams::default();
    ours.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(ours, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let server = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &authority)?;
    fs::write(folder.join("server.pem"), server.pem())?;
    fs::write(folder.join("server.key"), key.serialize_pem())?;
    Ok(authority.pem())
}
