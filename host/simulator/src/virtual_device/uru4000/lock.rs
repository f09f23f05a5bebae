//! What keeps a Microsoft reader without power until its challenge is answered.

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt as _, KeyInit as _};
use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// The same in every such reader.
const KEY: u128 = 0x79ac_9179_5ca1_478e_98e0_0f3c_598f_5f4b;

/// A challenge, an answer: the AES-128 block that decrypts to it.
pub(super) type Block = [u8; 16];

/// The lock of one reader. Shut again whenever the power is switched off.
pub(super) struct Lock {
    challenges: ChaCha8Rng,
    /// the one that was read last; good for one answer
    asked: Option<Block>,
    open: bool,
}

impl Lock {
    /// A shut one, whose challenges follow from the seed.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            challenges: ChaCha8Rng::seed_from_u64(seed),
            asked: None,
            open: false,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn shut(&mut self) {
        self.open = false;
        self.asked = None;
    }

    /// Another one every time.
    pub(super) fn challenge(&mut self) -> Block {
        let mut challenge = Block::default();
        self.challenges.fill_bytes(&mut challenge);
        self.asked = Some(challenge);
        challenge
    }

    /// Opens for the right answer to the last challenge, and for nothing else.
    pub(super) fn answer(&mut self, answer: Block) {
        let mut block = answer.into();
        Aes128::new(&KEY.to_be_bytes().into()).decrypt_block(&mut block);
        self.open = self.asked.take() == Some(block.into());
    }
}
