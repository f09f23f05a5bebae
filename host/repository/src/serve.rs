//! A server for trials: HTTPS with a certificate of an authority that is made on the spot.

use crate::error::Error;
use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::PrivateKeyDer;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use tower_http::services::ServeDir;

/// A running server. It ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    authority: String,
    handle: Handle<SocketAddr>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Server {
    /// Serves a repository. `names` are further names and addresses that the certificate is good for, beside localhost and where it
    /// listens.
    ///
    /// # Errors
    /// [`Error::Serve`].
    pub fn start(repository: &Path, listen: SocketAddr, names: &[String]) -> Result<Self, Error> {
        let failed = |why: &dyn std::fmt::Display| Error::Serve {
            address: listen.to_string(),
            why: why.to_string(),
        };
        let (authority, configuration) = certificates(listen, names).map_err(|why| failed(&why))?;
        let listener = TcpListener::bind(listen).map_err(|cause| failed(&cause))?;
        listener.set_nonblocking(true).map_err(|cause| failed(&cause))?;
        let address = listener.local_addr().map_err(|cause| failed(&cause))?;
        let handle = Handle::new();
        let router = Router::new().fallback_service(ServeDir::new(repository).append_index_html_on_directories(false));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|cause| failed(&cause))?;
        let stopping = handle.clone();
        let serving = move || {
            runtime.block_on(async move {
                let configuration = RustlsConfig::from_config(Arc::new(configuration));
                axum_server::from_tcp_rustls(listener, configuration)?
                    .handle(stopping)
                    .serve(router.into_make_service())
                    .await
            })
        };
        let thread = std::thread::Builder::new()
            .name("serve".to_owned())
            .spawn(serving)
            .map_err(|cause| failed(&cause))?;
        Ok(Self {
            address,
            authority,
            handle,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a kiosk is configured with.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The authority that a kiosk pins, in PEM.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// [`Error::Serve`].
    pub fn wait(mut self) -> Result<(), Error> {
        let ended = self.thread.take().map(JoinHandle::join);
        match ended {
            Some(Ok(Err(cause))) => Err(Error::Serve {
                address: self.address.to_string(),
                why: cause.to_string(),
            }),
            _ => Ok(()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.handle.shutdown();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// An authority in PEM, and the configuration of a server that it vouches for.
fn certificates(listen: SocketAddr, names: &[String]) -> Result<(String, rustls::ServerConfig), String> {
    let words = |cause: rcgen::Error| cause.to_string();
    let authority_key = KeyPair::generate().map_err(words)?;
    let mut authority = CertificateParams::new(Vec::<String>::new()).map_err(words)?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority
        .distinguished_name
        .push(DnType::CommonName, "kiosk-commission serve, for trials");
    let certificate = authority.self_signed(&authority_key).map_err(words)?;
    let issuer = Issuer::new(authority, authority_key);

    let mut all = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !listen.ip().is_unspecified() {
        all.push(listen.ip().to_string());
    }
    all.extend(names.iter().cloned());
    all.sort();
    all.dedup();
    let server_key = KeyPair::generate().map_err(words)?;
    let server = CertificateParams::new(all).map_err(words)?;
    let server = server.signed_by(&server_key, &issuer).map_err(words)?;
    let key = PrivateKeyDer::try_from(server_key.serialize_der()).map_err(str::to_owned)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut configuration = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| cause.to_string())?
        .with_no_client_auth()
        .with_single_cert(vec![server.der().clone()], key)
        .map_err(|cause| cause.to_string())?;
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((certificate.pem(), configuration))
}
