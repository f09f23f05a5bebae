//! What a plugin may reach. Everything is denied that both its manifest and the commission do not name, and it is
//! checked here and nowhere else.

use devices::transfer::{Endpoint, Identity, MAX_TRANSFER_BYTES, Recipient, Request, RequestKind, Setup};
use plugin_package::{self as package, ControlAsk, Direction, EndpointAsk, Manifest, UsbAsk};

/// What the commission lets a plugin have, in the same words in which plugins ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// interfaces of devices
    pub usb: Vec<UsbAsk>,
    /// kinds of rows for an exporter
    pub rows: Vec<String>,
    /// bInterfaceClass of the interfaces that a driver may be handed; none says that every class may be
    pub classes: Option<Vec<u8>>,
}

impl Allowed {
    /// Nothing at all.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// All that the manifest asks for: what a commission signs after it has read the manifest.
    #[must_use]
    pub fn all_asked(manifest: &Manifest) -> Self {
        Self {
            usb: manifest.usb.clone(),
            rows: manifest
                .exporter
                .as_ref()
                .map(|asks| asks.rows.clone())
                .unwrap_or_default(),
            classes: None,
        }
    }
}

/// What a plugin may reach: asked for and allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    usb: Vec<InterfaceGrant>,
    rows: Vec<String>,
    classes: Option<Vec<u8>>,
}

/// One interface of one kind of device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceGrant {
    vendor: u16,
    product: u16,
    interface: u8,
    endpoints: Vec<EndpointAsk>,
    control: Vec<ControlAsk>,
    alternates: Vec<u8>,
}

impl Grants {
    /// The common part of what is asked and what is allowed, never more than either.
    #[must_use]
    pub fn effective(manifest: &Manifest, allowed: &Allowed) -> Self {
        let usb = manifest
            .usb
            .iter()
            .filter_map(|ask| {
                let same = |other: &&UsbAsk| {
                    (other.vendor, other.product, other.interface) == (ask.vendor, ask.product, ask.interface)
                };
                allowed
                    .usb
                    .iter()
                    .find(same)
                    .map(|granted| InterfaceGrant::common(ask, granted))
            })
            .collect();
        let asked = manifest
            .exporter
            .as_ref()
            .map(|asks| asks.rows.as_slice())
            .unwrap_or_default();
        let rows = asked
            .iter()
            .filter(|kind| allowed.rows.contains(kind))
            .cloned()
            .collect();
        Self {
            usb,
            rows,
            classes: allowed.classes.clone(),
        }
    }

    /// What a driver gets with an interface that is handed to it: none where the interface is not granted, or is of a class that
    /// is not. The class is the device's own word, known only once the interface is claimed.
    #[must_use]
    pub fn handed(&self, who: &Identity) -> Option<&InterfaceGrant> {
        let (class, _, _) = who.interface_class;
        let allowed = self.classes.as_ref().is_none_or(|classes| classes.contains(&class));
        self.interface(who.vendor_id, who.product_id, who.interface_number)
            .filter(|_| allowed)
    }

    /// The grant on this interface of this device, if there is one.
    #[must_use]
    pub fn interface(&self, vendor: u16, product: u16, interface: u8) -> Option<&InterfaceGrant> {
        self.usb
            .iter()
            .find(|grant| (grant.vendor, grant.product, grant.interface) == (vendor, product, interface))
    }

    /// Vendor, product and interface of everything that can be handed over, in the order of the manifest.
    pub fn interfaces(&self) -> impl Iterator<Item = (u16, u16, u8)> {
        self.usb
            .iter()
            .map(|grant| (grant.vendor, grant.product, grant.interface))
    }

    /// May rows of this kind be read?
    #[must_use]
    pub fn may_read(&self, kind: &str) -> bool {
        self.rows.iter().any(|granted| granted == kind)
    }
}

impl InterfaceGrant {
    fn common(ask: &UsbAsk, granted: &UsbAsk) -> Self {
        let endpoints = ask
            .endpoints
            .iter()
            .filter_map(|asked| {
                let other = granted
                    .endpoints
                    .iter()
                    .find(|other| other.address == asked.address && other.kind == asked.kind)?;
                Some(EndpointAsk {
                    max_length: asked.max_length.min(other.max_length),
                    ..asked.clone()
                })
            })
            .collect();
        let control = ask
            .control
            .iter()
            .filter_map(|asked| granted.control.iter().find_map(|other| common_control(asked, other)))
            .collect();
        Self {
            vendor: ask.vendor,
            product: ask.product,
            interface: ask.interface,
            endpoints,
            control,
            alternates: ask
                .alternates
                .iter()
                .copied()
                .filter(|setting| granted.alternates.contains(setting))
                .collect(),
        }
    }

