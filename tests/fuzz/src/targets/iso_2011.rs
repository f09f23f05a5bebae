//! Records of ISO/IEC 19794-2:2011, any bytes.

use crate::{Target, record};
use fingerprint_matcher::record::RecordFormat;

pub(super) const TARGET: Target = Target {
    name: "iso-2011",
    longest: 4_096,
    memory: 256,
    run: |bytes| record::check(bytes, RecordFormat::Iso19794v2011),
    seeds: record::seeds,
};
