//! What a new plugin's folder is made of.

/// Contracts, under their paths in the folder.
pub(super) const CONTRACTS: &[(&str, &str)] = &[
    (
        "wit/types/v0/types.wit",
        include_str!("../../../../wit/types/v0/types.wit"),
    ),
    (
        "wit/driver/v0/driver.wit",
        include_str!("../../../../wit/driver/v0/driver.wit"),
    ),
    (
        "wit/matcher/v0/matcher.wit",
        include_str!("../../../../wit/matcher/v0/matcher.wit"),
    ),
    (
        "wit/policy/v0/policy.wit",
        include_str!("../../../../wit/policy/v0/policy.wit"),
    ),
    (
        "wit/exporter/v0/exporter.wit",
        include_str!("../../../../wit/exporter/v0/exporter.wit"),
    ),
];

/// The SDK's own manifest, without the workspace that it is taken from.
pub(super) const SDK_MANIFEST: &str = include_str!("../../templates/sdk-Cargo.toml");

macro_rules! sdk {
    ($($file:literal),+ $(,)?) => {
        /// The SDK, under its paths. A test holds the list against the folder.
        pub(super) const SDK: &[(&str, &str)] = &[
            ("Cargo.toml", SDK_MANIFEST),
            $(($file, include_str!(concat!("../../../../plugins/sdk/", $file))),)+
        ];
    };
}

sdk!(
    "src/component.rs",
    "src/component/document_reader.rs",
    "src/component/printer.rs",
    "src/component/scanner.rs",
    "src/device.rs",
    "src/document_reader.rs",
    "src/fault.rs",
    "src/lib.rs",
    "src/mrz.rs",
    "src/printer.rs",
    "src/progress.rs",
    "src/scanner.rs",
    "src/swipe.rs",
    "src/swipe/canvas.rs",
    "src/swipe/chain.rs",
    "src/swipe/detail.rs",
    "src/swipe/likeness.rs",
    "src/swipe/path.rs",
    "src/swipe/product.rs",
    "src/swipe/tests.rs",
    "src/unasked.rs",
    "src/usb.rs",
);

macro_rules! template {
    ($name:ident, $folder:literal, $manifest:literal, [$($file:literal),+ $(,)?]) => {
        /// A template, under its paths.
        pub(super) const $name: &[(&str, &str)] = &[
            ("Cargo.toml", include_str!(concat!("../../templates/", $manifest))),
            (".gitignore", include_str!("../../templates/gitignore")),
            $(($file, include_str!(concat!("../../templates/", $folder, "/", $file))),)+
        ];
    };
}

template!(
    SCANNER,
    "scanner",
    "driver-Cargo.toml",
    [
        "plugin.toml",
        "kit.toml",
        "README.md",
        "src/lib.rs",
        "src/driver.rs",
        "src/protocol.rs",
    ]
);
template!(
    DOCUMENT_READER,
    "document-reader",
    "driver-Cargo.toml",
    ["plugin.toml", "README.md", "src/lib.rs", "src/driver.rs",]
);
template!(
    PRINTER,
    "printer",
    "driver-Cargo.toml",
    ["plugin.toml", "README.md", "src/lib.rs", "src/driver.rs",]
);
template!(
    MATCHER,
    "matcher",
    "plain-Cargo.toml",
    [
        "plugin.toml",
        "README.md",
        "src/lib.rs",
        "src/template.rs",
        "src/component.rs"
    ]
);
template!(
    POLICY,
    "policy",
    "plain-Cargo.toml",
    [
        "plugin.toml",
        "README.md",
        "src/lib.rs",
        "src/rules.rs",
        "src/component.rs"
    ]
);
template!(
    EXPORTER,
    "exporter",
    "plain-Cargo.toml",
    [
        "plugin.toml",
        "README.md",
        "src/lib.rs",
        "src/table.rs",
        "src/component.rs"
    ]
);
