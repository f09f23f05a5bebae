//! A server on this machine, with a certificate authority of its own, that answers whatever it is told.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Who signs the certificates of servers.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// do the certificates that it signs say that they ended long ago?
    pub(crate) expired: bool,
}

/// A request, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// the first byte that is asked for
    pub(crate) range: Option<u64>,
}

/// A part of an answer.
pub(crate) enum Send {
    Bytes(Vec<u8>),
    Wait(Duration),
    /// and the connection is closed
    Cut,
    /// bytes for ever
    Endless,
    /// one byte after the other, with pauses
    Drip(Vec<u8>, Duration),
}

/// A server that runs until the tests end.
pub(crate) struct Server {
    pub(crate) base: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self {
            issuer: CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap(),
            expired: false,
        }
    }

    pub(crate) fn pem(&self) -> Vec<u8> {
        self.issuer.pem().into_bytes()
    }

    fn server(&self, name: &str) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if self.expired {
            parameters.not_after = date_time_ymd(2_020, 1, 1);
        }
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], secret)
            .unwrap()
    }
}

impl Server {
    /// Answers each request with what the function says.
    pub(crate) fn start(
        authority: &Authority,
        answer: impl Fn(&Request) -> Vec<Send> + Sync + std::marker::Send + 'static,
    ) -> Self {
        Self::with_name(authority, "localhost", answer)
    }

    /// As [`Server::start`], with a certificate for another name.
    pub(crate) fn with_name(
        authority: &Authority,
        name: &str,
        answer: impl Fn(&Request) -> Vec<Send> + Sync + std::marker::Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let configuration = Arc::new(authority.server(name));
        let (answer, seen) = (Arc::new(answer), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (configuration, answer, seen) =
                    (Arc::clone(&configuration), Arc::clone(&answer), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream.unwrap(), configuration, answer.as_ref(), &seen));
            }
        });
        Self { base, requests }
    }

    /// What was asked for, and forgotten with this.
    pub(crate) fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

/// A connection, until one side ends it.
fn serve(
    stream: TcpStream,
    configuration: Arc<ServerConfig>,
    answer: &(dyn Fn(&Request) -> Vec<Send> + Sync),
    seen: &Mutex<Vec<Request>>,
) {
    let mut stream = StreamOwned::new(ServerConnection::new(configuration).unwrap(), stream);
    while let Some(request) = read(&mut stream) {
        seen.lock().unwrap().push(request.clone());
        for part in answer(&request) {
            let sent = match part {
                Send::Bytes(bytes) => stream.write_all(&bytes),
                Send::Wait(pause) => {
                    std::thread::sleep(pause);
                    Ok(())
                }
                Send::Cut => {
                    // With an end that is in order, as TLS has it.
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                    return;
                }
                Send::Endless => loop {
                    if let Err(cause) = stream.write_all(&[7; 16 << 10]) {
                        break Err(cause);
                    }
                },
                Send::Drip(bytes, pause) => bytes.iter().try_for_each(|byte| {
                    std::thread::sleep(pause);
                    stream.write_all(&[*byte])?;
                    stream.flush()
                }),
            };
            if sent.and_then(|()| stream.flush()).is_err() {
                return;
            }
        }
    }
}

fn read(stream: &mut impl Read) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1)?.to_owned();
    let range = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("range"))
        .map(|(_, range)| {
            range
                .strip_prefix("bytes=")
                .unwrap()
                .strip_suffix('-')
                .unwrap()
                .parse()
                .unwrap()
        });
    Some(Request { path, range })
}

/// A whole answer.
pub(crate) fn answer(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}
