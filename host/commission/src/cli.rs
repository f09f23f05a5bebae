//! What can be typed.

use clap::{Args, Parser, Subcommand};
use roll::Date;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  kiosk-commission roll new-key station-2041.key
  kiosk-commission roll check lists/2041/voters.jsonl
  kiosk-commission roll seal lists/2041/voters.jsonl --out 2041/roll.db \\
      --station 2041 --name 'School no. 5' --region Osh \\
      --election presidential-2027 --election-date 2027-01-24 \\
      --key station-2041.key

Exit codes:
  0  done
  1  the input is bad, or the output could not be written
  2  the command line is wrong";

const CHECK_EXAMPLES: &str = "\
Examples:
  kiosk-commission roll check lists/2041/voters.jsonl
  kiosk-commission roll check lists/2041 --json > report.json";

const SEAL_EXAMPLES: &str = "\
Examples:
  kiosk-commission roll seal lists/2041/voters.jsonl --out 2041/roll.db \\
      --station 2041 --name 'School no. 5' --region Osh \\
      --election presidential-2027 --election-date 2027-01-24 \\
      --key station-2041.key";

const NEW_KEY_EXAMPLES: &str = "\
Examples:
  kiosk-commission roll new-key station-2041.key";

/// The commission's tools: checks lists of voters and seals them for the stations.
#[derive(Debug, Parser)]
#[command(name = "kiosk-commission", version, after_help = EXAMPLES)]
pub struct Cli {
    /// what to work on
    #[command(subcommand)]
    pub command: Command,
}

/// What to work on.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The sealed voter roll of a station
    Roll {
        /// what to do
        #[command(subcommand)]
        task: RollTask,
    },
}

/// What to do with a roll.
#[derive(Debug, Subcommand)]
pub enum RollTask {
    /// Report everything that is wrong with a list of voters
    #[command(after_help = CHECK_EXAMPLES)]
    Check {
        /// The list, or the folder with a voters.jsonl
        #[arg(value_name = "VOTERS.JSONL")]
        list: PathBuf,
        /// Report as JSON, for a program to read
        #[arg(long)]
        json: bool,
    },
    /// Check a list, make the templates and write the sealed roll
    #[command(after_help = SEAL_EXAMPLES)]
    Seal(SealArguments),
    /// Write a new key that only its owner can read
    #[command(after_help = NEW_KEY_EXAMPLES)]
    NewKey {
        /// The new file; one that is there already is never overwritten
        #[arg(value_name = "KEYFILE")]
        file: PathBuf,
    },
}

/// What sealing needs to know.
#[derive(Args, Debug)]
pub struct SealArguments {
    /// The list, or the folder with a voters.jsonl
    #[arg(value_name = "VOTERS.JSONL")]
    pub list: PathBuf,
    /// The station's id
    #[arg(long, value_name = "ID")]
    pub station: String,
    /// The station's name, as the operators know it
    #[arg(long)]
    pub name: String,
    /// The station's region
    #[arg(long)]
    pub region: String,
    /// The election's id
    #[arg(long, value_name = "ID")]
    pub election: String,
    /// The day on which the voters' ages count
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub election_date: Date,
    /// The roll's key, see `roll new-key`
    #[arg(long, value_name = "KEYFILE")]
    pub key: PathBuf,
    /// The sealed roll; an old one stays until the new one is whole
    #[arg(long, value_name = "ROLL.DB")]
    pub out: PathBuf,
    /// The plugin that makes the templates
    #[arg(long, value_name = "FILE", default_value = "plugins/fingerprint-matcher.wasm")]
    pub matcher: PathBuf,
}
