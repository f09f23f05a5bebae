//! What can be typed.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
From nothing to a packed driver:
  plugin-kit new driver acme-200
  cd acme-200
  plugin-kit build
  plugin-kit check
  plugin-kit pack

Exit codes:
  0  good
  1  something is wrong, and a sentence says what
  2  the command line is wrong";

const RUN_EXAMPLES: &str = "\
Examples:
  plugin-kit run target/acme-200.wasm
  plugin-kit run target/acme-200.wasm --recording recordings/finger.usb --image finger.png
  plugin-kit run target/acme-matcher.wasm finger.png other-finger.png
  plugin-kit run target/two-fingers.wasm --example > case.json
  plugin-kit run target/two-fingers.wasm case.json
  plugin-kit run target/turnout-xml.wasm --out turnout.xml

A policy's case and an exporter's results are JSON files with the names of the contract: a record is an object, a variant an \
object with one key, an enum its name. `--example` prints one that works; change it step by step:
  {\"unavailable\": \"document\"}  one more piece of evidence: the document reader is out
  \"already-admitted\": true       the voter was here before

Sizes, qualities and scores are said; pixels and templates never.";

const VECTORS_EXAMPLES: &str = "\
Examples:
  plugin-kit vectors target/acme-200.wasm --recording recordings/finger.usb recordings/no-finger.usb
  plugin-kit vectors target/acme-matcher.wasm --image finger.png same-finger.png other-finger.png
  plugin-kit vectors target/two-fingers.wasm --case found.json closed.json --refused zero.json
  plugin-kit vectors target/turnout-xml.wasm --results station.json

The document holds the images and recordings themselves, and nothing protects it: use synthetic fingers and specimens of \
documents. A kiosk that was given it with the plugin asks the same, and takes the plugin only where every answer is the same.";

/// The vendor's tool: from an empty folder to a plugin that passes conformance, packed and signed.
#[derive(Debug, Parser)]
#[command(name = "plugin-kit", version, after_help = EXAMPLES)]
pub struct Cli {
    /// what to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Begin a plugin: a folder that builds and passes `check` as it is
    #[command(
        after_help = "Examples:\n  plugin-kit new driver acme-200\n  plugin-kit new driver acme-printer --device printer\n  \
                            plugin-kit new policy two-fingers --in policies"
    )]
    New(New),
    /// Build the plugin in a folder into one file
    #[command(after_help = "Examples:\n  plugin-kit build\n  plugin-kit build acme-200 --out acme-200.wasm")]
    Build(Build),
    /// Say in plain words what a plugin is and what it asks for
    #[command(
        after_help = "Examples:\n  plugin-kit inspect target/acme-200.wasm\n  plugin-kit inspect target/acme-200.wasm --json"
    )]
    Inspect {
        /// The plugin
        #[arg(value_name = "PLUGIN.wasm")]
        plugin: PathBuf,
        /// For scripts
        #[arg(long)]
        json: bool,
    },
    /// Call a plugin once: a driver on its device or a recording, a matcher on images, a policy on a case, an exporter on
    /// results
    #[command(after_help = RUN_EXAMPLES)]
    Run(Run),
    /// Try the plugin on every case of its contract's conformance list
    #[command(
        after_help = "Examples:\n  plugin-kit check\n  plugin-kit check --only D02 --only D040\n  plugin-kit check --json \
                            report.json --junit junit.xml --page report.html\n  plugin-kit check --list"
    )]
    Check(Check),
    /// Measure captures per second and processor time on a recording
    #[command(after_help = "Example:\n  plugin-kit bench target/acme-200.wasm --recording recordings/finger.usb")]
    Bench {
        /// The plugin
        #[arg(value_name = "PLUGIN.wasm")]
        plugin: PathBuf,
        /// What the device says
        #[arg(long, value_name = "FILE.usb", default_value = "recordings/finger.usb")]
        recording: PathBuf,
        /// How many captures
        #[arg(long, default_value_t = 200)]
        captures: u32,
        /// For scripts
        #[arg(long)]
        json: bool,
    },
    /// Write down every transfer of a device that is plugged in, while the driver captures once
    #[command(
        after_help = "Examples:\n  plugin-kit record target/acme-200.wasm --out recordings/no-finger.usb\n  plugin-kit record \
                            target/acme-200.wasm --out recordings/finger.usb --with-biometrics\n\nWithout --with-biometrics what could \
                            be a finger or a document is kept as a digest alone. Use it with a synthetic finger."
    )]
    Record(Record),
    /// Make a recording of a capture by usbmon (pcapng) or by umockdev
    #[command(
        after_help = "Examples:\n  plugin-kit import capture.pcapng --device device --out recordings/finger.usb\n  plugin-kit \
                            import capture.ioctl --device device --out recordings/finger.usb"
    )]
    Import {
        /// The capture
        capture: PathBuf,
        /// The device's description, as `umockdev-record` writes it
        #[arg(long, value_name = "FILE")]
        device: Option<PathBuf>,
        /// What the driver was started with: 64 hexadecimal digits
        #[arg(long, value_name = "HEX")]
        nonce: Option<String>,
        /// The recording
        #[arg(long, value_name = "FILE.usb")]
        out: PathBuf,
    },
    /// Play recordings to the driver, transfer by transfer, and say where it does something else
    #[command(after_help = "Example:\n  plugin-kit replay target/acme-200.wasm recordings/*.usb")]
    Replay {
        /// The plugin
        #[arg(value_name = "PLUGIN.wasm")]
        plugin: PathBuf,
        /// The recordings
        #[arg(required = true, value_name = "FILE.usb")]
        recordings: Vec<PathBuf>,
        /// The image must be that of this file: a PNG in grey
        #[arg(long, value_name = "FILE.png")]
        image: Option<PathBuf>,
    },
    /// Write golden vectors: questions with what the plugin answers now, to which the commission's kiosks hold it
    #[command(after_help = VECTORS_EXAMPLES)]
    Vectors(Vectors),
    /// Check the plugin and pack it with its report, as it is sent to the commission
    #[command(after_help = "Examples:\n  plugin-kit pack\n  plugin-kit pack acme-200 --out acme-200-0.1.0.tar")]
    Pack(Pack),
    /// Sign a plugin or a package with the vendor's key
    #[command(
        after_help = "Examples:\n  plugin-kit sign --new-key acme.key\n  plugin-kit sign acme-200-0.1.0.tar --key acme.key\n  \
                            plugin-kit sign acme-200-0.1.0.tar --verify acme.key.pub"
    )]
    Sign(Sign),
    /// Print the pages about a contract, made out of its WIT
    #[command(after_help = "Example:\n  plugin-kit contract driver > driver.md")]
    Contract {
        /// Which
        contract: ContractName,
    },
    /// Print the shell's completions
    #[command(after_help = "Example:\n  plugin-kit completions bash > /etc/bash_completion.d/plugin-kit")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example:\n  plugin-kit man > /usr/local/share/man/man1/plugin-kit.1")]
    Man,
}

