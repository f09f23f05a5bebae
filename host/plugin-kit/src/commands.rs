//! What each command does, and says.

use crate::check::report::{self, Report};
use crate::check::{self, Finding, Outcome};
use crate::cli::{Build, Check, Cli, Command, Kind, New, Pack, Record, Sign};
use crate::inspect::Inspection;
use crate::once::once;
use crate::project::{Project, material};
use crate::replay::{grey_png, replay};
use crate::sentence::Sentence;
use crate::session::{call, claim, load, nonce};
use crate::{bench, compile, contract, pack, scaffold, sign, vectors};
use clap::CommandFactory as _;
use devices::usb_bus::UsbBus;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use usb_recording::recorder::{Keep, Recorder};
use usb_recording::{import, text};

/// Does what was typed; what it says goes to `out`. Whether it came out well.
///
/// # Errors
/// A sentence.
pub fn run(cli: Cli, out: &mut dyn Write) -> Result<bool, Sentence> {
    match cli.command {
        Command::New(new) => begin(&new, out),
        Command::Build(asked) => built(&asked, out),
        Command::Inspect { plugin, json } => inspect(&plugin, json, out),
        Command::Run(asked) => once(&asked, out),
        Command::Check(asked) => checked(&asked, out),
        Command::Bench {
            plugin,
            recording,
            captures,
            json,
        } => measured(&plugin, &recording, captures, json, out),
        Command::Record(asked) => recorded(&asked, out),
        Command::Import {
            capture,
            device,
            nonce,
            out: file,
        } => imported(&capture, device.as_deref(), nonce.as_deref(), &file, out),
        Command::Replay {
            plugin,
            recordings,
            image,
        } => replayed(&plugin, &recordings, image.as_deref(), out),
        Command::Vectors(asked) => vectors::write(&asked, out),
        Command::Pack(asked) => packed(&asked, out),
        Command::Sign(asked) => signed(&asked, out),
        Command::Contract { contract: name } => {
            say(out, contract::page(name)?.trim_end())?;
            Ok(true)
        }
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "plugin-kit", out);
            Ok(true)
        }
        Command::Man => {
            let rendered = clap_mangen::Man::new(Cli::command()).render(out);
            rendered.map_err(|cause| Sentence(format!("the page could not be printed: {cause}")))?;
            Ok(true)
        }
    }
}

fn say(out: &mut dyn Write, words: &str) -> Result<(), Sentence> {
    writeln!(out, "{words}").map_err(|cause| Sentence(format!("nothing could be said: {cause}")))
}

fn begin(new: &New, out: &mut dyn Write) -> Result<bool, Sentence> {
    let folder = scaffold::begin(new)?;
    say(out, &format!("{} is begun. Next:", folder.display()))?;
    say(
        out,
        &format!("  cd {}\n  plugin-kit build\n  plugin-kit check", folder.display()),
    )?;
    if new.kind == Kind::Driver {
        say(
            out,
            "It drives the kit's example device; README.md says how it becomes yours.",
        )?;
    }
    Ok(true)
}

fn built(asked: &Build, out: &mut dyn Write) -> Result<bool, Sentence> {
    let project = Project::open(&asked.folder)?;
    let (path, bytes) = compile::build(&project, asked.out.as_deref())?;
    let kib = bytes.div_ceil(1024);
    say(
        out,
        &format!(
            "{} {}: {} ({kib} KiB)",
            project.manifest.name,
            project.manifest.version,
            path.display()
        ),
    )?;
    Ok(true)
}

fn inspect(plugin: &Path, json: bool, out: &mut dyn Write) -> Result<bool, Sentence> {
    let inspection = Inspection::of(&plugin_runtime::plugin::read(plugin)?)?;
    if json {
        say(out, &serde_json::to_string_pretty(&inspection.json())?)?;
    } else {
        say(out, inspection.words().trim_end())?;
    }
    Ok(true)
}

/// A bar on terminals, nothing elsewhere.
fn bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}

/// The plugin's file, and the folder that its recordings lie in.
fn plugin_and_folder(path: &Path) -> Result<(PathBuf, PathBuf), Sentence> {
    if path.is_dir() {
        let project = Project::open(path)?;
        let plugin = project.plugin();
        if !plugin.exists() {
            return Err(Sentence(format!(
                "{} is not built yet; run `plugin-kit build` first",
                plugin.display()
            )));
        }
        return Ok((plugin, path.to_owned()));
    }
    let folder = path.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    // A plugin lies in its folder's `target`.
    let above = folder.parent().filter(|above| above.join("plugin.toml").exists());
    Ok((path.to_owned(), above.map_or(folder.clone(), Path::to_owned)))
}

