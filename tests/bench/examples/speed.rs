#![allow(warnings, clippy::all, clippy::pedantic)]
use plugin_package::read_manifest;
use plugin_runtime::grants::Allowed;
use plugin_runtime::matcher::*;
use plugin_runtime::plugin::LogMode;
use plugin_runtime::runtime::Runtime;
use plugin_runtime::{FingerImage, GreyImage, Impression};
use identification::voter::FingerPosition;
use std::num::NonZeroUsize;
use std::time::Instant;
fn read(path: &std::path::Path, dpi: u16) -> fingerprint_matcher::Image {
    let mut decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let step = info.color_type.samples();
    fingerprint_matcher::Image { width: info.width as u16, height: info.height as u16, dpi, pixels: pixels[..info.buffer_size()].iter().copied().step_by(step).collect() }
}
fn main() {
    let bytes = std::fs::read("target/plugins/fingerprint-matcher.wasm").unwrap();
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let manifest = read_manifest(&bytes).unwrap();
    let plugin = runtime.load(&bytes, None, &Allowed::all_asked(&manifest)).unwrap();
    let matcher = Matcher::start(&plugin, 20000, NonZeroUsize::MIN).unwrap();
    let mut images = vec![];
    for set in ["fvc2002_db1", "fvc2002_db2", "fvc2002_db3", "fvc2002_db4", "png128"] {
        for e in std::fs::read_dir(format!("/work/shared/data/fingerprints/{set}")).unwrap() {
            let p = e.unwrap().path();
            if p.to_str().unwrap().ends_with("_3.png") { images.push(read(&p, if set.ends_with("db2") { 569 } else { 500 })); }
        }
    }
    let samples: Vec<FingerImage> = images.iter().map(|i| FingerImage { image: GreyImage { width: i.width, height: i.height, dpi: i.dpi, pixels: i.pixels.clone() }, position: FingerPosition::Unknown, impression: Impression::LiveScanPlain }).collect();
    for round in 0..3 {
        let (mut w, mut n, mut same) = (0.0, 0.0, 0);
        let mut templates = vec![];
        for (i, s) in images.iter().zip(&samples) {
            let t = Instant::now();
            let a = matcher.extract(s);
            w += t.elapsed().as_secs_f64();
            let t = Instant::now();
            let b = fingerprint_matcher::extract(i);
            n += t.elapsed().as_secs_f64();
            if let (Ok(a), Ok(b)) = (a, b) { same += usize::from(a.template.0 == b.template); templates.push(a.template); }
        }
        let k = 1e3 / images.len() as f64;
        println!("extract wasm {:.2} native {:.2} ratio {:.2} same {same}/{}", w * k, n * k, w / n, images.len());
        if round == 2 {
            let references: Vec<Reference> = (0..5000u32).map(|s| Reference { subject: s, probe: Probe { template: templates[s as usize % templates.len()].clone(), position: FingerPosition::Unknown } }).collect();
            let mut gallery = fingerprint_matcher::Gallery::new(5000);
            let t = Instant::now();
            matcher.enrol(references.clone()).unwrap();
            println!("enrol 5000 wasm {:.1} ms", t.elapsed().as_secs_f64() * 1e3);
            gallery.enrol(&references.iter().map(|r| fingerprint_matcher::Reference { subject: r.subject, probe: fingerprint_matcher::Probe { template: r.probe.template.0.clone(), position: 0 } }).collect::<Vec<_>>()).unwrap();
            let (mut w, mut n) = (0.0, 0.0);
            for p in templates.iter().step_by(8) {
                let t = Instant::now();
                let a = matcher.identify(&[Probe { template: p.clone(), position: FingerPosition::Unknown }], 5).unwrap();
                w += t.elapsed().as_secs_f64();
                let t = Instant::now();
                let b = gallery.identify(&[fingerprint_matcher::Probe { template: p.0.clone(), position: 0 }], 5);
                n += t.elapsed().as_secs_f64();
            }
            let k = 1e3 / templates.iter().step_by(8).count() as f64;
            println!("1:N 5000 wasm {:.1} native {:.1} ratio {:.2}", w * k, n * k, w / n);
        }
    }
}
