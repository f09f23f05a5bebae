//! The answer that a Microsoft reader wants before it has power: its challenge, encrypted with AES-128 (FIPS 197), one
//! block.
//!
//! The key is the same in every such reader, so that it protects nothing. Like the taps of [`crate::cipher`] it is public
//! knowledge of the device's protocol, as the open driver of libfprint (uru4000) holds it; that it is right is proven by
//! the recorded challenge and its answer.

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};

/// A challenge, or its answer: a block of AES.
pub type Block = [u8; 16];

const KEY: [u8; 16] = [
    0x79, 0xac, 0x91, 0x79, 0x5c, 0xa1, 0x47, 0x8e, 0x98, 0xe0, 0x0f, 0x3c, 0x59, 0x8f, 0x5f, 0x4b,
];

/// The answer to a challenge.
#[must_use]
pub fn answer(challenge: Block) -> Block {
    let mut block = challenge.into();
    Aes128::new(&KEY.into()).encrypt_block(&mut block);
    block.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Challenges of our own, and what OpenSSL's `enc -aes-128-ecb -nopad` makes of them under the key.
    const ANSWERS: [(Block, Block); 2] = [
        (
            [
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
            ],
            [
                0xa9, 0xd4, 0x2a, 0x98, 0xc2, 0x0c, 0xea, 0x8f, 0x0e, 0xb6, 0x1f, 0x17, 0xf8, 0xf6, 0xc0, 0x01,
            ],
        ),
        (
            [
                0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
            ],
            [
                0x71, 0x83, 0x6f, 0xe9, 0x70, 0xf0, 0xf1, 0x57, 0xef, 0xe7, 0x96, 0x72, 0xca, 0xaa, 0x2b, 0x9f,
            ],
        ),
    ];

    #[test]
    fn a_challenge_has_the_answer_that_another_aes_gives() {
        for (challenge, expected) in ANSWERS {
            assert_eq!(answer(challenge), expected);
        }
    }
}
