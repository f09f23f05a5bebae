//! Cases that a plugin of any kind passes: its file, its manifest, and what a driver asks for.

use super::case::{List, Outcome, failed};
use super::probe::Use;
use super::rig::Rig;
use plugin_package::{Direction, read_manifest};
use plugin_runtime::limits::COMPONENT_BYTES;

/// The group that looks back at all others.
pub(crate) const LAST: &str = "what is asked for";

/// The file and its manifest.
pub(crate) fn cases<C: 'static>(list: &mut List<C>, rig: fn(&C) -> &Rig, contract: &'static str) {
    list.group("package", 1);
    list.case(
        "the file is a component with one manifest, and smaller than 16 MiB",
        move |context: &C| {
            let bytes = &rig(context).bytes;
            read_manifest(bytes).map_err(|cause| failed(cause.to_string()))?;
            if bytes.len() > COMPONENT_BYTES {
                return Err(failed(format!("it has {} bytes", bytes.len())));
            }
            Ok(1)
        },
    );
    list.case("it imports nothing but what its contract has", move |context: &C| {
        // It was loaded, which checks exactly this; the name is held here.
        let found = rig(context).manifest().contract.to_string();
        if found != contract {
            return Err(failed(format!("it is made for {found}")));
        }
        Ok(1)
    });
    list.case(
        "it lists its codes, each once; a driver has some",
        move |context: &C| {
            let manifest = rig(context).manifest();
            let is_driver = manifest.contract.package().ends_with(":driver");
            let mut codes = manifest.codes.clone();
            let all = codes.len();
            codes.sort_unstable();
            codes.dedup();
            match (all, codes.len()) {
                (0, _) if is_driver => Err(failed("`codes` in plugin.toml is empty")),
                (all, once) if all != once => Err(failed("a code is listed twice")),
                (all, _) => Ok(all),
            }
        },
    );
    list.case("it fits its contract", move |context: &C| {
        super::fits(&rig(context).plugin).map_err(|cause| failed(cause.to_string()))?;
        Ok(1)
    });
}

/// What a driver asks for, after all other cases have shown what it uses.
pub(crate) fn asks<C: 'static>(list: &mut List<C>, rig: fn(&C) -> &Rig) {
    list.case(
        "no transfer is asked for outside what the manifest asks",
        move |context: &C| match rig(context).plugin.refused() {
            0 => Ok(1),
            refused => Err(failed(format!(
                "{refused} requests were refused: complete [[usb]] in plugin.toml"
            ))),
        },
    );
    list.case(
        "the device has every endpoint that the manifest asks for",
        move |context: &C| {
            let rig = rig(context);
            let mut tried = 0;
            for ask in &rig.manifest().usb {
                for name in rig.scenarios.names() {
                    let recording = rig.scenarios.get(name);
                    let interfaces = recording
                        .map(|recording| recording.interfaces.as_slice())
                        .unwrap_or_default();
                    let device = interfaces.iter().find(|who| {
                        (who.vendor_id, who.product_id, who.interface_number)
                            == (ask.vendor, ask.product, ask.interface)
                    });
                    let Some(device) = device else {
                        continue;
                    };
                    tried += 1;
                    for endpoint in &ask.endpoints {
                        if !device.endpoints.iter().any(|one| one.address == endpoint.address) {
                            return Err(failed(format!(
                                "the device of `{name}` has no endpoint {:#04x}",
                                endpoint.address
                            )));
                        }
                    }
                }
            }
            if tried == 0 {
                return Err(Outcome::NotTried(
                    "no recording is of a device that the manifest asks for".to_owned(),
                ));
            }
            Ok(tried)
        },
    );
    list.case(
        "the manifest asks for nothing that the driver never uses",
        move |context: &C| {
            let rig = rig(context);
            let used = rig.log.used();
            let recorded = |vendor: u16, product: u16| {
                rig.scenarios
                    .names()
                    .filter_map(|name| rig.scenarios.get(name))
                    .flat_map(|recording| &recording.interfaces)
                    .any(|who| (who.vendor_id, who.product_id) == (vendor, product))
            };
            for ask in rig
                .manifest()
                .usb
                .iter()
                .filter(|ask| recorded(ask.vendor, ask.product))
            {
                for endpoint in &ask.endpoints {
                    if !used.contains(&Use::Endpoint(endpoint.address)) {
                        return Err(failed(format!("endpoint {:#04x} was never used", endpoint.address)));
                    }
                }
                for control in &ask.control {
                    let input = control.direction == Direction::In;
                    for value in &control.values {
                        if !used.contains(&Use::Control(input, control.request, *value)) {
                            return Err(failed(format!(
                                "control request {:#04x} with value {value:#06x} was never used",
                                control.request
                            )));
                        }
                    }
                }
            }
            Ok(used.len())
        },
    );
}
