//! What can be typed about updates.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use plan::item::Kind;
use plan::waves::Step;
use repository::role::Role;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The commission's folder.
#[derive(Args, Debug)]
pub struct Folder {
    /// The commission's folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub workshop: PathBuf,
}

/// Where passphrases come from, if nobody is asked.
#[derive(Args, Debug)]
pub struct Passphrases {
    /// Read passphrases from a file or pipe (/dev/fd/3) instead of asking: a line for each key, or one line for all
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// Who signs a change, and where.
#[derive(Args, Debug)]
pub struct Signing {
    /// The commission's folder
    #[command(flatten)]
    pub folder: Folder,
    /// A key file that signs; give it once for each key. Snapshot and timestamp are always signed
    #[arg(long = "key", value_name = "HOLDER.key")]
    pub keys: Vec<PathBuf>,
    /// Where passphrases come from
    #[command(flatten)]
    pub passphrases: Passphrases,
    /// Write the change into a file, for signatures on other machines, and change nothing yet
    #[arg(long, value_name = "FILE")]
    pub prepare: Option<PathBuf>,
    /// Print what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeyTask {
    /// Make a key: the secret file for its holder alone, the public half for the commission
    #[command(after_help = NEW_EXAMPLES)]
    New {
        /// Whose key it is: a name of a-z, 0-9 and -
        holder: String,
        /// The folder for both files, for example the holder's stick
        #[arg(long, value_name = "DIR", default_value = ".")]
        out: PathBuf,
        /// Where the passphrase comes from
        #[command(flatten)]
        passphrases: Passphrases,
    },
    /// Give a key file another passphrase; the key in it stays the same
    #[command(after_help = PASSPHRASE_EXAMPLES)]
    Passphrase {
        /// The key's file
        #[arg(value_name = "HOLDER.key")]
        file: PathBuf,
        /// Where the passphrases come from
        #[command(flatten)]
        passphrases: Passphrases,
    },
    /// File public halves in the commission's folder
    #[command(after_help = "Example:\n  kiosk-commission keys add /media/stick/aigul.pub.json")]
    Add {
        /// HOLDER.pub.json of each
        #[arg(required = true, value_name = "HOLDER.pub.json")]
        files: Vec<PathBuf>,
        /// The commission's folder
        #[command(flatten)]
        folder: Folder,
    },
    /// Begin a repository: say who holds which keys, and sign the first root
    #[command(after_help = CEREMONY_EXAMPLES)]
    Ceremony(Box<Ceremony>),
    /// Give a role to other keys: the root's present keys and its new ones sign
    #[command(after_help = ROTATE_EXAMPLES)]
    Rotate(Rotate),
}

const NEW_EXAMPLES: &str = "\
Example:
  kiosk-commission keys new aigul --out /media/stick

A passphrase has at least 12 characters; take several words. Nobody can open the key without it.";

const PASSPHRASE_EXAMPLES: &str = "\
Example:
  kiosk-commission keys passphrase /media/stick/aigul.key

With --passphrase-file, the first line is the old passphrase and the second the new one. Copies of the file keep the old one: change \
it in each, or put a copy of the new file in their place.";

const CEREMONY_EXAMPLES: &str = "\
Examples:
  all at one machine, which makes the keys that are missing:
    kiosk-commission keys ceremony --root aigul,bakyt,chinara --root-threshold 2 \\
        --desk desk --emergency duty --make-keys /media/keys

