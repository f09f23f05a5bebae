//! The picture that a sensor gives.

/// An 8-bit grey picture of a touch: ridges dark, background light.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// pixels per row, at least 1
    pub width: u16,
    /// rows, at least 1
    pub height: u16,
    /// pixels per inch, the same both ways
    pub dpi: u16,
    /// `width` times `height` grey levels, top row first, 0 black to 255 white
    pub pixels: Vec<u8>,
}

impl Image {
    /// The picture as a PNG file, 8-bit grey.
    ///
    /// # Errors
    /// The size is zero or does not fit the pixels.
    pub fn to_png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, u32::from(self.width), u32::from(self.height));
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(file)
    }
}

impl std::fmt::Debug for Image {
    /// The sizes only: a fingerprint, even a synthetic one, has no place in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Image")
            .field("width", &self.width)
            .field("height", &self.height)
            .field("dpi", &self.dpi)
            .finish_non_exhaustive()
    }
}
