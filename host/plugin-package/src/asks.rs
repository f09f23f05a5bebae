//! What a plugin asks to reach. An ask is not a grant: the host takes what both ask and grant allow.

use serde::{Deserialize, Serialize};

/// One USB interface that a driver wants handed to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UsbAsk {
    /// idVendor
    pub vendor: u16,
    /// idProduct
    pub product: u16,
    /// bInterfaceNumber
    pub interface: u8,
    /// alternate settings that it selects
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternates: Vec<u8>,
    /// bulk and interrupt endpoints
    #[serde(default)]
    pub endpoints: Vec<EndpointAsk>,
    /// control requests, one by one
    #[serde(default)]
    pub control: Vec<ControlAsk>,
}

/// How data moves on an endpoint (USB 2.0, section 5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointKind {
    /// section 5.8
    Bulk,
    /// section 5.7
    Interrupt,
}

/// One endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EndpointAsk {
    /// bEndpointAddress, bit 7 set for IN
    pub address: u8,
    /// how data moves
    pub kind: EndpointKind,
    /// longest transfer in bytes, 1 to 1,048,576
    pub max_length: u32,
}

/// USB 2.0, table 9-2: bit 7 of bmRequestType.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// device to host
    In,
    /// host to device
    Out,
}

/// USB 2.0, table 9-2: bits 5 and 6 of bmRequestType.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestKind {
    /// chapter 9
    Standard,
    /// a device class's
    Class,
    /// the vendor's
    Vendor,
}

/// USB 2.0, table 9-2: bits 0 to 4 of bmRequestType.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipient {
    /// the whole device
    Device,
    /// one interface
    Interface,
    /// one endpoint
    Endpoint,
    /// anything else
    Other,
}

/// One control request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ControlAsk {
    /// which way
    pub direction: Direction,
    /// whose
    pub kind: RequestKind,
    /// to what
    pub recipient: Recipient,
    /// bRequest
    pub request: u8,
    /// allowed wValue; empty for any
    #[serde(default)]
    pub values: Vec<u16>,
    /// longest data stage in bytes
    pub max_length: u16,
}

/// What an exporter wants to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExporterAsk {
    /// kinds of rows, as the functions of `kiosk:exporter`'s reader: `stations`, `counts`, `turnout`, ...
    pub rows: Vec<String>,
}
