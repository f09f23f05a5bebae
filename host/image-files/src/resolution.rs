use crate::error::Flaw;

/// Square pixels, where across and down differ by no more than rounding makes them differ.
const SQUARE_WITHIN: f64 = 0.01;

/// Pixels per inch, across and down, as a file states it; none where it states none that can be.
pub(crate) fn dpi(across: f64, down: f64) -> Result<Option<u16>, Flaw> {
    let (Some(across_dpi), Some(down_dpi)) = (whole(across), whole(down)) else {
        return Ok(None);
    };
    if (across - down).abs() > SQUARE_WITHIN * across.max(down) {
        return Err(Flaw::Oblong(across_dpi, down_dpi));
    }
    Ok(Some(across_dpi))
}

/// Pixels per inch of what PNG and BMP state in pixels per metre.
pub(crate) fn per_metre(across: f64, down: f64) -> Result<Option<u16>, Flaw> {
    dpi(across * 0.0254, down * 0.0254)
}

fn whole(dpi: f64) -> Option<u16> {
    let rounded = dpi.round();
    if !(1.0..=f64::from(u16::MAX)).contains(&rounded) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and within u16, by the line above"
    )]
    Some(rounded as u16)
}
