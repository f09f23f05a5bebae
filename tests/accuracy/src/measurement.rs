//! Everything that is measured of one matcher on one folder of sets.

use crate::Outcome;
use crate::comparison::{self, Sides, TwoFingerScores, all_pairs, of_kind, two_fingers};
use crate::extraction::{Print, extract_all};
use crate::figures::{AtThreshold, Figures, Relation, at_threshold, voters};
use crate::gallery::through_record;
use crate::search::{Losses, losses};
use crate::sets::Listed;
use crate::shipped::{ROLL, ROLLS, threshold};
use crate::speed::Speed;
use crate::table::Table;
use plugin_package::read_manifest;
use plugin_runtime::grants::Allowed;
use plugin_runtime::matcher::{Matcher, Probe};
use plugin_runtime::plugin::{LogMode, Plugin};
use plugin_runtime::runtime::Runtime;
use std::num::NonZeroUsize;

/// The matcher and what came of it.
pub(crate) struct Measurement {
    /// which component
    pub(crate) plugin: Plugin,
    /// references went through records
    pub(crate) records: bool,
    pub(crate) prints: Vec<Print>,
    pub(crate) sides: Sides,
    pub(crate) table: Table,
    pub(crate) figures: Figures,
    pub(crate) genuine: Vec<f64>,
    pub(crate) impostors: Vec<f64>,
    /// roll, errors with one finger and with two
    pub(crate) shipped: Vec<(u32, AtThreshold, AtThreshold)>,
    pub(crate) losses: Losses,
    pub(crate) speed: Speed,
}

impl Measurement {
    /// Measures the built plugin on these images.
    pub(crate) fn take(images: &[Listed], records: bool) -> Outcome<Self> {
        let plugin = load()?;
        let prints = extract_all(&plugin, images)?;
        let sides = sides(&plugin, &prints, records)?;
        let compared = all_pairs(&plugin, &sides)?;
        let names = prints.iter().map(|print| print.name.clone()).collect();
        let table = Table::new(names, |a, b| f64::from(compared.score(a, b)));
        let together = two_fingers(&plugin, &sides, &voters(table.names()))?;
        let losses = losses(&plugin, &table, &sides, threshold(ROLL))?;
        let speed = Speed::measure(&plugin, images, &sides.probes)?;
        let (genuine, impostors) = (of_kind(&table, Relation::Genuine), of_kind(&table, Relation::Impostor));
        let shipped = ROLLS.map(|roll| at_roll(roll, &genuine, &impostors, &together));
        Ok(Self {
            figures: Figures::of(&table),
            plugin,
            records,
            prints,
            sides,
            table,
            genuine,
            impostors,
            shipped: shipped.to_vec(),
            losses,
            speed,
        })
    }

    /// The images without a template.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&Print, &crate::extraction::Refusal)> {
        self.prints
            .iter()
            .filter_map(|print| Some((print, print.found.as_ref().err()?)))
    }

    /// References that are what was extracted, byte for byte, and how many there are: all, unless a record lost something.
    pub(crate) fn unchanged_references(&self) -> (usize, usize) {
        let both = self.sides.references.iter().zip(&self.sides.probes);
        let same = both
            .filter(|(reference, probe)| reference.is_some() && reference == probe)
            .count();
        (same, self.sides.references.iter().flatten().count())
    }

    /// Bytes of a template, mean and most.
    pub(crate) fn template_bytes(&self) -> (usize, usize) {
        let found = self.prints.iter().filter_map(|print| print.found.as_ref().ok());
        let sizes: Vec<usize> = found.map(|found| found.template.0.len()).collect();
        let mean = sizes.iter().sum::<usize>() / sizes.len().max(1);
        (mean, sizes.into_iter().max().unwrap_or(0))
    }

    /// Genuine pairs: the poorer quality of both, the score.
    pub(crate) fn qualities(&self) -> Vec<(u8, f64)> {
        let names = self.table.names();
        let genuine = self
            .table
            .pairs()
            .filter(|(a, b, _)| Relation::of(&names[*a], &names[*b]) == Relation::Genuine);
        let quality = |index: usize| self.prints[index].quality();
        genuine
            .map(|(a, b, score)| (quality(a).min(quality(b)), score))
            .collect()
    }
}

fn at_roll(
    roll: u32,
    genuine: &[f64],
    impostors: &[f64],
    together: &TwoFingerScores,
) -> (u32, AtThreshold, AtThreshold) {
    let threshold = threshold(roll);
    (
        roll,
        at_threshold(genuine, impostors, threshold),
        at_threshold(&together.genuine, &together.impostors, threshold),
    )
}

fn load() -> Outcome<Plugin> {
    let path = fixtures::plugin("fingerprint-matcher");
    let bytes = std::fs::read(&path).map_err(|cause| {
        format!(
            "{} is missing ({cause}); run `cargo xtask plugins` first",
            path.display()
        )
    })?;
    let manifest = read_manifest(&bytes)?;
    let runtime = Runtime::new(LogMode::Production)?;
    Ok(runtime.load(&bytes, None, &Allowed::all_asked(&manifest))?)
}

fn sides(plugin: &Plugin, prints: &[Print], records: bool) -> Outcome<Sides> {
    let probes: Vec<Option<Probe>> = prints.iter().map(Print::probe).collect();
    if !records {
        let references = probes.clone();
        return Ok(comparison::Sides { references, probes });
    }
    let matcher = Matcher::start(plugin, 0, NonZeroUsize::MIN)?;
    let references: Result<Vec<Option<Probe>>, _> = probes
        .iter()
        .map(|probe| probe.as_ref().map(|probe| through_record(&matcher, probe)).transpose())
        .collect();
    Ok(Sides {
        references: references?,
        probes,
    })
}
