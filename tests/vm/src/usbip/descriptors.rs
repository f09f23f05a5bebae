//! What every device answers by itself: the standard requests of USB 2.0, chapter 9, out of its identity.

use devices::transfer::{EndpointKind, Identity};

const DEVICE: u8 = 1;
const CONFIGURATION: u8 = 2;
const STRING: u8 = 3;
const INTERFACE: u8 = 4;
const ENDPOINT: u8 = 5;
const ENGLISH: u16 = 0x0409;
/// Longest text of a string descriptor, in UTF-16 units.
const STRING_UNITS: usize = 126;

/// A descriptor by its type and index, or none where the device has no such.
pub(super) fn descriptor(identity: &Identity, kind: u8, index: u8) -> Option<Vec<u8>> {
    match (kind, index) {
        (DEVICE, _) => Some(device(identity)),
        (CONFIGURATION, 0) => Some(configuration(identity)),
        (STRING, 0) => Some(with_head(STRING, &ENGLISH.to_le_bytes())),
        (STRING, 1) => identity.manufacturer.as_deref().map(string),
        (STRING, 2) => identity.product.as_deref().map(string),
        (STRING, 3) => identity.serial.as_deref().map(string),
        _ => None,
    }
}

/// Length and type before the rest. Every rest here is shorter than 254 bytes.
fn with_head(kind: u8, rest: &[u8]) -> Vec<u8> {
    let length = u8::try_from(rest.len() + 2).unwrap_or(u8::MAX);
    [&[length, kind], rest].concat()
}

fn string(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().take(STRING_UNITS);
    with_head(STRING, &units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
}

fn device(identity: &Identity) -> Vec<u8> {
    // USB 2.0; the class stands at the interface; 64 bytes at endpoint 0
    let mut rest = vec![0x00, 0x02, 0, 0, 0, 64];
    for number in [identity.vendor_id, identity.product_id, identity.release] {
        rest.extend(number.to_le_bytes());
    }
    let index = |text: &Option<String>, index: u8| if text.is_some() { index } else { 0 };
    rest.extend([
        index(&identity.manufacturer, 1),
        index(&identity.product, 2),
        index(&identity.serial, 3),
        1,
    ]);
    with_head(DEVICE, &rest)
}

fn configuration(identity: &Identity) -> Vec<u8> {
    let (class, subclass, protocol) = identity.interface_class;
    let endpoints = u8::try_from(identity.endpoints.len()).unwrap_or(u8::MAX);
    let number = identity.interface_number;
    let mut parts = with_head(INTERFACE, &[number, 0, endpoints, class, subclass, protocol, 0]);
    for endpoint in &identity.endpoints {
        // An interrupt endpoint is asked every 10 ms.
        let (kind, interval) = match endpoint.kind {
            EndpointKind::Bulk => (2, 0),
            EndpointKind::Interrupt => (3, 10),
        };
        let [low, high] = endpoint.max_packet_size.to_le_bytes();
        parts.extend(with_head(ENDPOINT, &[endpoint.address, kind, low, high, interval]));
    }
    let [low, high] = u16::try_from(parts.len() + 9).unwrap_or(u16::MAX).to_le_bytes();
    // one interface, configuration 1 without a name, powered by the bus, 100 mA
    let mut whole = with_head(CONFIGURATION, &[low, high, 1, 1, 0, 0x80, 50]);
    whole.extend(parts);
    whole
}
