//! Every shipped driver of a document reader, on recordings made with its virtual device.

use crate::conforms;
use conformance::document_readers::SHIPPED_READERS;
use conformance::shipped::runtime;
use libtest_mimic::Trial;

pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    SHIPPED_READERS.iter().map(|shipped| {
        let name = format!("the driver {} conforms on a reader {}", shipped.name, shipped.device);
        Trial::test(name, move || {
            let (bytes, plugin) = shipped.plugin(&runtime()?, &fixtures::target().join("plugins"))?;
            conforms(&format!("{shipped:?}"), &bytes, &shipped.material(&plugin)?)
        })
    })
}
