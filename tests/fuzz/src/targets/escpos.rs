//! The receipt printers' driver against a printer that answers anything, with a receipt of any content.

use crate::Target;
use crate::device::{Act, Device, seed};
use arbitrary::Unstructured;
use escpos_driver::printer::print;
use plugin_sdk::fault::Fault;
use plugin_sdk::printer::{Bitmap, Block, Outcome, Size, Text};

pub(super) const TARGET: Target = Target {
    name: "escpos",
    longest: 2_048,
    memory: 256,
    run,
    seeds,
};

fn run(bytes: &[u8]) {
    // Whatever becomes of it: it ends.
    let _ = printed(bytes);
}

fn printed(bytes: &[u8]) -> Result<Outcome, Fault> {
    let mut input = Unstructured::new(bytes);
    let mut blocks = Vec::new();
    for _ in 0..input.arbitrary::<u8>().unwrap_or_default() % 8 {
        blocks.extend(block(&mut input));
    }
    print(&Device::new(input), &blocks)
}

fn block(input: &mut Unstructured<'_>) -> Option<Block> {
    // An input that is used up would give zeros for ever.
    if input.is_empty() {
        return None;
    }
    let [kind, length] = input.arbitrary::<[u8; 2]>().ok()?;
    let content = input.bytes(usize::from(length).min(input.len())).ok()?;
    let text = String::from_utf8_lossy(content).into_owned();
    Some(match kind % 6 {
        0 => Block::Line(Text {
            value: text,
            size: if kind & 0x10 == 0 { Size::Normal } else { Size::Large },
            bold: kind & 0x20 != 0,
            centred: kind & 0x40 != 0,
        }),
        1 => Block::Rule,
        2 => Block::QrCode(text.repeat(usize::from(kind / 32))),
        3 => Block::Raster(Bitmap {
            width: input.arbitrary().ok()?,
            height: input.arbitrary::<u8>().ok()?.into(),
            bits: content.to_vec(),
        }),
        4 => Block::Feed(length),
        _ => Block::Cut,
    })
}

fn seeds() -> Vec<Vec<u8>> {
    // Online, paper in, no error: DLE EOT answers have bits 1 and 4 set (ESC/POS, real-time status).
    let well = || (0..4).flat_map(|_| [Act::Take(0), Act::Answer(0, 1, &[0x12])]);
    let acts = well()
        // the fence before the receipt, and nothing else on its way
        .chain([Act::Take(0), Act::Answer(0, 1, &[0]), Act::KeepSilent(0)])
        // the receipt and its fence
        .chain([Act::Take(0), Act::Answer(0, 1, &[0])])
        .chain(well());
    let mut printed = vec![3, 0, 5];
    printed.extend(b"hello");
    printed.extend([38, 2, b'o', b'k', 5, 0]);
    printed.extend(seed(acts));
    vec![printed]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_is_a_receipt_that_gets_printed() {
        assert_eq!(printed(&seeds().concat()), Ok(Outcome::Printed));
    }
}