fn checked(asked: &Check, out: &mut dyn Write) -> Result<bool, Sentence> {
    if asked.list {
        return listed(asked, out);
    }
    let (path, folder) = plugin_and_folder(&asked.plugin)?;
    let report = tried(&path, &folder, asked.recordings.as_deref(), &asked.only)?;
    let to_stdout = asked.json.as_deref() == Some(Path::new("-"));
    if to_stdout {
        say(out, &report.json()?)?;
    } else {
        say(out, told(&report).trim_end())?;
    }
    let files = [
        (&asked.json, report.json()?),
        (&asked.junit, report.junit()),
        (&asked.page, report.page()),
    ];
    for (path, contents) in files {
        if let Some(path) = path.as_ref().filter(|path| *path != Path::new("-")) {
            std::fs::write(path, contents).map_err(|cause| Sentence::file(path, &cause))?;
        }
    }
    Ok(report.conforms)
}

fn listed(asked: &Check, out: &mut dyn Write) -> Result<bool, Sentence> {
    let own = Project::open(&asked.plugin)
        .ok()
        .map(|project| project.manifest.contract.to_string());
    let contracts = own.map_or_else(check::contracts, |own| vec![own]);
    for contract in contracts {
        say(out, &check::list(&contract))?;
    }
    Ok(true)
}

fn tried(plugin: &Path, folder: &Path, recordings: Option<&Path>, only: &[String]) -> Result<Report, Sentence> {
    let bytes = plugin_runtime::plugin::read(plugin)?;
    let material = material(folder, recordings)?;
    let bar = bar(0);
    let tell = |finding: &Finding, number: usize, all: usize| {
        bar.set_length(u64::try_from(all).unwrap_or(0));
        bar.set_position(u64::try_from(number).unwrap_or(0));
        bar.set_message(finding.case.id.clone());
    };
    let report = check::check(&bytes, &material, only, &tell)?;
    bar.finish_and_clear();
    Ok(report)
}

/// Everything that is not good, and the verdict.
fn told(report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        if matches!(finding.outcome, Outcome::Passed) {
            continue;
        }
        let why = report::why(&finding.outcome).unwrap_or_default();
        text += &format!(
            "{} {}: {}\n     {why}\n",
            finding.case.id,
            report::word(&finding.outcome),
            finding.case.sentence
        );
    }
    text + &report.verdict() + "\n"
}

fn measured(plugin: &Path, recording: &Path, captures: u32, json: bool, out: &mut dyn Write) -> Result<bool, Sentence> {
    let (_runtime, plugin, _) = load(plugin)?;
    let recording = import::read(recording, None)?;
    let bar = bar(u64::from(captures));
    let measured = bench::bench(&plugin, &recording, captures, &|number| {
        bar.set_position(u64::from(number))
    })?;
    bar.finish_and_clear();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    if json {
        let value = serde_json::json!({
            "captures": measured.captures,
            "transfers": measured.transfers,
            "median_ms": ms(measured.median),
            "p95_ms": ms(measured.ninety_fifth),
            "processor_ms": ms(measured.processor),
            "memory_bytes": measured.memory,
        });
        say(out, &serde_json::to_string_pretty(&value)?)?;
        return Ok(true);
    }
    say(
        out,
        &format!(
            "{} captures of {} transfers: {:.2} ms each (95 of 100 within {:.2} ms), {:.2} ms of processor time, {} KiB of memory",
            measured.captures,
            measured.transfers,
            ms(measured.median),
            ms(measured.ninety_fifth),
            ms(measured.processor),
            measured.memory.div_ceil(1024)
        ),
    )?;
    Ok(true)
}

