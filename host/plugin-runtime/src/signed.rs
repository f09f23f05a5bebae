//! What was signed about a plugin, against which its own words are held.

use crate::plugin::{Digest, LoadError};
use plan::item::{Identity, Item, Release};
use plugin_package::Manifest;

/// A plugin as it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// its name
    pub name: String,
    /// of its file
    pub digest: Digest,
    /// its version, contract and oldest host
    pub identity: Identity,
}

impl Signed {
    /// What the plan says of a release; none where the release is no plugin's, or its digest is none.
    #[must_use]
    pub fn of(item: &Item, release: &Release) -> Option<Self> {
        Some(Self {
            name: item.name.clone(),
            digest: release.file.sha256.parse().ok()?,
            identity: release.plugin.clone()?,
        })
    }

    /// A plugin must say of itself what was signed about it.
    pub(crate) fn agrees(&self, manifest: &Manifest) -> Result<(), LoadError> {
        let own = Identity::of(manifest);
        let fields: [(&'static str, &str, &str); 4] = [
            ("name", &manifest.name, &self.name),
            ("version", &own.version, &self.identity.version),
            ("contract", &own.contract, &self.identity.contract),
            ("minimum host", &own.minimum_host, &self.identity.minimum_host),
        ];
        match fields.into_iter().find(|(_, says, signed)| says != signed) {
            None => Ok(()),
            Some((field, says, signed)) => Err(LoadError::Disagrees {
                name: self.name.clone(),
                field,
                says: says.to_owned(),
                signed: signed.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use plan::item::{File, Kind};

    #[test]
    fn a_release_of_the_plan_says_what_its_plugin_must_say_of_itself() {
        let file = File {
            target: "policies/p/p.wasm".to_owned(),
            sha256: "ab".repeat(32),
            length: 1,
        };
        let release = Release {
            plugin: Some(Identity {
                version: "0.1.0".to_owned(),
                contract: "kiosk:policy/identification-policy@0.1.0".to_owned(),
                minimum_host: "0.1.0".to_owned(),
            }),
            ..Release::of(1, file)
        };
        let item = Item {
            kind: Kind::Policy,
            name: "p".to_owned(),
            floor: 1,
            releases: vec![release.clone()],
        };
        let signed = Signed::of(&item, &release).unwrap();
        assert_eq!((signed.name.as_str(), signed.digest), ("p", Digest([0xab; 32])));
        let settings = Release {
            plugin: None,
            ..release
        };
        assert_eq!(Signed::of(&item, &settings), None);
    }
}
