//! What `bindgen!` makes of the contracts: one module per world. The base holds what several worlds import, so that the
//! host implements each interface once.

pub(crate) mod base {
    wasmtime::component::bindgen!({
        inline: "
            package kiosk:host;
            world base {
                import kiosk:types/log@0.1.0;
                import kiosk:types/samples@0.1.0;
                import kiosk:driver/usb@0.1.0;
                import kiosk:driver/faults@0.1.0;
                import kiosk:driver/progress@0.1.0;
            }
        ",
        path: ["../../wit/types/v0", "../../wit/driver/v0"],
        world: "kiosk:host/base",
        imports: { default: trappable },
        with: {
            "kiosk:driver/usb.claimed-interface": crate::claimed::Claimed,
            "kiosk:driver/progress.listener": crate::listener::Listener,
        },
    });
}

pub(crate) mod scanner {
    wasmtime::component::bindgen!({
        path: ["../../wit/types/v0", "../../wit/driver/v0"],
        world: "kiosk:driver/fingerprint-scanner-driver",
        with: {
            "kiosk:types/log@0.1.0": super::base::kiosk::types::log,
            "kiosk:types/samples@0.1.0": super::base::kiosk::types::samples,
            "kiosk:driver/usb@0.1.0": super::base::kiosk::driver::usb,
            "kiosk:driver/faults@0.1.0": super::base::kiosk::driver::faults,
            "kiosk:driver/progress@0.1.0": super::base::kiosk::driver::progress,
        },
    });
}

pub(crate) mod document_reader {
    wasmtime::component::bindgen!({
        path: ["../../wit/types/v0", "../../wit/driver/v0"],
        world: "kiosk:driver/document-reader-driver",
        with: {
            "kiosk:types/log@0.1.0": super::base::kiosk::types::log,
            "kiosk:types/samples@0.1.0": super::base::kiosk::types::samples,
            "kiosk:driver/usb@0.1.0": super::base::kiosk::driver::usb,
            "kiosk:driver/faults@0.1.0": super::base::kiosk::driver::faults,
            "kiosk:driver/progress@0.1.0": super::base::kiosk::driver::progress,
        },
    });
}

pub(crate) mod printer {
    wasmtime::component::bindgen!({
        path: ["../../wit/types/v0", "../../wit/driver/v0"],
        world: "kiosk:driver/receipt-printer-driver",
        with: {
            "kiosk:types/log@0.1.0": super::base::kiosk::types::log,
            "kiosk:driver/usb@0.1.0": super::base::kiosk::driver::usb,
            "kiosk:driver/faults@0.1.0": super::base::kiosk::driver::faults,
        },
    });
}

pub(crate) mod matcher {
    wasmtime::component::bindgen!({
        path: ["../../wit/types/v0", "../../wit/matcher/v0"],
        world: "kiosk:matcher/fingerprint-matcher",
        with: {
            "kiosk:types/log@0.1.0": super::base::kiosk::types::log,
            "kiosk:types/samples@0.1.0": super::base::kiosk::types::samples,
        },
    });
}

pub(crate) mod policy {
    wasmtime::component::bindgen!({
        path: ["../../wit/types/v0", "../../wit/policy/v0"],
        world: "kiosk:policy/identification-policy",
        with: {
            "kiosk:types/log@0.1.0": super::base::kiosk::types::log,
            "kiosk:types/samples@0.1.0": super::base::kiosk::types::samples,
        },
    });
}

pub(crate) mod exporter {
    wasmtime::component::bindgen!({
        path: ["../../wit/types/v0", "../../wit/exporter/v0"],
        world: "kiosk:exporter/exporter-plugin",
        imports: { default: trappable },
        with: {
            "kiosk:types/log@0.1.0": super::base::kiosk::types::log,
            "kiosk:exporter/snapshot.reader": crate::exporter::Reader,
            "kiosk:exporter/sink.output": crate::exporter::Output,
        },
    });
}
