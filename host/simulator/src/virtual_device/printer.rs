//! A virtual ESC/POS receipt printer, an Epson TM-T20II by its ids: it keeps what it was sent, answers status requests
//! (Epson ESC/POS command reference, DLE EOT and GS r) and GET_PORT_STATUS, and can be out of paper, open, asleep, slow,
//! silent or pulled.

use super::bell::{Bell, locked};
use super::device::{Answer, Device, Misbehaviour};
use super::receipt_parser::{Element, ReceiptParser, character};
use devices::transfer::{Endpoint, EndpointKind, Identity, RequestKind, Setup};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const OUT: u8 = 0x01;
const IN: u8 = 0x82;
/// wMaxPacketSize in bytes.
const PACKET: u16 = 64;
/// GET_PORT_STATUS (USB Printing Devices 1.1, section 4.2.2), bRequest.
const GET_PORT_STATUS: u8 = 1;
/// Bits that every DLE EOT answer has.
const FIXED: u8 = 0x12;

/// What is the matter with the mechanism.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mechanism {
    /// little paper is left
    pub paper_low: bool,
    /// none is left: nothing is printed until there is
    pub paper_out: bool,
    /// the cover is open: nothing is printed until it is closed
    pub cover_open: bool,
}

/// A receipt printer. A handle, cloned freely: plug one clone in, keep another. Its paper stays when it is pulled.
#[derive(Clone, Default)]
pub struct Printer {
    bell: Bell,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    misbehaviour: Misbehaviour,
    /// silent or pulled, once this many more bytes came
    misbehaves_after: Option<(usize, Misbehaviour)>,
    paper_ends_after: Option<usize>,
    /// it sleeps, and takes this long to wake
    asleep: Option<Duration>,
    /// how long it takes over a packet of data
    pace: Duration,
    /// until then it takes and tells nothing: it wakes, or works on what it took
    busy_until: Option<Instant>,
    mechanism: Mechanism,
    parser: ReceiptParser,
    /// taken over the wire, not printed yet: printing stops without paper
    buffer: VecDeque<(Element, Vec<u8>)>,
    answers: VecDeque<u8>,
    receipts: Vec<Receipt>,
    current: Receipt,
}

/// What is on one piece of paper.
#[derive(Clone, Default)]
struct Receipt {
    bytes: Vec<u8>,
    text: String,
}

/// Receipts may name a voter: only their number is shown.
impl std::fmt::Debug for Printer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = locked(&self.state);
        write!(
            f,
            "Printer with {} receipts, {:?}",
            state.receipts.len(),
            state.mechanism
        )
    }
}

impl Printer {
    /// A printer with paper.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The bytes that it printed, one entry for each cut, and one more for what was not cut off yet, if anything was.
    /// Status requests are not among them.
    #[must_use]
    pub fn printed(&self) -> Vec<Vec<u8>> {
        locked(&self.state)
            .pieces()
            .into_iter()
            .map(|piece| piece.bytes)
            .collect()
    }

    /// The same to read: text out of code page 866, `[QR payload]`, `[picture WxH]`, and `-- cut --` after each
    /// receipt.
    #[must_use]
    pub fn text(&self) -> String {
        locked(&self.state)
            .pieces()
            .into_iter()
            .map(|piece| piece.text)
            .collect()
    }

    /// Throws the paper away.
    pub fn clear(&self) {
        let mut state = locked(&self.state);
        state.receipts.clear();
        state.current = Receipt::default();
    }

    /// Opens, empties or repairs it. What was held back is printed as soon as it can be.
    pub fn set_mechanism(&self, mechanism: Mechanism) {
        {
            let mut state = locked(&self.state);
            state.mechanism = mechanism;
            state.work();
        }
        self.bell.ring();
    }

    /// The paper ends as soon as it took this many more commands or characters.
    pub fn paper_ends_after(&self, elements: usize) {
        locked(&self.state).paper_ends_after = Some(elements);
    }

