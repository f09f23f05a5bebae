//! Names of roles and targets.

/// The plan's target.
pub const PLAN: &str = "plan.json";
/// The emergency list's target.
pub const EMERGENCY: &str = "emergency.json";
/// The role that signs the emergency list.
pub const EMERGENCY_ROLE: &str = "emergency";
/// The role that signs policies, matchers, settings and messages.
pub const POLICIES_ROLE: &str = "policies";
/// The role that signs exporters.
pub const EXPORTS_ROLE: &str = "exports";
/// Before a vendor's name, its role.
pub const VENDOR_ROLE: &str = "vendor-";
/// What the `policies` role may sign, as TUF's path patterns.
pub const POLICIES_PATHS: [&str; 4] = ["policies/*/*", "matchers/*/*", "settings/*", "messages/*"];
/// What the `exports` role may sign.
pub const EXPORTS_PATHS: [&str; 1] = ["exporters/*/*"];
/// The field of `timestamp.json` with the time at which it was signed (RFC 3339): the time that kiosks trust.
pub const SIGNED_AT: &str = "signed-at";

/// The role of a vendor.
#[must_use]
pub fn vendor_role(vendor: &str) -> String {
    format!("{VENDOR_ROLE}{vendor}")
}

/// Where a vendor's files stand, with a `/` at the end.
#[must_use]
pub fn vendor_prefix(vendor: &str) -> String {
    format!("vendors/{vendor}/")
}

/// What a vendor's role may sign, as a TUF path pattern.
#[must_use]
pub fn vendor_paths(vendor: &str) -> String {
    format!("{}*", vendor_prefix(vendor))
}

/// Names of vendors, items and settings: 1 to 64 of `a` to `z`, `0` to `9` and `-`, a letter first.
#[must_use]
pub fn is_name(word: &str) -> bool {
    word.len() <= 64
        && word.starts_with(|first: char| first.is_ascii_lowercase())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// A target's name: parts between `/`, each of letters, digits, `.`, `-` and `_`, none that begins with a dot; at most 200 bytes.
#[must_use]
pub fn is_target(name: &str) -> bool {
    name.len() <= 200
        && name.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        })
}
