//! Binary PPM (Netpbm's `P6`), with samples of one byte.

use super::error::FrameFlaw;
use super::frame::{Frame, FrameSize};

pub(super) const SIGNATURE: &[u8] = b"P6";

pub(super) fn read(bytes: &[u8]) -> Result<Frame, FrameFlaw> {
    let mut rest = bytes.strip_prefix(SIGNATURE).ok_or(FrameFlaw::Ppm)?;
    let size = (number(&mut rest)?, number(&mut rest)?);
    if number(&mut rest)? != 255 {
        return Err(FrameFlaw::Ppm);
    }
    let size = FrameSize::new(size.0, size.1)?;
    // One white space ends the header.
    let pixels = match rest {
        [space, pixels @ ..] if space.is_ascii_whitespace() => pixels,
        _ => return Err(FrameFlaw::Ppm),
    };
    let pixels = pixels.get(..size.rgb_bytes()).ok_or(FrameFlaw::Bytes)?;
    Frame::new(size, pixels.to_vec())
}

/// A number of the header, with the white space and the comments before it.
fn number(rest: &mut &[u8]) -> Result<u32, FrameFlaw> {
    loop {
        match rest {
            [space, after @ ..] if space.is_ascii_whitespace() => *rest = after,
            [b'#', ..] => {
                let end = rest.iter().position(|&byte| byte == b'\n').ok_or(FrameFlaw::Ppm)?;
                *rest = &rest[end..];
            }
            _ => break,
        }
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, after) = rest.split_at(digits);
    *rest = after;
    let number = std::str::from_utf8(number).map_err(|_| FrameFlaw::Ppm)?;
    number.parse().map_err(|_| FrameFlaw::Ppm)
}

#[cfg(test)]
mod tests {
    use super::*;

    type File = (&'static [u8], Result<&'static [u8], FrameFlaw>);
    const FILES: [File; 10] = [
        (b"P6\n1 2\n255\nabcdef", Ok(b"abcdef")),
        (b"P6 # a comment\n1\n#another\n 2 255 abcdef", Ok(b"abcdef")),
        (b"P6 1 1 255 \nab", Ok(b"\nab")),
        (b"P6 1 1 255 abcmore", Ok(b"abc")),
        (b"P6 1 2 255 abcde", Err(FrameFlaw::Bytes)),
        (b"P6 1 1 65535 abcdef", Err(FrameFlaw::Ppm)),
        (b"P6 9999 1 255 abc", Err(FrameFlaw::Size(9999, 1))),
        (b"P6 99999999999 1 255 abc", Err(FrameFlaw::Ppm)),
        (b"P3 1 1 255 1 2 3", Err(FrameFlaw::Ppm)),
        (b"P6 1 # no end", Err(FrameFlaw::Ppm)),
    ];

    #[test]
    fn a_ppm_file_is_read_or_refused_by_its_header() {
        for (file, expected) in FILES {
            let got = read(file).map(Frame::into_pixels);
            assert_eq!(got, expected.map(<[u8]>::to_vec), "{}", file.escape_ascii());
        }
    }
}