  with keys that were made elsewhere, each signing on its own machine:
    kiosk-commission keys add aigul.pub.json bakyt.pub.json desk.pub.json
    kiosk-commission keys ceremony --root aigul,bakyt --root-threshold 2 \\
        --desk desk --prepare ceremony.json
    kiosk-commission sign ceremony.json --key /media/stick/aigul.key
    kiosk-commission finish ceremony.json --key desk.key";

const ROTATE_EXAMPLES: &str = "\
Examples:
  kiosk-commission keys rotate root --to aigul,bakyt,daniyar --threshold 2 \\
      --key aigul.key --key bakyt.key --key daniyar.key --key desk.key
  kiosk-commission keys rotate timestamp --to desk-2 --prepare change.json";

/// Who holds which keys.
#[derive(Args, Debug)]
pub struct Ceremony {
    /// Holders of the root, between commas
    #[arg(long, required = true, value_delimiter = ',', value_name = "HOLDERS")]
    pub root: Vec<String>,
    /// How many of them must sign; more than half of them if left out
    #[arg(long, value_name = "N")]
    pub root_threshold: Option<u64>,
    /// Holders of the targets role, which signs the plan; the root's if left out
    #[arg(long, value_delimiter = ',', value_name = "HOLDERS")]
    pub targets: Vec<String>,
    /// How many of them must sign; as for the root if left out
    #[arg(long, value_name = "N")]
    pub targets_threshold: Option<u64>,
    /// Who signs policies, matchers, settings and messages; any one of the targets' holders if left out
    #[arg(long, value_delimiter = ',', value_name = "HOLDERS")]
    pub policies: Vec<String>,
    /// Who signs exporters; any one of the targets' holders if left out
    #[arg(long, value_delimiter = ',', value_name = "HOLDERS")]
    pub exports: Vec<String>,
    /// Who can stop a release at any hour; any one of the targets' holders if left out
    #[arg(long, value_delimiter = ',', value_name = "HOLDERS")]
    pub emergency: Vec<String>,
    /// Who signs snapshot and timestamp, every day
    #[arg(long, value_name = "HOLDER")]
    pub desk: String,
    /// Make the keys that are missing, into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "prepare")]
    pub make_keys: Option<PathBuf>,
    /// Who signs
    #[command(flatten)]
    pub signing: Signing,
}

/// A role's new holders.
#[derive(Args, Debug)]
pub struct Rotate {
    /// root, targets, snapshot, timestamp, emergency, policies, exports or vendor-NAME
    pub role: Role,
    /// Its holders from now on, between commas
    #[arg(long, required = true, value_delimiter = ',', value_name = "HOLDERS")]
    pub to: Vec<String>,
    /// How many of them must sign; as many as now if left out
    #[arg(long, value_name = "N")]
    pub threshold: Option<u64>,
    /// Who signs
    #[command(flatten)]
    pub signing: Signing,
}

/// What to do about vendors.
#[derive(Debug, Subcommand)]
pub enum VendorTask {
    /// Take a vendor on, or change what it may have: its key, its devices, its limits
    #[command(after_help = VENDOR_EXAMPLES)]
    Add(Box<VendorAdd>),
    /// List vendors and what their drivers may have
    #[command(after_help = "Example:\n  kiosk-commission vendor list --json")]
    List {
        /// The commission's folder
        #[command(flatten)]
        folder: Folder,
        /// for scripts
        #[arg(long)]
        json: bool,
    },
    /// On the vendor's machine: sign the list of its files for the commission
    #[command(after_help = VENDOR_SIGN_EXAMPLES)]
    Sign(VendorSign),
    /// Take a vendor's list again that it signed anew, so that it lives longer
    #[command(after_help = "Example:\n  kiosk-commission vendor renew acme vendor-acme.json --key desk.key")]
    Renew {
        /// The vendor's name
        name: String,
        /// What `vendor sign` made
        #[arg(value_name = "FILE")]
        signed: PathBuf,
        /// Who signs
        #[command(flatten)]
        signing: Signing,
    },
}

const VENDOR_EXAMPLES: &str = "\
Examples:
  kiosk-commission vendor add acme --public-key acme.key.pub --device 1209:0001 \\
      --class 255 --key aigul.key --key bakyt.key --key desk.key
  kiosk-commission vendor add acme --device 1209:0001 --device 1209:0002 --class 255 --prepare change.json";

const VENDOR_SIGN_EXAMPLES: &str = "\
Examples:
  kiosk-commission vendor sign acme acme-200.wasm --key acme.key
  kiosk-commission vendor sign acme acme-201.wasm --key acme.key --earlier vendor-acme.json

The file vendor-NAME.json goes to the commission together with the plugins. The key is one of `plugin-kit sign --new-key` or of
`keys new`.";

/// A vendor, and what it may have.
#[derive(Args, Debug)]
pub struct VendorAdd {
    /// The vendor's name: a-z, 0-9 and -. Its files stand under vendors/NAME/
    pub name: String,
    /// Its public key, as `plugin-kit sign --new-key` or `keys new` made it; a known vendor keeps the one it has
    #[arg(long, value_name = "FILE")]
    pub public_key: Option<PathBuf>,
    /// What the vendor signed with its new key, where it has signed before: else nobody takes its files until it does
    #[arg(long, value_name = "FILE")]
    pub signed_by: Option<PathBuf>,
    /// A device that its drivers may be granted, idVendor:idProduct in hexadecimal; once for each
    #[arg(long = "device", required = true, value_name = "VID:PID", value_parser = device)]
    pub devices: Vec<(u16, u16)>,
    /// A class of interfaces (bInterfaceClass) that its drivers may be given, 0 to 255; once for each
    #[arg(long = "class", required = true, value_name = "N")]
    pub classes: Vec<u8>,
    /// Longest bulk or interrupt transfer, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 1_048_576, value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    pub max_length: u32,
    /// Longest data stage of a control request, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 4_096)]
    pub max_control_length: u16,
    /// Most control requests of one interface
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub max_control_requests: u16,
    /// Who signs
    #[command(flatten)]
    pub signing: Signing,
}

/// A vendor's signature over its files.
#[derive(Args, Debug)]
pub struct VendorSign {
    /// The vendor's name, as the commission knows it
    pub name: String,
    /// Plugins, and their golden vectors (.json)
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
    /// The vendor's key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// What was signed before: its files stay on the list
    #[arg(long, value_name = "FILE")]
    pub earlier: Option<PathBuf>,
    /// The new list; vendor-NAME.json if left out
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How long the signature holds
    #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=1_100))]
    pub days: u16,
    /// Where the passphrase comes from
    #[command(flatten)]
    pub passphrases: Passphrases,
}

const PUBLISH_EXAMPLES: &str = "\
Examples:
  kiosk-commission publish policy fingerprint-first.wasm --vectors vectors.json \\
      --key aigul.key --key bakyt.key --key desk.key
  kiosk-commission publish driver acme-200.wasm --vendor acme --signed-by vendor-acme.json \\
      --start 2026-11-02T06:00:00Z --step 0:20 --step 1440:2048 --prepare change.json
  kiosk-commission publish settings general.json --dry-run";

/// A new release.
#[derive(Args, Debug)]
#[command(after_help = PUBLISH_EXAMPLES)]
pub struct Publish {
    /// driver, matcher, policy, exporter, settings or messages
    pub kind: Kind,
    /// The component (.wasm), or the document (.json)
    pub file: PathBuf,
    /// The item's name, of settings and messages; the file's name if left out
    #[arg(long)]
    pub name: Option<String>,
    /// Golden vectors, which it must answer on the kiosk before it becomes active
    #[arg(long, value_name = "FILE")]
    pub vectors: Option<PathBuf>,
    /// The driver's vendor
    #[arg(long, value_name = "NAME", requires = "signed_by")]
    pub vendor: Option<String>,
    /// What the vendor signed with `vendor sign`
    #[arg(long, value_name = "FILE", requires = "vendor")]
    pub signed_by: Option<PathBuf>,
    /// Of a driver's asks, grant only this device; once for each
    #[arg(long = "device", value_name = "VID:PID", value_parser = device)]
    pub devices: Vec<(u16, u16)>,
    /// Of an exporter's asks, grant only this kind of rows; once for each
    #[arg(long = "row", value_name = "ROWS")]
    pub rows: Vec<String>,
    /// Put it in the place of the item of another name, where a kiosk has one only
    #[arg(long)]
    pub replace: bool,
    /// In waves
    #[command(flatten)]
    pub steps: Steps,
    /// Who signs
    #[command(flatten)]
    pub signing: Signing,
}

/// Waves.
#[derive(Args, Debug)]
pub struct Steps {
    /// When the waves begin, for example 2026-11-02T06:00:00Z
    #[arg(long, value_name = "TIME", requires = "steps")]
    pub start: Option<Timestamp>,
    /// A wave: minutes after the start, and how many of 2,048 kiosks have it then; once for each
    #[arg(long = "step", value_name = "MINUTES:SHARE", requires = "start", value_parser = step)]
    pub steps: Vec<Step>,
}

/// An item, as it is typed.
#[derive(Args, Debug)]
pub struct Item {
    /// driver, matcher, policy, exporter, settings or messages
    pub kind: Kind,
    /// The item's name
    pub name: String,
}

/// What an item's newest release is granted.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  kiosk-commission grant driver uru4000 --device 05ba:000a --prepare change.json\n  kiosk-commission grant \
                  exporter turnout-csv --all --dry-run"
)]
pub struct Grant {
    /// Which item
    #[command(flatten)]
    pub item: Item,
    /// Of a driver's asks, this device; once for each
    #[arg(long = "device", value_name = "VID:PID", value_parser = device)]
    pub devices: Vec<(u16, u16)>,
    /// Of an exporter's asks, this kind of rows; once for each
    #[arg(long = "row", value_name = "ROWS")]
    pub rows: Vec<String>,
    /// All that its manifest asks for
    #[arg(long, conflicts_with_all = ["devices", "rows"])]
    pub all: bool,
    /// Who signs
    #[command(flatten)]
    pub signing: Signing,
}

