//! A repository on a server, over HTTPS with a pinned certificate authority.
//!
//! What a server says is not trusted, so this is about not being held up: no redirect is followed, no proxy of the environment is
//! used, everything has a limit in time and size, and a target goes on where it broke off.

mod body;

use crate::source::{Part, Source, SourceError, in_address};
use body::Body;
use rustls::CertificateError;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::http::header::{CONTENT_RANGE, RANGE};
use ureq::http::{Response, StatusCode, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// How long and how much is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkLimits {
    /// to find the server and to connect, each; the TLS handshake is part of the latter
    pub connect: Duration,
    /// for a whole metadata file, for the beginning of a target, and for each stretch of its bytes
    pub answer: Duration,
    /// fewer bytes of a target than this in a second, over [`NetworkLimits::answer`], and it is cut
    pub slowest_bytes_per_second: u64,
    /// tries before it is given up
    pub tries: u32,
    /// before the second try; twice as long before each further one, [`LONGEST_PAUSE`] at most
    pub pause: Duration,
}

/// The longest pause between two tries.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Default for NetworkLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            slowest_bytes_per_second: 1_024,
            tries: 3,
            pause: Duration::from_secs(1),
        }
    }
}

/// A server, whose certificate only the pinned authority may have signed.
#[derive(Clone, Debug)]
pub struct HttpsSource {
    server: Server,
}

/// What is needed to ask again.
#[derive(Clone, Debug)]
struct Server {
    agent: Agent,
    base: String,
    limits: NetworkLimits,
}

/// Why one try gave nothing.
enum Failure {
    /// another try may succeed
    Passing(String),
    /// none will
    Lasting(SourceError),
}

impl HttpsSource {
    /// The repository below this address, `https://updates.example.org/kiosks`. `authority` is one or more certificates in PEM.
    ///
    /// # Errors
    /// [`SourceError::Failed`] where the address is not HTTPS, or the authority is no certificate.
    pub fn new(base: &str, authority: &[u8], limits: NetworkLimits) -> Result<Self, SourceError> {
        check_address(base)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(certificates(authority)?)))
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let config = Agent::config_builder()
            .https_only(true)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .tls_config(tls)
            .user_agent(concat!("kiosk-gateway/", env!("CARGO_PKG_VERSION")))
            .max_response_header_size(16 << 10)
            .timeout_resolve(Some(limits.connect))
            .timeout_connect(Some(limits.connect))
            .timeout_send_request(Some(limits.answer))
            .timeout_recv_response(Some(limits.answer))
            .timeout_per_read(Some(limits.answer))
            .timeout_per_write(Some(limits.answer))
            .build();
        let server = Server {
            agent: config.new_agent(),
            base: base.trim_end_matches('/').to_owned(),
            limits,
        };
        Ok(Self { server })
    }
}

impl Source for HttpsSource {
    fn metadata(&self, name: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        self.server.persist(|| self.server.file(name, limit))
    }

    fn target(&self, path: &str, offset: u64) -> Result<Part, SourceError> {
        let server = &self.server;
        let (offset, answer) = server.persist(|| server.part(path, offset))?;
        Ok(Part {
            offset,
            bytes: Box::new(Body::new(server.clone(), path, offset, answer)),
        })
    }

    fn describe(&self) -> String {
        self.server.base.clone()
    }
}

impl Server {
    /// Tries again where that may help.
    fn persist<T>(&self, mut attempt: impl FnMut() -> Result<T, Failure>) -> Result<T, SourceError> {
        let mut tried = 1;
        loop {
            match attempt() {
                Ok(answer) => return Ok(answer),
                Err(Failure::Lasting(cause)) => return Err(cause),
                Err(Failure::Passing(cause)) if tried >= self.limits.tries => {
                    return Err(SourceError::Failed(cause));
                }
                Err(Failure::Passing(_)) => {
                    self.pause(tried);
                    tried += 1;
                }
            }
        }
    }

    fn pause(&self, tried: u32) {
        let doubled = 2_u32.saturating_pow(tried.saturating_sub(1));
        let pause = self.limits.pause.checked_mul(doubled).unwrap_or(LONGEST_PAUSE);
        std::thread::sleep(pause.min(LONGEST_PAUSE));
    }

