//! Where clients find devices by their name.

use super::session::serve;
use super::wire::{read_request, reply};
use simulator::virtual_device::Device;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

type Make = Box<dyn Fn() -> Box<dyn Device> + Send>;

/// A device under a name.
struct Export {
    make: Make,
    cut_at: Option<u32>,
}

#[derive(Default)]
struct Shared {
    exports: Mutex<BTreeMap<String, Export>>,
    over: AtomicBool,
}

/// A USB/IP server on this machine, for as long as this value lives.
pub struct Server {
    port: u16,
    shared: Arc<Shared>,
}

impl Server {
    /// Listens on a free port of the loopback.
    ///
    /// # Errors
    /// The system's.
    pub fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::<Shared>::default();
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.over.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&serving);
                // A connection that broke is the client's to notice.
                std::thread::spawn(move || stream.and_then(|stream| shared.connection(stream)));
            }
        });
        Ok(Self { port, shared })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Offers a device under a name of at most 31 bytes; each connection that asks for it gets one that this makes.
    pub fn export<D: Device + 'static>(&self, name: &str, make: impl Fn() -> D + Send + 'static) {
        self.offer(name, None, make);
    }

    /// The same, but the line is cut as the transfer of this number arrives, counted from 1 without the standard requests:
    /// it stays unanswered.
    pub fn export_cut<D: Device + 'static>(&self, name: &str, cut_at: u32, make: impl Fn() -> D + Send + 'static) {
        self.offer(name, Some(cut_at), make);
    }

    fn offer<D: Device + 'static>(&self, name: &str, cut_at: Option<u32>, make: impl Fn() -> D + Send + 'static) {
        let make: Make = Box::new(move || Box::new(make()));
        let mut exports = self.shared.exports.lock().unwrap_or_else(PoisonError::into_inner);
        exports.insert(name.to_owned(), Export { make, cut_at });
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "USB/IP server on port {}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        // Wakes the listener; where it is gone already, there is nothing to wake.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Shared {
    fn connection(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let name = read_request(&mut stream)?;
        let made = {
            let exports = self.exports.lock().unwrap_or_else(PoisonError::into_inner);
            exports.get(&name).map(|export| ((export.make)(), export.cut_at))
        };
        stream.write_all(&reply(
            &name,
            made.as_ref().map(|(device, _)| device.identity()).as_ref(),
        ))?;
        match made {
            Some((device, cut_at)) => serve(device, stream, cut_at),
            None => Ok(()),
        }
    }
}
