//! Who the claimed device is, and what a driver is started with.

/// Who the device is (`wit/driver`, `usb.identity`). Strings come from the host, which may know them from the system
/// instead of the device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// idVendor
    pub vendor_id: u16,
    /// idProduct
    pub product_id: u16,
    /// bcdDevice
    pub release: u16,
    /// iManufacturer
    pub manufacturer: Option<String>,
    /// iProduct
    pub product: Option<String>,
    /// iSerialNumber
    pub serial: Option<String>,
    /// bInterfaceNumber of the claimed interface
    pub interface_number: u8,
}

/// What a driver is started with (`wit/driver`, `faults.start`).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// 32 bytes from the host's generator, for devices that want a seed or a challenge; recorded and replayed
    pub nonce: Vec<u8>,
}

/// A nonce can be a device's key: only its length is shown.
impl std::fmt::Debug for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "start with a nonce of {} bytes", self.nonce.len())
    }
}