    fn file(&self, name: &str, limit: u64) -> Result<Vec<u8>, Failure> {
        let what = format!("metadata/{name}");
        let too_large = || {
            let what = what.clone();
            Failure::Lasting(SourceError::TooLarge { what, limit })
        };
        let answer = self
            .agent
            .get(format!("{}/{what}", self.base))
            .config()
            .timeout_recv_body(Some(self.limits.answer))
            .build()
            .call()
            .map_err(|cause| failure(&what, &cause))?;
        if answer.status() != StatusCode::OK {
            return Err(unwanted(&what, answer.status()));
        }
        let body = answer.into_body();
        if body.content_length().is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        body.into_reader()
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|cause| Failure::Passing(format!("{what} broke off ({cause})")))?;
        if bytes.len() as u64 > limit {
            return Err(too_large());
        }
        Ok(bytes)
    }

    /// The bytes of a target, and where they begin.
    fn part(&self, path: &str, offset: u64) -> Result<(u64, Response<ureq::Body>), Failure> {
        let what = format!("targets/{path}");
        let mut request = self.agent.get(format!("{}/targets/{}", self.base, in_address(path)));
        if offset > 0 {
            request = request.header(RANGE, format!("bytes={offset}-"));
        }
        let answer = request.call().map_err(|cause| failure(&what, &cause))?;
        match answer.status() {
            StatusCode::OK => Ok((0, answer)),
            StatusCode::PARTIAL_CONTENT if offset > 0 && begins_at(&answer) == Some(offset) => Ok((offset, answer)),
            StatusCode::PARTIAL_CONTENT => {
                let cause = format!("{what} was answered from another place than byte {offset}");
                Err(Failure::Lasting(SourceError::Failed(cause)))
            }
            StatusCode::RANGE_NOT_SATISFIABLE => {
                let cause = format!("{what} has no bytes after the first {offset}");
                Err(Failure::Lasting(SourceError::Failed(cause)))
            }
            other => Err(unwanted(&what, other)),
        }
    }
}

fn check_address(base: &str) -> Result<(), SourceError> {
    let wrong = |rule: &str| {
        let cause = format!("`{base}` cannot be the address of an update server: {rule}");
        Err(SourceError::Failed(cause))
    };
    let Ok(address) = base.parse::<Uri>() else {
        return wrong("write it as https://updates.example.org/kiosks");
    };
    if address.scheme_str() != Some("https") {
        return wrong("it must begin with https://");
    }
    if address.host().is_none_or(str::is_empty) {
        return wrong("it names no server");
    }
    if address.query().is_some()
        || address
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return wrong("it must have neither `?` nor `@`");
    }
    Ok(())
}

fn certificates(authority: &[u8]) -> Result<Vec<Certificate<'static>>, SourceError> {
    let failed = |cause: String| {
        let cause = format!("the certificate authority of the update server cannot be read: {cause}");
        SourceError::Failed(cause)
    };
    let certificates: Vec<_> = parse_pem(authority)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
            Ok(_) => None,
            Err(cause) => Some(Err(failed(cause.to_string()))),
        })
        .collect::<Result<_, _>>()?;
    if certificates.is_empty() {
        return Err(failed("there is no certificate in it".to_owned()));
    }
    Ok(certificates)
}

/// Where a partial answer says that it begins.
fn begins_at<B>(answer: &Response<B>) -> Option<u64> {
    let range = answer.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    let (first, _) = range.strip_prefix("bytes ")?.split_once('-')?;
    first.parse().ok()
}

fn unwanted(what: &str, status: StatusCode) -> Failure {
    let failed = |cause: &str| format!("{what} was answered with {status}{cause}");
    match status {
        StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::GONE => {
            Failure::Lasting(SourceError::NotFound(what.to_owned()))
        }
        _ if status.is_redirection() => {
            Failure::Lasting(SourceError::Failed(failed(", and redirects are not followed")))
        }
        _ if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => Failure::Passing(failed("")),
        _ => Failure::Lasting(SourceError::Failed(failed(""))),
    }
}

fn failure(what: &str, cause: &ureq::Error) -> Failure {
    let told = quotation::sentence(cause);
    let text = format!("{what} could not be fetched ({told})");
    let tls = match cause {
        ureq::Error::Rustls(tls) => Some(tls),
        // A handshake that fails comes as an error of the connection.
        ureq::Error::Io(io) => io.get_ref().and_then(|inner| inner.downcast_ref()),
        _ => None,
    };
    match (tls, cause) {
        (Some(rustls::Error::InvalidCertificate(wrong)), _) if is_about_time(wrong) => Failure::Lasting(
            SourceError::Failed(format!("{text}, or this computer's clock is wrong")),
        ),
        (Some(_), _) | (_, ureq::Error::Tls(_) | ureq::Error::BadUri(_) | ureq::Error::Http(_)) => {
            Failure::Lasting(SourceError::Failed(text))
        }
        _ => Failure::Passing(text),
    }
}

/// Certificates alone are held against the system's clock. Nothing of what is trusted depends on them.
fn is_about_time(wrong: &CertificateError) -> bool {
    matches!(
        wrong,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
    )
}
