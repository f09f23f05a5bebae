//! The station's plugins, loaded and sorted by the place that each is made for.

use crate::configuration::{Configuration, PluginEntry};
use identification::event::Event;
use plugin_runtime::grants::Allowed;
use plugin_runtime::plugin::{Digest, LoadError, Plugin, read};
use plugin_runtime::runtime::Runtime;
use plugin_runtime::{document_reader, exporter, matcher, policy, printer, scanner};

/// Every plugin that can be used.
#[derive(Debug, Default)]
pub struct Shelf {
    /// scanner drivers, in the order of the configuration
    pub scanners: Vec<Plugin>,
    /// drivers of document readers: checked and listed; no step of a check-in reads a document yet, so that none is opened
    pub document_readers: Vec<Plugin>,
    /// printer drivers
    pub printers: Vec<Plugin>,
    /// matchers; the first one searches
    pub matchers: Vec<Plugin>,
    /// policies; the first one decides
    pub policies: Vec<Plugin>,
    /// exporters
    pub exporters: Vec<Plugin>,
    /// what could not be used, in sentences: the station goes on with the others
    pub refused: Vec<LoadError>,
}

impl Shelf {
    /// Loads every plugin of the configuration.
    #[must_use]
    pub fn load(runtime: &Runtime, configuration: &Configuration) -> Self {
        let mut shelf = Self::default();
        for entry in &configuration.file.plugins {
            let placed = load(runtime, configuration, entry).and_then(|plugin| shelf.place(plugin));
            if let Err(refused) = placed {
                shelf.refused.push(refused);
            }
        }
        shelf
    }

    fn place(&mut self, plugin: Plugin) -> Result<(), LoadError> {
        let contract = plugin.manifest().contract.to_string();
        let place = match contract.as_str() {
            scanner::CONTRACT => {
                scanner::fits(&plugin)?;
                &mut self.scanners
            }
            document_reader::CONTRACT => {
                document_reader::fits(&plugin)?;
                &mut self.document_readers
            }
            printer::CONTRACT => {
                printer::fits(&plugin)?;
                &mut self.printers
            }
            matcher::CONTRACT => &mut self.matchers,
            policy::CONTRACT => &mut self.policies,
            exporter::CONTRACT => &mut self.exporters,
            _ => {
                return Err(LoadError::Contract {
                    name: plugin.name().to_owned(),
                    found: contract,
                    expected: "a contract that this kiosk knows",
                });
            }
        };
        place.push(plugin);
        Ok(())
    }

    /// Every plugin with its place, for the journal and `plugins list`.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &Plugin)> {
        let places = [
            ("scanner", &self.scanners),
            ("document reader", &self.document_readers),
            ("printer", &self.printers),
            ("matcher", &self.matchers),
            ("policy", &self.policies),
            ("exporter", &self.exporters),
        ];
        places
            .into_iter()
            .flat_map(|(role, plugins)| plugins.iter().map(move |plugin| (role, plugin)))
    }

    /// What the journal says at a start.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let loaded = self.all().map(|(role, plugin)| Event::PluginLoaded {
            role: role.to_owned(),
            plugin: plugin.name().to_owned(),
            version: plugin.manifest().version.clone(),
            digest: plugin.digest().to_string(),
        });
        let refused = self.refused.iter().map(|_| Event::Incident {
            code: "plugin-refused".to_owned(),
        });
        loaded.chain(refused).collect()
    }
}

fn load(runtime: &Runtime, configuration: &Configuration, entry: &PluginEntry) -> Result<Plugin, LoadError> {
    let bytes = read(&configuration.path(&entry.file))?;
    // Checked when the configuration was read.
    let pinned = entry.sha256.get_ref().parse::<Digest>().ok();
    let allowed = Allowed {
        usb: entry.usb.clone(),
        rows: entry.rows.clone(),
        classes: None,
    };
    runtime.load(&bytes, pinned, &allowed)
}
