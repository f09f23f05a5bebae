//! The good driver, with a fault.

use crate::fault::{Fault, chosen};
use crate::meddling::Meddling;
use crate::packet::{DPI, HEIGHT, WIDTH};
use crate::reader;
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::fault::{Fault as Told, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::scanner::{Description, FingerprintScanner, Image, Impression};
use plugin_sdk::usb::{Concurrent, Request};

/// The driver.
#[derive(Debug)]
pub struct Faulty {
    fault: Fault,
    captures: u8,
}

impl FingerprintScanner for Faulty {
    fn open(_usb: &impl Concurrent, _identity: &Identity, _start: &Start) -> Result<Self, Told> {
        Ok(Self {
            fault: chosen(),
            captures: 0,
        })
    }

    fn describe(&self) -> Description {
        Description {
            vendor: if self.fault == Fault::Nameless {
                " "
            } else {
                "NEXT Biometrics"
            },
            model: "NB-1010-U",
            firmware: None,
            impression: Impression::Plain,
            width: if self.fault == Fault::WrongSize {
                100
            } else {
                side(WIDTH)
            },
            height: side(HEIGHT),
            dpi: DPI,
        }
    }

    fn capture(&mut self, usb: &impl Concurrent, tell: &dyn Fn(Stage)) -> Result<Image, Told> {
        self.captures = self.captures.wrapping_add(1);
        let meddling = Meddling::new(usb, self.fault);
        let said = |stage| match (self.fault, stage) {
            (Fault::Mute, _) => {}
            (Fault::Hasty, Stage::Presented) => {
                tell(Stage::Remove);
                tell(stage);
            }
            _ => tell(stage),
        };
        let captured = reader::capture(&meddling, said);
        self.afterwards(usb, captured)
    }
}

impl Faulty {
    fn afterwards(&self, usb: &impl Concurrent, captured: Result<Vec<u8>, Told>) -> Result<Image, Told> {
        let pixels = match (self.fault, captured) {
            (Fault::WhiteWithoutFinger, Err(told)) if told.kind == Kind::NothingPresented => {
                vec![255; WIDTH * HEIGHT]
            }
            (Fault::CancelIsPatience, Err(told)) if told.kind == Kind::Cancelled => {
                return Err(Told::new(Kind::NothingPresented, "nothing-presented"));
            }
            (Fault::GoneIsBroken, Err(told)) if told.kind == Kind::DeviceGone => {
                return Err(Told::new(Kind::Protocol, "bus-error"));
            }
            (Fault::Insists, Err(told)) if told.kind == Kind::DeviceGone => {
                for _ in 0..100 {
                    let _ = usb.transfer(
                        Request::DataIn {
                            endpoint: 0x83,
                            length: 16,
                        },
                        10,
                    );
                }
                return Err(told);
            }
            (Fault::SlowToTell, Err(told)) if told.kind == Kind::DeviceGone => {
                usb.wait(&[], 700);
                return Err(told);
            }
            (Fault::Dawdles, Err(told)) if told.kind == Kind::NothingPresented => {
                usb.wait(&[], 400);
                return Err(told);
            }
            (Fault::UnlistedCodes, Err(told)) => return Err(Told::new(told.kind, "something-else")),
            (_, Err(told)) => return Err(told),
            (Fault::Canned, Ok(_)) => canned(),
            (Fault::Grey, Ok(_)) => vec![128; WIDTH * HEIGHT],
            (Fault::Remembers, Ok(mut pixels)) => {
                pixels[0] = self.captures;
                pixels
            }
            (Fault::Leaks, Ok(pixels)) => {
                std::mem::forget(std::hint::black_box(pixels.clone()));
                pixels
            }
            (_, Ok(pixels)) => pixels,
        };
        match self.fault {
            Fault::LeavesPending => {
                // Nothing comes any more, and nobody waits for it.
                let _ = usb.submit(
                    Request::DataIn {
                        endpoint: 0x83,
                        length: 16,
                    },
                    60_000,
                );
            }
            Fault::Chatty => {
                let _ = usb.transfer(
                    Request::DataOut {
                        endpoint: 0x02,
                        data: vec![0x80, 0x99, 9, 0, 8, 0, 0, 0],
                    },
                    20,
                );
            }
            Fault::Strays => {
                let _ = usb.transfer(
                    Request::DataIn {
                        endpoint: 0x81,
                        length: 8,
                    },
                    20,
                );
            }
            _ => {}
        }
        Ok(Image {
            width: side(WIDTH),
            height: side(HEIGHT),
            pixels,
        })
    }
}

/// A picture with ridges of a kind.
fn canned() -> Vec<u8> {
    (0..WIDTH * HEIGHT)
        .map(|index| {
            if (index % WIDTH + index / WIDTH) % 9 < 4 {
                40
            } else {
                220
            }
        })
        .collect()
}

fn side(pixels: usize) -> u16 {
    u16::try_from(pixels).unwrap_or(u16::MAX)
}
