//! The receipt: who was identified, where, for which election. It carries neither time nor sequence, so that a heap of
//! receipts cannot be put into the order of the voters.

use plugin_runtime::printer::{Block, Size};
use roll::{Station, Voter};

/// The blocks of a voter's receipt; copies after the first are marked.
#[must_use]
pub fn blocks(station: &Station, voter: &Voter, copy: u16) -> Vec<Block> {
    let mut blocks = vec![
        line("ИДЕНТИФИКАЦИЯ ПРОЙДЕНА", Size::Normal, true),
        line(station.election(), Size::Normal, false),
        line(
            &format!("Участок {}, {}", station.id(), station.name()),
            Size::Normal,
            false,
        ),
        Block::Rule,
        line(&voter.number.to_string(), Size::Large, true),
        line(&printable(&voter.name), Size::Normal, true),
        Block::Rule,
        line("Обменяйте этот чек на бюллетень.", Size::Normal, false),
    ];
    if copy > 1 {
        blocks.insert(0, line("КОПИЯ - ОРИГИНАЛ НЕ ДЕЙСТВИТЕЛЕН", Size::Normal, true));
    }
    blocks.extend([Block::Feed(3), Block::Cut]);
    blocks
}

fn line(value: &str, size: Size, bold: bool) -> Block {
    Block::Line {
        value: value.to_owned(),
        size,
        bold,
        centred: true,
    }
}

/// The printers' Cyrillic page (CP866) lacks three Kyrgyz letters; they are printed as the Russian ones that Kyrgyz
/// typewriters used. The screen and the journal keep the true name.
fn printable(name: &str) -> String {
    name.chars()
        .map(|letter| match letter {
            'ң' => 'н',
            'ө' => 'о',
            'ү' => 'у',
            'Ң' => 'Н',
            'Ө' => 'О',
            'Ү' => 'У',
            other => other,
        })
        .collect()
}
