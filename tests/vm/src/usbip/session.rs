//! One device on one connection.

use super::descriptors::descriptor;
use super::wire::{Command, Urb, read_command, submitted, unlinked};
use devices::transfer::{Recipient, RequestKind, Setup};
use simulator::virtual_device::{Answer, Bell, Device};
use std::collections::VecDeque;
use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Linux's error numbers, as a transfer's status.
const STALLED: i32 = -32;
const OVERFLOW: i32 = -75;
const TAKEN_BACK: i32 = -104;

/// bRequest of the standard requests that are answered here (USB 2.0, table 9-4).
const GET_STATUS: u8 = 0;
const CLEAR_FEATURE: u8 = 1;
const GET_DESCRIPTOR: u8 = 6;
const GET_CONFIGURATION: u8 = 8;
const SET_CONFIGURATION: u8 = 9;
const SET_INTERFACE: u8 = 11;

/// How often a session looks whether it should end while nothing rings.
const LOOK: Duration = Duration::from_millis(500);

/// A device with its connection and what is pending on it.
pub(super) struct Session {
    bell: Bell,
    state: Mutex<State>,
}

struct State {
    device: Box<dyn Device>,
    stream: TcpStream,
    pending: VecDeque<Urb>,
    /// transfers so far that are no standard requests
    transfers: u32,
    /// the line is cut as the transfer of this number arrives
    cut_at: Option<u32>,
    over: bool,
}

/// Serves the device until the client hangs up or the line is cut.
pub(super) fn serve(mut device: Box<dyn Device>, stream: TcpStream, cut_at: Option<u32>) -> std::io::Result<()> {
    device.plugged();
    let mut commands = stream.try_clone()?;
    let session = Arc::new(Session {
        bell: device.bell(),
        state: Mutex::new(State {
            device,
            stream,
            pending: VecDeque::new(),
            transfers: 0,
            cut_at,
            over: false,
        }),
    });
    let listening = Arc::clone(&session);
    let ringing = std::thread::spawn(move || listening.answer_when_rung());
    while let Ok(command) = read_command(&mut commands) {
        let mut state = session.lock();
        match command {
            Command::Submit(urb) => state.submit(urb),
            Command::Unlink { number, victim } => state.unlink(number, victim),
        }
    }
    session.lock().end();
    session.bell.ring();
    // It ends by itself and has nothing to tell.
    let _ = ringing.join();
    Ok(())
}

impl Session {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A finger was laid on, say: what was pending may end now.
    fn answer_when_rung(&self) {
        loop {
            let rung = self.bell.count();
            {
                let mut state = self.lock();
                state.run();
                if state.over {
                    return;
                }
            }
            self.bell.wait_past(rung, Instant::now() + LOOK);
        }
    }
}

/// What transfers of one queue share: the endpoint's address, 0 for control requests of both directions.
fn queue(urb: &Urb) -> u8 {
    if urb.endpoint & 0x0f == 0 { 0 } else { urb.endpoint }
}

fn is_standard(urb: &Urb) -> bool {
    queue(urb) == 0 && urb.setup[0] & 0x60 == 0
}

fn setup_of(bytes: [u8; 8]) -> Setup {
    let [kind, request, value_low, value_high, index_low, index_high, ..] = bytes;
    Setup {
        kind: match (kind >> 5) & 3 {
            0 => RequestKind::Standard,
            1 => RequestKind::Class,
            _ => RequestKind::Vendor,
        },
        recipient: match kind & 0x1f {
            0 => Recipient::Device,
            1 => Recipient::Interface,
            2 => Recipient::Endpoint,
            _ => Recipient::Other,
        },
        request,
        value: u16::from_le_bytes([value_low, value_high]),
        index: u16::from_le_bytes([index_low, index_high]),
    }
}

impl State {
    fn submit(&mut self, urb: Urb) {
        if is_standard(&urb) {
            let answer = self.standard(&urb);
            self.end_urb(&urb, answer);
            return;
        }
        self.transfers += 1;
        self.pending.push_back(urb);
        if self.cut_at == Some(self.transfers) {
            self.end();
        } else {
            self.run();
        }
    }

    /// The transfer ends as taken back, and only the unlink is answered; or it ended before, and both are.
    fn unlink(&mut self, number: u32, victim: u32) {
        let found = self.pending.iter().position(|urb| urb.number == victim);
        let status = match found.and_then(|index| self.pending.remove(index)) {
            Some(_) => TAKEN_BACK,
            None => 0,
        };
        self.send(&unlinked(number, status));
    }

    /// Asks the device about the first transfer of each queue, until it has nothing more to say.
    fn run(&mut self) {
        while !self.over && self.step() {}
    }

    fn step(&mut self) -> bool {
        let mut asked = [false; 256];
        for index in 0..self.pending.len() {
            let urb = &self.pending[index];
            if std::mem::replace(&mut asked[usize::from(queue(urb))], true) {
                continue;
            }
            let answer = match (queue(urb), urb.endpoint & 0x80 != 0) {
                (0, true) => {
                    let length = u16::try_from(urb.length).unwrap_or(u16::MAX);
                    self.device.control_in(&setup_of(urb.setup), length)
                }
                (0, false) => self.device.control_out(&setup_of(urb.setup), &urb.data),
                (endpoint, true) => self.device.data_in(endpoint, urb.length),
                (endpoint, false) => self.device.data_out(endpoint, &urb.data),
            };
            if answer == Answer::Pending {
                continue;
            }
            if let Some(urb) = self.pending.remove(index) {
                self.end_urb(&urb, answer);
            }
            return true;
        }
        false
    }

    fn end_urb(&mut self, urb: &Urb, answer: Answer) {
        let room = if urb.endpoint & 0x80 == 0 { 0 } else { urb.length };
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let reply = match answer {
            Answer::Done(data) if data.len() > room => submitted(urb.number, OVERFLOW, 0, &data[..room]),
            Answer::Done(data) => submitted(urb.number, 0, urb.data.len(), &data),
            Answer::Stalled => submitted(urb.number, STALLED, 0, &[]),
            Answer::Gone | Answer::Pending => return self.end(),
        };
        self.send(&reply);
    }

    fn standard(&mut self, urb: &Urb) -> Answer {
        let setup = setup_of(urb.setup);
        let [low, high] = setup.value.to_le_bytes();
        let done = |done: bool| {
            if done {
                Answer::Done(Vec::new())
            } else {
                Answer::Stalled
            }
        };
        match setup.request {
            GET_DESCRIPTOR => match descriptor(&self.device.identity(), high, low) {
                Some(mut bytes) => {
                    bytes.truncate(usize::try_from(urb.length).unwrap_or(usize::MAX));
                    Answer::Done(bytes)
                }
                None => Answer::Stalled,
            },
            GET_STATUS => Answer::Done(vec![0, 0]),
            GET_CONFIGURATION => Answer::Done(vec![1]),
            SET_CONFIGURATION => done(true),
            SET_INTERFACE => done(self.device.select_alternate(low).is_ok()),
            CLEAR_FEATURE if setup.recipient == Recipient::Endpoint => {
                let [endpoint, _] = setup.index.to_le_bytes();
                done(self.device.clear_halt(endpoint).is_ok())
            }
            _ => Answer::Stalled,
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        if self.stream.write_all(bytes).is_err() {
            self.end();
        }
    }

    /// Cuts the line: to the kernel, the plug is pulled.
    fn end(&mut self) {
        self.over = true;
        self.pending.clear();
        // A line that is cut already is what is wanted.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}
