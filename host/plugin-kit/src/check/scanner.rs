//! What is particular to a fingerprint scanner's driver.

use super::case::{List, failed};
use super::reading::{Bench, Subject};
use super::rig::{GRACE, Plugged, Rig};
use identification::voter::FingerPosition;
use plugin_runtime::FingerImage;
use plugin_runtime::driver::DriverError;
use plugin_runtime::scanner::{CONTRACT, Scanner, Stage};
use std::time::{Duration, Instant};

/// Fingerprint scanners.
pub(crate) struct Fingerprint;

/// What a capture gave, as it is compared: one finger, or several from a slap scanner. The host takes no capture without one.
pub(crate) type Fingers = Vec<FingerImage>;

impl Subject for Fingerprint {
    const CONTRACT: &'static str = CONTRACT;
    const LETTER: char = 'D';
    const THING: &'static str = "finger";
    const CALL: &'static str = "capture";
    const GIVES: &'static str = "image";
    const ONE: &'static str = "an image";
    const SCENARIOS: [(&'static str, &'static str); 4] = [
        ("finger", "a finger lies on the sensor and is captured"),
        ("other-finger", "the same with another finger"),
        ("slow-finger", "a finger comes after a second or two"),
        ("no-finger", "nothing touches the sensor until the capture's time is up"),
    ];
    const STAGES: &'static [Stage] = &[Stage::Ready, Stage::Presented, Stage::Reading];
    type Device = Scanner;
    type Value = Fingers;

    fn start(rig: &Rig, plugged: &Plugged) -> Result<Scanner, DriverError> {
        Scanner::start(&rig.plugin, plugged.interfaces(rig.manifest()), plugged.start())
    }

    fn read(
        device: &Scanner,
        timeout: Duration,
        tell: impl FnMut(Stage) + Send + 'static,
    ) -> Result<Fingers, DriverError> {
        Ok(device.capture(timeout, tell)?.fingers)
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
                let fingers = &bench.baseline()?.value;
                for image in fingers.iter().map(|finger| &finger.image) {
                    if !(100..=1_200).contains(&said.dpi) || said.dpi != image.dpi {
                        return Err(failed(format!(
                            "it says {} dpi, and the image has {}",
                            said.dpi, image.dpi
                        )));
                    }
                    let near = |said: u16, seen: u16| said.abs_diff(seen) <= seen / 8;
                    let fits = near(said.width, image.width) && near(said.height, image.height);
                    // What is drawn over a line or cut out of a slap is as long as it is.
                    let any_size = said.swipe || fingers.len() > 1;
                    if !(any_size || fits) {
                        return Err(failed(format!(
                            "it says {}x{}, and the image has {}x{}",
                            said.width, said.height, image.width, image.height
                        )));
                    }
                }
                Ok(1)
            },
        );
    }

    fn value(list: &mut List<Bench<Self>>) {
        list.case(
            "the image is one of a finger: dark and light, not one grey",
            |bench: &Bench<Self>| {
                let fingers = &bench.baseline()?.value;
                for finger in fingers {
                    let (dark, light) = nine_tenths(&finger.image.pixels);
                    if light - dark < 40 {
                        return Err(failed(format!(
                            "nine tenths of its pixels lie between {dark} and {light}"
                        )));
                    }
                }
                Ok(fingers.len())
            },
        );
    }

    fn several(list: &mut List<Bench<Self>>) {
        list.case(
            "several fingers of one capture are cut apart: none comes twice, and no position twice",
            |bench: &Bench<Self>| {
                let fingers = &bench.baseline()?.value;
                match not_apart(fingers) {
                    Some(words) => Err(failed(words)),
                    None => Ok(fingers.len()),
                }
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

/// Between which levels nine tenths of the pixels lie.
fn nine_tenths(pixels: &[u8]) -> (u8, u8) {
    let mut levels = pixels.to_vec();
    levels.sort_unstable();
    let at = |percent: usize| {
        let place = levels.len().saturating_sub(1) * percent / 100;
        levels.get(place).copied().unwrap_or(0)
    };
    (at(5), at(95))
}

/// What shows that the fingers of a slap were not cut apart.
fn not_apart(fingers: &[FingerImage]) -> Option<String> {
    for (place, finger) in fingers.iter().enumerate() {
        for earlier in &fingers[..place] {
            if finger.image.pixels == earlier.image.pixels {
                return Some(format!("finger {} of the capture is one that came before", place + 1));
            }
            if finger.position != FingerPosition::Unknown && finger.position == earlier.position {
                return Some(format!("two fingers of the capture are the {:?}", finger.position));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use plugin_runtime::{GreyImage, Impression};

    fn finger(grey: u8, position: FingerPosition) -> FingerImage {
        FingerImage {
            image: GreyImage {
                width: 2,
                height: 1,
                dpi: 500,
                pixels: vec![grey; 2],
            },
            position,
            impression: Impression::LiveScanPlain,
        }
    }

    #[test]
    fn a_slap_that_names_each_finger_once_passes_and_one_that_gives_a_finger_twice_does_not() {
        use FingerPosition::{RightIndex, RightMiddle, Unknown};
        let named = [finger(1, RightIndex), finger(2, RightMiddle)];
        let unnamed = [finger(1, Unknown), finger(2, Unknown)];
        assert!(not_apart(&named).is_none() && not_apart(&unnamed).is_none());
        let doubled = [finger(1, Unknown), finger(1, Unknown)];
        assert!(not_apart(&doubled).unwrap_or_default().contains("finger 2"));
        let misnamed = [finger(1, RightIndex), finger(2, RightIndex)];
        assert!(not_apart(&misnamed).unwrap_or_default().contains("RightIndex"));
    }
}
