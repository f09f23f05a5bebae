//! The matcher gives the same in the sandbox as natively: template bytes, scores, and again on the next run.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fingerprint_matcher::{Gallery, Image};
use identification::voter::FingerPosition;
use plugin_runtime::grants::Allowed;
use plugin_runtime::matcher::{ExtractError, Matcher, Probe, Reference, Template};
use plugin_runtime::plugin::LogMode;
use plugin_runtime::runtime::Runtime;
use plugin_runtime::{FingerImage, GreyImage, Impression};
use simulator::finger::{Finger, View};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Of each shared set, one image in so many.
const ONE_IN: usize = 9;

/// What both sides say of some images: templates, and who is found with each of them.
fn compare(images: &[Image]) {
    let bytes = fixtures::bytes(&fixtures::plugin("fingerprint-matcher"));
    let manifest = plugin_package::read_manifest(&bytes).unwrap();
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = runtime.load(&bytes, None, &Allowed::all_asked(&manifest)).unwrap();
    let matcher = Matcher::start(&plugin, images.len(), NonZeroUsize::MIN).unwrap();
    let mut templates = Vec::new();
    for image in images {
        let native = fingerprint_matcher::extract(image);
        for _ in 0..2 {
            match (matcher.extract(&sample(image)), &native) {
                (Ok(sandboxed), Ok(native)) => {
                    assert!(sandboxed.template.0 == native.template, "another template of {image:?}");
                    assert_eq!(
                        (sandboxed.quality, sandboxed.minutiae),
                        (native.quality, native.minutiae)
                    );
                }
                (Err(ExtractError::Unusable(_)), Err(_)) => {}
                (sandboxed, native) => panic!("{sandboxed:?} in the sandbox, natively {native:?}, of {image:?}"),
            }
        }
        templates.extend(native.map(|read| read.template));
    }
    assert!(2 * templates.len() > images.len(), "most images gave no template");
    let enrolled = || (0..).zip(&templates);
    let references = enrolled().map(|(subject, template)| Reference {
        subject,
        probe: sought(template),
    });
    matcher.enrol(references).unwrap();
    let mut gallery = Gallery::new(u32::MAX);
    let references: Vec<_> = enrolled()
        .map(|(subject, template)| fingerprint_matcher::Reference {
            subject,
            probe: natively(template),
        })
        .collect();
    gallery.enrol(&references).unwrap();
    for template in &templates {
        let sandboxed = matcher.identify(&[sought(template)], 10).unwrap();
        let native = gallery.identify(&[natively(template)], 10);
        let sandboxed: Vec<_> = sandboxed.iter().map(|found| (found.subject, found.score.0)).collect();
        let native: Vec<_> = native.iter().map(|found| (found.subject, found.score)).collect();
        assert_eq!(sandboxed, native);
    }
}

fn sought(template: &[u8]) -> Probe {
    Probe {
        template: Template(template.to_vec()),
        position: FingerPosition::Unknown,
    }
}

fn natively(template: &[u8]) -> fingerprint_matcher::Probe {
    fingerprint_matcher::Probe {
        template: template.to_vec(),
        position: 0,
    }
}

fn sample(image: &Image) -> FingerImage {
    let Image {
        width,
        height,
        dpi,
        pixels,
    } = image.clone();
    FingerImage {
        image: GreyImage {
            width,
            height,
            dpi,
            pixels,
        },
        position: FingerPosition::Unknown,
        impression: Impression::LiveScanPlain,
    }
}

#[test]
fn synthetic_fingers_have_the_templates_and_scores_that_they_have_natively() {
    let sizes = [
        (388, 374, 500),
        (256, 180, 385),
        (384, 289, 512),
        (600, 720, 1_000),
        (388, 374, 0),
    ];
    let images = sizes.iter().zip(1..).flat_map(|((width, height, dpi), seed)| {
        let finger = Finger::new(seed);
        // A resolution that is not known is estimated.
        let drawn = if *dpi == 0 { 500 } else { *dpi };
        [
            View::reference(seed, *width, *height, drawn),
            View::live(seed, *width, *height, drawn),
        ]
        .map(|view| {
            let drawn = finger.impression(&view);
            Image {
                width: drawn.width,
                height: drawn.height,
                dpi: *dpi,
                pixels: drawn.pixels,
            }
        })
    });
    compare(&images.collect::<Vec<_>>());
}

#[test]
fn recorded_fingers_have_the_templates_and_scores_that_they_have_natively() {
    let name = "recorded_fingers_have_the_templates_and_scores_that_they_have_natively";
    let Some(folder) = fixtures::shared(name, "fingerprints") else {
        return;
    };
    let mut images = Vec::new();
    for set in entries(&folder).iter().filter(|path| path.is_dir()) {
        let pictures = entries(set)
            .into_iter()
            .filter(|path| path.extension().is_some_and(|end| end == "png"));
        for path in pictures.step_by(ONE_IN) {
            let picture = image_files::decode(&std::fs::read(path).unwrap()).unwrap();
            images.push(Image {
                width: picture.width,
                height: picture.height,
                dpi: if set.ends_with("fvc2002_db2") { 569 } else { 500 },
                pixels: picture.pixels,
            });
        }
    }
    compare(&images);
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}