/// A withdrawal.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  kiosk-commission withdraw driver acme-200 3 --reason bad-images --key aigul.key --key bakyt.key --key \
                  desk.key\n  kiosk-commission withdraw policy fingerprint-first 2 --reason admits-nobody --emergency --key duty.key \
                  --key desk.key"
)]
pub struct Withdraw {
    /// Which item
    #[command(flatten)]
    pub item: Item,
    /// Which release
    pub counter: u32,
    /// Why, as a code of a-z, 0-9 and -
    #[arg(long, value_name = "CODE")]
    pub reason: String,
    /// On the emergency list, which needs the emergency key alone
    #[arg(long)]
    pub emergency: bool,
    /// Who signs
    #[command(flatten)]
    pub signing: Signing,
}

/// A floor.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  kiosk-commission floor policy fingerprint-first 2 --prepare change.json")]
pub struct Floor {
    /// Which item
    #[command(flatten)]
    pub item: Item,
    /// The smallest counter that may run
    pub counter: u32,
    /// Who signs
    #[command(flatten)]
    pub signing: Signing,
}

const WAVES_EXAMPLES: &str = "\
Examples:
  20 of 2,048 kiosks at once, half of them after 6 hours, all after a day:
    kiosk-commission waves driver acme-200 --start 2026-11-02T06:00:00Z \\
        --step 0:20 --step 360:1024 --step 1440:2048 --prepare change.json
  all that are left, now:
    kiosk-commission waves driver acme-200 --none --prepare change.json";

