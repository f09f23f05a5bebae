//! A folder of sets of finger images.

use crate::name::ImageName;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Endings of files that are images.
const ENDINGS: [&str; 4] = ["png", "tif", "tiff", "bmp"];
/// The file of a set that states its resolution.
const DPI_FILE: &str = "dpi.txt";
/// Resolutions that a matcher takes (`kiosk:types/samples`), pixels per inch.
const DPI_RANGE: std::ops::RangeInclusive<f64> = 100.0..=1_200.0;
/// What is known of public sets whose files do not state their resolution, or state a wrong one.
const KNOWN_DPI: [(&str, u16); 1] = [("fvc2002_db2", 569)];

/// An image that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// which
    pub name: ImageName,
    /// where
    pub path: PathBuf,
    /// of its set, where that is known; else the file may state it
    pub dpi: Option<u16>,
}

/// What a folder has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sets {
    /// by name, none twice
    pub images: Vec<Listed>,
    /// files that are no images of a set
    pub others: Vec<PathBuf>,
}

/// Why a folder cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum SetsError {
    /// no folder
    #[error("the folder of sets {0} is absent; name another with --sets")]
    Absent(PathBuf),
    /// cannot be read
    #[error("{path} cannot be read ({cause}); check its permissions")]
    Unreadable {
        /// which
        path: PathBuf,
        /// the system's word
        cause: io::Error,
    },
    /// no images
    #[error(
        "{0} has no two images named <set>/<finger>_<impression>.png, .tif, .tiff or .bmp; name another folder with --sets"
    )]
    Empty(PathBuf),
    /// none of those that were asked for
    #[error("no two images of {folder} have a name that begins with {}; leave the names out to measure all", .names.join(" or "))]
    NoneBegins {
        /// where
        folder: PathBuf,
        /// with what
        names: Vec<String>,
    },
    /// the resolution is none
    #[error("{path} must be one number from 100 to 1200, the pixels per inch of the set, but is `{text}`; correct it")]
    Dpi {
        /// which
        path: PathBuf,
        /// its first line, at most 40 letters
        text: String,
    },
    /// two files of one name
    #[error("the image {name} is there twice, as {first} and as {second}; take one of them away")]
    Twice {
        /// which
        name: ImageName,
        /// one file
        first: PathBuf,
        /// the other
        second: PathBuf,
    },
}

impl Sets {
    /// Lists the folder: `<set>/<finger>_<impression>.png`, or the images of one set alone. Where `begin` names
    /// beginnings, only images whose `set/finger_impression` begins with one of them count.
    ///
    /// # Errors
    /// [`SetsError`].
    pub fn list(folder: &Path, begin: &[String]) -> Result<Self, SetsError> {
        if !folder.is_dir() {
            return Err(SetsError::Absent(folder.to_path_buf()));
        }
        let mut found = Found::default();
        let own_name = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        let own_name = own_name.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) =
            entries(folder)?.into_iter().partition(|path| path.is_dir());
        if files.iter().any(|path| image_name(&own_name, path).is_some()) {
            // It is one set itself; whatever else is in it is not looked at.
            found.add_set(&own_name, folder, files)?;
            found.others.extend(folders);
        } else {
            found.others.extend(files);
            for set in folders {
                let name = set.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let files = entries(&set)?;
                found.add_set(&name, &set, files)?;
            }
        }
        if found.images.len() < 2 {
            return Err(SetsError::Empty(folder.to_path_buf()));
        }
        let wanted = |name: &ImageName| {
            let name = name.to_string();
            begin.is_empty() || begin.iter().any(|beginning| name.starts_with(beginning))
        };
        let images: Vec<Listed> = found.images.into_values().filter(|image| wanted(&image.name)).collect();
        if images.len() < 2 {
            return Err(SetsError::NoneBegins {
                folder: folder.to_path_buf(),
                names: begin.to_vec(),
            });
        }
        Ok(Self {
            images,
            others: found.others,
        })
    }
}

#[derive(Default)]
struct Found {
    images: BTreeMap<ImageName, Listed>,
    others: Vec<PathBuf>,
}

impl Found {
    fn add_set(&mut self, set: &str, folder: &Path, files: Vec<PathBuf>) -> Result<(), SetsError> {
        let dpi = stated_dpi(&folder.join(DPI_FILE))?;
        let known = KNOWN_DPI.iter().find(|(name, _)| *name == set).map(|(_, dpi)| *dpi);
        for path in files {
            let Some(name) = image_name(set, &path) else {
                if !path.ends_with(DPI_FILE) {
                    self.others.push(path);
                }
                continue;
            };
            let listed = Listed {
                name: name.clone(),
                path: path.clone(),
                dpi: dpi.or(known),
            };
            if let Some(first) = self.images.insert(name.clone(), listed) {
                return Err(SetsError::Twice {
                    name,
                    first: first.path,
                    second: path,
                });
            }
        }
        Ok(())
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, SetsError> {
    let failed = |cause| SetsError::Unreadable {
        path: folder.to_path_buf(),
        cause,
    };
    let listed: Result<Vec<PathBuf>, io::Error> = fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect();
    let mut listed = listed.map_err(failed)?;
    listed.sort();
    Ok(listed)
}

fn image_name(set: &str, path: &Path) -> Option<ImageName> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    let is_image = ENDINGS.contains(&ending.as_str()) && !path.is_dir();
    is_image.then(|| ImageName::of_file(set, path.file_stem()?.to_str()?))?
}

fn stated_dpi(path: &Path) -> Result<Option<u16>, SetsError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        // Not text: no number either.
        Err(cause) if cause.kind() == io::ErrorKind::InvalidData => "\u{fffd}".to_owned(),
        Err(cause) => {
            return Err(SetsError::Unreadable {
                path: path.to_path_buf(),
                cause,
            });
        }
    };
    let number = text
        .trim()
        .parse::<f64>()
        .ok()
        .filter(|number| DPI_RANGE.contains(number));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of 100 to 1200, rounded"
    )]
    match number {
        Some(number) => Ok(Some(number.round() as u16)),
        None => Err(SetsError::Dpi {
            path: path.to_path_buf(),
            text: text
                .lines()
                .next()
                .unwrap_or_default()
                .trim()
                .chars()
                .take(40)
                .collect(),
        }),
    }
}
