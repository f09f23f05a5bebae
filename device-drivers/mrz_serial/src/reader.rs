//! The order of the transfers: the line once, then bytes as they come.

use crate::frame::Frame;
use plugin_sdk::fault::Fault;
use plugin_sdk::progress::Stage;
use plugin_sdk::unasked::{Awaited, Unasked};
use plugin_sdk::usb::{Concurrent, Recipient, RequestKind, Setup, Status};

const IN: u8 = 0x81;
/// Exact buffer length of a read, in bytes: a full-speed bulk packet, so that every packet ends a transfer.
const PACKET_BYTES: u32 = 64;
/// bInterfaceNumber of the communication interface
const COMMUNICATION: u16 = 0;
/// A device answers a request within milliseconds; this is a dead one.
const ANSWER_MS: u32 = 1_000;

/// SET_LINE_CODING (PSTN 1.2, section 6.3.10).
const LINE_CODING: Setup = class_request(0x20, 0);
/// SET_CONTROL_LINE_STATE with DTR and RTS (section 6.3.12): the host is there and listens.
const HOST_IS_THERE: Setup = class_request(0x22, 3);
/// 9,600 baud as u32, one stop bit, no parity, eight data bits (section 6.3.11, table 17).
const CODING: [u8; 7] = [0x80, 0x25, 0, 0, 0, 0, 8];

const fn class_request(request: u8, value: u16) -> Setup {
    Setup {
        kind: RequestKind::Class,
        recipient: Recipient::Interface,
        request,
        value,
        index: COMMUNICATION,
    }
}

/// Readies a reader that was just plugged in, over its communication interface.
///
/// # Errors
/// How a request ended.
pub fn set_up(communication: &impl Concurrent) -> Result<(), Fault> {
    for (setup, data) in [(LINE_CODING, CODING.as_slice()), (HOST_IS_THERE, &[])] {
        communication
            .control_out(setup, data, ANSWER_MS)
            .map_err(Status::fault)?;
    }
    Ok(())
}

/// Reads one document over the data interface.
///
/// # Errors
/// `nothing-presented`, `cancelled`, `device-gone`, or a protocol fault's code.
pub fn read(data: &impl Concurrent, tell: &dyn Fn(Stage)) -> Result<Vec<String>, Fault> {
    let packets = Unasked::new(data, IN, PACKET_BYTES);
    packets.throw_away(|_| ())?;
    tell(Stage::Ready);
    let mut frame = Frame::new();
    let mut awaited = Awaited::First;
    loop {
        // An empty packet ends a transfer whose last packet was full: nothing came with it.
        for byte in packets.packet(awaited)? {
            if awaited == Awaited::First {
                awaited = Awaited::Rest;
                tell(Stage::Presented);
                tell(Stage::Reading);
            }
            if let Some(lines) = frame.push(byte)? {
                tell(Stage::Remove);
                return Ok(lines);
            }
        }
    }
}
