//! Code page 866 (IBM; Russian). It has no Kyrgyz ң, ө, ү.

/// ESC t: the printer's number of this code page.
pub const NUMBER: u8 = 17;
/// What stands for a character that the code page lacks.
pub const REPLACEMENT: u8 = b'?';

/// Its upper half, from 0x80 on.
const UPPER: &str = concat!(
    "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ",
    "абвгдежзийклмноп",
    "░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀",
    "рстуфхцчшщъыьэюя",
    "ЁёЄєЇїЎў°∙·√№¤■\u{a0}",
);

/// A character's byte, none where the code page lacks it. Control characters have none: in a line they would be
/// commands.
#[must_use]
pub fn byte(character: char) -> Option<u8> {
    match character {
        ' '..='~' => u8::try_from(u32::from(character)).ok(),
        _ => {
            let place = UPPER.chars().position(|upper| upper == character)?;
            u8::try_from(0x80 + place).ok()
        }
    }
}

/// Text in this code page; what it lacks becomes [`REPLACEMENT`]. The contract says that such lines come as pictures
/// drawn by the host, so that this is seen only where the host did not.
#[must_use]
pub fn encode(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| byte(character).unwrap_or(REPLACEMENT))
        .collect()
}
