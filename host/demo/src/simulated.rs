//! The simulated devices on their virtual bus.

use devices::bus::Bus as _;
use simulator::finger::Image;
use simulator::virtual_device::{FingerHandle, Misbehaviour, Nb1010, Printer, Uru4000, VirtualBus};

/// A scanner that can be plugged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Model {
    /// U.are.U 4500: 384x289 at 512 dpi
    Uru4000,
    /// NB-1010-U: 256x180 at 385 dpi
    Nb1010,
}

impl Model {
    /// Pixels and pixels per inch.
    pub(crate) fn sensor(self) -> (u16, u16, u16) {
        match self {
            Self::Uru4000 => (384, 289, 512),
            Self::Nb1010 => (256, 180, 385),
        }
    }

    /// idVendor and idProduct.
    fn ids(self) -> (u16, u16) {
        match self {
            Self::Uru4000 => (0x05ba, 0x000a),
            Self::Nb1010 => (0x298d, 0x1010),
        }
    }
}

enum Scanner {
    Uru4000(Uru4000),
    Nb1010(Nb1010),
}

/// What stands on the table.
pub(crate) struct Devices {
    pub(crate) bus: VirtualBus,
    pub(crate) printer: Printer,
    model: Model,
    scanner: Scanner,
}

impl Devices {
    pub(crate) fn plug_in(model: Model) -> Self {
        let bus = VirtualBus::new();
        let printer = Printer::new();
        bus.plug(printer.clone());
        let scanner = match model {
            Model::Uru4000 => {
                let scanner = Uru4000::new("DEMO-4500");
                bus.plug(scanner.clone());
                Scanner::Uru4000(scanner)
            }
            Model::Nb1010 => {
                let scanner = Nb1010::new("DEMO-1010");
                bus.plug(scanner.clone());
                Scanner::Nb1010(scanner)
            }
        };
        Self {
            bus,
            printer,
            model,
            scanner,
        }
    }

    pub(crate) fn sensor(&self) -> (u16, u16, u16) {
        self.model.sensor()
    }

    fn finger(&self) -> FingerHandle {
        match &self.scanner {
            Scanner::Uru4000(scanner) => scanner.finger(),
            Scanner::Nb1010(scanner) => scanner.finger(),
        }
    }

    /// The next image in reading is cut off by a pulled plug.
    pub(crate) fn pull_mid_read(&self) {
        match &self.scanner {
            Scanner::Uru4000(scanner) => scanner.misbehave(Misbehaviour::PulledMidTransfer),
            Scanner::Nb1010(scanner) => scanner.misbehave(Misbehaviour::PulledMidTransfer),
        }
    }

    /// The scanner's cable is pulled out.
    pub(crate) fn pull(&self) {
        let (vendor, product) = self.model.ids();
        for device in self.bus.list().unwrap_or_default() {
            if (device.vendor_id, device.product_id) == (vendor, product) {
                self.bus.unplug(&device.place);
            }
        }
    }

    /// The same scanner, plugged in again, elsewhere.
    pub(crate) fn plug_in_again(&self) {
        self.pull();
        match &self.scanner {
            Scanner::Uru4000(scanner) => {
                scanner.misbehave(Misbehaviour::None);
                self.bus.plug_at("9-9", scanner.clone());
            }
            Scanner::Nb1010(scanner) => {
                scanner.misbehave(Misbehaviour::None);
                self.bus.plug_at("9-9", scanner.clone());
            }
        }
    }

    /// A finger touches the scanner until it was read.
    pub(crate) fn touch(&self, image: &Image) -> Result<(), String> {
        self.finger()
            .touch(image.width, image.height, image.dpi, &image.pixels)
            .map_err(|wrong| wrong.to_string())
    }
}
