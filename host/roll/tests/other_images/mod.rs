//! Images that are not PNGs.

/// A grey image of one shade.
pub(crate) fn bmp(width: u32, height: u32, shade: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = vec![shade; usize::try_from(width * height).expect("an area")];
    image::codecs::bmp::BmpEncoder::new(&mut bytes)
        .encode(&pixels, width, height, image::ExtendedColorType::L8)
        .expect("a BMP");
    bytes
}

/// A grey image of one shade.
pub(crate) fn tiff(width: u32, height: u32, shade: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = vec![shade; usize::try_from(width * height).expect("an area")];
    tiff::encoder::TiffEncoder::new(std::io::Cursor::new(&mut bytes))
        .and_then(|mut file| file.write_image::<tiff::encoder::colortype::Gray8>(width, height, &pixels))
        .expect("a TIFF");
    bytes
}
