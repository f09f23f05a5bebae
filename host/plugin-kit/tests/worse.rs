//! Matchers and policies that a vendor changed for the worse, each told by the case that is about it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// What the kind's example is, and what becomes of it.
struct Worse {
    kind: &'static str,
    /// the case that must fail
    case: &'static str,
    /// (file, what stands there, what is written instead)
    changes: &'static [(&'static str, &'static str, &'static str)],
}

const COMPONENT: &str = "src/component.rs";
const TEMPLATE: &str = "src/template.rs";

const WORSE: [Worse; 14] = [
    // It believes that an image has the size that it says.
    Worse {
        kind: "matcher",
        case: "M018",
        changes: &[
            (
                COMPONENT,
                "if image.pixels.len() != width * height {",
                "if width > 10_000 {",
            ),
            (TEMPLATE, " || pixels.len() != width * height", ""),
        ],
    },
    // Every image is as good as any.
    Worse {
        kind: "matcher",
        case: "M019",
        changes: &[(COMPONENT, "quality: quality(&template)", "quality: 50")],
    },
    // It knows the same image again, and nothing else.
    Worse {
        kind: "matcher",
        case: "M041",
        changes: &[(
            TEMPLATE,
            "    let differences =",
            "    if one != other {\n        return 0;\n    }\n    let differences =",
        )],
    },
    // Everybody is everybody.
    Worse {
        kind: "matcher",
        case: "M042",
        changes: &[(
            TEMPLATE,
            "HIGHEST.saturating_sub(u16::try_from(mean * 4).unwrap_or(u16::MAX))",
            "HIGHEST.max(u16::try_from(mean).unwrap_or(0))",
        )],
    },
    // It takes for granted that there is a finger.
    Worse {
        kind: "matcher",
        case: "M043",
        changes: &[(
            COMPONENT,
            "        let subjects: Vec<u32>",
            "        assert!(!probes.is_empty());\n        let subjects: Vec<u32>",
        )],
    },
    // It does not say which finger it was.
    Worse {
        kind: "matcher",
        case: "M044",
        changes: &[(
            COMPONENT,
            "            score,\n            position,\n        })",
            "            score,\n            position: if score > 0 { FingerPosition::Unknown } else { position },\n        })",
        )],
    },
    // It gives an entry for each probe.
    Worse {
        kind: "matcher",
        case: "M045",
        changes: &[(
            COMPONENT,
            ".filter_map(|subject| self.best(subject, &probes))",
            ".flat_map(|subject| probes.iter().filter_map(move |one| self.best(subject, std::slice::from_ref(one))))",
        )],
    },
    // It forgets one finger where it should forget a person.
    Worse {
        kind: "matcher",
        case: "M046",
        changes: &[(
            COMPONENT,
            "self.0.borrow_mut().remove(&subject);",
            "if let Some(fingers) = self.0.borrow_mut().get_mut(&subject) {\n            fingers.pop();\n        }",
        )],
    },
    // Ties go to the larger number.
    Worse {
        kind: "matcher",
        case: "M047",
        changes: &[(
            COMPONENT,
            "(std::cmp::Reverse(one.score), one.subject)",
            "std::cmp::Reverse((one.score, one.subject))",
        )],
    },
    // What it gives out is its own form, whatever was asked for.
    Worse {
        kind: "matcher",
        case: "M051",
        changes: &[(
            COMPONENT,
            "fn export_record(_probe: contract::Probe, _format: contract::RecordFormat) -> Result<Vec<u8>, String> {\n        \
             Err(\"unknown-format\".to_owned())",
            "fn export_record(probe: contract::Probe, _format: contract::RecordFormat) -> Result<Vec<u8>, String> {\n        \
             Ok(probe.template)",
        )],
    },
    // What it gives out it does not take.
    Worse {
        kind: "matcher",
        case: "M052",
        changes: &[(
            COMPONENT,
            "fn export_record(_probe: contract::Probe, _format: contract::RecordFormat) -> Result<Vec<u8>, String> {\n        \
             Err(\"unknown-format\".to_owned())",
            "fn export_record(probe: contract::Probe, _format: contract::RecordFormat) -> Result<Vec<u8>, String> {\n        \
             Ok(probe.template)",
        )],
    },
    // A record of anything is a record of nothing.
    Worse {
        kind: "matcher",
        case: "M053",
        changes: &[(
            COMPONENT,
            "_format: contract::RecordFormat) -> Result<Vec<contract::Probe>, String> {\n        Err(\"unknown-format\".to_owned())",
            "_format: contract::RecordFormat) -> Result<Vec<contract::Probe>, String> {\n        Ok(Vec::new())",
        )],
    },
    // It asks for the right index finger, come what may.
    Worse {
        kind: "policy",
        case: "Y032",
        changes: &[(
            COMPONENT,
            "contract::Decision::CaptureFinger(FingerPosition::Unknown)",
            "contract::Decision::CaptureFinger(FingerPosition::RightIndex)",
        )],
    },
    // A finger is a finger, whether there is one or not.
    Worse {
        kind: "policy",
        case: "Y033",
        changes: &[(
            COMPONENT,
            "known.scanner &= absent < FINGERS;",
            "let _ = absent < FINGERS;",
        )],
    },
];

fn kit(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_plugin-kit"))
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", fixtures::target().join("vendor"))
        .args(arguments)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn each_plugin_that_was_changed_for_the_worse_fails_on_the_case_about_it() {
    let mut missed = Vec::new();
    for worse in &WORSE {
        let work = tempfile::tempdir().unwrap();
        let (begun, said) = kit(work.path(), &["new", worse.kind, "worse"]);
        assert!(begun, "{said}");
        let folder = work.path().join("worse");
        for (file, from, to) in worse.changes {
            let text = fs::read_to_string(folder.join(file)).unwrap();
            assert!(text.contains(from), "{}: {file} has no `{from}`", worse.case);
            fs::write(folder.join(file), text.replace(from, to)).unwrap();
        }
        let (built, said) = kit(&folder, &["build"]);
        assert!(built, "{}: {said}", worse.case);
        let (conforms, said) = kit(&folder, &["check", "--only", worse.case]);
        println!("{said}");
        if conforms || !said.contains(&format!("{} failed", worse.case)) {
            missed.push(format!("{}: {said}", worse.case));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