/// Waves of an item's newest release.
#[derive(Args, Debug)]
#[command(after_help = WAVES_EXAMPLES)]
pub struct Waves {
    /// Which item
    #[command(flatten)]
    pub item: Item,
    /// The waves
    #[command(flatten)]
    pub steps: Steps,
    /// No waves: for all kiosks at once
    #[arg(long, conflicts_with = "start", required_unless_present = "start")]
    pub none: bool,
    /// Who signs
    #[command(flatten)]
    pub signing: Signing,
}

/// Roles to be signed anew.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  kiosk-commission renew targets policies --prepare change.json")]
pub struct Renew {
    /// root, targets, emergency, policies or exports
    #[arg(required = true, value_name = "ROLES")]
    pub roles: Vec<Role>,
    /// Who signs
    #[command(flatten)]
    pub signing: Signing,
}

/// A change to be signed here.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  kiosk-commission sign change.json --key /media/stick/aigul.key\n\nThe file is signed in place; carry it \
                  on to the next holder, or back to `finish`."
)]
pub struct Sign {
    /// What --prepare made
    pub change: PathBuf,
    /// The key that signs; once for each key
    #[arg(long = "key", value_name = "HOLDER.key", required = true)]
    pub keys: Vec<PathBuf>,
    /// The root that you keep: the change must build on this one
    #[arg(long, value_name = "FILE")]
    pub root: Option<PathBuf>,
    /// Write the signed change into another file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Where passphrases come from
    #[command(flatten)]
    pub passphrases: Passphrases,
    /// Print what would be signed, and sign nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// A change whose signatures are collected.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  kiosk-commission finish aigul/change.json bakyt/change.json --key desk.key")]
pub struct Finish {
    /// The change, or copies of it that were signed apart
    #[arg(required = true, value_name = "FILES")]
    pub changes: Vec<PathBuf>,
    /// Who signs
    #[command(flatten)]
    pub signing: Signing,
}

/// A stick.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  kiosk-commission stick /media/stick")]
pub struct Stick {
    /// The folder on the stick; earlier files of ours in it that are no longer needed are removed
    pub folder: PathBuf,
    /// The commission's folder
    #[command(flatten)]
    pub workshop: Folder,
    /// Print what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What is verified.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  kiosk-commission verify\n  kiosk-commission verify /media/stick --root root.json --json\n  \
                  kiosk-commission verify https://updates.example.org --authority authority.pem --days 30"
)]
pub struct Verify {
    /// A folder with `metadata` and `targets`, or an address; the commission's own repository if left out
    pub place: Option<String>,
    /// The root that a kiosk is shipped with; the first one of the commission's folder if left out
    #[arg(long, value_name = "FILE")]
    pub root: Option<PathBuf>,
    /// The authority that an address is pinned to, in PEM
    #[arg(long, value_name = "FILE")]
    pub authority: Option<PathBuf>,
    /// Warn of what expires within so many days
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub days: u16,
    /// The commission's folder
    #[command(flatten)]
    pub workshop: Folder,
    /// for scripts
    #[arg(long)]
    pub json: bool,
}

