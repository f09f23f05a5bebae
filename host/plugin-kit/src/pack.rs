//! What a vendor sends to the commission: the plugin, its report, and their digests, in one file.

use crate::check::report::Report;
use crate::sentence::Sentence;
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// A file in the package.
struct Member {
    name: String,
    bytes: Vec<u8>,
}

/// Writes the package: `NAME-VERSION/` with the plugin, the report as JSON and as a page, and SHA256SUMS. The same plugin and
/// report give the same bytes.
///
/// # Errors
/// A sentence.
pub fn pack(plugin: &[u8], report: &Report, out: &Path) -> Result<(), Sentence> {
    let folder = format!("{}-{}", report.plugin, report.version);
    let mut members = vec![
        Member {
            name: format!("{}.wasm", report.plugin),
            bytes: plugin.to_vec(),
        },
        Member {
            name: "conformance.json".to_owned(),
            bytes: report.json()?.into_bytes(),
        },
        Member {
            name: "conformance.html".to_owned(),
            bytes: report.page().into_bytes(),
        },
    ];
    let sums: String = members
        .iter()
        .map(|member| format!("{}  {}\n", hex(&Sha256::digest(&member.bytes)), member.name))
        .collect();
    members.push(Member {
        name: "SHA256SUMS".to_owned(),
        bytes: sums.into_bytes(),
    });
    if let Some(parent) = out.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(|cause| Sentence::file(parent, &cause))?;
    }
    let failed = |cause: std::io::Error| Sentence::file(out, &cause);
    let mut archive = tar::Builder::new(std::fs::File::create(out).map_err(failed)?);
    for member in &members {
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(member.bytes.len()).unwrap_or(u64::MAX));
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_cksum();
        let path = format!("{folder}/{}", member.name);
        archive
            .append_data(&mut header, path, member.bytes.as_slice())
            .map_err(failed)?;
    }
    archive.into_inner().and_then(|file| file.sync_all()).map_err(failed)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
