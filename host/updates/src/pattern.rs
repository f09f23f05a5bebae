//! Which targets a delegation is for (4.5 of the specification).

use crate::digest::Sha256;
use globset::{GlobBuilder, GlobMatcher};

/// A path pattern: `*`, `?` and `[..]` match within a part between `/`, never across one.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    parts: Vec<GlobMatcher>,
}

impl Pattern {
    /// A pattern; the cause where it is none.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let parts = text.split('/').map(|part| {
            GlobBuilder::new(&plain(part))
                .literal_separator(true)
                .backslash_escape(true)
                .build()
                .map(|glob| glob.compile_matcher())
                .map_err(|cause| format!("the path pattern `{text}` cannot be read: {}", cause.kind()))
        });
        Ok(Self {
            parts: parts.collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn matches(&self, target: &str) -> bool {
        let mut parts = target.split('/');
        let all = self
            .parts
            .iter()
            .all(|pattern| parts.next().is_some_and(|part| pattern.is_match(part)));
        all && parts.next().is_none()
    }
}

/// Does the SHA-256 of the target's name begin with these hexadecimal digits?
pub(crate) fn in_bin(prefix: &str, target: &str) -> bool {
    Sha256::of(target.as_bytes()).to_string().starts_with(prefix)
}

/// What stands for itself in a TUF pattern but not in a glob, escaped; `**` means no more than `*`.
fn plain(part: &str) -> String {
    let mut glob = String::with_capacity(part.len());
    for letter in part.chars() {
        if matches!(letter, '\\' | '{' | '}') {
            glob.push('\\');
        }
        if !(letter == '*' && glob.ends_with('*')) {
            glob.push(letter);
        }
    }
    glob
}

#[cfg(test)]
mod tests {
    use super::{Pattern, in_bin};

    #[test]
    fn a_wildcard_stays_within_its_part() {
        let cases = [
            ("vendors/acme/*", "vendors/acme/reader.wasm", true),
            ("vendors/acme/*", "vendors/acme/old/reader.wasm", false),
            ("vendors/acme/*", "vendors/acme-evil/reader.wasm", false),
            ("vendors/acme/*", "vendors/other/reader.wasm", false),
            ("vendors/acme/*", "vendors/acme/../other/reader.wasm", false),
            ("vendors/acme/*", "plan.json", false),
            ("policies/*/*", "policies/first/1.wasm", true),
            ("policies/*/*", "policies/1.wasm", false),
            ("*", "plan.json", true),
            ("*", "vendors/acme/reader.wasm", false),
            ("**", "plan.json", true),
            ("**", "vendors/acme/reader.wasm", false),
            ("**/*", "a/b/c", false),
            ("a/**/c", "a/b/c", true),
            ("a/**/c", "a/c", false),
            ("foo-?.tgz", "foo-2.tgz", true),
            ("foo-?.tgz", "foo-22.tgz", false),
            ("foo-[ab].tgz", "foo-a.tgz", true),
            ("foo-[!ab].tgz", "foo-a.tgz", false),
            ("{a,b}", "a", false),
            ("{a,b}", "{a,b}", true),
            ("a\\*", "a*", false),
            ("a\\*", "a\\b", true),
            ("plan.json", "plan.json", true),
            ("plan.json", "planxjson", false),
            ("Plan.json", "plan.json", false),
            ("", "plan.json", false),
        ];
        for (pattern, target, expected) in cases {
            let pattern_read = Pattern::new(pattern).expect("a pattern");
            assert_eq!(pattern_read.matches(target), expected, "{pattern} on {target}");
        }
    }

    #[test]
    fn a_pattern_that_is_none_is_refused() {
        assert!(Pattern::new("a/[b").is_err());
    }

    #[test]
    fn a_bin_is_found_by_the_digest_of_the_name() {
        // The SHA-256 of `plan.json` begins so.
        let digest = crate::digest::Sha256::of(b"plan.json").to_string();
        assert!(in_bin(&digest[..2], "plan.json"));
        assert!(!in_bin("zz", "plan.json"));
    }
}
