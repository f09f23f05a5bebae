//! The shared sets of finger images, read and extracted.

use fingerprint_matcher::{Image, extract};
use std::path::{Path, PathBuf};

/// Resolution where a set has no `dpi.txt`.
const USUAL_DPI: u16 = 500;
/// The one set whose images tell neither their resolution nor have it beside them.
const KNOWN: (&str, u16) = ("fvc2002_db2", 569);

/// One image of a finger.
pub(crate) struct Sample {
    pub(crate) set: String,
    /// within the set
    pub(crate) finger: String,
    pub(crate) impression: u32,
    pub(crate) image: Image,
}

impl Sample {
    /// Whether these are two images of one finger.
    pub(crate) fn mates(&self, other: &Self) -> bool {
        self.set == other.set && self.finger == other.finger && self.impression != other.impression
    }
}

/// Where the sets lie unless told.
pub(crate) fn shared() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/fingerprints")
}

/// All `SET/FINGER_IMPRESSION.png` of a folder, by name.
pub(crate) fn read(folder: &Path) -> Result<Vec<Sample>, String> {
    let mut samples = Vec::new();
    for set in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        let name = word(&set);
        let dpi = match std::fs::read_to_string(set.join("dpi.txt")) {
            Ok(text) => text
                .trim()
                .parse()
                .map_err(|_| format!("{} has no number in dpi.txt", set.display()))?,
            Err(_) if name == KNOWN.0 => KNOWN.1,
            Err(_) => USUAL_DPI,
        };
        for path in entries(&set)?
            .into_iter()
            .filter(|path| path.extension().is_some_and(|end| end == "png"))
        {
            let stem = word(&path);
            let parts = stem
                .rsplit_once('_')
                .and_then(|(finger, number)| Some((finger, number.parse().ok()?)));
            let (finger, impression) =
                parts.ok_or_else(|| format!("{} is not FINGER_IMPRESSION.png", path.display()))?;
            samples.push(Sample {
                set: name.clone(),
                finger: finger.to_owned(),
                impression,
                image: image(&path, dpi).map_err(|why| format!("{} cannot be read: {why}", path.display()))?,
            });
        }
    }
    if samples.is_empty() {
        return Err(format!("{} has no SET/FINGER_IMPRESSION.png", folder.display()));
    }
    Ok(samples)
}

fn word(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |why: std::io::Error| format!("{} cannot be read: {why}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn image(path: &Path, dpi: u16) -> Result<Image, String> {
    let file = std::fs::File::open(path).map_err(|why| why.to_string())?;
    let mut decoder = png::Decoder::new(std::io::BufReader::new(file));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|why| why.to_string())?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("too large")?];
    let info = reader.next_frame(&mut pixels).map_err(|why| why.to_string())?;
    let side = |pixels| u16::try_from(pixels).map_err(|_| "too large".to_owned());
    Ok(Image {
        width: side(info.width)?,
        height: side(info.height)?,
        dpi,
        pixels: pixels[..info.buffer_size()]
            .iter()
            .copied()
            .step_by(info.color_type.samples())
            .collect(),
    })
}

/// Templates of images, none where extraction refuses.
pub(crate) fn templates(images: &[Image]) -> Vec<Option<Vec<u8>>> {
    in_parallel(images.len(), |at| extract(&images[at]).ok().map(|read| read.template))
}

/// What a function says of each number below `count`, on all cores.
pub(crate) fn in_parallel<T: Send>(count: usize, one: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let one = &one;
    let mut parts: Vec<Vec<(usize, T)>> = std::thread::scope(|scope| {
        let part = |first| move || (first..count).step_by(threads).map(|at| (at, one(at))).collect();
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(part(first))).collect();
        // A thread that panics has said why; this one goes the same way.
        running
            .into_iter()
            .flat_map(std::thread::ScopedJoinHandle::join)
            .collect()
    });
    let mut all: Vec<(usize, T)> = parts.drain(..).flatten().collect();
    all.sort_by_key(|(at, _)| *at);
    assert_eq!(all.len(), count, "a thread panicked");
    all.into_iter().map(|(_, value)| value).collect()
}
