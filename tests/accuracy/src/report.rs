//! The report: one page, by itself, for whoever works on the matcher.

mod curves;
mod exhibit;
mod frame;
mod histogram;
mod pair;
mod quality;
mod record;
mod tables;

use crate::Outcome;
use crate::figures::Relation;
use crate::measurement::Measurement;
use crate::sets::Listed;
use exhibit::{Exhibit, exhibits};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Pairs of each kind that are shown.
const WORST: usize = 20;

/// The page. It holds pictures of fingers.
pub(crate) fn page(measured: &Measurement, images: &[Listed]) -> Outcome<String> {
    let [missed, matched] = [Relation::Genuine, Relation::Impostor].map(|kind| worst(measured, kind));
    let shown: Vec<usize> = missed.iter().chain(&matched).flat_map(|(a, b)| [*a, *b]).collect();
    let pictures = pair::pictures(images, &shown)?;
    let (missed, matched) = (
        exhibits(measured, images, &missed)?,
        exhibits(measured, images, &matched)?,
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { "Accuracy of the fingerprint matcher" }
                style { (PreEscaped(include_str!("report/style.css"))) }
            }
            body {
                p.warning {
                    strong { "This page holds biometric data: " }
                    "pictures and minutiae of the fingers of the test sets. Keep it to where the sets may be, and do not publish it."
                }
                h1 { "Accuracy of the fingerprint matcher" }
                p { (tables::head(measured)) }
                nav {
                    a href="#figures" { "Figures" }
                    a href="#curves" { "Curves" }
                    a href="#quality" { "Quality" }
                    a href="#genuine" { "Worst genuine pairs" }
                    a href="#impostors" { "Worst impostor pairs" }
                }
                h2 id="figures" { "Figures" }
                (tables::figures(&measured.figures))
                (tables::shipped(measured))
                (tables::costs(measured))
                h2 id="curves" { "Misses against false matches" }
                (curves::draw(measured))
                h2 { "Scores" }
                (histogram::draw(measured))
                h2 id="quality" { "Quality and misses" }
                (quality::draw(measured))
                (pictures)
                h2 id="genuine" { "The " (missed.len()) " genuine pairs with the lowest scores" }
                (pair::legend())
                (gallery(&missed))
                h2 id="impostors" { "The " (matched.len()) " impostor pairs with the highest scores" }
                (pair::legend())
                (gallery(&matched))
            }
        }
    };
    Ok(page.into_string())
}

fn gallery(exhibits: &[Exhibit<'_>]) -> Markup {
    html! {
        div.pairs {
            @for (rank, exhibit) in (1..).zip(exhibits) { (pair::draw(rank, exhibit)) }
        }
    }
}

/// Those that err most: genuine ones with the lowest score, impostors with the highest.
fn worst(measured: &Measurement, kind: Relation) -> Vec<(usize, usize)> {
    let names = measured.table.names();
    let mut pairs: Vec<(usize, usize, f64)> = measured
        .table
        .pairs()
        .filter(|(a, b, _)| Relation::of(&names[*a], &names[*b]) == kind)
        .collect();
    // Stable: pairs with one score stay in the order of their names.
    pairs.sort_by(|first, second| match kind {
        Relation::Impostor => second.2.total_cmp(&first.2),
        _ => first.2.total_cmp(&second.2),
    });
    pairs.into_iter().take(WORST).map(|(a, b, _)| (a, b)).collect()
}
