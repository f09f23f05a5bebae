//! What can be typed.

use crate::updates_cli::{
    Finish, Floor, Grant, KeyTask, Publish, Renew, Serve, Sign, Signing, Status, Stick, VendorTask, Verify, Waves,
    Withdraw,
};
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
  kiosk-commission keys ceremony --root aigul,bakyt,chinara --root-threshold 2 \\
      --desk desk --emergency duty --make-keys /media/keys
  kiosk-commission publish policy fingerprint-first.wasm --key aigul.key \\
      --key bakyt.key --key desk.key
  kiosk-commission verify
  kiosk-commission stick /media/stick

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

/// The commission's tools: seals rolls for the stations, and signs what their kiosks run.
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
    /// Keys: make them, hold a ceremony, give a role to other keys
    Keys {
        /// what to do
        #[command(subcommand)]
        task: KeyTask,
    },
    /// Vendors of drivers: take them on, and what they sign on their own machines
    Vendor {
        /// what to do
        #[command(subcommand)]
        task: VendorTask,
    },
    /// Publish a new release: a policy, driver, matcher, exporter, settings or messages
    Publish(Box<Publish>),
    /// Change what the newest release of a driver or exporter is granted
    Grant(Grant),
    /// Withdraw a release: kiosks go back to the newest one that is left
    Withdraw(Withdraw),
    /// Raise a floor: no release below it runs on any kiosk, ever again
    Floor(Floor),
    /// Say when which kiosks take an item's newest release
    Waves(Waves),
    /// Sign roles anew as they are, so that they live longer
    Renew(Renew),
    /// Sign the timestamp anew: every day
    #[command(after_help = "Example:\n  kiosk-commission timestamp --key desk.key --passphrase-file desk.txt")]
    Timestamp(Signing),
    /// Sign a change that was prepared elsewhere; says in plain words what is signed
    Sign(Sign),
    /// Put a change into the repository once all have signed it
    Finish(Finish),
    /// Write the whole repository onto a stick, and read it back
    Stick(Stick),
    /// Read a repository as a kiosk does: every signature, every file, every rule
    Verify(Verify),
    /// Say where everything stands: roles, keys, expiries, items, waves
    Status(Status),
    /// Serve the repository over HTTPS, for trials
    Serve(Serve),
    /// Print the shell's completions
    #[command(after_help = "Example:\n  kiosk-commission completions bash > /etc/bash_completion.d/kiosk-commission")]
    Completions {
        /// which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example:\n  kiosk-commission man > /usr/local/share/man/man1/kiosk-commission.1")]
    Man,
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
