//! A device description of umockdev: `P:` the place, `N:` the node, `A:` attributes, `H:` attributes in hexadecimal.
//! The first paragraph is the device, those after it are what it hangs on.

use devices::transfer::{Endpoint, EndpointKind, Identity};

/// What the description tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// bus and address when it was recorded
    pub address: (u16, u8),
    /// all interfaces of the first configuration, alternate setting 0
    pub interfaces: Vec<Identity>,
}

/// Reads a description.
///
/// # Errors
/// What is missing.
pub fn read(text: &str) -> Result<Described, &'static str> {
    let paragraph: Vec<&str> = text.lines().take_while(|line| !line.trim().is_empty()).collect();
    let attribute = |name: &str| {
        let value = |line: &&str| line.strip_prefix(&format!("A: {name}=")).map(unescape);
        paragraph.iter().find_map(value).filter(|value| !value.is_empty())
    };
    let descriptors = paragraph.iter().find_map(|line| line.strip_prefix("H: descriptors="));
    let descriptors =
        unhex(descriptors.ok_or("it has no line `H: descriptors=`")?).ok_or("its descriptors are not hexadecimal")?;
    let mut interfaces = interfaces(&descriptors)?;
    for identity in &mut interfaces {
        identity.manufacturer = attribute("manufacturer");
        identity.product = attribute("product");
        identity.serial = attribute("serial");
    }
    let number = |name: &str| attribute(name).and_then(|text| text.parse::<u16>().ok());
    let bus = number("busnum").ok_or("it has no attribute busnum")?;
    let device = number("devnum").and_then(|number| u8::try_from(number).ok());
    Ok(Described {
        address: (bus, device.ok_or("it has no attribute devnum")?),
        interfaces,
    })
}

/// `\n`, `\\` and octal bytes, as umockdev writes them.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'\\' {
            bytes.push(first);
            continue;
        }
        let octal = rest.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match (
            rest.first(),
            octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()),
        ) {
            (_, Some(byte)) => {
                bytes.push(byte);
                rest = &rest[3..];
            }
            (Some(b'n'), None) => {
                bytes.push(b'\n');
                rest = &rest[1..];
            }
            (Some(&other), None) => {
                bytes.push(other);
                rest = &rest[1..];
            }
            (None, None) => {}
        }
    }
    String::from_utf8_lossy(&bytes).trim_end().to_owned()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.trim().as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// Interfaces out of device and configuration descriptors (USB 2.0, section 9.6).
pub(super) fn interfaces(descriptors: &[u8]) -> Result<Vec<Identity>, &'static str> {
    let word = |bytes: &[u8], at: usize| Some(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let short = "its descriptors are cut off";
    let device = Identity {
        vendor_id: word(descriptors, 8).ok_or(short)?,
        product_id: word(descriptors, 10).ok_or(short)?,
        release: word(descriptors, 12).ok_or(short)?,
        manufacturer: None,
        product: None,
        serial: None,
        interface_number: 0,
        interface_class: (0, 0, 0),
        endpoints: Vec::new(),
    };
    let mut found: Vec<Identity> = Vec::new();
    let mut in_setting_0 = false;
    let mut rest = descriptors;
    while let [length, kind, ..] = *rest {
        let Some((one, after)) = rest.split_at_checked(usize::from(length)).filter(|_| length >= 2) else {
            return Err(short);
        };
        rest = after;
        match kind {
            // INTERFACE
            4 if one.len() >= 9 => {
                in_setting_0 = one[3] == 0;
                if in_setting_0 {
                    found.push(Identity {
                        interface_number: one[2],
                        interface_class: (one[5], one[6], one[7]),
                        ..device.clone()
                    });
                }
            }
            // ENDPOINT
            5 if one.len() >= 7 && in_setting_0 => {
                let kind = match one[3] & 3 {
                    2 => EndpointKind::Bulk,
                    3 => EndpointKind::Interrupt,
                    _ => continue,
                };
                let endpoint = Endpoint {
                    address: one[2],
                    kind,
                    max_packet_size: u16::from_le_bytes([one[4], one[5]]) & 0x7ff,
                };
                found.last_mut().ok_or(short)?.endpoints.push(endpoint);
            }
            _ => {}
        }
    }
    if found.is_empty() {
        Err("its descriptors name no interface")
    } else {
        Ok(found)
    }
}
