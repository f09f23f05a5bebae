//! A new release: out of a component or a document, into the plan.

use crate::draft::Draft;
use crate::error::Error;
use crate::grants::{only_devices, only_rows};
use crate::metadata::sha256;
use crate::role::Role;
use crate::vendors::VendorSigned;
use plan::item::{Identity, Item, ItemId, Kind, Release};
use plan::messages::Messages;
use plan::names::is_name;
use plan::settings::Settings;
use plan::waves::Waves;
use plugin_package::{Manifest, UsbAsk, read_manifest};
use std::path::{Path, PathBuf};

/// A file with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// what people call it
    pub path: PathBuf,
    /// what is in it
    pub bytes: Vec<u8>,
}

impl Input {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::NotPublished`] where it is larger than any plugin.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let length = std::fs::metadata(path).map_err(Error::file(path))?.len();
        if length > MAX_BYTES {
            return Err(not_published(
                path,
                format!("it has {length} bytes, over the limit of {MAX_BYTES}"),
            ));
        }
        Ok(Self {
            path: path.to_owned(),
            bytes: std::fs::read(path).map_err(Error::file(path))?,
        })
    }

    /// Bytes that are in no file.
    #[must_use]
    pub fn of(name: &str, bytes: &[u8]) -> Self {
        Self {
            path: PathBuf::from(name),
            bytes: bytes.to_vec(),
        }
    }
}

/// Largest file that is published, in bytes.
pub const MAX_BYTES: u64 = 64 << 20;

/// What is to be published.
#[derive(Clone, Debug)]
pub struct Publication {
    kind: Kind,
    file: Input,
    name: Option<String>,
    vectors: Option<Input>,
    waves: Option<Waves>,
    devices: Option<Vec<(u16, u16)>>,
    rows: Option<Vec<String>>,
    signed: Option<VendorSigned>,
    replace: bool,
}

impl Publication {
    /// A file of a kind.
    #[must_use]
    pub fn new(kind: Kind, file: Input) -> Self {
        Self {
            kind,
            file,
            name: None,
            vectors: None,
            waves: None,
            devices: None,
            rows: None,
            signed: None,
            replace: false,
        }
    }

    /// What is published.
    #[must_use]
    pub fn file(&self) -> &Input {
        &self.file
    }

    /// Its golden vectors.
    #[must_use]
    pub fn vectors(&self) -> Option<&Input> {
        self.vectors.as_ref()
    }

    /// The item's name: settings and messages have none of their own.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Golden vectors, which it must answer on the kiosk before it becomes active.
    #[must_use]
    pub fn with_vectors(mut self, vectors: Input) -> Self {
        self.vectors = Some(vectors);
        self
    }

    /// Not for all kiosks at once.
    #[must_use]
    pub fn in_waves(mut self, waves: Waves) -> Self {
        self.waves = Some(waves);
        self
    }

    /// Of a driver's asks, only these devices are granted.
    #[must_use]
    pub fn only_devices(mut self, devices: Vec<(u16, u16)>) -> Self {
        self.devices = Some(devices);
        self
    }

    /// Of an exporter's asks, only these rows are granted.
    #[must_use]
    pub fn only_rows(mut self, rows: Vec<String>) -> Self {
        self.rows = Some(rows);
        self
    }

    /// A driver comes with what its vendor signed.
    #[must_use]
    pub fn signed_by(mut self, signed: VendorSigned) -> Self {
        self.signed = Some(signed);
        self
    }

    /// It takes the place of the item of another name, where a kiosk has one only.
    #[must_use]
    pub fn in_place_of_another(mut self) -> Self {
        self.replace = true;
        self
    }

    fn refused(&self, why: impl Into<String>) -> Error {
        not_published(&self.file.path, why.into())
    }
}

fn not_published(file: &Path, why: String) -> Error {
    Error::NotPublished {
        file: file.to_owned(),
        why,
    }
}

/// Does it begin as compiled code does (ELF, Mach-O, PE)?
fn is_compiled(bytes: &[u8]) -> bool {
    let heads: [&[u8]; 4] = [b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"MZ"];
    heads.iter().any(|head| bytes.starts_with(head))
}

impl Draft {
    /// Makes a release of a file: the newest of its item. Answers with item and counter.
    ///
    /// # Errors
    /// [`Error::NotPublished`] with the file and the rule, [`Error::Refused`] where a document does not check,
    /// [`Error::VendorSigned`] where what a vendor signed does not hold.
    pub fn publish(&mut self, publication: &Publication) -> Result<(ItemId, u32), Error> {
        let manifest = self.manifest(publication)?;
        let name = item_name(publication, manifest.as_ref())?;
        let id = ItemId {
            kind: publication.kind,
            name,
        };
        self.make_room(&id, publication)?;
        let earlier = self
            .plan
            .item(&id)
            .map(|item| item.releases.as_slice())
            .unwrap_or_default();
        let digest = sha256(&publication.file.bytes);
        if let Some(newest) = earlier.last().filter(|newest| newest.file.sha256 == digest) {
            let counter = newest.counter;
            return Err(publication.refused(format!("it is release {counter} of {id} already")));
        }
        let counter = earlier.last().map_or(1, |newest| newest.counter.saturating_add(1));
        let release = match (&manifest, publication.kind) {
            (Some(manifest), Kind::Driver) => self.driver(publication, manifest, counter)?,
            (Some(manifest), _) => self.plugin(publication, manifest, counter)?,
            (None, _) => self.document(publication, &id, counter)?,
        };
        match self.plan.items.iter_mut().find(|item| item.id() == id) {
            Some(item) => item.releases.push(release),
            None => self.plan.items.push(Item {
                kind: id.kind,
                name: id.name.clone(),
                floor: 1,
                releases: vec![release],
            }),
        }
        let role = self.role_of(&id)?;
        self.prune(&id, &role)?;
        self.plan.check()?;
        Ok((id, counter))
    }

    fn manifest(&self, publication: &Publication) -> Result<Option<Manifest>, Error> {
        let bytes = &publication.file.bytes;
        let Some(package) = publication.kind.package() else {
            return Ok(None);
        };
        if is_compiled(bytes) {
            return Err(publication.refused(
                "it is compiled code, and kiosks compile by themselves; give the component (.wasm) that it was made of",
            ));
        }
        let manifest = read_manifest(bytes).map_err(|cause| publication.refused(cause.to_string()))?;
        if manifest.contract.package() != package {
            let (kind, contract) = (publication.kind, &manifest.contract);
            return Err(publication.refused(format!(
                "it is made for {contract}, which is no {kind}; publish it as what it is"
            )));
        }
        if publication.name.as_ref().is_some_and(|name| *name != manifest.name) {
            let name = &manifest.name;
            return Err(publication.refused(format!("its manifest calls it `{name}`; leave --name out")));
        }
        Ok(Some(manifest))
    }

    /// A kiosk has one policy, one matcher, settings and messages.
    fn make_room(&mut self, id: &ItemId, publication: &Publication) -> Result<(), Error> {
        let is_other = |item: &Item| item.kind == id.kind && item.name != id.name;
        if !id.kind.is_single() {
            return Ok(());
        }
        if let Some(other) = self.plan.items.iter().find(|item| is_other(item)) {
            if !publication.replace {
                return Err(publication.refused(format!(
                    "there is the {} already, and a kiosk has one; give --replace to put {id} in its place",
                    other.id()
                )));
            }
            self.plan.items.retain(|item| !is_other(item));
        }
        Ok(())
    }

    fn plugin(&mut self, publication: &Publication, manifest: &Manifest, counter: u32) -> Result<Release, Error> {
        let role = role_of_kind(publication.kind);
        let stem = format!("{}{}/{counter}", publication.kind.folder(), manifest.name);
        let file = self.add(&role, &format!("{stem}.wasm"), publication.file.bytes.clone())?;
        let mut release = blank(counter, file, publication);
        release.plugin = Some(Identity::of(manifest));
        if let Some(asks) = &manifest.exporter {
            release.rows = match &publication.rows {
                Some(rows) => only_rows(&asks.rows, rows).map_err(|why| publication.refused(why))?,
                None => asks.rows.clone(),
            };
        }
        if let Some(vectors) = &publication.vectors {
            check_vectors(vectors)?;
            release.vectors = Some(self.add(&role, &format!("{stem}.vectors.json"), vectors.bytes.clone())?);
        }
        Ok(release)
    }

    fn driver(&mut self, publication: &Publication, manifest: &Manifest, counter: u32) -> Result<Release, Error> {
        let Some(signed) = &publication.signed else {
            return Err(publication
                .refused("a driver is signed by its vendor; give what `vendor sign` made with --signed-by FILE"));
        };
        let usb: Vec<UsbAsk> = match &publication.devices {
            Some(devices) => only_devices(&manifest.usb, devices).map_err(|why| publication.refused(why))?,
            None => manifest.usb.clone(),
        };
        let vendor = self.take_signed(signed)?;
        if let Some(excess) = self.plan.vendors.get(&vendor).and_then(|granted| granted.excess(&usb)) {
            return Err(publication.refused(format!("{excess}; see `vendor list`")));
        }
        let role = Role::Vendor(vendor);
        let target = signed.target_of(&publication.file)?;
        let file = self.add(&role, &target, publication.file.bytes.clone())?;
        let mut release = blank(counter, file, publication);
        release.plugin = Some(Identity::of(manifest));
        release.usb = usb;
        if let Some(vectors) = &publication.vectors {
            check_vectors(vectors)?;
            let target = signed.target_of(vectors)?;
            release.vectors = Some(self.add(&role, &target, vectors.bytes.clone())?);
        }
        Ok(release)
    }

    fn document(&mut self, publication: &Publication, id: &ItemId, counter: u32) -> Result<Release, Error> {
        let name = publication.file.path.display().to_string();
        let bytes = &publication.file.bytes;
        match publication.kind {
            Kind::Settings => Settings::read(&name, bytes).map(|_| ())?,
            _ => Messages::read(&name, bytes).map(|_| ())?,
        }
        if publication.vectors.is_some() {
            return Err(publication.refused("vectors are of plugins; leave --vectors out"));
        }
        // A document that was read as JSON is UTF-8.
        let text = String::from_utf8_lossy(bytes).into_owned();
        let target = format!("{}{}-{counter}.json", id.kind.folder(), id.name);
        let file = self.add_text(&role_of_kind(id.kind), &target, text)?;
        Ok(blank(counter, file, publication))
    }

    /// The role that lists an item's files.
    pub(crate) fn role_of(&self, id: &ItemId) -> Result<Role, Error> {
        if id.kind != Kind::Driver {
            return Ok(role_of_kind(id.kind));
        }
        let newest = self.plan.item(id).and_then(|item| item.releases.last());
        let vendor = newest.and_then(|release| self.plan.vendor_of(&release.file.target));
        let (name, _) = vendor.ok_or_else(|| Error::Rule(format!("{id} stands under no vendor's prefix")))?;
        Ok(Role::Vendor(name.to_owned()))
    }
}

fn role_of_kind(kind: Kind) -> Role {
    match kind {
        Kind::Exporter => Role::Exports,
        _ => Role::Policies,
    }
}

fn item_name(publication: &Publication, manifest: Option<&Manifest>) -> Result<String, Error> {
    if let Some(manifest) = manifest {
        return Ok(manifest.name.clone());
    }
    let stem = publication
        .file
        .path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let name = publication.name.clone().or(stem).unwrap_or_default();
    if is_name(&name) {
        return Ok(name);
    }
    Err(publication.refused(format!(
        "its name would be `{name}`, but a name is 1 to 64 of a-z, 0-9 and -, a letter first; give one with --name"
    )))
}

fn blank(counter: u32, file: plan::item::File, publication: &Publication) -> Release {
    Release {
        waves: publication.waves.clone(),
        ..Release::of(counter, file)
    }
}

fn check_vectors(vectors: &Input) -> Result<(), Error> {
    let read: Result<serde_json::Value, _> = serde_json::from_slice(&vectors.bytes);
    match read {
        Ok(value) if value.is_object() || value.is_array() => Ok(()),
        Ok(_) => Err(not_published(
            &vectors.path,
            "golden vectors are a JSON object or list".to_owned(),
        )),
        Err(cause) => Err(not_published(
            &vectors.path,
            format!(
                "golden vectors are JSON, and this is not: {}",
                quotation::sentence(cause)
            ),
        )),
    }
}