/// Kinds of plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// of a device
    Driver,
    /// of fingerprints
    Matcher,
    /// of identification
    Policy,
    /// of results
    Exporter,
}

/// Kinds of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Device {
    /// fingerprint scanner
    Scanner,
    /// reader of a document's machine-readable zone
    DocumentReader,
    /// receipt printer
    Printer,
}

/// Packages of contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ContractName {
    /// `kiosk:types`
    Types,
    /// `kiosk:driver`
    Driver,
    /// `kiosk:matcher`
    Matcher,
    /// `kiosk:policy`
    Policy,
    /// `kiosk:exporter`
    Exporter,
}

/// A new plugin.
#[derive(Args, Debug)]
pub struct New {
    /// What it is
    pub kind: Kind,
    /// Its name: a-z, 0-9 and `-`
    pub name: String,
    /// What a driver drives
    #[arg(long, default_value = "scanner")]
    pub device: Device,
    /// The folder in which the plugin's folder is made
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub r#in: PathBuf,
}

/// A plugin that is built.
#[derive(Args, Debug)]
pub struct Build {
    /// The plugin's folder
    #[arg(default_value = ".", value_name = "DIR")]
    pub folder: PathBuf,
    /// Where the plugin goes; `target/NAME.wasm` in its folder if left out
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// A single call.
#[derive(Args, Debug)]
pub struct Run {
    /// The plugin
    #[arg(value_name = "PLUGIN.wasm")]
    pub plugin: PathBuf,
    /// A matcher's images, one or two; a policy's case; an exporter's results, an example's if left out
    #[arg(value_name = "INPUT")]
    pub input: Vec<PathBuf>,
    /// Driver: play this recording instead of a device
    #[arg(long, value_name = "FILE.usb")]
    pub recording: Option<PathBuf>,
    /// Driver: how long the voter has, in milliseconds
    #[arg(long, default_value_t = 10_000, value_name = "MS")]
    pub timeout: u32,
    /// Driver: write the image here as a PNG: biometric data, for a synthetic finger
    #[arg(long, value_name = "FILE.png")]
    pub image: Option<PathBuf>,
    /// Policy, exporter: print an example of the input and call nothing
    #[arg(long, conflicts_with_all = ["input", "json", "out", "format"])]
    pub example: bool,
    /// Exporter: which of its formats, where it has several
    #[arg(long, value_name = "ID")]
    pub format: Option<String>,
    /// Exporter: write the bytes here instead of to standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// For scripts
    #[arg(long)]
    pub json: bool,
}

/// A check.
#[derive(Args, Debug)]
pub struct Check {
    /// The plugin's folder, or its file
    #[arg(default_value = ".", value_name = "DIR or PLUGIN.wasm")]
    pub plugin: PathBuf,
    /// The recordings of a driver's devices; `recordings` in the plugin's folder if left out
    #[arg(long, value_name = "DIR")]
    pub recordings: Option<PathBuf>,
    /// Only cases whose numbers begin so; the report is then not whole
    #[arg(long, value_name = "ID")]
    pub only: Vec<String>,
    /// Write the report as JSON; `-` for standard output
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the report for a build server
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write the page for the commission
    #[arg(long, value_name = "FILE")]
    pub page: Option<PathBuf>,
    /// Print the cases of the plugin's contract, or of all, and try nothing
    #[arg(long)]
    pub list: bool,
}

/// A live recording.
#[derive(Args, Debug)]
pub struct Record {
    /// The plugin
    #[arg(value_name = "PLUGIN.wasm")]
    pub plugin: PathBuf,
    /// The recording
    #[arg(long, value_name = "FILE.usb")]
    pub out: PathBuf,
    /// How long the voter has, in milliseconds
    #[arg(long, default_value_t = 10_000, value_name = "MS")]
    pub timeout: u32,
    /// Keep what could be a finger or a document
    #[arg(long)]
    pub with_biometrics: bool,
    /// Keep long payloads that are written to the device
    #[arg(long)]
    pub keep_large: bool,
    /// Which of several devices of the kind: its port, for example 1-4.2
    #[arg(long)]
    pub port: Option<String>,
}

/// Golden vectors.
#[derive(Args, Debug)]
pub struct Vectors {
    /// The plugin
    #[arg(value_name = "PLUGIN.wasm")]
    pub plugin: PathBuf,
    /// Driver: recordings with what the device sent
    #[arg(long, value_name = "FILE.usb", num_args = 1..)]
    pub recording: Vec<PathBuf>,
    /// Matcher: images in PNG, BMP or TIFF
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub image: Vec<PathBuf>,
    /// Policy: cases with their settings, as `plugin-kit run --example` prints one
    #[arg(long, value_name = "FILE.json", num_args = 1..)]
    pub case: Vec<PathBuf>,
    /// Policy: settings that it must refuse
    #[arg(long, value_name = "FILE.json", num_args = 1..)]
    pub refused: Vec<PathBuf>,
    /// Exporter: results, an example's if left out
    #[arg(long, value_name = "FILE.json", num_args = 1..)]
    pub results: Vec<PathBuf>,
    /// Where the document goes; beside the plugin, as NAME.vectors.json, if left out
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// A package.
#[derive(Args, Debug)]
pub struct Pack {
    /// The plugin's folder
    #[arg(default_value = ".", value_name = "DIR")]
    pub folder: PathBuf,
    /// The package; `target/NAME-VERSION.tar` in its folder if left out
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// A signature.
#[derive(Args, Debug)]
pub struct Sign {
    /// The plugin or package
    #[arg(required_unless_present = "new_key", value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The vendor's key
    #[arg(long, value_name = "KEYFILE", required_unless_present_any = ["new_key", "verify"])]
    pub key: Option<PathBuf>,
    /// Make a key that only its owner can read, and its public half beside it
    #[arg(long, value_name = "KEYFILE", conflicts_with_all = ["file", "key", "verify"])]
    pub new_key: Option<PathBuf>,
    /// Verify the signature with a vendor's public key
    #[arg(long, value_name = "PUBFILE", conflicts_with = "key")]
    pub verify: Option<PathBuf>,
}
