//! Figures, not assertions: `cargo run -p fingerprint-matcher --example measurement -- pairs` compares every two of the
//! shared images, `-- voters` searches synthetic voters.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use fingerprint_matcher::{Extraction, ExtractionError, Gallery, Image, Probe, Reference, extract, matching, record};
use simulator::finger::{Finger, View};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("pairs") => every_pair_of_the_shared_images_is_scored(),
        Some("sieve") => the_sieve_is_measured(),
        Some("kept") => kept_templates_are_scored(),
        Some("voters") => synthetic_voters_are_searched(),
        _ => {
            eprintln!("say what to measure: pairs or voters");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn read(path: &Path, dpi: u16) -> Image {
    let mut decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let step = info.color_type.samples();
    Image {
        width: u16::try_from(info.width).unwrap(),
        height: u16::try_from(info.height).unwrap(),
        dpi,
        pixels: pixels[..info.buffer_size()].iter().copied().step_by(step).collect(),
    }
}

/// A folder of sets: SETS, or the shared ones.
fn folder() -> PathBuf {
    std::env::var_os("SETS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/fingerprints"),
        PathBuf::from,
    )
}

/// Resolution of a set: its `dpi.txt`, or what is known of the shared ones.
fn resolution(set: &Path) -> u16 {
    std::fs::read_to_string(set.join("dpi.txt"))
        .ok()
        .map_or(if set.ends_with("fvc2002_db2") { 569 } else { 500 }, |text| {
            text.trim().parse().unwrap()
        })
}

fn timed(path: &Path, dpi: u16) -> (Result<Extraction, ExtractionError>, f64) {
    let image = read(path, dpi);
    let start = Instant::now();
    let result = extract(&image);
    (result, start.elapsed().as_secs_f64())
}

/// Writes `set/finger_impression,set/finger_impression,raw` for every pair to the file that SCORES names.
fn every_pair_of_the_shared_images_is_scored() {
    let mut sets: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    sets.sort();
    let mut prints = Vec::new();
    let (mut spent, mut minutiae, mut bytes) = (0.0, 0u32, 0);
    for set in &sets {
        let dpi = resolution(set);
        let mut paths: Vec<PathBuf> = std::fs::read_dir(set)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "png"))
            .collect();
        paths.sort();
        let (mut count, mut worst, before) = (0u32, 100, spent);
        let mut failed = Vec::new();
        let half = paths.len() / 2;
        let read_all = |paths: &[PathBuf]| -> Vec<_> { paths.iter().map(|path| timed(path, dpi)).collect() };
        let results = std::thread::scope(|scope| {
            let first = scope.spawn(|| read_all(&paths[..half]));
            let second = read_all(&paths[half..]);
            let mut all = first.join().unwrap();
            all.extend(second);
            all
        });
        for (path, (result, seconds)) in paths.iter().zip(results) {
            spent += seconds;
            let name = format!(
                "{}/{}",
                set.file_name().unwrap().to_str().unwrap(),
                path.file_stem().unwrap().to_str().unwrap()
            );
            let template = match result {
                Ok(read) => {
                    count += u32::from(read.minutiae);
                    worst = worst.min(read.quality);
                    bytes += read.template.len();
                    Some(read.template)
                }
                Err(why) => {
                    failed.push(format!("{name} {why}"));
                    None
                }
            };
            prints.push((name, template));
        }
        minutiae += count;
        println!(
            "{}: {} minutiae an image, worst quality {worst}, {:.1} ms, refused {failed:?}",
            set.display(),
            count / u32::try_from(paths.len()).unwrap(),
            1e3 * (spent - before) / paths.len() as f64,
        );
    }
    println!(
        "{} images, {minutiae} minutiae, {} bytes a template, {:.1} ms an extraction",
        prints.len(),
        bytes / prints.len(),
        1e3 * spent / prints.len() as f64
    );
    if let Ok(path) = std::env::var("KEEP") {
        let lines: String = prints
            .iter()
            .map(|(name, template)| {
                let hex: String = template.iter().flatten().map(|byte| format!("{byte:02x}")).collect();
                format!("{name} {hex}\n")
            })
            .collect();
        std::fs::write(path, lines).unwrap();
    }
    score_all(&prints);
}