    /// It sleeps: its USB side answers and nothing else does. The next data wake it and are lost; it takes this long to wake.
    pub fn sleep(&self, wakes_in: Duration) {
        locked(&self.state).asleep = Some(wakes_in);
    }

    /// Whether it sleeps.
    #[must_use]
    pub fn is_asleep(&self) -> bool {
        locked(&self.state).asleep.is_some()
    }

    /// It takes this long over each packet of data, and takes no more meanwhile.
    pub fn take_slowly(&self, packet: Duration) {
        locked(&self.state).pace = packet;
    }

    /// It takes nothing for a while, and asks for more afterwards.
    fn rest(&self, state: &mut State, time: Duration) {
        state.busy_until = Some(Instant::now() + time);
        let bell = self.bell.clone();
        std::thread::spawn(move || {
            std::thread::sleep(time);
            bell.ring();
        });
    }

    /// From now on it misbehaves so.
    pub fn misbehave(&self, misbehaviour: Misbehaviour) {
        {
            let mut state = locked(&self.state);
            state.misbehaviour = misbehaviour;
            state.misbehaves_after = None;
        }
        self.bell.ring();
    }

    /// It misbehaves so as soon as it was sent this many more bytes, in the middle of a transfer if need be. Status
    /// requests count too.
    pub fn misbehave_after(&self, bytes: usize, misbehaviour: Misbehaviour) {
        locked(&self.state).misbehaves_after = Some((bytes, misbehaviour));
    }
}

impl State {
    fn is_busy(&self) -> bool {
        self.busy_until.is_some_and(|until| Instant::now() < until)
    }

    fn pieces(&self) -> Vec<Receipt> {
        let rest = Some(self.current.clone()).filter(|rest| !rest.bytes.is_empty());
        self.receipts.iter().cloned().chain(rest).collect()
    }

    /// Takes bytes: status requests at once, all else in order.
    fn take(&mut self, bytes: &[u8]) {
        for (element, bytes) in self.parser.feed(bytes) {
            match element {
                Element::Status(number) => {
                    let status = self.status(number);
                    self.answers.push_back(status);
                }
                element => self.buffer.push_back((element, bytes)),
            }
        }
        self.work();
    }

    /// Prints what it has, as long as it can.
    fn work(&mut self) {
        while !self.mechanism.paper_out && !self.mechanism.cover_open {
            let Some((element, bytes)) = self.buffer.pop_front() else {
                return;
            };
            self.print(&element, &bytes);
            if let Some(left) = &mut self.paper_ends_after {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.paper_ends_after = None;
                    self.mechanism.paper_out = true;
                }
            }
        }
    }

    fn print(&mut self, element: &Element, bytes: &[u8]) {
        if let Element::Sensor(_) = element {
            let answer = if self.mechanism.paper_low { 0x03 } else { 0x00 };
            self.answers.push_back(answer);
            return;
        }
        self.current.bytes.extend_from_slice(bytes);
        let text = &mut self.current.text;
        match element {
            Element::Text(byte) => text.push(character(*byte)),
            Element::Symbol(payload) => text.push_str(&format!("[QR {payload}]\n")),
            Element::Picture(row, rows) => text.push_str(&format!("[picture {}x{rows}]\n", u32::from(*row) * 8)),
            Element::Feed(lines) => text.extend(std::iter::repeat_n('\n', usize::from(*lines))),
            Element::Cut => {
                text.push_str("-- cut --\n");
                self.receipts.push(std::mem::take(&mut self.current));
            }
            Element::CodePage(_) | Element::Other | Element::Status(_) | Element::Sensor(_) => {}
        }
    }

    /// DLE EOT n.
    fn status(&self, number: u8) -> u8 {
        let Mechanism {
            paper_low,
            paper_out,
            cover_open,
        } = self.mechanism;
        let bits = |set: bool, bits: u8| if set { bits } else { 0 };
        FIXED
            | match number {
                1 => bits(paper_out || cover_open, 0x08),
                2 => bits(cover_open, 0x04) | bits(paper_out, 0x20),
                4 => bits(paper_low || paper_out, 0x0c) | bits(paper_out, 0x60),
                _ => 0,
            }
    }
}

