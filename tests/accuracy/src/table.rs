//! The scores of every unordered pair of images.

use crate::name::ImageName;
use std::io::{self, Write};

/// Every pair's score; higher is more alike.
#[derive(Clone, Debug)]
pub struct Table {
    names: Vec<ImageName>,
    /// of (0, 1), (0, 2), ..., (1, 2), ...
    scores: Vec<f64>,
}

impl Table {
    /// Of images with distinct names, sorted; `score` is asked once for each pair, the smaller index first.
    #[must_use]
    pub fn new(names: Vec<ImageName>, mut score: impl FnMut(usize, usize) -> f64) -> Self {
        let count = names.len();
        let mut scores = Vec::with_capacity(count * count.saturating_sub(1) / 2);
        for a in 0..count {
            scores.extend((a + 1..count).map(|b| score(a, b)));
        }
        Self { names, scores }
    }

    /// The images.
    #[must_use]
    pub fn names(&self) -> &[ImageName] {
        &self.names
    }

    /// The score of two different images, in any order.
    ///
    /// # Panics
    /// Where both are the same, or one is not there: no image is compared with itself.
    #[must_use]
    pub fn score(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (a.min(b), a.max(b));
        assert!(a < b, "image {a} is not compared with itself");
        self.scores[a * (2 * self.names.len() - a - 1) / 2 + (b - a - 1)]
    }

    /// Every pair, the smaller index first, and its score.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        let count = self.names.len();
        let pairs = (0..count).flat_map(move |a| (a + 1..count).map(move |b| (a, b)));
        pairs.zip(&self.scores).map(|((a, b), score)| (a, b, *score))
    }

    /// Lines `a,b,score`, sorted by a, then b.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_csv(&self, to: &mut impl Write) -> io::Result<()> {
        let shown: Vec<String> = self.names.iter().map(ToString::to_string).collect();
        for (a, b, score) in self.pairs() {
            writeln!(to, "{},{},{score}", shown[a], shown[b])?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_found_by_its_two_images_and_written_once() {
        let names = ["1_1", "1_2", "2_1", "2_2"].map(|stem| ImageName::of_file("s", stem).unwrap());
        let table = Table::new(names.to_vec(), |a, b| (10 * a + b) as f64);
        for (a, b, score) in table.pairs() {
            assert_eq!((score, table.score(b, a)), ((10 * a + b) as f64, score));
        }
        let mut text = Vec::new();
        table.write_csv(&mut text).unwrap();
        let lines = "s/1_1,s/1_2,1\ns/1_1,s/2_1,2\ns/1_1,s/2_2,3\ns/1_2,s/2_1,12\ns/1_2,s/2_2,13\ns/2_1,s/2_2,23\n";
        assert_eq!(String::from_utf8(text).unwrap(), lines);
    }
}
