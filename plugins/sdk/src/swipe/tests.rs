use super::{Picture, Shape, Swipe};

const SHAPE: Shape = Shape {
    width: 96,
    height: 48,
    sideways: 4,
};
const LINES: usize = 300;
const MARGIN: usize = 20;

/// Ridges about 9 pixels apart that bend and break, with no place like another.
fn finger(seed: u32) -> Vec<u8> {
    let wide = SHAPE.width + 2 * MARGIN;
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let grain: Vec<i32> = (0..wide * LINES)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i32::from(state.to_be_bytes()[0])
        })
        .collect();
    // Sums over squares of 5 x 5: blobs the size of ridges.
    let mut pixels = vec![0; wide * LINES];
    for line in 2..LINES - 2 {
        for column in 2..wide - 2 {
            let around = (line - 2..=line + 2).flat_map(|y| (column - 2..=column + 2).map(move |x| y * wide + x));
            let mean: i32 = around.map(|at| grain[at]).sum::<i32>() / 25;
            pixels[line * wide + column] = u8::try_from((128 + 4 * (mean - 128)).clamp(0, 255)).unwrap_or(0);
        }
    }
    pixels
}

/// What the sensor sees with its corner there.
fn frame(finger: &[u8], line: usize, column: usize) -> Vec<u8> {
    let wide = SHAPE.width + 2 * MARGIN;
    let lines = finger.chunks_exact(wide).skip(line).take(SHAPE.height);
    lines
        .flat_map(|pixels| pixels[column..column + SHAPE.width].to_vec())
        .collect()
}

fn swiped(finger: &[u8], lines: impl Iterator<Item = usize>) -> Option<Picture> {
    let mut swipe = Swipe::new(SHAPE);
    for line in lines {
        assert!(swipe.push(frame(finger, line, MARGIN)));
    }
    swipe.stitched(|| true)
}

/// How a finger is drawn over the sensor: lines moved between frames, over and over.
const SPEEDS: [(&str, &[usize]); 7] = [
    ("a line at a time", &[1]),
    ("slowly", &[4]),
    ("evenly", &[12]),
    ("fast", &[30]),
    ("unevenly", &[3, 17, 29, 8, 1]),
    ("with stops", &[0, 0, 0, 14, 20, 0, 0, 11]),
    ("slowly, then fast", &[2, 3, 5, 8, 12, 17, 23, 28, 30]),
];

fn lines(steps: &[usize]) -> Vec<usize> {
    let mut at = 10;
    let mut lines = vec![at];
    for step in steps.iter().cycle() {
        at += step;
        if at + SHAPE.height + 2 > LINES {
            return lines;
        }
        lines.push(at);
    }
    lines
}

#[test]
fn a_finger_comes_out_as_long_as_it_is_and_pixel_for_pixel_at_every_speed_and_in_both_directions() {
    for (name, steps) in SPEEDS {
        for seed in 0..4 {
            let finger = finger(seed);
            let down = lines(steps);
            let mut up = down.clone();
            up.reverse();
            for lines in [down, up] {
                let (first, last) = (
                    lines[0].min(lines[lines.len() - 1]),
                    lines[0].max(lines[lines.len() - 1]),
                );
                let picture = swiped(&finger, lines.into_iter()).unwrap_or_else(|| panic!("no picture"));
                assert_eq!(
                    usize::from(picture.height),
                    last - first + SHAPE.height,
                    "{name}, seed {seed}"
                );
                assert_eq!(usize::from(picture.width), SHAPE.width, "{name}, seed {seed}");
                let wide = SHAPE.width + 2 * MARGIN;
                let truth = finger.chunks_exact(wide).skip(first).take(usize::from(picture.height));
                let truth: Vec<u8> = truth
                    .flat_map(|line| line[MARGIN..MARGIN + SHAPE.width].to_vec())
                    .collect();
                assert!(picture.pixels == truth, "{name}, seed {seed}: other pixels");
            }
        }
    }
}

#[test]
fn a_finger_that_wanders_sideways_is_drawn_as_wide_as_it_was_seen() {
    let finger = finger(7);
    let mut swipe = Swipe::new(SHAPE);
    for step in 0..10 {
        swipe.push(frame(&finger, 10 + 15 * step, MARGIN + 2 * step));
    }
    let picture = swipe.stitched(|| true).unwrap_or_else(|| panic!("no picture"));
    assert_eq!((picture.width, picture.height), (96 + 18, 48 + 135));
}

#[test]
fn a_finger_that_stands_still_is_one_frame_however_long_it_stands() {
    let finger = finger(1);
    let picture = swiped(&finger, std::iter::repeat_n(40, 599)).unwrap_or_else(|| panic!("no picture"));
    assert_eq!((picture.width, picture.height), (96, 48));
    assert!(picture.pixels == frame(&finger, 40, MARGIN));
}

#[test]
fn a_swipe_has_room_for_so_many_frames_and_what_comes_after_is_left_out() {
    let finger = finger(1);
    let mut swipe = Swipe::new(SHAPE);
    let room = (0..700).map(|line| swipe.push(frame(&finger, 10 + line / 12, MARGIN)));
    assert_eq!(room.filter(|room| *room).count(), 599);
    assert_eq!(format!("{swipe:?}"), "swipe of 600 frames of 96x48");
    let picture = swipe.stitched(|| true).unwrap_or_else(|| panic!("no picture"));
    assert_eq!((picture.width, picture.height), (96, 48 + 49));
}

#[test]
fn of_a_swipe_that_was_too_fast_in_the_middle_the_longer_part_remains() {
    let finger = finger(2);
    let lines = (10..60).step_by(10).chain((110..250).step_by(10));
    let picture = swiped(&finger, lines).unwrap_or_else(|| panic!("no picture"));
    assert_eq!((picture.width, picture.height), (96, 48 + 130));
}

#[test]
fn no_frames_are_no_picture_and_frames_without_anything_on_them_do_no_harm() {
    assert_eq!(Swipe::new(SHAPE).stitched(|| true), None);
    let mut swipe = Swipe::new(SHAPE);
    for _ in 0..20 {
        swipe.push(vec![255; SHAPE.width * SHAPE.height]);
    }
    let picture = swipe.stitched(|| true).unwrap_or_else(|| panic!("no picture"));
    assert_eq!((picture.width, picture.height), (96, 48));
}

#[test]
fn stitching_ends_when_it_may_not_go_on() {
    let finger = finger(3);
    let mut swipe = Swipe::new(SHAPE);
    for step in 0..10 {
        swipe.push(frame(&finger, 10 + 15 * step, MARGIN));
    }
    let mut asked = 0;
    let go_on = || {
        asked += 1;
        asked < 5
    };
    assert_eq!(swipe.stitched(go_on), None);
    assert_eq!(asked, 5);
}

#[test]
fn a_swipe_is_shown_by_its_size_only() {
    let mut swipe = Swipe::new(SHAPE);
    swipe.push(vec![7; SHAPE.width * SHAPE.height]);
    assert_eq!(format!("{swipe:?}"), "swipe of 1 frames of 96x48");
    assert_eq!(format!("{:?}", swipe.stitched(|| true)), "Some(picture of 96x48)");
}
