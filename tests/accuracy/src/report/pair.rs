//! Two pictures side by side, with their minutiae.

use super::exhibit::{Exhibit, Mark, Side};
use super::record::Kind;
use crate::Outcome;
use crate::picture;
use crate::sets::Listed;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use plugin_runtime::GreyImage;
use std::collections::BTreeSet;

/// Pixels between both pictures.
const GAP: u16 = 24;
/// How much larger than their pixels pictures are shown at most.
const ENLARGED: f64 = 1.5;
/// Half the size of a minutia's sign, pixels.
const SIGN: f64 = 4.0;
/// How far its direction is drawn, pixels.
const STROKE: f64 = 13.0;

/// The pictures, each once, to be referred to.
pub(crate) fn pictures(images: &[Listed], shown: &[usize]) -> Outcome<Markup> {
    let mut pictures = Vec::new();
    for index in shown.iter().collect::<BTreeSet<_>>() {
        let image = picture::read(&images[*index])?.image;
        let address = format!("data:image/png;base64,{}", STANDARD.encode(png(&image)?));
        pictures.push((index, image.width, image.height, address));
    }
    Ok(html! {
        svg.store aria-hidden="true" {
            defs {
                @for (index, width, height, address) in pictures {
                    image id=(format!("picture-{index}")) width=(width) height=(height) href=(address) {}
                }
            }
        }
    })
}

fn png(image: &GreyImage) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, u32::from(image.width), u32::from(image.height));
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&image.pixels)?;
    writer.finish()?;
    Ok(file)
}

/// What the signs mean.
pub(crate) fn legend() -> Markup {
    html! {
        p.legend {
            "Left the reference, right the probe. "
            svg.sign viewBox="-6 -6 12 12" { (sign(Kind::Ending)) } " ridge ending, "
            svg.sign viewBox="-6 -6 12 12" { (sign(Kind::Bifurcation)) } " bifurcation, "
            svg.sign viewBox="-6 -6 12 12" { (sign(Kind::Other)) } " other; the stroke is the direction. Minutiae that the \
            matcher pairs have one colour and one number in both pictures, all others are thin and blue. Point at a \
            pair to see the lines between them."
        }
    }
}

/// The pair as a figure.
pub(crate) fn draw(rank: usize, exhibit: &Exhibit<'_>) -> Markup {
    let Exhibit {
        score,
        reference,
        probe,
        paired,
    } = exhibit;
    let (left, right) = (reference.size, probe.size);
    let (width, height) = (left.0 + GAP + right.0, left.1.max(right.1));
    let offset = f64::from(left.0 + GAP);
    let number = |mark: &Mark| mark.paired;
    let most = format!("max-width: {:.0}px", ENLARGED * f64::from(width));
    let columns = format!("{most}; grid-template-columns: {}fr {}fr", left.0 + GAP, right.0);
    html! {
        figure {
            figcaption {
                span.rank { (rank) }
                strong { "score " (score) }
                span { (paired) " of " (reference.marks.len()) " and " (probe.marks.len()) " minutiae paired" }
            }
            svg.pair viewBox=(format!("0 0 {width} {height}")) style=(most) role="img" {
                title { (reference.print.name) " and " (probe.print.name) }
                (picture_of(reference, 0.0))
                (picture_of(probe, offset))
                g.lines {
                    @for mark in reference.marks.iter().filter(|mark| mark.paired.is_some()) {
                        @if let Some(other) = probe.marks.iter().find(|other| number(other) == number(mark)) {
                            line x1=(short(mark.x)) y1=(short(mark.y)) x2=(short(other.x + offset)) y2=(short(other.y))
                                stroke=(colour(number(mark).unwrap_or_default())) {}
                        }
                    }
                }
                (marks(reference, 0.0))
                (marks(probe, offset))
            }
            dl style=(columns) {
                (described("reference", reference))
                (described("probe", probe))
            }
        }
    }
}

fn picture_of(side: &Side<'_>, offset: f64) -> Markup {
    html! {
        use.picture href=(format!("#picture-{}", side.index)) x=(offset) {}
        rect.edge x=(offset) width=(side.size.0) height=(side.size.1) {}
    }
}

fn described(role: &str, side: &Side<'_>) -> Markup {
    html! {
        div {
            dt { (role) }
            dd { code { (side.print.name) } " " (side.judged()) }
        }
    }
}

fn marks(side: &Side<'_>, offset: f64) -> Markup {
    // The paired ones last, so that they lie above the others.
    let mut marks: Vec<&Mark> = side.marks.iter().collect();
    marks.sort_by_key(|mark| mark.paired);
    html! {
        @for mark in marks {
            @let place = format!("translate({} {})", short(mark.x + offset), short(mark.y));
            // Angles turn counter-clockwise, and the picture's rows go down.
            @let (across, down) = (STROKE * mark.angle.cos(), -STROKE * mark.angle.sin());
            @match mark.paired {
                Some(number) => {
                    g.paired transform=(place) stroke=(colour(number)) {
                        line x2=(short(across)) y2=(short(down)) {}
                        (sign(mark.kind))
                        text x="6" y="-6" fill=(colour(number)) { (number) }
                    }
                }
                None => {
                    g.alone transform=(place) {
                        line x2=(short(across)) y2=(short(down)) {}
                        (sign(mark.kind))
                    }
                }
            }
        }
    }
}

fn sign(kind: Kind) -> Markup {
    html! {
        @match kind {
            Kind::Ending => circle r=(SIGN) {},
            Kind::Bifurcation => rect x=(-SIGN) y=(-SIGN) width=(2.0 * SIGN) height=(2.0 * SIGN) {},
            Kind::Other => path d=(format!("M0 {} L{SIGN} 0 L0 {SIGN} L{} 0 Z", -SIGN, -SIGN)) {},
        }
    }
}

/// Neighbouring numbers get hues far apart: steps of the golden angle.
fn colour(number: usize) -> String {
    const GOLDEN_DEGREES: f64 = 137.508;
    let hue = (number as f64 * GOLDEN_DEGREES).rem_euclid(360.0);
    format!("hsl({hue:.0} 90% 42%)")
}

/// A tenth of a pixel is all that is seen.
fn short(place: f64) -> String {
    format!("{place:.1}")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn the_picture_on_the_page_is_the_image_pixel_for_pixel() {
        let image = GreyImage {
            width: 3,
            height: 2,
            dpi: 500,
            pixels: vec![0, 50, 100, 150, 200, 250],
        };
        let bytes = png(&image).unwrap();
        let read = image_files::decode(&bytes).unwrap();
        assert_eq!((read.width, read.height, read.pixels), (3, 2, image.pixels));
    }
}
