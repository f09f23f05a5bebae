//! `kiosk-gateway`: the station daemon and its command line.

mod updates_task;

use clap::{CommandFactory, Parser, Subcommand};
use devices::usb_bus::UsbBus;
use gateway::assembly::{Ground, Kiosk, same_roll};
use gateway::clock::SystemClock;
use gateway::configuration::{Configuration, PluginEntry};
use gateway::page;
use gateway::plugs::Watch;
use gateway::ports::random_nonce;
use gateway::shelf::Shelf;
use gateway::table::Parts;
use gateway::updates::depot::Depot;
use gateway::updates::lineup::begin;
use gateway::updates::socket::Ear;
use gateway::updates::state::Standing;
use gateway::updates::updater::{Handle, Updater};
use gateway::ups;
use journal::StoreKey;
use journal::journal::Journal;
use plugin_runtime::compile_child::{self, CompileChild};
use plugin_runtime::plugin::LogMode;
use plugin_runtime::runtime::Runtime;
use plugin_runtime::workshop::Workshop;
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use updates_task::UpdatesTask;

/// Runs a voter-identification kiosk at a polling station.
#[derive(Parser)]
#[command(
    name = "kiosk-gateway",
    version,
    after_help = "Examples:\n  kiosk-gateway check --config /etc/kiosk/kiosk.toml\n  kiosk-gateway run --config /etc/kiosk/kiosk.toml\n  \
                  kiosk-gateway journal verify --journal journal.db --key journal.key\n\nExit codes: 0 good, 1 something is \
                  wrong and a sentence says what, 2 the command line is wrong."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the station until it is told to stop
    #[command(after_help = "Example:\n  kiosk-gateway run --config /etc/kiosk/kiosk.toml")]
    Run(Configured),
    /// Read configuration, keys, roll, journal and plugins, and say what is wrong; changes nothing
    #[command(after_help = "Example:\n  kiosk-gateway check --config /etc/kiosk/kiosk.toml")]
    Check(Configured),
    /// List the plugins with their digests and what each is granted
    #[command(after_help = "Example:\n  kiosk-gateway plugins --json")]
    Plugins {
        #[command(flatten)]
        configured: Configured,
        /// for scripts
        #[arg(long)]
        json: bool,
    },
    /// Print the configuration's entries for plugin files: their digests, and all that they ask for
    #[command(
        after_help = "Example:\n  kiosk-gateway pin plugins/*.wasm >> /etc/kiosk/kiosk.toml\n\nRead what each one asks for \
                      before you grant it."
    )]
    Pin {
        /// the components
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Write an export; stop the running station first
    #[command(after_help = "Example:\n  kiosk-gateway export turnout-by-hour --out turnout.csv")]
    Export {
        /// the format's id
        format: String,
        /// where to; standard output if left out
        #[arg(long)]
        out: Option<PathBuf>,
        #[command(flatten)]
        configured: Configured,
    },
    /// Verify a journal, or sign a checkpoint of it
    Journal {
        #[command(subcommand)]
        task: JournalTask,
    },
    /// Say how the updates stand that the commission signed, and bring them in
    Updates {
        #[command(subcommand)]
        task: UpdatesTask,
    },
    /// Make a key file that only its owner can read
    #[command(after_help = "Example:\n  kiosk-gateway new-key /var/lib/kiosk/journal.key")]
    NewKey {
        /// the new file; one that is there is never overwritten
        file: PathBuf,
    },
    /// Compile one component that comes by standard input, within limits: a part of the station, not for people
    #[command(hide = true)]
    CompileComponent,
    /// Print the shell's completions
    #[command(after_help = "Example:\n  kiosk-gateway completions bash > /etc/bash_completion.d/kiosk-gateway")]
    Completions {
        /// which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example:\n  kiosk-gateway man > /usr/local/share/man/man1/kiosk-gateway.1")]
    Man,
}

#[derive(clap::Args)]
struct Configured {
    /// the configuration file
    #[arg(long, default_value = "/etc/kiosk/kiosk.toml")]
    config: PathBuf,
}

#[derive(clap::Args)]
struct Which {
    /// the journal file
    #[arg(long, default_value = "/var/lib/kiosk/journal.db")]
    journal: PathBuf,
    /// its key file
    #[arg(long, default_value = "/var/lib/kiosk/journal.key")]
    key: PathBuf,
}

#[derive(Subcommand)]
enum JournalTask {
    /// Read everything again: pages, events, tree, states, admissions, checkpoints
    #[command(
        after_help = "Examples:\n  kiosk-gateway journal verify --journal journal.db --key journal.key\n  \
                            kiosk-gateway journal verify --checkpoint closing.txt"
    )]
    Verify {
        #[command(flatten)]
        which: Which,
        /// a checkpoint that was kept elsewhere, to be compared
        #[arg(long)]
        checkpoint: Option<PathBuf>,
        /// for scripts
        #[arg(long)]
        json: bool,
    },
    /// Print a signed checkpoint of the journal as it is now; stop the running station first, or use its page
    Checkpoint {
        #[command(flatten)]
        which: Which,
    },
}

