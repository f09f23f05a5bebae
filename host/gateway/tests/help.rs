//! What `kiosk-gateway` says of itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::Command;

fn said(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kiosk-gateway"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_command_says_what_it_does_with_an_example() {
    let commands: [&[&str]; 18] = [
        &[],
        &["run"],
        &["check"],
        &["plugins"],
        &["pin"],
        &["export"],
        &["journal"],
        &["journal", "verify"],
        &["journal", "checkpoint"],
        &["updates"],
        &["updates", "status"],
        &["updates", "check"],
        &["updates", "apply"],
        &["updates", "rollback"],
        &["updates", "import"],
        &["new-key"],
        &["completions"],
        &["man"],
    ];
    let mut all = String::new();
    for command in commands {
        let text = said(&[command, ["--help"].as_slice()].concat());
        all.push_str(&format!(
            "$ kiosk-gateway {}\n{text}\n",
            [command, ["--help"].as_slice()].concat().join(" ")
        ));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn the_manual_and_the_completions_name_every_command() {
    let manual = said(&["man"]);
    let completions = said(&["completions", "bash"]);
    for command in [
        "run", "check", "plugins", "pin", "export", "journal", "updates", "new-key",
    ] {
        let dashed = command.replace('-', "\\-");
        assert!(manual.contains(&dashed), "{command} in the manual");
        assert!(completions.contains(command), "{command} in the completions");
    }
}
