//! A camera: the kernel's own test picture, out of its driver `vivid`.

use crate::Outcome;
use crate::gadget::awaited;
use crate::told::Told;
use devices::camera::{Camera as _, V4l2Camera};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

const CAMERA: &str = "/dev/video0";
/// More than any frame of the format that it starts with.
const ROOM: usize = 4 << 20;

/// The kernel is interpreted by QEMU, and so are the colours.
const PATIENCE: Duration = Duration::from_secs(20);

/// Two frames, each by one read; then two by the host's own camera.
pub(crate) fn camera(told: &mut Told) -> Outcome {
    let mut camera = awaited("the camera", || File::open(CAMERA).ok())?;
    let mut frames = Vec::new();
    for _ in 0..2 {
        let mut frame = vec![0; ROOM];
        let length = camera.read(&mut frame)?;
        frame.truncate(length);
        frames.push(frame);
    }
    drop(camera);
    // The host's own camera: streaming, agreed format, colours.
    let mut own = V4l2Camera::open(Path::new(CAMERA))?;
    let (first, second) = (own.next_frame(PATIENCE)?, own.next_frame(PATIENCE)?);
    let colours: BTreeSet<[u8; 3]> = first.pixels().as_chunks::<3>().0.iter().copied().collect();
    let values: BTreeSet<u8> = frames[0].iter().copied().collect();
    told.found(
        "camera",
        json!({
            "bytes": [frames[0].len(), frames[1].len()],
            "values": values.len(),
            "changes": frames[0] != frames[1],
            "own": [first.width(), first.height()],
            "own_colours": colours.len(),
            "own_changes": first != second,
        }),
    )
}