type Done = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if matches!(cli.command, Command::CompileComponent) {
        return compile_child::serve(std::io::stdin().lock(), std::io::stdout().lock());
    }
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
    let done = match cli.command {
        Command::Run(configured) => run(&configured.config),
        Command::Check(configured) => check(&configured.config),
        Command::Plugins { configured, json } => plugins(&configured.config, json),
        Command::Pin { files } => pin(&files),
        Command::Export {
            format,
            out,
            configured,
        } => export(&configured.config, &format, out.as_deref()),
        Command::Journal {
            task:
                JournalTask::Verify {
                    which,
                    checkpoint,
                    json,
                },
        } => verify(&which, checkpoint.as_deref(), json),
        Command::Journal {
            task: JournalTask::Checkpoint { which },
        } => sign(&which),
        Command::Updates { task } => updates_task::run(task),
        Command::NewKey { file } => new_key(&file),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "kiosk-gateway", &mut std::io::stdout());
            Ok(())
        }
        Command::Man => manual(),
        // It has returned already.
        Command::CompileComponent => Ok(()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("kiosk-gateway: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn ground() -> Result<Ground, Box<dyn Error>> {
    Ok(Ground {
        bus: Arc::new(UsbBus::start()?),
        clock: Arc::new(SystemClock),
        nonce: random_nonce(),
        observer: None,
    })
}

/// How this program is told to be the compiler's process.
const COMPILE: &str = "compile-component";

fn assemble(config: &Path) -> Result<(Configuration, Kiosk), Box<dyn Error>> {
    let configuration = Configuration::read(config)?;
    let kiosk = Kiosk::assemble_compiling(
        &configuration,
        ground()?,
        Some(CompileChild::of_this_program([COMPILE])),
    )?;
    Ok((configuration, kiosk))
}

fn run(config: &Path) -> Done {
    let (configuration, kiosk) = assemble(config)?;
    kiosk.warm_up().unwrap_or_else(|error| kiosk.notice(error.to_string()));
    let address = *configuration.file.page.listen.get_ref();
    let kiosk = Arc::new(kiosk);
    let _watch = Watch::start(&kiosk)?;
    let _ups = watch_ups(&configuration, &kiosk);
    let updater = Updater::start(&kiosk, &configuration)?;
    let _ear = updater
        .as_ref()
        .and_then(|updater| listen(&configuration, &kiosk, updater.handle()));
    let pages = page::router_with(kiosk, updater.as_ref().map(|updater| updater.handle().clone()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await.map_err(|cause| {
            format!("the page cannot be served at {address} ({cause}); choose another port in [page]")
        })?;
        println!("The operator's page is at http://{address}/");
        axum::serve(listener, pages)
            .with_graceful_shutdown(told_to_stop())
            .await?;
        Ok(())
    })
}

/// The ear for the command line. Without it the station runs as well, and its page does the same.
fn listen(configuration: &Configuration, kiosk: &Kiosk, handle: &Handle) -> Option<Ear> {
    let folder = configuration.path(&configuration.file.updates.as_ref()?.folder);
    Ear::open(&folder, handle)
        .map_err(|cause| {
            kiosk.notice(format!(
                "the command line cannot ask this station about updates ({}: {cause}); check the folder's permissions",
                folder.display()
            ));
        })
        .ok()
}

/// The watch over the UPS, where one is configured. Without a watch the station runs as well.
fn watch_ups(configuration: &Configuration, kiosk: &Arc<Kiosk>) -> Option<ups::Watch> {
    let address = configuration.file.ups.as_ref()?.address().ok()?;
    ups::Watch::start(kiosk, address, ups::PACE)
        .map_err(|error| kiosk.notice(error.to_string()))
        .ok()
}

async fn told_to_stop() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

/// Leaves no trace: the station can be running, or not have begun.
fn check(config: &Path) -> Done {
    let configuration = Configuration::read(config)?;
    let compiler = CompileChild::of_this_program([COMPILE]);
    let kiosk = Kiosk::rehearse(&configuration, ground()?, Some(compiler))?;
    let wrong = kiosk.notices();
    kiosk.warm_up()?;
    println!(
        "roll: {} voters; {}; plugins: {}",
        kiosk.roll().len(),
        journal_there(&configuration, &kiosk)?,
        kiosk.table().shelf().all().count()
    );
    for (what, state) in [("scanner", kiosk.scanner().map_err(|error| error.to_string()))] {
        match state {
            Ok(model) => println!("{what}: {model}"),
            Err(sentence) => println!("{what}: {sentence}"),
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\nkiosk-gateway: ").into())
    }
}

/// What the journal that is there holds, read without changing it.
fn journal_there(configuration: &Configuration, kiosk: &Kiosk) -> Result<String, Box<dyn Error>> {
    let journal = &configuration.file.journal;
    let (file, key) = (configuration.path(&journal.file), configuration.path(&journal.key));
    if !file.exists() {
        return Ok("journal: made at the first start".to_owned());
    }
    let journal = Journal::open_existing(&file, &StoreKey::read(&key)?)?;
    let report = journal.verify()?;
    same_roll(&journal.entries()?, kiosk.roll())?;
    Ok(format!("journal: {} events, verified", report.events))
}

fn plugins(config: &Path, json: bool) -> Done {
    let configuration = Configuration::read(config)?;
    let shelf = shelf_of(&configuration)?;
    if json {
        let rows: Vec<serde_json::Value> = shelf
            .all()
            .map(|(role, plugin)| {
                serde_json::json!({
                    "role": role,
                    "name": plugin.name(),
                    "version": plugin.manifest().version,
                    "sha256": plugin.digest().to_string(),
                    "interfaces": plugin.grants().interfaces().map(|(vendor, product, interface)| {
                        format!("{vendor:04x}:{product:04x} interface {interface}")
                    }).collect::<Vec<_>>(),
                })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        for (role, plugin) in shelf.all() {
            println!(
                "{role:<9} {:<22} {:<8} {}",
                plugin.name(),
                plugin.manifest().version,
                plugin.digest()
            );
        }
    }
    let refused: Vec<String> = shelf.refused.iter().map(ToString::to_string).collect();
    if refused.is_empty() {
        Ok(())
    } else {
        Err(refused.join("\nkiosk-gateway: ").into())
    }
}

/// The plugins that a start would use: those of the configuration, or those that were signed and that the journal says run.
fn shelf_of(configuration: &Configuration) -> Result<Shelf, Box<dyn Error>> {
    let runtime = Runtime::with_workshop(
        LogMode::Production,
        Workshop::in_a_child(CompileChild::of_this_program([COMPILE])),
    )?;
    let file = &configuration.file;
    let mut parts = Parts::of(configuration, &runtime);
    let path = configuration.path(&file.journal.file);
    if let Some(updates) = file.updates.as_ref().filter(|_| path.exists()) {
        let key = StoreKey::read(&configuration.path(&file.journal.key))?;
        let standing = Standing::of(&Journal::open_existing(&path, &key)?.entries()?);
        let depot = Depot::open(&configuration.path(&updates.folder), runtime)?;
        parts = begin(&depot, &standing).lineup.parts(&parts);
    }
    Ok(parts.shelf)
}

/// A configuration's list of plugins, alone.
#[derive(serde::Serialize)]
struct Pinned {
    plugin: Vec<PluginEntry>,
}

fn pin(files: &[PathBuf]) -> Done {
    let plugin: Result<Vec<PluginEntry>, String> = files
        .iter()
        .map(|file| PluginEntry::pinning(file).map_err(|error| format!("{}: {error}", file.display())))
        .collect();
    println!("{}", toml::to_string(&Pinned { plugin: plugin? })?);
    Ok(())
}

fn export(config: &Path, format: &str, out: Option<&Path>) -> Done {
    let (_, kiosk) = assemble(config)?;
    let bytes = kiosk.export(format)?;
    match out {
        None => std::io::stdout().write_all(&bytes)?,
        Some(path) => std::fs::write(path, bytes).map_err(|cause| {
            format!(
                "{} could not be written ({cause}); choose another place",
                path.display()
            )
        })?,
    }
    Ok(())
}

fn verify(which: &Which, checkpoint: Option<&Path>, json: bool) -> Done {
    let journal = Journal::open_existing(&which.journal, &StoreKey::read(&which.key)?)?;
    let report = journal.verify()?;
    if let Some(path) = checkpoint {
        let note = std::fs::read_to_string(path).map_err(|cause| {
            format!(
                "the checkpoint {} cannot be read ({cause}); give its path",
                path.display()
            )
        })?;
        journal.verify_checkpoint(&note)?;
    }
    let counts = report.counts;
    let root: String = report.root.iter().map(|byte| format!("{byte:02x}")).collect();
    if json {
        let value = serde_json::json!({
            "journal": journal.owner().origin(),
            "events": report.events,
            "root": root,
            "checkpoints": report.checkpoints,
            "identified": counts.identified,
            "issued": counts.issued,
            "voided": counts.voided,
            "already_identified": counts.already_identified,
            "contested": counts.contested,
            "referred": counts.referred,
            "refused": counts.refused,
            "overrides": counts.overrides,
        });
        println!("{}", serde_json::to_string_pretty(&value)?);
    } else {
        println!(
            "{}: {} events agree with tree, states and admissions",
            journal.owner().origin(),
            report.events
        );
        println!("root {root}, {} signed checkpoints agree", report.checkpoints);
        println!(
            "identified {} (receipts issued {}), already identified {}, referred {}, contested {}, refused {}, voided {}, \
             overrides {}",
            counts.identified,
            counts.issued,
            counts.already_identified,
            counts.referred,
            counts.contested,
            counts.refused,
            counts.voided,
            counts.overrides
        );
    }
    Ok(())
}

fn sign(which: &Which) -> Done {
    let mut journal = Journal::open_idle(&which.journal, &StoreKey::read(&which.key)?)?;
    print!("{}", journal.checkpoint()?);
    Ok(())
}

fn new_key(file: &Path) -> Done {
    StoreKey::generate()?.write(file)?;
    println!("{} was made; keep a copy where only officers reach it", file.display());
    Ok(())
}

/// One page for the command and one section for each of its subcommands.
fn manual() -> Done {
    let mut command = Cli::command();
    command.build();
    let mut out = std::io::stdout();
    clap_mangen::Man::new(command.clone()).render(&mut out)?;
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        clap_mangen::Man::new(sub.clone()).render(&mut out)?;
    }
    Ok(())
}
