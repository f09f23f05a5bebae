//! What every synthetic finger holds to.

use super::*;

/// Enough to tell pictures apart (FNV-1a, 64 bits).
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A touch right in the middle, with nothing that disturbs.
fn plain() -> View {
    View {
        seed: 1,
        rotation_degrees: 0.0,
        shift_x: 0.0,
        shift_y: 0.0,
        pressure: 0.0,
        distortion: 0.0,
        coverage: 1.0,
        noise: 0.0,
        width: 388,
        height: 374,
        dpi: 500,
    }
}

/// How much two pictures agree at pairs of places within 110 pixels of the middle: -1 to 1.
fn agreement(left: &Image, right: &Image, other: impl Fn(i32, i32) -> (i32, i32)) -> f64 {
    let at = |image: &Image, (x, y): (i32, i32)| {
        let column = usize::try_from(x + i32::from(image.width) / 2).expect("within the picture");
        let row = usize::try_from(y + i32::from(image.height) / 2).expect("within the picture");
        f64::from(image.pixels[row * usize::from(image.width) + column])
    };
    let mut pairs = Vec::new();
    for y in -110..110 {
        for x in -110..110 {
            pairs.push((at(left, (x, y)), at(right, other(x, y))));
        }
    }
    let count = pairs.len() as f64;
    let (mean_left, mean_right) = (
        pairs.iter().map(|p| p.0).sum::<f64>() / count,
        pairs.iter().map(|p| p.1).sum::<f64>() / count,
    );
    let (mut both, mut one, mut two) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        let (a, b) = (a - mean_left, b - mean_right);
        both += a * b;
        one += a * a;
        two += b * b;
    }
    both / (one * two).sqrt()
}

/// The ridge periods of a picture in pixels, one for each legible block of 48: the shift along the normal of the
/// ridges at which the block is most like itself again.
fn periods(image: &Image) -> Vec<f32> {
    let plane = Plane::from_fn(usize::from(image.width), usize::from(image.height), |x, y| {
        f32::from(image.pixels[y * usize::from(image.width) + x])
    });
    let mut found = Vec::new();
    for top in (32..plane.height - 80).step_by(24) {
        for left in (32..plane.width - 80).step_by(24) {
            let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
            for y in top..top + 48 {
                for x in left..left + 48 {
                    let at = y * plane.width + x;
                    let right = plane.cells[at + 1] - plane.cells[at - 1];
                    let down = plane.cells[at + plane.width] - plane.cells[at - plane.width];
                    (xx, yy, xy) = (xx + right * right, yy + down * down, xy + right * down);
                }
            }
            // only where the ridges run one way and are clear
            let one_way = libm::sqrtf((xx - yy) * (xx - yy) + 4.0 * xy * xy) / (xx + yy);
            if one_way < 0.9 || xx + yy < 48.0 * 48.0 * 3000.0 {
                continue;
            }
            let normal = 0.5 * libm::atan2f(2.0 * xy, xx - yy);
            let (across, along) = (libm::cosf(normal), libm::sinf(normal));
            let likeness = |shift: f32| {
                let mut sum = 0.0;
                for y in (top..top + 48).step_by(2) {
                    for x in (left..left + 48).step_by(2) {
                        let (x, y) = (x as f32, y as f32);
                        sum -= (plane.sample(x, y) - plane.sample(x + shift * across, y + shift * along)).abs();
                    }
                }
                sum
            };
            let shifts: Vec<f32> = (20..70).map(|quarter| quarter as f32 / 4.0).collect();
            let values: Vec<f32> = shifts.iter().map(|shift| likeness(*shift)).collect();
            let best = values
                .iter()
                .zip(&shifts)
                .max_by(|a, b| a.0.total_cmp(b.0))
                .map(|(_, shift)| *shift);
            found.extend(best);
        }
    }
    found
}

/// How much of a picture is touched: the part of its blocks of 16 with dark ridges in them.
fn contact(image: &Image) -> f32 {
    let (width, height) = (usize::from(image.width), usize::from(image.height));
    let (mut touched, mut blocks) = (0.0, 0.0);
    for top in (0..height - 15).step_by(16) {
        for left in (0..width - 15).step_by(16) {
            let dark = (0..256)
                .filter(|place| image.pixels[(top + place / 16) * width + left + place % 16] < 130)
                .count();
            touched += if dark >= 10 { 1.0 } else { 0.0 };
            blocks += 1.0;
        }
    }
    touched / blocks
}

#[test]
fn the_same_seeds_give_the_same_bytes_on_every_machine() {
    let finger = Finger::new(7);
    let hashes = [
        View::reference(1, 384, 289, 512),
        View::live(2, 256, 180, 385),
        View::poor(3, 388, 374, 500),
    ]
    .map(|view| format!("{:016x}", hash(&finger.impression(&view).pixels)));
    assert_eq!(hashes, ["dcad53fd1026a686", "5234e592355ddf2d", "08e4022696b57a93"]);
    let again = Finger::new(7).impression(&View::live(2, 256, 180, 385));
    assert_eq!(format!("{:016x}", hash(&again.pixels)), hashes[1]);
}

#[test]
fn other_seeds_give_other_fingers_and_other_touches() {
    let (finger, other) = (Finger::new(1), Finger::new(2));
    let view = plain();
    let touch = finger.impression(&view);
    let unrelated = agreement(&touch, &other.impression(&view), |x, y| (x, y));
    assert!(unrelated.abs() < 0.2, "two fingers agree by {unrelated}");
    let again = finger.impression(&View {
        seed: 2,
        noise: 0.2,
        ..plain()
    });
    assert_ne!(touch, again);
    let related = agreement(&touch, &again, |x, y| (x, y));
    assert!(related > 0.85, "two touches of one finger agree by {related}");
}

