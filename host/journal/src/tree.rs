//! The Merkle tree of RFC 6962, section 2.1: SHA-256, leaves prefixed with 0, nodes with 1.

use sha2::{Digest as _, Sha256};

/// SHA-256.
pub type Hash = [u8; 32];

/// The hash of a leaf's bytes.
#[must_use]
pub fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// The right edge of a growing tree: the roots of its whole subtrees, largest first. Enough to append and to know the
/// root; 64 hashes at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// A frontier as it was stored, or none where the peaks do not fit the size.
    #[must_use]
    pub fn restore(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (usize::try_from(size.count_ones()) == Ok(peaks.len())).then_some(Self { size, peaks })
    }

    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Roots of whole subtrees, largest first.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// One leaf more.
    pub fn push(&mut self, leaf: Hash) {
        let mut merged = leaf;
        // As many subtrees of equal size close as the old size has ones at its end.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                merged = node(&left, &merged);
            }
        }
        self.peaks.push(merged);
        self.size += 1;
    }

    /// The root of all leaves so far (RFC 6962, section 2.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return Sha256::digest([]).into();
        };
        peaks.fold(*last, |right, left| node(left, &right))
    }
}

/// The root of these leaves.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        several => {
            let (left, right) = several.split_at(split(several.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The largest power of two below a size of at least 2.
fn split(size: usize) -> usize {
    1 << (usize::BITS - 1 - (size - 1).leading_zeros())
}

/// The audit path of a leaf (RFC 6962, section 2.1.1), or none where the index is not below the size.
#[must_use]
pub fn inclusion(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut path, other) = if index < left.len() {
        (inclusion(left, index)?, root(right))
    } else {
        (inclusion(right, index - left.len())?, root(left))
    };
    path.push(other);
    Some(path)
}

/// True where the path leads from the leaf to the root.
#[must_use]
pub fn includes(root: &Hash, size: usize, index: usize, leaf: &Hash, path: &[Hash]) -> bool {
    fn climb(size: usize, index: usize, leaf: &Hash, path: &[Hash]) -> Option<Hash> {
        if size == 1 {
            return path.is_empty().then_some(*leaf);
        }
        let (other, rest) = path.split_last()?;
        let left = split(size);
        Some(if index < left {
            node(&climb(left, index, leaf, rest)?, other)
        } else {
            node(other, &climb(size - left, index - left, leaf, rest)?)
        })
    }
    index < size && climb(size, index, leaf, path).as_ref() == Some(root)
}

/// The proof that the first `old` leaves are the beginning of all of them (RFC 6962, section 2.1.2), or none where
/// `old` is 0 or larger than the tree.
#[must_use]
pub fn consistency(leaves: &[Hash], old: usize) -> Option<Vec<Hash>> {
    fn walk(leaves: &[Hash], old: usize, whole: bool) -> Vec<Hash> {
        if old == leaves.len() {
            return if whole { Vec::new() } else { vec![root(leaves)] };
        }
        let (left, right) = leaves.split_at(split(leaves.len()));
        if old <= left.len() {
            let mut proof = walk(left, old, whole);
            proof.push(root(right));
            proof
        } else {
            let mut proof = walk(right, old - left.len(), false);
            proof.push(root(left));
            proof
        }
    }
    (1..=leaves.len()).contains(&old).then(|| walk(leaves, old, true))
}

/// True where the proof shows that the tree of `old` leaves with this root grew into the one of `new` leaves.
#[must_use]
pub fn is_consistent((old, old_root): (usize, &Hash), (new, new_root): (usize, &Hash), proof: &[Hash]) -> bool {
    /// Both roots, rebuilt.
    fn climb(old: usize, new: usize, whole: bool, old_root: &Hash, proof: &[Hash]) -> Option<(Hash, Hash)> {
        if old == new {
            return match (whole, proof) {
                (true, []) => Some((*old_root, *old_root)),
                (false, [one]) => Some((*one, *one)),
                _ => None,
            };
        }
        let (other, rest) = proof.split_last()?;
        let left = split(new);
        if old <= left {
            let (before, after) = climb(old, left, whole, old_root, rest)?;
            Some((before, node(&after, other)))
        } else {
            let (before, after) = climb(old - left, new - left, false, old_root, rest)?;
            Some((node(other, &before), node(other, &after)))
        }
    }
    (1..=new).contains(&old) && climb(old, new, true, old_root, proof) == Some((*old_root, *new_root))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn from_hex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }

    /// Leaves and roots that Certificate Transparency logs are tested with: (leaf's bytes, root of the tree up to it).
    const PUBLISHED: [(&str, &str); 8] = [
        ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        (
            "2021",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ),
        (
            "3031",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        ),
        (
            "40414243",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        ),
        (
            "5051525354555657",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        ),
        (
            "606162636465666768696a6b6c6d6e6f",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ),
    ];

    #[test]
    fn the_roots_are_those_that_are_published() {
        let mut frontier = Frontier::default();
        let mut leaves = Vec::new();
        for (bytes, expected) in PUBLISHED {
            let hash = leaf(&from_hex(bytes));
            frontier.push(hash);
            leaves.push(hash);
            assert_eq!(frontier.root().to_vec(), from_hex(expected));
            assert_eq!(root(&leaves), frontier.root());
        }
    }

    #[test]
    fn every_leaf_of_every_tree_up_to_forty_has_a_proof_and_no_other_leaf_passes_with_it() {
        let leaves: Vec<Hash> = (0..40_u8).map(|number| leaf(&[number])).collect();
        for size in 1..=leaves.len() {
            let tree = &leaves[..size];
            let top = root(tree);
            for index in 0..size {
                let path = inclusion(tree, index).unwrap();
                assert!(includes(&top, size, index, &tree[index], &path));
                assert!(!includes(&top, size, index, &leaf(b"forged"), &path));
                assert!(size == 1 || !includes(&top, size, (index + 1) % size, &tree[index], &path));
            }
        }
    }

    #[test]
    fn every_tree_up_to_forty_is_proved_to_begin_with_every_smaller_one_and_with_no_other() {
        let leaves: Vec<Hash> = (0..40_u8).map(|number| leaf(&[number])).collect();
        for new in 1..=leaves.len() {
            for old in 1..=new {
                let (old_root, new_root) = (root(&leaves[..old]), root(&leaves[..new]));
                let proof = consistency(&leaves[..new], old).unwrap();
                assert!(
                    is_consistent((old, &old_root), (new, &new_root), &proof),
                    "{old} of {new}"
                );
                let forged = leaf(b"forged");
                assert!(
                    !is_consistent((old, &forged), (new, &new_root), &proof),
                    "{old} of {new}"
                );
            }
        }
    }
}
