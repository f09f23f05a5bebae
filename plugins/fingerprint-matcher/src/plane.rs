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
    let across = Plane::from_places(plane.width, plane.height, |x, y| {
        weighted(&kernel, x, plane.width, |at| plane.at(at, y))
    });
    Plane::from_places(plane.width, plane.height, |x, y| {
        weighted(&kernel, y, plane.height, |at| across.at(x, at))
    })
}

fn weighted(kernel: &[f32], centre: usize, length: usize, value: impl Fn(usize) -> f32) -> f32 {
    let radius = kernel.len() - 1;
    let (mut sum, mut weights) = (0.0, 0.0);
    for at in centre.saturating_sub(radius)..=(centre + radius).min(length - 1) {
        let weight = kernel[at.abs_diff(centre)];
        sum += weight * value(at);
        weights += weight;
    }
    sum / weights
}