/// What the first stage of a search lets through and loses, over all pairs.
fn the_sieve_is_measured() {
    let prints = kept();
    let probe = |template: &Vec<u8>| Probe {
        template: template.clone(),
        position: 0,
    };
    let mut gallery = Gallery::new(1_000);
    let references: Vec<Reference> = (0u32..)
        .zip(&prints)
        .filter_map(|(subject, (_, template))| {
            template.as_ref().map(|template| Reference {
                subject,
                probe: probe(template),
            })
        })
        .collect();
    gallery.enrol(&references).unwrap();
    let finger = |name: &str| name.rsplit_once('_').unwrap().0.to_owned();
    let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
    let mut spent = 0.0;
    for (number, (a, one)) in prints.iter().enumerate() {
        let Some(one) = one else { continue };
        let start = Instant::now();
        let sums = gallery.sifted(&probe(one));
        spent += start.elapsed().as_secs_f64();
        for (subject, sum) in sums {
            let at = usize::try_from(subject).unwrap();
            if at == number {
                continue;
            }
            let (b, two) = &prints[at];
            if finger(a) == finger(b) {
                let raw = matching::compare(one, two.as_ref().unwrap()).unwrap().raw;
                if sum < 1.5 && fingerprint_matcher::calibration::worth(raw) >= 670 {
                    println!("{a} {b} {sum} {raw}");
                }
                genuine.push((sum, fingerprint_matcher::calibration::worth(raw)));
            } else {
                impostor.push(sum);
            }
        }
    }
    impostor.sort_by(f32::total_cmp);
    println!("{:.2} us a pair", 1e6 * spent / (genuine.len() + impostor.len()) as f64);
    for share in [1, 2, 3, 5, 10] {
        let limit = impostor[impostor.len() - impostor.len() * share / 100];
        let lost = |from: u16| {
            let high = genuine.iter().filter(|(_, worth)| *worth >= from);
            let lost = high.clone().filter(|(sum, _)| *sum < limit).count();
            format!("{lost} of {}", high.count())
        };
        println!(
            "{share}: limit {limit:.2}, lost at 300 {}, at 400 {}, at 670 {}",
            lost(300),
            lost(400),
            lost(670)
        );
    }
}

fn kept_templates_are_scored() {
    score_all(&kept());
}

fn kept() -> Vec<(String, Option<Vec<u8>>)> {
    let text = std::fs::read_to_string(std::env::var("KEEP").unwrap()).unwrap();
    text.lines()
        .map(|line| {
            let (name, hex) = line.split_once(' ').unwrap();
            let bytes: Vec<u8> = (0..hex.len() / 2)
                .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
                .collect();
            (name.to_owned(), (!bytes.is_empty()).then_some(bytes))
        })
        .collect()
}

fn score_all(prints: &[(String, Option<Vec<u8>>)]) {
    let start = Instant::now();
    let through = |template: &Vec<u8>| {
        let probe = Probe {
            template: template.clone(),
            position: 0,
        };
        let form = record::RecordFormat::Iso19794v2005;
        record::import(&record::export(&probe, form).unwrap(), form)
            .unwrap()
            .remove(0)
            .template
    };
    let references: Vec<Option<Vec<u8>>> = prints
        .iter()
        .map(|(_, template)| {
            template.as_ref().map(|t| {
                if std::env::var_os("RECORDS").is_some() {
                    through(t)
                } else {
                    t.clone()
                }
            })
        })
        .collect();
    let references = &references;
    let scores = |from: usize| {
        let mut table = String::new();
        for (number, (a, one)) in prints.iter().enumerate().skip(from).step_by(2) {
            for ((b, _), two) in prints[number + 1..].iter().zip(&references[number + 1..]) {
                let features = match (one, two) {
                    (Some(one), Some(two)) => matching::measures(one, two).unwrap(),
                    _ => vec![-20.0; 15],
                };
                write!(table, "{a},{b}").unwrap();
                for value in features {
                    write!(table, ",{value:.4}").unwrap();
                }
                writeln!(table).unwrap();
            }
        }
        table
    };
    let table = std::thread::scope(|scope| {
        let first = scope.spawn(|| scores(0));
        scores(1) + &first.join().unwrap()
    });
    println!(
        "{:.1} us a pair on two threads",
        1e6 * start.elapsed().as_secs_f64() / (prints.len() * (prints.len() - 1) / 2) as f64
    );
    if let Ok(path) = std::env::var("SCORES") {
        std::fs::write(path, table).unwrap();
    }
}

fn image(image: simulator::finger::Image) -> Image {
    Image {
        width: image.width,
        height: image.height,
        dpi: image.dpi,
        pixels: image.pixels,
    }
}

/// A voter's prints: enrolled and live, both fingers.
struct Voter {
    enrolled: Vec<Probe>,
    live: Vec<Probe>,
    seconds: f64,
}

