//! A rectangle of values.

/// Row-major values, top row first.
#[derive(Clone)]
pub(crate) struct Plane<T> {
    /// values in a row
    pub(crate) width: usize,
    /// rows
    pub(crate) height: usize,
    /// width x height values
    pub(crate) values: Vec<T>,
}

impl<T: Copy> Plane<T> {
    pub(crate) fn filled(width: usize, height: usize, value: T) -> Self {
        let values = vec![value; width * height];
        Self { width, height, values }
    }

    /// Calls `value` once for each place, row by row.
    pub(crate) fn from_places(width: usize, height: usize, mut value: impl FnMut(usize, usize) -> T) -> Self {
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                values.push(value(x, y));
            }
        }
        Self { width, height, values }
    }

    pub(crate) fn map<U: Copy>(&self, value: impl FnMut(T) -> U) -> Plane<U> {
        let values = self.values.iter().copied().map(value).collect();
        Plane {
            width: self.width,
            height: self.height,
            values,
        }
    }

    pub(crate) fn at(&self, x: usize, y: usize) -> T {
        self.values[y * self.width + x]
    }

    pub(crate) fn set(&mut self, x: usize, y: usize, value: T) {
        self.values[y * self.width + x] = value;
    }

    /// The value nearest to a place that may lie outside.
    pub(crate) fn nearest(&self, x: i32, y: i32) -> T {
        let x = usize::try_from(x.max(0)).unwrap_or(0).min(self.width - 1);
        let y = usize::try_from(y.max(0)).unwrap_or(0).min(self.height - 1);
        self.at(x, y)
    }

    /// The value at a place, or none outside.
    pub(crate) fn get(&self, x: i32, y: i32) -> Option<T> {
        let x = usize::try_from(x).ok().filter(|x| *x < self.width)?;
        let y = usize::try_from(y).ok().filter(|y| *y < self.height)?;
        Some(self.at(x, y))
    }
}

/// Smooths with a Gaussian of `sigma` places, values beyond the edge left out (the weights are renormalised).
pub(crate) fn smoothed(plane: &Plane<f32>, sigma: f32) -> Plane<f32> {
    let radius = crate::number::index(2.5 * sigma).max(1);
    let kernel: Vec<f32> = (0..=radius)
        .map(|d| libm::expf(-0.5 * (d as f32 / sigma) * (d as f32 / sigma)))
        .collect();
    let (columns, rows) = (kept(&kernel, plane.width), kept(&kernel, plane.height));
    let mut across = plane.clone();
    let mut padded = vec![0.0; plane.width + 2 * radius];
    for (row, line) in across
        .values
        .chunks_exact_mut(plane.width)
        .zip(plane.values.chunks_exact(plane.width))
    {
        padded[radius..][..plane.width].copy_from_slice(line);
        row.fill(0.0);
        for (at, weight) in mirrored(&kernel).enumerate() {
            add(row, &padded[at..][..plane.width], weight);
        }
        row.iter_mut().zip(&columns).for_each(|(value, share)| *value *= share);
    }
    let mut down = Plane::filled(plane.width, plane.height, 0.0);
    for (y, (row, share)) in down.values.chunks_exact_mut(plane.width).zip(rows).enumerate() {
        let around = (y..)
            .zip(mirrored(&kernel))
            .filter_map(|(at, weight)| Some((at.checked_sub(radius)?, weight)));
        for (at, weight) in around.take_while(|(at, _)| *at < plane.height) {
            add(row, &across.values[at * plane.width..][..plane.width], weight);
        }
        row.iter_mut().for_each(|value| *value *= share);
    }
    down
}

/// A kernel's weights from its one end over its middle, the first, to its other end.
fn mirrored(kernel: &[f32]) -> impl Iterator<Item = f32> {
    kernel.iter().rev().chain(&kernel[1..]).copied()
}

fn add(sums: &mut [f32], values: &[f32], weight: f32) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += weight * value;
    }
}

/// For each place along an axis, one part in the weights that fall within the picture.
fn kept(kernel: &[f32], length: usize) -> Vec<f32> {
    let radius = kernel.len() - 1;
    (0..length)
        .map(|centre| {
            let within = centre.saturating_sub(radius)..=(centre + radius).min(length - 1);
            1.0 / within.map(|at| kernel[at.abs_diff(centre)]).sum::<f32>()
        })
        .collect()
}
