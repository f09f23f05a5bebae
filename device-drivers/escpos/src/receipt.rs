//! What is to be printed (`wit/driver`, interface `receipt-printer`).

/// How large text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// 48 characters in a line
    Normal,
    /// double width and height, 24 characters in a line
    Large,
}

/// One line of text.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// what code page 866 lacks is printed as `?`: such lines should come as [`Block::Raster`]
    pub value: String,
    /// how large
    pub size: Size,
    /// emphasised
    pub bold: bool,
    /// in the middle of the paper
    pub centred: bool,
}

/// A picture: 1 bit a dot, rows padded to whole bytes, most significant bit left, 1 prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    /// dots in a row, 1 to 576
    pub width: u16,
    /// rows, at least 1
    pub height: u16,
    /// `height` rows of `width` dots
    pub bits: Vec<u8>,
}

/// One part of a receipt, from the top.
#[derive(Clone, PartialEq, Eq)]
pub enum Block {
    /// text
    Line(Text),
    /// a line across the paper
    Rule,
    /// a QR code in the middle, 1 to 512 bytes of payload
    QrCode(String),
    /// a picture in the middle
    Raster(Bitmap),
    /// empty lines
    Feed(u8),
    /// feeds to the knife and cuts
    Cut,
}

/// Receipts may name a voter: only the kind is shown.
impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(text) => write!(f, "line of {} bytes", text.value.len()),
            Self::Rule => f.write_str("rule"),
            Self::QrCode(payload) => write!(f, "QR code of {} bytes", payload.len()),
            Self::Raster(bitmap) => write!(f, "picture {}x{}", bitmap.width, bitmap.height),
            Self::Feed(lines) => write!(f, "feed {lines}"),
            Self::Cut => f.write_str("cut"),
        }
    }
}
