//! Where this kiosk looks for updates.

use crate::configuration::Configuration;
use ::updates::folder::FolderSource;
use ::updates::https::{HttpsSource, NetworkLimits};
use ::updates::source::{Source, SourceError};
use std::path::PathBuf;

/// Why the place cannot be asked, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// the authority's file
    #[error(
        "the certificate authority {0} cannot be read ({1}); correct `authority` in [updates], or copy the file there"
    )]
    Authority(PathBuf, std::io::Error),
    /// the server
    #[error("the update server cannot be asked: {0}; correct [updates]")]
    Server(#[from] SourceError),
}

/// The server or the folder that the configuration names; none where only sticks are taken.
///
/// # Errors
/// [`PlaceError`].
pub fn configured(configuration: &Configuration) -> Result<Option<Box<dyn Source>>, PlaceError> {
    let Some(updates) = &configuration.file.updates else {
        return Ok(None);
    };
    if let Some(mirror) = &updates.mirror {
        return Ok(Some(Box::new(FolderSource::new(configuration.path(mirror.get_ref())))));
    }
    let (Some(url), Some(authority)) = (&updates.url, &updates.authority) else {
        return Ok(None);
    };
    let path = configuration.path(authority.get_ref());
    let pem = std::fs::read(&path).map_err(|cause| PlaceError::Authority(path, cause))?;
    let server = HttpsSource::new(url.get_ref(), &pem, NetworkLimits::default())?;
    Ok(Some(Box::new(server)))
}