fn voter(subject: u32) -> Voter {
    let mut voter = Voter {
        enrolled: vec![],
        live: vec![],
        seconds: 0.0,
    };
    for (number, position) in [(0, 2), (1, 7)] {
        let seed = u64::from(subject) * 2 + number;
        let finger = Finger::new(seed);
        let enrolled = image(finger.impression(&View::reference(seed, 388, 374, 500)));
        let live = image(finger.impression(&View::live(seed, 256, 180, 385)));
        let start = Instant::now();
        let (enrolled, live) = (extract(&enrolled), extract(&live));
        voter.seconds += start.elapsed().as_secs_f64();
        let probe = |read: fingerprint_matcher::Extraction| Probe {
            template: read.template,
            position,
        };
        voter.enrolled.extend(enrolled.ok().map(probe));
        voter.live.extend(live.ok().map(probe));
    }
    voter
}

/// VOTERS (1,300 unless told) with two fingers each, all of them searched with both fingers and with one.
fn synthetic_voters_are_searched() {
    let count: u32 = std::env::var("VOTERS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_300);
    let half = count / 2;
    let voters: Vec<Voter> = std::thread::scope(|scope| {
        let first = scope.spawn(move || (0..half).map(voter).collect::<Vec<_>>());
        let second: Vec<Voter> = (half..count).map(voter).collect();
        first.join().unwrap().into_iter().chain(second).collect()
    });
    let seconds: f64 = voters.iter().map(|voter| voter.seconds).sum();
    let refused = voters
        .iter()
        .map(|voter| 4 - voter.enrolled.len() - voter.live.len())
        .sum::<usize>();
    println!(
        "{:.1} ms an extraction, {refused} samples refused",
        1e3 * seconds / f64::from(4 * count)
    );
    print_impostors(&voters);
    // Beyond `count` the same prints under other subjects: for the time alone.
    for subjects in [count, 5_000] {
        let references: Vec<Reference> = (0..subjects)
            .flat_map(|subject| {
                let voter = &voters[usize::try_from(subject % count).unwrap()];
                voter.enrolled.iter().map(move |probe| Reference {
                    subject,
                    probe: probe.clone(),
                })
            })
            .collect();
        let mut gallery = Gallery::new(2 * subjects);
        let start = Instant::now();
        gallery.enrol(&references).unwrap();
        println!(
            "{} enrolled in {:.1} ms",
            gallery.len(),
            1e3 * start.elapsed().as_secs_f64()
        );
        for fingers in [2, 1] {
            print_search(
                &gallery,
                &voters[..if subjects > count { 50 } else { voters.len() }],
                fingers,
            );
        }
    }
}

/// Raw scores that one in ten, hundred, ... impostor comparisons reach.
fn print_impostors(voters: &[Voter]) {
    let mut raws = Vec::new();
    for (number, voter) in voters.iter().enumerate() {
        for live in &voter.live {
            for other in (1..=60).map(|step| &voters[(number + step) % voters.len()]) {
                let same = other.enrolled.iter().filter(|probe| probe.position == live.position);
                raws.extend(same.map(|probe| matching::compare(&live.template, &probe.template).unwrap().raw));
            }
        }
    }
    raws.sort_by(f32::total_cmp);
    for share in [10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000] {
        println!(
            "one impostor in {share} of {} reaches {:.3}",
            raws.len(),
            raws[raws.len() - 1 - raws.len() / share]
        );
    }
}

fn print_search(gallery: &Gallery, voters: &[Voter], fingers: usize) {
    let (mut first, mut right, mut wrong) = (0u32, Vec::new(), Vec::new());
    let (mut slowest, mut total) = (0.0f64, 0.0);
    for (subject, voter) in (0u32..).zip(voters) {
        let start = Instant::now();
        let found = gallery.identify(&voter.live[..fingers.min(voter.live.len())], 2);
        let took = start.elapsed().as_secs_f64();
        slowest = slowest.max(took);
        total += took;
        first += u32::from(found.first().is_some_and(|best| best.subject == subject));
        right.push(
            found
                .iter()
                .find(|entry| entry.subject == subject)
                .map_or(0, |entry| entry.score),
        );
        wrong.push(
            found
                .iter()
                .find(|entry| entry.subject != subject)
                .map_or(0, |entry| entry.score),
        );
    }
    right.sort_unstable();
    wrong.sort_unstable();
    println!(
        "{fingers} fingers: first {first} of {}; right: worst {:?} median {}; best wrong {:?} median {}; {:.1} ms mean, {:.1} ms slowest",
        voters.len(),
        &right[..5.min(right.len())],
        right[right.len() / 2],
        wrong.last(),
        wrong[wrong.len() / 2],
        1e3 * total / voters.len() as f64,
        1e3 * slowest
    );
}
