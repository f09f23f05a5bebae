//! What plugins say, bounded in rate and length. In production only codes pass (design, section 4, rule 6).

use std::time::{Duration, Instant};

/// Longest message, in bytes.
const MAX_BYTES: usize = 1_024;
/// Messages in one window.
const BURST: u32 = 20;
const WINDOW: Duration = Duration::from_secs(1);

/// Whether free text of plugins is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogMode {
    /// codes only: a free text could carry what was read
    #[default]
    Production,
    /// everything, on a bench with synthetic people
    Development,
}

/// A plugin's mouth, shared by its instances: a fresh one for each call gets no fresh share of the log.
#[derive(Debug)]
pub(crate) struct PluginLog {
    plugin: String,
    mode: LogMode,
    /// of its manifest
    codes: Vec<String>,
    window: Instant,
    said: u32,
    dropped: u64,
}

/// How important a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl PluginLog {
    pub(crate) fn new(plugin: &str, mode: LogMode, codes: &[String]) -> Self {
        Self {
            plugin: plugin.to_owned(),
            mode,
            codes: codes.to_owned(),
            window: Instant::now(),
            said: 0,
            dropped: 0,
        }
    }

    /// What passes of a message, or none where the rate is used up.
    fn pass(&mut self, message: &str, now: Instant) -> Option<String> {
        if now.duration_since(self.window) >= WINDOW {
            self.window = now;
            self.said = 0;
        }
        if self.said >= BURST {
            self.dropped += 1;
            return None;
        }
        self.said += 1;
        let code = self.codes.iter().any(|code| code == message);
        Some(match self.mode {
            LogMode::Production if !code => "(withheld)".to_owned(),
            _ => cut(message),
        })
    }

    /// A fault's code as it may be told, or that it is none of the plugin's.
    pub(crate) fn code(&self, code: &str) -> String {
        let known = self.codes.iter().find(|known| *known == code);
        known.cloned().unwrap_or_else(|| "no-code".to_owned())
    }

    pub(crate) fn write(&mut self, level: Level, message: &str) {
        let Some(text) = self.pass(message, Instant::now()) else {
            return;
        };
        let (plugin, dropped) = (&self.plugin, std::mem::take(&mut self.dropped));
        if dropped > 0 {
            tracing::warn!(target: "plugin", plugin, dropped, "log flood");
        }
        match level {
            Level::Debug => tracing::debug!(target: "plugin", plugin, "{text}"),
            Level::Info => tracing::info!(target: "plugin", plugin, "{text}"),
            Level::Warn => tracing::warn!(target: "plugin", plugin, "{text}"),
            Level::Error => tracing::error!(target: "plugin", plugin, "{text}"),
        }
    }
}

fn cut(message: &str) -> String {
    if message.len() <= MAX_BYTES {
        return message.to_owned();
    }
    let mut end = MAX_BYTES;
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}... ({} bytes)", &message[..end], message.len())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn free_text_is_withheld_in_production_and_codes_pass() {
        let codes = ["reader-ready".to_owned()];
        let mut log = PluginLog::new("p", LogMode::Production, &codes);
        let now = Instant::now();
        assert_eq!(log.pass("reader-ready", now).as_deref(), Some("reader-ready"));
        for name in ["Asanova Aigul, 11403198701234", "asanova-aigul-11403198701234"] {
            assert_eq!(log.pass(name, now).as_deref(), Some("(withheld)"));
            assert_eq!(log.code(name), "no-code");
        }
        assert_eq!(log.code("reader-ready"), "reader-ready");
        let mut log = PluginLog::new("p", LogMode::Development, &[]);
        assert_eq!(log.pass("read 540 bytes", now).as_deref(), Some("read 540 bytes"));
    }

    #[test]
    fn a_flood_is_cut_to_twenty_a_second_and_long_messages_to_a_kibibyte() {
        let mut log = PluginLog::new("p", LogMode::Development, &[]);
        let now = Instant::now();
        let passed = (0..10_000).filter(|_| log.pass("flood", now).is_some()).count();
        assert_eq!((passed, log.dropped), (20, 9_980));
        let later = now + WINDOW;
        let long = log.pass(&"ө".repeat(2_000), later).unwrap();
        assert!(
            long.len() < 1_100 && long.ends_with("... (4000 bytes)"),
            "{}",
            long.len()
        );
    }
}
