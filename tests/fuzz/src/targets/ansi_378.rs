//! Records of ANSI INCITS 378-2004, any bytes.

use crate::{Target, record};
use fingerprint_matcher::record::RecordFormat;

pub(super) const TARGET: Target = Target {
    name: "ansi-378",
    longest: 4_096,
    memory: 256,
    run: |bytes| record::check(bytes, RecordFormat::Ansi378v2004),
    seeds: record::seeds,
};
