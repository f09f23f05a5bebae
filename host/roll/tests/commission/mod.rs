//! A commission's folder on a temporary disk, and a toy that makes templates. All people are made up.

use identification::voter::FingerPosition;
use roll::{
    ExtractError, Extracted, Extractor, FingerImage, FingerView, RollKey, SealError, SealRequest, Sealed, Station,
};
use std::path::PathBuf;

/// A folder with a list, and a place for the roll.
pub(crate) struct Commission {
    folder: tempfile::TempDir,
    pub(crate) key: RollKey,
    pub(crate) station: Station,
}

impl Commission {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for inner in ["photos", "fingers", "sealed"] {
            std::fs::create_dir(folder.path().join(inner)).expect("a folder");
        }
        let election_date = "2027-01-24".parse().expect("a date");
        let station =
            Station::new("2041", "School no. 5", "Osh", "presidential-2027", election_date).expect("a station");
        Self {
            folder,
            key: RollKey::from_bytes([7; 32]),
            station,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn roll(&self) -> PathBuf {
        self.path("sealed/roll.db")
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).expect("a file");
    }

    /// Two good voters: one with a photo, an image and a record, one with next to nothing.
    pub(crate) fn with_two_voters(self) -> Self {
        self.write("photos/1.png", &png(30, 40, 200));
        self.write("fingers/1-2.png", &png(20, 10, 90));
        self.write("fingers/1-7.fmr", b"FMR\0\x07\x37\x07\x3c\x00\x14");
        self.write(
            "voters.jsonl",
            br#"
{"number":1,"name":"Aida Example","born":"1987-03-14","sex":"f","pin":"11403198700011","document":"ID1234567","photo":"photos/1.png","fingers":[{"position":"right-index","image":"fingers/1-2.png","dpi":500},{"position":"left-index","template":"fingers/1-7.fmr"}]}
{"number":4,"name":"Bakyt Sample","born":"2009-01-25","sex":"m","pin":"22501200900022","document":"ID7654321","home":false,"excluded":"under-18","votes_elsewhere":true,"fingers":[]}
"#,
        );
        self
    }

    pub(crate) fn seal(&self) -> Result<Sealed, SealError> {
        self.seal_with(&mut Toy)
    }

    pub(crate) fn seal_with(&self, extractor: &mut dyn Extractor) -> Result<Sealed, SealError> {
        self.seal_while(extractor, &mut |_, _| ())
    }

    /// Seals while something happens at its steps.
    pub(crate) fn seal_while(
        &self,
        extractor: &mut dyn Extractor,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Sealed, SealError> {
        let request = SealRequest {
            list: &self.path("voters.jsonl"),
            station: &self.station,
            key: &self.key,
            out: &self.roll(),
        };
        roll::seal(&request, extractor, progress)
    }

    /// The names in the folder of the roll.
    pub(crate) fn sealed(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.path("sealed")).expect("a folder");
        files
            .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
            .collect()
    }
}

/// Its template of an image is the width, the height and the first pixel; of a record, the quality. An image that
/// begins white is unusable, one that begins black is invalid, and at 1 the toy breaks.
pub(crate) struct Toy;

impl Extractor for Toy {
    fn name(&self) -> String {
        "toy 1.0.0".to_owned()
    }

    fn version(&self) -> u32 {
        3
    }

    fn extract(&mut self, image: &FingerImage) -> Result<Extracted, ExtractError> {
        assert_eq!(image.pixels.len(), usize::from(image.width) * usize::from(image.height));
        match image.pixels[0] {
            255 => Err(ExtractError::Unusable("too-dry".to_owned())),
            0 => Err(ExtractError::Invalid("all black".to_owned())),
            1 => Err(ExtractError::Failed("it trapped\nat 0x1".to_owned())),
            first => Extracted::new(
                [image.width.to_be_bytes(), image.height.to_be_bytes(), [0, first]].concat(),
                first.min(100),
            ),
        }
    }

    /// After the magic: pairs of a position's code and a quality.
    fn import_record(&mut self, bytes: &[u8]) -> Result<Vec<FingerView>, ExtractError> {
        bytes[4..]
            .chunks_exact(2)
            .map(|view| {
                Ok(FingerView {
                    position: FingerPosition::from_code(view[0]).unwrap_or_default(),
                    extracted: Extracted::new(vec![view[1]], view[1])?,
                })
            })
            .collect()
    }
}

/// A grey image of one shade.
pub(crate) fn png(width: u32, height: u32, shade: u8) -> Vec<u8> {
    let side = |pixels: u32| usize::try_from(pixels).expect("a side");
    png_of(
        png::ColorType::Grayscale,
        width,
        height,
        &vec![shade; side(width) * side(height)],
    )
}

pub(crate) fn png_of(colour: png::ColorType, width: u32, height: u32, samples: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(samples).expect("pixels");
    writer.finish().expect("an end");
    bytes
}