    /// May this transfer reach the bus? `endpoints` are those of the interface's current alternate setting.
    #[must_use]
    pub fn allows(&self, request: &Request, endpoints: &[Endpoint]) -> bool {
        match request {
            Request::ControlIn { setup, length } => self.allows_control(setup, Direction::In, usize::from(*length)),
            Request::ControlOut { setup, data } => self.allows_control(setup, Direction::Out, data.len()),
            Request::DataIn { endpoint, length } => {
                self.allows_data(*endpoint, usize::try_from(*length).unwrap_or(usize::MAX), endpoints)
            }
            Request::DataOut { endpoint, data } => self.allows_data(*endpoint, data.len(), endpoints),
        }
    }

    /// May this alternate setting be selected?
    #[must_use]
    pub fn allows_alternate(&self, setting: u8) -> bool {
        self.alternates.contains(&setting)
    }

    /// May this endpoint's halt be cleared? Where data may move, it may.
    #[must_use]
    pub fn allows_clear_halt(&self, endpoint: u8) -> bool {
        self.endpoints.iter().any(|granted| granted.address == endpoint)
    }

    fn allows_data(&self, address: u8, length: usize, endpoints: &[Endpoint]) -> bool {
        let kind = endpoints
            .iter()
            .find(|endpoint| endpoint.address == address)
            .map(|endpoint| endpoint.kind);
        length <= MAX_TRANSFER_BYTES
            && self.endpoints.iter().any(|granted| {
                let same_kind = match granted.kind {
                    package::EndpointKind::Bulk => devices::transfer::EndpointKind::Bulk,
                    package::EndpointKind::Interrupt => devices::transfer::EndpointKind::Interrupt,
                };
                granted.address == address
                    && kind.is_none_or(|kind| kind == same_kind)
                    && u32::try_from(length).is_ok_and(|length| length <= granted.max_length)
            })
    }

    fn allows_control(&self, setup: &Setup, direction: Direction, length: usize) -> bool {
        self.is_own(setup)
            && self.control.iter().any(|granted| {
                granted.direction == direction
                    && kind(granted.kind) == setup.kind
                    && recipient(granted.recipient) == setup.recipient
                    && granted.request == setup.request
                    && (granted.values.is_empty() || granted.values.contains(&setup.value))
                    && length <= usize::from(granted.max_length)
            })
    }

    /// Does this request go to what was granted? wIndex names the interface or endpoint in its low byte (USB 2.0,
    /// section 9.3.4): another number there would reach an interface that belongs to somebody else.
    fn is_own(&self, setup: &Setup) -> bool {
        let [number, _] = setup.index.to_le_bytes();
        match setup.recipient {
            Recipient::Interface => number == self.interface,
            Recipient::Endpoint => self.endpoints.iter().any(|granted| granted.address == number),
            Recipient::Device | Recipient::Other => true,
        }
    }
}

fn common_control(asked: &ControlAsk, granted: &ControlAsk) -> Option<ControlAsk> {
    let same = (asked.direction, asked.kind, asked.recipient, asked.request)
        == (granted.direction, granted.kind, granted.recipient, granted.request);
    let values = match (asked.values.is_empty(), granted.values.is_empty()) {
        (true, _) => granted.values.clone(),
        (false, true) => asked.values.clone(),
        (false, false) => {
            let both: Vec<u16> = asked
                .values
                .iter()
                .copied()
                .filter(|value| granted.values.contains(value))
                .collect();
            // An empty list means "any"; nothing in common means nothing granted.
            if both.is_empty() {
                return None;
            }
            both
        }
    };
    same.then(|| ControlAsk {
        values,
        max_length: asked.max_length.min(granted.max_length),
        ..asked.clone()
    })
}

fn kind(kind: package::RequestKind) -> RequestKind {
    match kind {
        package::RequestKind::Standard => RequestKind::Standard,
        package::RequestKind::Class => RequestKind::Class,
        package::RequestKind::Vendor => RequestKind::Vendor,
    }
}

