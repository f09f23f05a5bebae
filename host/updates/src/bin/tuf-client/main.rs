//! The client behind the command line that the conformance suite of TUF asks for. Not a program of the kiosk: it reads the
//! system's clock, and it speaks plain HTTP, which no source of the library does.

mod plain;

use clap::{Parser, Subcommand};
use jiff::Timestamp;
use plain::PlainSource;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use updates::artifacts::Artifacts;
use updates::client::Client;

/// A client of TUF, for its conformance suite
#[derive(Parser)]
struct Arguments {
    /// where trusted metadata lie
    #[arg(long, global = true)]
    metadata_dir: Option<PathBuf>,
    /// where metadata come from
    #[arg(long, global = true)]
    metadata_url: Option<String>,
    /// a target to fetch
    #[arg(long, global = true)]
    target_name: Vec<String>,
    /// where targets come from
    #[arg(long, global = true)]
    target_base_url: Option<String>,
    /// where targets are put
    #[arg(long, global = true)]
    target_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// begins to trust a root
    Init {
        /// its file
        root: PathBuf,
    },
    /// takes what is new
    Refresh,
    /// takes what is new, and fetches targets
    Download,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let folder = needed(arguments.metadata_dir.as_deref(), "--metadata-dir")?;
    if let Command::Init { root } = &arguments.command {
        let root = std::fs::read(root).map_err(|cause| format!("{} cannot be read ({cause})", root.display()))?;
        return Client::open(folder, &root).map(drop).map_err(sentence);
    }
    let root = folder.join("root.json");
    let root = std::fs::read(&root).map_err(|cause| format!("{} cannot be read ({cause})", root.display()))?;
    let mut client = Client::open(folder, &root).map_err(sentence)?;
    let metadata = needed(arguments.metadata_url.as_deref(), "--metadata-url")?;
    let source = PlainSource::new(metadata, arguments.target_base_url.as_deref().unwrap_or_default())?;
    let now = Timestamp::now();
    client.refresh(&source, now).map_err(sentence)?;
    if matches!(arguments.command, Command::Refresh) {
        return Ok(());
    }
    let shelf = needed(arguments.target_dir.as_deref(), "--target-dir")?;
    // Beside the metadata, of which only files that end in `.json` are looked at.
    let artifacts = Artifacts::open(&folder.join("artifacts")).map_err(sentence)?;
    for target in &arguments.target_name {
        let sha256 = client.fetch(&source, target, now, &artifacts).map_err(sentence)?;
        put(shelf, target, &artifacts.read(&sha256).map_err(sentence)?)?;
    }
    Ok(())
}

/// Writes a target under its whole name, in which `/` is no separator. What is there already is left alone.
fn put(shelf: &Path, target: &str, bytes: &[u8]) -> Result<(), String> {
    let path = shelf.join(updates::source::in_address(target).replace('/', "%2F"));
    if std::fs::read(&path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    std::fs::write(&path, bytes).map_err(|cause| format!("{} cannot be written ({cause})", path.display()))
}

fn needed<'a, T: ?Sized>(value: Option<&'a T>, option: &str) -> Result<&'a T, String> {
    value.ok_or_else(|| format!("{option} is missing"))
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn sentence(refusal: updates::refusal::Refusal) -> String {
    format!("{refusal} [{}]", refusal.code())
}
