#![allow(warnings, clippy::all, clippy::pedantic)]
use fingerprint_matcher::*;
use std::path::Path;
fn read(path: &Path, dpi: u16) -> Image {
    let mut decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let step = info.color_type.samples();
    Image { width: info.width as u16, height: info.height as u16, dpi, pixels: pixels[..info.buffer_size()].iter().copied().step_by(step).collect() }
}
fn main() {
    let mut t = [0.0; 8]; let n = std::env::args().len() - 1; for _ in 0..5 { for path in std::env::args().skip(1) { timed(&read(Path::new(&path), if path.contains("db2") { 569 } else { 500 }), &mut t); } }
    eprintln!("{:?}", t.map(|t| (t / 5.0 / n as f64 * 100.0).round() / 100.0));
    for path in std::env::args().skip(1) {
        let dpi = if path.contains("db2") { 569 } else { 500 };
        let (w, h, normal, ridges, skel, mask, min) = stages(&read(Path::new(&path), dpi));
        let cw = w.div_ceil(8);
        let mut out = vec![0u8; w * 3 * h * 3];
        let mut put = |x: i32, y: i32, panel: usize, c: [u8; 3]| {
            if x >= 0 && y >= 0 && (x as usize) < w && (y as usize) < h {
                let at = (y as usize * w * 3 + panel * w + x as usize) * 3;
                out[at..at + 3].copy_from_slice(&c);
            }
        };
        for y in 0..h { for x in 0..w {
            let at = y * w + x;
            let inside = mask[(y / 8) * cw + x / 8];
            let n = (128.0 - normal[at] * 50.0).clamp(0.0, 255.0) as u8;
            put(x as i32, y as i32, 0, if inside { [n, n, n] } else { [n, n / 2 + 127, n] });
            let r = (128.0 - ridges[at] * 160.0).clamp(0.0, 255.0) as u8;
            put(x as i32, y as i32, 1, if inside { [r, r, r] } else { [200, 255, 200] });
            let s = if skel[at] == 1 { 0 } else { n / 3 + 170 };
            put(x as i32, y as i32, 2, [s, s, s]);
        } }
        for (x, y, a, q) in min {
            let t = a as f32 * std::f32::consts::TAU / 256.0;
            for panel in [0, 2] { for d in 0..10 {
                put(x as i32 + (d as f32 * t.cos()) as i32, y as i32 - (d as f32 * t.sin()) as i32, panel, [255, 0, 0]);
            }
            for dx in -2..=2 { for dy in -2..=2 { if i32::abs(dx) == 2 || i32::abs(dy) == 2 { put(x as i32 + dx, y as i32 + dy, panel, [255, 0, 0]); } } } }
        }
        let name = format!("/tmp/look_{}.png", path.rsplit('/').take(3).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("_").replace(".png", ""));
        let mut e = png::Encoder::new(std::fs::File::create(&name).unwrap(), (w * 3) as u32, h as u32);
        e.set_color(png::ColorType::Rgb);
        e.write_header().unwrap().write_image_data(&out).unwrap();
        println!("{name}");
    }
}