#[test]
fn a_picture_has_exactly_the_size_of_the_sensor() {
    let finger = Finger::new(3);
    for (width, height, dpi) in [(256, 180, 385), (384, 289, 512), (388, 374, 500), (1, 1, 500)] {
        let image = finger.impression(&View::live(4, width, height, dpi));
        assert_eq!((image.width, image.height, image.dpi), (width, height, dpi));
        assert_eq!(image.pixels.len(), usize::from(width) * usize::from(height));
    }
}

#[test]
fn ridges_are_dark_on_a_light_background() {
    for seed in 0..3 {
        let image = Finger::new(seed).impression(&View {
            width: 500,
            height: 560,
            ..plain()
        });
        let row = usize::from(image.width);
        assert!(
            image.pixels[..row].iter().all(|level| *level > 200),
            "the empty sensor is light"
        );
        let middle: Vec<u8> = (200..360)
            .flat_map(|y| image.pixels[y * row + 170..y * row + 330].iter().copied())
            .collect();
        let share = |dark: fn(&u8) -> bool| middle.iter().filter(|level| dark(level)).count() * 100 / middle.len();
        let (dark, light) = (share(|level| *level < 100), share(|level| *level > 180));
        assert!((25..60).contains(&dark), "{dark} % is dark");
        assert!((25..60).contains(&light), "{light} % is light");
    }
}

#[test]
fn ridges_lie_about_nine_pixels_apart_at_500_dpi_and_seven_at_385() {
    for seed in 0..4 {
        let finger = Finger::new(seed);
        for (dpi, width, height) in [(500, 388, 374), (385, 299, 288)] {
            let mut found = periods(&finger.impression(&View {
                dpi,
                width,
                height,
                ..plain()
            }));
            assert!(found.len() > 8, "{} legible blocks at {dpi} dpi", found.len());
            found.sort_by(f32::total_cmp);
            let period = found[found.len() / 2] * 500.0 / f32::from(dpi);
            assert!(
                (7.8..10.6).contains(&period),
                "finger {seed}: {period} pixels at 500 dpi"
            );
        }
    }
}

#[test]
fn a_wet_finger_prints_darker_than_a_dry_one() {
    let finger = Finger::new(5);
    let ink = |pressure: f32| {
        let image = finger.impression(&View { pressure, ..plain() });
        image.pixels.iter().map(|level| 255 - u64::from(*level)).sum::<u64>()
    };
    assert!(ink(0.8) > ink(0.0) * 11 / 10 && ink(0.0) > ink(-0.8) * 11 / 10);
}

#[test]
fn a_shift_moves_the_finger_right_and_down() {
    let finger = Finger::new(6);
    let moved = finger.impression(&View {
        shift_x: 20.0,
        shift_y: 10.0,
        ..plain()
    });
    let agree = agreement(&finger.impression(&plain()), &moved, |x, y| (x + 20, y + 10));
    assert!(agree > 0.9, "{agree}");
}

#[test]
fn a_rotation_turns_the_finger_clockwise() {
    let finger = Finger::new(6);
    let turned = finger.impression(&View {
        rotation_degrees: 90.0,
        ..plain()
    });
    // what was on the right is now at the bottom; the middle lies between pixels
    let agree = agreement(&finger.impression(&plain()), &turned, |x, y| (-y - 1, x));
    assert!(agree > 0.9, "{agree}");
}

#[test]
fn a_poor_touch_has_little_contact_and_the_others_have_much() {
    for seed in 0..4 {
        let finger = Finger::new(seed);
        for (width, height, dpi) in [(256, 180, 385), (384, 289, 512), (388, 374, 500)] {
            let poor = contact(&finger.impression(&View::poor(seed, width, height, dpi)));
            assert!(poor < 0.2, "poor: {poor} of {width}x{height}");
            for view in [
                View::live(seed, width, height, dpi),
                View::reference(seed, width, height, dpi),
            ] {
                let usual = contact(&finger.impression(&view));
                assert!(usual > 0.5, "{view:?}: {usual}");
            }
        }
    }
}

#[test]
fn patterns_are_as_frequent_as_on_people() {
    let count = |wanted: Pattern| {
        (0..3000)
            .filter(|seed| Pattern::random(&mut chance::stream(*seed, 1)) == wanted)
            .count()
    };
    assert!((900..1130).contains(&count(Pattern::LeftLoop)));
    assert!((840..1070).contains(&count(Pattern::RightLoop)));
    assert!((740..940).contains(&count(Pattern::Whorl)));
    assert!((70..160).contains(&count(Pattern::Arch)));
    assert!((50..130).contains(&count(Pattern::TentedArch)));
}

#[test]
fn a_png_file_holds_the_same_pixels() {
    let image = Finger::new(8).impression(&View::live(1, 256, 180, 385));
    let file = image.to_png().expect("a PNG file");
    let mut reader = png::Decoder::new(std::io::Cursor::new(file))
        .read_info()
        .expect("a PNG header");
    let mut pixels = vec![0; 256 * 180];
    reader.next_frame(&mut pixels).expect("the pixels");
    assert_eq!(pixels, image.pixels);
}

#[test]
fn debug_output_shows_no_pixels() {
    let finger = Finger::new(9);
    let image = finger.impression(&View::poor(1, 10, 10, 500));
    assert_eq!(format!("{image:?}"), "Image { width: 10, height: 10, dpi: 500, .. }");
    assert!(format!("{finger:?}").len() < 60);
}