fn recipient(recipient: package::Recipient) -> Recipient {
    match recipient {
        package::Recipient::Device => Recipient::Device,
        package::Recipient::Interface => Recipient::Interface,
        package::Recipient::Endpoint => Recipient::Endpoint,
        package::Recipient::Other => Recipient::Other,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use devices::transfer::EndpointKind;

    const ASK: &str = r#"
        name = "reader"
        contract = "kiosk:driver/fingerprint-scanner-driver@0.1.0"
        minimum-host = "0.1.0"
        [[usb]]
        vendor = 1
        product = 2
        interface = 0
        endpoints = [ { address = 0x81, kind = "interrupt", max-length = 64 }, { address = 0x82, kind = "bulk", max-length = 512 } ]
        control = [
            { direction = "out", kind = "vendor", recipient = "device", request = 4, values = [7, 8], max-length = 16 },
            { direction = "out", kind = "class", recipient = "interface", request = 4, max-length = 16 },
            { direction = "out", kind = "class", recipient = "endpoint", request = 4, max-length = 16 },
        ]
    "#;

    fn manifest() -> Manifest {
        Manifest::from_plugin_toml(ASK, "0.1.0").unwrap()
    }

    fn endpoints() -> Vec<Endpoint> {
        [
            (0x81, EndpointKind::Interrupt),
            (0x82, EndpointKind::Bulk),
            (0x03, EndpointKind::Bulk),
        ]
        .map(|(address, kind)| Endpoint {
            address,
            kind,
            max_packet_size: 64,
        })
        .to_vec()
    }

    fn out(kind: RequestKind, recipient: Recipient, request: u8, value: u16, length: usize) -> Request {
        let setup = Setup {
            kind,
            recipient,
            request,
            value,
            index: 0,
        };
        Request::ControlOut {
            setup,
            data: vec![0; length],
        }
    }

    /// The granted class request, to this interface or endpoint.
    fn class_out(recipient: Recipient, index: u16) -> Request {
        let setup = Setup {
            kind: RequestKind::Class,
            recipient,
            request: 4,
            value: 0,
            index,
        };
        Request::ControlOut { setup, data: vec![0] }
    }

    fn vendor_in(length: u16) -> Request {
        let setup = Setup {
            kind: RequestKind::Vendor,
            recipient: Recipient::Device,
            request: 4,
            value: 7,
            index: 0,
        };
        Request::ControlIn { setup, length }
    }

    /// (request, allowed by the grant above)
    fn requests() -> Vec<(Request, bool)> {
        use Recipient::{Device, Endpoint, Interface};
        use RequestKind::{Standard, Vendor};
        vec![
            (
                Request::DataIn {
                    endpoint: 0x81,
                    length: 64,
                },
                true,
            ),
            (
                Request::DataIn {
                    endpoint: 0x81,
                    length: 65,
                },
                false,
            ),
            (
                Request::DataIn {
                    endpoint: 0x82,
                    length: 512,
                },
                true,
            ),
            (
                Request::DataIn {
                    endpoint: 0x83,
                    length: 1,
                },
                false,
            ),
            (
                Request::DataOut {
                    endpoint: 0x03,
                    data: vec![0],
                },
                false,
            ),
            (out(Vendor, Device, 4, 7, 16), true),
            (out(Vendor, Device, 4, 7, 17), false),
            (out(Vendor, Device, 4, 9, 1), false),
            (out(Vendor, Device, 5, 7, 1), false),
            (out(Vendor, Interface, 4, 7, 1), false),
            (out(Standard, Device, 4, 7, 1), false),
            (vendor_in(1), false),
            (class_out(Interface, 0), true),
            // The high byte is the request's own, as the unit of an audio or video class request is.
            (class_out(Interface, 0x0500), true),
            (class_out(Interface, 1), false),
            (class_out(Interface, 0x0501), false),
            (class_out(Endpoint, 0x81), true),
            (class_out(Endpoint, 0x82), true),
            (class_out(Endpoint, 0x03), false),
            (class_out(Endpoint, 0), false),
        ]
    }

    #[test]
    fn a_request_passes_only_where_every_field_of_it_is_granted() {
        let manifest = manifest();
        let grants = Grants::effective(&manifest, &Allowed::all_asked(&manifest));
        let grant = grants.interface(1, 2, 0).unwrap();
        for (request, allowed) in requests() {
            assert_eq!(grant.allows(&request, &endpoints()), allowed, "{request:?}");
        }
    }

    #[test]
    fn an_endpoint_of_another_kind_than_granted_is_refused() {
        let manifest = manifest();
        let grants = Grants::effective(&manifest, &Allowed::all_asked(&manifest));
        let swapped = [Endpoint {
            address: 0x82,
            kind: EndpointKind::Interrupt,
            max_packet_size: 64,
        }];
        let request = Request::DataIn {
            endpoint: 0x82,
            length: 1,
        };
        assert!(!grants.interface(1, 2, 0).unwrap().allows(&request, &swapped));
    }

    #[test]
    fn what_is_asked_but_not_allowed_is_not_granted_and_the_other_way_round() {
        let manifest = manifest();
        assert_eq!(Grants::effective(&manifest, &Allowed::nothing()), Grants::default());
        let mut allowed = Allowed::all_asked(&manifest);
        allowed.usb[0].endpoints[0].max_length = 8;
        allowed.usb[0].endpoints.remove(1);
        allowed.usb[0].control[0].values = vec![9];
        let grants = Grants::effective(&manifest, &allowed);
        let grant = grants.interface(1, 2, 0).unwrap();
        assert!(grant.allows(
            &Request::DataIn {
                endpoint: 0x81,
                length: 8
            },
            &endpoints()
        ));
        assert!(!grant.allows(
            &Request::DataIn {
                endpoint: 0x81,
                length: 9
            },
            &endpoints()
        ));
        assert!(!grant.allows(
            &Request::DataIn {
                endpoint: 0x82,
                length: 1
            },
            &endpoints()
        ));
        assert!(!grant.allows(&out(RequestKind::Vendor, Recipient::Device, 4, 9, 1), &endpoints()));
        assert!(grants.interface(1, 2, 1).is_none() && grants.interface(1, 3, 0).is_none());
    }

    /// A claimed interface of the granted device, as it describes itself.
    fn claimed(class: u8) -> Identity {
        Identity {
            vendor_id: 1,
            product_id: 2,
            release: 0x0100,
            manufacturer: None,
            product: None,
            serial: None,
            interface_number: 0,
            interface_class: (class, 0, 0),
            endpoints: endpoints(),
        }
    }

    #[test]
    fn an_interface_of_a_class_that_is_not_allowed_is_handed_over_without_a_grant() {
        let manifest = manifest();
        // (allowed classes, the interface's, granted)
        let cases: [(Option<&[u8]>, u8, bool); 6] = [
            (None, 0xff, true),
            (None, 0x08, true),
            (Some(&[0xff]), 0xff, true),
            (Some(&[0x03, 0x0a]), 0x0a, true),
            (Some(&[0xff]), 0x08, false),
            (Some(&[]), 0xff, false),
        ];
        for (classes, class, granted) in cases {
            let allowed = Allowed {
                classes: classes.map(<[u8]>::to_vec),
                ..Allowed::all_asked(&manifest)
            };
            let grants = Grants::effective(&manifest, &allowed);
            assert_eq!(
                grants.handed(&claimed(class)).is_some(),
                granted,
                "{classes:?} {class:#04x}"
            );
        }
        let other = Identity {
            interface_number: 1,
            ..claimed(0xff)
        };
        let grants = Grants::effective(&manifest, &Allowed::all_asked(&manifest));
        assert!(grants.handed(&other).is_none());
    }

    #[test]
    fn an_alternate_setting_is_selected_only_where_both_name_it() {
        let mut manifest = manifest();
        manifest.usb[0].alternates = vec![1, 2];
        let mut allowed = Allowed::all_asked(&manifest);
        allowed.usb[0].alternates = vec![2, 3];
        let grants = Grants::effective(&manifest, &allowed);
        let grant = grants.interface(1, 2, 0).unwrap();
        let selected: Vec<u8> = (0..5).filter(|setting| grant.allows_alternate(*setting)).collect();
        assert_eq!(selected, [2]);
    }

    #[test]
    fn with_nothing_allowed_every_request_is_denied() {
        let manifest = manifest();
        let mut allowed = Allowed::all_asked(&manifest);
        allowed.usb[0].endpoints.clear();
        allowed.usb[0].control.clear();
        let grants = Grants::effective(&manifest, &allowed);
        for (request, _) in requests() {
            assert!(
                !grants.interface(1, 2, 0).unwrap().allows(&request, &endpoints()),
                "{request:?}"
            );
        }
    }
}
