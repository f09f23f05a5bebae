//! A camera: the kernel's own test picture, out of its driver `vivid`.

use crate::Outcome;
use crate::gadget::awaited;
use crate::told::Told;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;

const CAMERA: &str = "/dev/video0";
/// More than any frame of the format that it starts with.
const ROOM: usize = 4 << 20;

/// Two frames, each by one read.
pub(crate) fn camera(told: &mut Told) -> Outcome {
    let mut camera = awaited("the camera", || File::open(CAMERA).ok())?;
    let mut frames = Vec::new();
    for _ in 0..2 {
        let mut frame = vec![0; ROOM];
        let length = camera.read(&mut frame)?;
        frame.truncate(length);
        frames.push(frame);
    }
    let values: BTreeSet<u8> = frames[0].iter().copied().collect();
    told.found(
        "camera",
        json!({
            "bytes": [frames[0].len(), frames[1].len()],
            "values": values.len(),
            "changes": frames[0] != frames[1],
        }),
    )
}
