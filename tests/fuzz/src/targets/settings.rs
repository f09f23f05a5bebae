//! A policy's settings, as a person wrote them.

use crate::Target;
use fingerprint_first::settings::Settings;

pub(super) const TARGET: Target = Target {
    name: "settings",
    longest: 1_024,
    memory: 256,
    run,
    seeds,
};

fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Err(problems) = Settings::read(text) {
        assert!(!problems.is_empty(), "refused for no reason");
        assert!(problems.iter().all(|problem| problem.message.contains(' ')));
    }
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        br#"{"attempts":3,"threshold":700,"minimum-quality":20,"name-agreement":80}"#.to_vec(),
        Vec::new(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_settings() {
        for seed in seeds() {
            assert!(Settings::read(&String::from_utf8_lossy(&seed)).is_ok());
        }
    }
}
