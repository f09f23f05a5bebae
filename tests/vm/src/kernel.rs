//! Debian's kernel: fetched as a package, unpacked beside what is built, and kept there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The package that depends on the current kernel.
const PACKAGE: &str = "linux-image-amd64";
/// How an xz stream begins.
const XZ: [u8; 6] = [0xfd, b'7', b'z', b'X', b'Z', 0];

/// A kernel that QEMU can start, with its modules.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// the kernel as ELF, decompressed: it starts 4 s sooner than the compressed one
    pub image: PathBuf,
    modules: PathBuf,
    /// each module's file and the files that it needs, by its name
    needs: BTreeMap<String, (String, Vec<String>)>,
}

impl Kernel {
    /// The kernel that is current here, out of the cache or from Debian's archive.
    ///
    /// # Errors
    /// A sentence that says what is missing on this machine.
    pub fn fetch(cache: &Path) -> Result<Self, String> {
        let package = current()?;
        let folder = cache.join(&package);
        let marks_the_end = folder.join("vmlinux");
        if !marks_the_end.is_file() {
            unpack(cache, &package, &folder)?;
        }
        let modules = only_folder(&folder.join("lib/modules"))?;
        let table = modules.join("modules.dep");
        let text = fs::read_to_string(&table).map_err(|cause| format!("{}: {cause}", table.display()))?;
        let needs = text.lines().filter_map(|line| {
            let (file, needed) = line.split_once(':')?;
            let needed = needed.split_ascii_whitespace().map(str::to_owned).collect();
            Some((name_of(file), (file.to_owned(), needed)))
        });
        Ok(Self {
            image: marks_the_end,
            needs: needs.collect(),
            modules,
        })
    }

    /// The files of these modules and of all that they need, in the order in which they can be inserted.
    ///
    /// # Errors
    /// A sentence with the module that this kernel does not have.
    pub fn modules(&self, names: &[&str]) -> Result<Vec<PathBuf>, String> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        for name in names {
            self.visit(name, &mut seen, &mut order)?;
        }
        Ok(order)
    }

    fn visit(&self, name: &str, seen: &mut BTreeSet<String>, order: &mut Vec<PathBuf>) -> Result<(), String> {
        if !seen.insert(name.to_owned()) {
            return Ok(());
        }
        let (file, needed) = self
            .needs
            .get(name)
            .ok_or_else(|| format!("this kernel has no module {name}"))?;
        for file in needed {
            self.visit(&name_of(file), seen, order)?;
        }
        order.push(self.modules.join(file));
        Ok(())
    }
}

/// `kernel/drivers/md/dm-mod.ko` is `dm_mod`.
fn name_of(file: &str) -> String {
    let last = file.rsplit('/').next().unwrap_or(file);
    last.split('.').next().unwrap_or(last).replace('-', "_")
}

fn only_folder(of: &Path) -> Result<PathBuf, String> {
    let first = fs::read_dir(of).ok().and_then(|mut entries| entries.next());
    match first {
        Some(Ok(entry)) => Ok(entry.path()),
        _ => Err(format!(
            "{} holds no modules; delete its folder and run again",
            of.display()
        )),
    }
}

fn current() -> Result<String, String> {
    let lines = output(Command::new("apt-cache").args(["depends", PACKAGE]))?;
    let named = lines.lines().find_map(|line| line.trim().strip_prefix("Depends: "));
    named
        .map(str::to_owned)
        .ok_or_else(|| format!("apt knows no {PACKAGE}; this is no Debian, or run `apt-get update` first"))
}

fn unpack(cache: &Path, package: &str, folder: &Path) -> Result<(), String> {
    let failed = |what: &Path, cause: std::io::Error| format!("{}: {cause}", what.display());
    // What an interrupted run left behind is made anew.
    let work = cache.join("unpacking");
    let _ = fs::remove_dir_all(&work);
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(&work).map_err(|cause| failed(&work, cause))?;
    output(
        Command::new("apt-get")
            .args(["download", "-qq", package])
            .current_dir(&work),
    )?;
    let archive = fs::read_dir(&work)
        .map_err(|cause| failed(&work, cause))?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .ok_or_else(|| format!("apt-get downloaded no {package}"))?;
    output(Command::new("dpkg-deb").arg("-x").arg(&archive).arg(&work))?;
    fs::remove_file(&archive).map_err(|cause| failed(&archive, cause))?;
    let modules = only_folder(&work.join("lib/modules"))?;
    let release = modules.file_name().unwrap_or_default().to_owned();
    output(Command::new("depmod").arg("-b").arg(&work).arg(&release))?;
    let mut compressed = std::ffi::OsString::from("boot/vmlinuz-");
    compressed.push(&release);
    let image = decompressed(&work.join(compressed))?;
    fs::create_dir_all(folder.join("lib")).map_err(|cause| failed(folder, cause))?;
    fs::rename(work.join("lib/modules"), folder.join("lib/modules")).map_err(|cause| failed(folder, cause))?;
    // Last, for it says that the rest is there.
    fs::write(work.join("vmlinux"), image).map_err(|cause| failed(&work, cause))?;
    fs::rename(work.join("vmlinux"), folder.join("vmlinux")).map_err(|cause| failed(folder, cause))?;
    let _ = fs::remove_dir_all(&work);
    Ok(())
}

/// The ELF kernel inside a bzImage.
fn decompressed(file: &Path) -> Result<Vec<u8>, String> {
    let bytes = fs::read(file).map_err(|cause| format!("{}: {cause}", file.display()))?;
    let start = bytes.windows(XZ.len()).position(|window| window == XZ);
    let start = start.ok_or_else(|| format!("{} is not compressed by xz", file.display()))?;
    let mut xz = Command::new("xz")
        .args(["--decompress", "--stdout", "--single-stream", "--quiet", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|cause| format!("xz does not start ({cause}); install xz-utils"))?;
    let mut input = xz.stdin.take();
    let feeding = std::thread::spawn(move || {
        // It stops reading after its one stream; the kernel has a few bytes behind that.
        input.as_mut().map(|input| input.write_all(&bytes[start..]))
    });
    let image = xz.wait_with_output().map_err(|cause| format!("xz: {cause}"))?.stdout;
    let _ = feeding.join();
    if image.starts_with(b"\x7fELF") {
        Ok(image)
    } else {
        Err(format!("{} could not be decompressed", file.display()))
    }
}

/// Runs a program; what it printed, or a sentence with its last words.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().display().to_string();
    let done = command
        .stdin(Stdio::null())
        .output()
        .map_err(|cause| format!("{name} does not start ({cause})"))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let last = said
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    Err(format!("{name} failed: {last}"))
}