fn recorded(asked: &Record, out: &mut dyn Write) -> Result<bool, Sentence> {
    let (_runtime, plugin, _) = load(&asked.plugin)?;
    let bus = UsbBus::start()?;
    let (place, interfaces) = claim(&bus, &plugin, asked.port.as_deref())?;
    let file = std::fs::File::create(&asked.out).map_err(|cause| Sentence::file(&asked.out, &cause))?;
    let keep = Keep {
        large: asked.keep_large || asked.with_biometrics,
        biometric: asked.with_biometrics,
    };
    let nonce = nonce()?;
    let identities: Vec<_> = interfaces.iter().map(|one| one.identity()).collect();
    let recorder = Recorder::begin(Box::new(std::io::BufWriter::new(file)), &identities, Some(&nonce), keep);
    let interfaces = interfaces.into_iter().map(|one| recorder.around(one)).collect();
    say(out, &format!("recording the device at {place}; touch it now"))?;
    let main = crate::session::call_name(&plugin.manifest().contract.to_string());
    let during = |name: &str, returned: Option<&str>| match returned {
        None => recorder.call(name, (name == main).then_some(asked.timeout)),
        Some(code) => recorder.returned(code),
    };
    let timeout = Duration::from_millis(u64::from(asked.timeout));
    let ended = call(&plugin, interfaces, nonce, timeout, &during);
    recorder.end().map_err(Sentence)?;
    match ended {
        Ok(_) => say(out, &format!("{}: the call ended well", asked.out.display()))?,
        // A scenario without a finger ends so.
        Err(cause) => say(out, &format!("{}: the call ended so: {cause}", asked.out.display()))?,
    }
    Ok(true)
}

fn imported(
    capture: &Path,
    device: Option<&Path>,
    nonce: Option<&str>,
    file: &Path,
    out: &mut dyn Write,
) -> Result<bool, Sentence> {
    let mut recording = import::read(capture, device)?;
    if let Some(hex) = nonce {
        let rule = || Sentence("--nonce must be 64 hexadecimal digits".to_owned());
        let bytes: Option<Vec<u8>> = (hex.len() == 64 && hex.is_ascii())
            .then(|| {
                (0..64)
                    .step_by(2)
                    .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok())
                    .collect()
            })
            .flatten();
        recording.nonce = Some(bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(rule)?);
    }
    std::fs::write(file, text::write(&recording)).map_err(|cause| Sentence::file(file, &cause))?;
    say(
        out,
        &format!(
            "{}: {} transfers. It holds what the device sent: take care of it",
            file.display(),
            recording.transfers()
        ),
    )?;
    Ok(true)
}

fn replayed(
    plugin: &Path,
    recordings: &[PathBuf],
    image: Option<&Path>,
    out: &mut dyn Write,
) -> Result<bool, Sentence> {
    let (_runtime, plugin, _) = load(plugin)?;
    let expected = image.map(grey_png).transpose()?;
    let mut good = true;
    for path in recordings {
        let recording = import::read(path, None)?;
        match replay(&plugin, &recording, expected.as_deref()) {
            Ok(done) => {
                let (all, _) = done.progress;
                let image = done.image.map_or(String::new(), |(width, height)| {
                    format!(", an image of {width}x{height}")
                });
                say(
                    out,
                    &format!(
                        "{}: {all} transfers as recorded{image}, {} ms",
                        path.display(),
                        done.took.as_millis()
                    ),
                )?;
            }
            Err(cause) => {
                good = false;
                say(out, &format!("{}: {cause}", path.display()))?;
            }
        }
    }
    Ok(good)
}

fn packed(asked: &Pack, out: &mut dyn Write) -> Result<bool, Sentence> {
    let (plugin, folder) = plugin_and_folder(&asked.folder)?;
    let report = tried(&plugin, &folder, None, &[])?;
    if !report.conforms {
        say(out, told(&report).trim_end())?;
        return Err(Sentence(
            "it is not packed: the commission takes plugins that conform".to_owned(),
        ));
    }
    let name = format!("{}-{}.tar", report.plugin, report.version);
    let path = asked.out.clone().unwrap_or_else(|| folder.join("target").join(name));
    pack::pack(&plugin_runtime::plugin::read(&plugin)?, &report, &path)?;
    say(
        out,
        &format!(
            "{}\n{}: send it to the commission, signed",
            report.verdict(),
            path.display()
        ),
    )?;
    Ok(true)
}

fn signed(asked: &Sign, out: &mut dyn Write) -> Result<bool, Sentence> {
    if let Some(path) = &asked.new_key {
        let public = sign::new_key(path)?;
        say(
            out,
            &format!(
                "{}: keep it secret\n{}: give it to the commission",
                path.display(),
                public.display()
            ),
        )?;
        return Ok(true);
    }
    let file = asked
        .file
        .as_deref()
        .ok_or_else(|| Sentence("say which file".to_owned()))?;
    if let Some(public) = &asked.verify {
        sign::verify(file, public)?;
        say(out, &format!("{}: the signature holds", file.display()))?;
        return Ok(true);
    }
    let key = asked
        .key
        .as_deref()
        .ok_or_else(|| Sentence("say with which key".to_owned()))?;
    say(out, &format!("{}", sign::sign(file, key)?.display()))?;
    Ok(true)
}