/// Where everything stands.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  kiosk-commission status\n  kiosk-commission status --json --days 60")]
pub struct Status {
    /// Warn of what expires within so many days
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub days: u16,
    /// The commission's folder
    #[command(flatten)]
    pub workshop: Folder,
    /// for scripts
    #[arg(long)]
    pub json: bool,
}

/// A server for trials.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  kiosk-commission serve --listen 127.0.0.1:8443 --authority authority.pem\n\nThe certificate is new at each \
                  start. In production, serve the folder `repository` with a web server of your choice."
)]
pub struct Serve {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8443")]
    pub listen: SocketAddr,
    /// Where the authority is written that kiosks pin, in PEM
    #[arg(long, value_name = "FILE", default_value = "authority.pem")]
    pub authority: PathBuf,
    /// A further name or address that kiosks know it by; once for each
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<String>,
    /// The commission's folder
    #[command(flatten)]
    pub workshop: Folder,
}

fn device(text: &str) -> Result<(u16, u16), String> {
    let read = || {
        let (vendor, product) = text.split_once(':')?;
        let number = |part: &str| {
            let digits = part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
            digits.then(|| u16::from_str_radix(part, 16).ok()).flatten()
        };
        Some((number(vendor)?, number(product)?))
    };
    read()
        .ok_or_else(|| "write idVendor and idProduct as four hexadecimal digits each, for example 05ba:000a".to_owned())
}

fn step(text: &str) -> Result<Step, String> {
    let read = || {
        let (after_minutes, share) = text.split_once(':')?;
        Some(Step {
            after_minutes: after_minutes.parse().ok()?,
            share: share.parse().ok()?,
        })
    };
    read().ok_or_else(|| "write minutes after the start and kiosks of 2,048, for example 60:20".to_owned())
}
