//! What is particular to a fingerprint scanner's driver.

use super::case::{List, failed};
use super::reading::{Bench, Subject};
use super::rig::{GRACE, Plugged, Rig};
use plugin_runtime::driver::DriverError;
use plugin_runtime::scanner::{CONTRACT, Scanner, Stage};
use std::time::{Duration, Instant};

/// Fingerprint scanners.
pub(crate) struct Fingerprint;

/// An image as it is compared.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Image {
    width: u16,
    height: u16,
    dpi: u16,
    pixels: Vec<u8>,
}

impl Subject for Fingerprint {
    const CONTRACT: &'static str = CONTRACT;
    const LETTER: char = 'D';
    const THING: &'static str = "finger";
    const CALL: &'static str = "capture";
    const GIVES: &'static str = "image";
    const SCENARIOS: [(&'static str, &'static str); 4] = [
        ("finger", "a finger lies on the sensor and is captured"),
        ("other-finger", "the same with another finger"),
        ("slow-finger", "a finger comes after a second or two"),
        ("no-finger", "nothing touches the sensor until the capture's time is up"),
    ];
    const STAGES: &'static [Stage] = &[Stage::Ready, Stage::Presented, Stage::Reading];
    type Device = Scanner;
    type Value = Image;

    fn start(rig: &Rig, plugged: &Plugged) -> Result<Scanner, DriverError> {
        Scanner::start(&rig.plugin, plugged.interfaces(rig.manifest()), plugged.start())
    }

    fn read(
        device: &Scanner,
        timeout: Duration,
        tell: impl FnMut(Stage) + Send + 'static,
    ) -> Result<Image, DriverError> {
        let capture = device.capture(timeout, tell)?;
        // The host takes no capture without a finger.
        let image = capture.fingers.into_iter().next().map(|finger| finger.image);
        let image = image.map(|image| Image {
            width: image.width,
            height: image.height,
            dpi: image.dpi,
            pixels: image.pixels,
        });
        Ok(image.unwrap_or(Image {
            width: 0,
            height: 0,
            dpi: 0,
            pixels: Vec::new(),
        }))
    }

    fn cancel(device: &Scanner) {
        device.cancel();
    }

    fn memory(device: &Scanner) -> Result<usize, DriverError> {
        Ok(device.memory()?)
    }

    fn identity(list: &mut List<Bench<Self>>) {
        list.case(
            "vendor and model are named, and the serial number is the device's",
            |bench: &Bench<Self>| {
                let open = bench.main()?;
                let said = open.device.description();
                if said.vendor.trim().is_empty() || said.model.trim().is_empty() {
                    return Err(failed("vendor or model is empty"));
                }
                let told = open.plugged.replay.interfaces()[0].identity().serial;
                if said.serial != told {
                    return Err(failed("the serial number is another than the one that the host knows"));
                }
                Ok(1)
            },
        );
        list.case(
            "the resolution is 100 to 1,200 pixels per inch and the size is that of its images",
            |bench: &Bench<Self>| {
                let open = bench.main()?;
                let said = open.device.description().clone();
                let image = &bench.baseline()?.value;
                if !(100..=1_200).contains(&said.dpi) || said.dpi != image.dpi {
                    return Err(failed(format!(
                        "it says {} dpi, and the image has {}",
                        said.dpi, image.dpi
                    )));
                }
                let near = |said: u16, seen: u16| said.abs_diff(seen) <= seen / 8;
                let fits = near(said.width, image.width) && near(said.height, image.height);
                if !(said.swipe || fits) {
                    return Err(failed(format!(
                        "it says {}x{}, and the image has {}x{}",
                        said.width, said.height, image.width, image.height
                    )));
                }
                Ok(1)
            },
        );
    }

    fn value(list: &mut List<Bench<Self>>) {
        list.case(
            "the image is one of a finger: dark and light, not one grey",
            |bench: &Bench<Self>| {
                let mut levels = bench.baseline()?.value.pixels.clone();
                levels.sort_unstable();
                let at = |percent: usize| {
                    levels
                        .get(levels.len().saturating_sub(1) * percent / 100)
                        .copied()
                        .unwrap_or(0)
                };
                if at(95) - at(5) < 40 {
                    return Err(failed(format!(
                        "nine tenths of its pixels lie between {} and {}",
                        at(5),
                        at(95)
                    )));
                }
                Ok(1)
            },
        );
    }

    fn state(list: &mut List<Bench<Self>>) {
        list.case(
            "closing leaves no transfer pending and ends within 1 s",
            |bench: &Bench<Self>| {
                let open = bench.main()?;
                bench.read(&open, None, bench.timeout());
                open.plugged.log.begin(None, None);
                let began = Instant::now();
                open.device.close().map_err(|cause| failed(cause.to_string()))?;
                let (took, left) = (began.elapsed(), open.plugged.log.left_behind());
                if took > GRACE || left > 0 {
                    return Err(failed(format!(
                        "it took {} ms and left {left} transfers",
                        took.as_millis()
                    )));
                }
                Ok(1)
            },
        );
        list.case(
            "a device that was closed is opened again and gives the same image",
            |bench: &Bench<Self>| {
                let baseline = bench.baseline()?;
                for _ in 0..3 {
                    let open = bench.main()?;
                    let image = bench.read(&open, None, bench.timeout()).result;
                    if image.map_err(|cause| failed(cause.to_string()))? != baseline.value {
                        return Err(failed("the images differ"));
                    }
                    open.plugged.log.begin(None, None);
                    open.device
                        .close()
                        .map_err(|cause| failed(format!("it was not closed: {cause}")))?;
                }
                Ok(3)
            },
        );
    }
}
