//! Takes apart what a host sends to an ESC/POS printer, byte by byte, as a printer does: commands may be split between
//! transfers. Only the commands that this project's receipts use are known; others are taken for text.

/// One thing that a printer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Element {
    /// one printable byte in the code page, or a line feed
    Text(u8),
    /// a code page was chosen (ESC t)
    CodePage(u8),
    /// a two-dimensional code was printed (GS ( k, function 81)
    Symbol(String),
    /// a picture (GS v 0): bytes in a row, rows
    Picture(u16, u16),
    /// empty lines (ESC d)
    Feed(u8),
    /// GS V
    Cut,
    /// DLE EOT: the host asks for this status
    Status(u8),
    /// GS r: as soon as all before is done, the host wants this status
    Sensor(u8),
    /// ESC @, formats: nothing that shows in text
    Other,
}

/// The parser: bytes that do not make up a whole command yet, and the symbol that was stored last.
#[derive(Clone, Default)]
pub(super) struct ReceiptParser {
    waiting: Vec<u8>,
    symbol: Vec<u8>,
}

impl ReceiptParser {
    /// What these bytes complete, each with its own bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<(Element, Vec<u8>)> {
        self.waiting.extend_from_slice(bytes);
        let mut elements = Vec::new();
        while let Some((length, element)) = self.next() {
            let bytes: Vec<u8> = self.waiting.drain(..length).collect();
            elements.push((element, bytes));
        }
        elements
    }

    /// The first whole command with its length in bytes, or none where bytes are missing.
    fn next(&mut self) -> Option<(usize, Element)> {
        let bytes = self.waiting.as_slice();
        let at = |index: usize| bytes.get(index).copied();
        let word = |index: usize| Some(u16::from_le_bytes([at(index)?, at(index + 1)?]));
        match (at(0)?, at(1)) {
            (0x10 | 0x1b | 0x1d, None) => None,
            (0x10, Some(0x04)) => Some((3, Element::Status(at(2)?))),
            (0x1b, Some(b'@')) => Some((2, Element::Other)),
            (0x1b, Some(b't')) => Some((3, Element::CodePage(at(2)?))),
            (0x1b, Some(b'd')) => Some((3, Element::Feed(at(2)?))),
            (0x1b, Some(_)) | (0x1d, Some(b'!')) => at(2).map(|_| (3, Element::Other)),
            (0x1d, Some(b'r')) => Some((3, Element::Sensor(at(2)?))),
            (0x1d, Some(b'V')) => {
                // Functions B and C have a feed behind them.
                let length = if at(2)? >= 65 { 4 } else { 3 };
                (bytes.len() >= length).then_some((length, Element::Cut))
            }
            (0x1d, Some(b'v')) => {
                let (row, rows) = (word(4)?, word(6)?);
                let length = 8 + usize::from(row) * usize::from(rows);
                (bytes.len() >= length).then_some((length, Element::Picture(row, rows)))
            }
            (0x1d, Some(b'(')) => {
                let length = 5 + usize::from(word(3)?);
                let command = bytes.get(5..length)?;
                let element = match command {
                    [_, 80, _, data @ ..] => {
                        self.symbol = data.to_vec();
                        Element::Other
                    }
                    [_, 81, ..] => Element::Symbol(String::from_utf8_lossy(&self.symbol).into_owned()),
                    _ => Element::Other,
                };
                Some((length, element))
            }
            (byte, _) => Some((1, Element::Text(byte))),
        }
    }
}

/// Upper half of code page 866 (IBM), from 0x80 on.
const CP866: &str = concat!(
    "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ",
    "абвгдежзийклмноп",
    "░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀",
    "рстуфхцчшщъыьэюя",
    "ЁёЄєЇїЎў°∙·√№¤■\u{a0}",
);

/// A byte of code page 866 as a character.
pub(super) fn character(byte: u8) -> char {
    if byte < 0x80 {
        char::from(byte)
    } else {
        CP866.chars().nth(usize::from(byte - 0x80)).unwrap_or('?')
    }
}