impl Device for Printer {
    fn identity(&self) -> Identity {
        let endpoint = |address| Endpoint {
            address,
            kind: EndpointKind::Bulk,
            max_packet_size: PACKET,
        };
        Identity {
            vendor_id: 0x04b8,
            product_id: 0x0e15,
            release: 0x0100,
            manufacturer: Some("EPSON".to_owned()),
            product: Some("TM-T20II".to_owned()),
            serial: None,
            interface_number: 0,
            // USB Printing Devices 1.1, section 4.2.1: printer, bidirectional
            interface_class: (7, 1, 2),
            endpoints: vec![endpoint(OUT), endpoint(IN)],
        }
    }

    fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// What was buffered is lost without power, and it is awake.
    fn plugged(&mut self) {
        let mut state = locked(&self.state);
        state.asleep = None;
        state.busy_until = None;
        state.parser = ReceiptParser::default();
        state.buffer.clear();
        state.answers.clear();
    }

    /// It answers asleep too. Bits: 3 no error, 4 on line, 5 no paper.
    fn control_in(&mut self, setup: &Setup, _length: u16) -> Answer {
        let state = locked(&self.state);
        match (setup.kind, setup.request) {
            _ if state.misbehaviour == Misbehaviour::Silent => Answer::Pending,
            (RequestKind::Class, GET_PORT_STATUS) => {
                let Mechanism {
                    paper_out, cover_open, ..
                } = state.mechanism;
                Answer::Done(vec![match (paper_out, cover_open) {
                    (false, false) => 0x18,
                    (false, true) => 0x00,
                    (true, _) => 0x20,
                }])
            }
            _ => Answer::Stalled,
        }
    }

    fn control_out(&mut self, _setup: &Setup, _data: &[u8]) -> Answer {
        Answer::Stalled
    }

    fn data_out(&mut self, _endpoint: u8, data: &[u8]) -> Answer {
        let mut state = locked(&self.state);
        if state.misbehaviour == Misbehaviour::Silent || state.is_busy() {
            return Answer::Pending;
        }
        if let Some(time) = state.asleep.take() {
            self.rest(&mut state, time);
            return Answer::Done(Vec::new());
        }
        if !state.pace.is_zero() {
            let packets = data.len().div_ceil(usize::from(PACKET));
            let time = state.pace.saturating_mul(u32::try_from(packets).unwrap_or(u32::MAX));
            self.rest(&mut state, time);
        }
        let mut taken = data;
        if let Some((left, misbehaviour)) = state.misbehaves_after {
            if left <= data.len() {
                taken = &data[..left];
                state.misbehaviour = misbehaviour;
                state.misbehaves_after = None;
            } else {
                state.misbehaves_after = Some((left - data.len(), misbehaviour));
            }
        }
        state.take(taken);
        let is_receipt = !matches!(data, [0x10, 0x04, _]);
        if is_receipt && state.misbehaviour.take_pull() {
            return Answer::Gone;
        }
        // Silent from now on; this transfer was taken, as the buffer of a real one takes it.
        Answer::Done(Vec::new())
    }

    fn data_in(&mut self, _endpoint: u8, length: u32) -> Answer {
        let mut state = locked(&self.state);
        let dumb = state.misbehaviour == Misbehaviour::Silent || state.asleep.is_some();
        if state.answers.is_empty() || dumb {
            return Answer::Pending;
        }
        let most = state.answers.len().min(usize::try_from(length).unwrap_or(usize::MAX));
        Answer::Done(state.answers.drain(..most).collect())
    }
}
