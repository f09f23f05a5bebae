//! The keystream that unscrambles the device's images.
//!
//! Recordings show that images are scrambled and how the key comes about (host's seed xor device's key), but not the
//! shift register. Its taps and the bits that make up a keystream byte are public knowledge of the device's protocol,
//! as the open driver of libfprint (uru4000) implements it; they stand here as facts, and no code was taken over.
//! That they are right is proven by two recordings, which come out as the recorded pictures byte for byte. It is
//! scrambling, not protection: whoever sees the bus sees both halves of the key.

/// Taps of the 32-bit linear feedback shift register: the feedback is the parity of these bits.
const TAPS: u32 = 0x9248_144d;
/// Bits of the register that make up a keystream byte, least significant first.
const BYTE_BITS: [u32; 8] = [4, 8, 11, 14, 18, 21, 24, 29];

/// The keystream, one step for every byte of the image, scrambled or not.
#[derive(Clone, PartialEq, Eq)]
pub struct Keystream(u32);

impl Keystream {
    /// The stream that begins with this key: the host's seed xor the device's key.
    #[must_use]
    pub fn new(key: u32) -> Self {
        Self(key)
    }

    /// Unscrambles a block: each byte stands one place too late, and the last one of the block is lost (0).
    pub fn unscramble(&mut self, block: &mut [u8]) {
        for index in 1..block.len() {
            block[index - 1] = block[index] ^ self.byte();
        }
        if let Some(last) = block.last_mut() {
            *last = 0;
            self.step();
        }
    }

    /// Goes past bytes that are not scrambled.
    pub fn skip(&mut self, bytes: usize) {
        for _ in 0..bytes {
            self.step();
        }
    }

    /// The byte that the next one is xored with.
    fn byte(&mut self) -> u8 {
        let mut byte = 0;
        for (place, bit) in BYTE_BITS.iter().enumerate() {
            byte |= u8::from((self.0 >> bit) & 1 == 1) << place;
        }
        self.step();
        byte
    }

    fn step(&mut self) {
        let feedback = (self.0 & TAPS).count_ones() & 1;
        self.0 = (self.0 >> 1) | (feedback << 31);
    }
}

/// The key of an image must not be shown beside it.
impl std::fmt::Debug for Keystream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keystream")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (key, its first keystream bytes), worked out by hand from the definition: a bit wanders down, shows in the byte
    /// at its [`BYTE_BITS`] place, and comes back at the top from every tap that it passes alone.
    const STREAMS: [(u32, [u8; 6]); 3] = [
        (0, [0, 0, 0, 0, 0, 0]),
        (1 << 29, [0x80, 0, 0, 0, 0x80, 0xc0]),
        (1 << 4, [0x01, 0, 0, 0, 0x80, 0]),
    ];

    #[test]
    fn a_key_gives_the_stream_that_its_definition_says() {
        for (key, expected) in STREAMS {
            let mut stream = Keystream::new(key);
            let bytes: [u8; 6] = std::array::from_fn(|_| stream.byte());
            assert_eq!(bytes, expected, "key {key:#x}");
        }
    }

    #[test]
    fn a_plain_block_moves_the_stream_as_far_as_a_scrambled_one() {
        let (mut skipped, mut used) = (Keystream::new(0x51ea_2124), Keystream::new(0x51ea_2124));
        skipped.skip(384);
        used.unscramble(&mut [0; 384]);
        assert!(skipped == used);
    }

    #[test]
    fn an_empty_block_is_left_alone() {
        let mut stream = Keystream::new(7);
        stream.unscramble(&mut []);
        assert!(stream == Keystream::new(7));
    }
}
