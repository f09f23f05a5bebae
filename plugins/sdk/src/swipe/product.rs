//! Products of lines of detail: where nearly all of the time of stitching goes.

/// Values that are taken at once.
const LANES: usize = 8;

/// The sum of the products of two lines, value by value, as far as both go. A detail is below 2^10, so that the sum over a
/// line of at most 2^11 pixels has 31 bits.
pub(super) fn product(first: &[i16], second: &[i16]) -> i32 {
    let both = first.len().min(second.len());
    let (first, second) = (&first[..both], &second[..both]);
    let (firsts, first_rest) = first.as_chunks::<LANES>();
    let (seconds, second_rest) = second.as_chunks::<LANES>();
    of_lanes(firsts, seconds).wrapping_add(one_by_one(first_rest, second_rest))
}

fn one_by_one(first: &[i16], second: &[i16]) -> i32 {
    let products = first.iter().zip(second).map(|(&a, &b)| i32::from(a) * i32::from(b));
    products.fold(0, i32::wrapping_add)
}

/// The compiler does not find this instruction by itself.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
fn of_lanes(firsts: &[[i16; LANES]], seconds: &[[i16; LANES]]) -> i32 {
    use core::arch::wasm32::{i16x8, i32x4_add, i32x4_dot_i16x8, i32x4_extract_lane, i32x4_splat};
    let lanes = |&[a, b, c, d, e, f, g, h]: &[i16; LANES]| i16x8(a, b, c, d, e, f, g, h);
    let mut sums = i32x4_splat(0);
    for (first, second) in firsts.iter().zip(seconds) {
        sums = i32x4_add(sums, i32x4_dot_i16x8(lanes(first), lanes(second)));
    }
    let lane = [
        i32x4_extract_lane::<0>(sums),
        i32x4_extract_lane::<1>(sums),
        i32x4_extract_lane::<2>(sums),
        i32x4_extract_lane::<3>(sums),
    ];
    lane.into_iter().fold(0, i32::wrapping_add)
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
fn of_lanes(firsts: &[[i16; LANES]], seconds: &[[i16; LANES]]) -> i32 {
    one_by_one(firsts.as_flattened(), seconds.as_flattened())
}
