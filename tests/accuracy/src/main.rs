//! The program around [`accuracy::run`].

use accuracy::Options;
use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;

/// Compares every pair of a folder of finger images with the compiled matcher, and prints how often it errs.
#[derive(Parser)]
#[command(
    name = "cargo xtask accuracy",
    bin_name = "cargo xtask accuracy",
    after_help = "Examples:\n  cargo xtask accuracy\n  cargo xtask accuracy --out scores.csv fvc2002_db1 fvc2002_db3\n  \
                  cargo xtask accuracy --sets DIR --records --json"
)]
struct Cli {
    /// Folder of <set>/<finger>_<impression>.png, .tif, .tiff or .bmp; a set's dpi.txt is one number, its pixels per inch
    #[arg(long, value_name = "DIR")]
    sets: Option<PathBuf>,
    /// Write a line `a,b,score` for every pair
    #[arg(long, value_name = "SCORES.csv")]
    out: Option<PathBuf>,
    /// Write a page with curves and the worst pairs, or accuracy.html in a folder. It shows the fingers of the sets
    #[arg(long, value_name = "FILE.html or DIR")]
    report: Option<PathBuf>,
    /// Enrol every reference through an ISO/IEC 19794-2:2005 record
    #[arg(long)]
    records: bool,
    /// Print JSON instead of the table
    #[arg(long)]
    json: bool,
    /// Only images whose set, or set/finger, begins with one of these names
    #[arg(value_name = "NAME")]
    begin: Vec<String>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let options = Options {
        sets: cli.sets.unwrap_or_else(|| fixtures::shared_folder("fingerprints")),
        begin: cli.begin,
        out: cli.out,
        report: cli.report,
        records: cli.records,
        json: cli.json,
    };
    match accuracy::run(&options) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(cause) => {
            eprintln!("accuracy: {cause}");
            ExitCode::FAILURE
        }
    }
}
