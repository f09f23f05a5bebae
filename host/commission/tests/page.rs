//! The officer's page, and what the README says to the commission: every command, in order.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "the other tests use the rest")]
mod office;

use office::Office;
use std::path::PathBuf;

fn read(page: &str) -> String {
    std::fs::read_to_string(format!("{}/../../{page}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// What the commission was sent, in the folder where the commands of the page look for it.
fn furnish(office: &Office, folder: &str) {
    let plugin = |name: &str| fixtures::bytes(&fixtures::plugin(name));
    for (file, name) in [
        ("fingerprint-first.wasm", "fingerprint-first"),
        ("turnout-csv.wasm", "turnout-csv"),
        ("uru4000.wasm", "uru4000"),
    ] {
        office.put(&format!("{folder}/{file}"), &plugin(name));
    }
    let first = plugin("fingerprint-first");
    for (file, version) in [
        ("fingerprint-first-2.wasm", "0.2.0"),
        ("fingerprint-first-3.wasm", "0.3.0"),
    ] {
        office.put(&format!("{folder}/{file}"), &fixtures::of_version(&first, version));
    }
    office.put(&format!("{folder}/first.vectors.json"), &office::vectors(&first));
    office.put(&format!("{folder}/general.json"), office::SETTINGS.as_bytes());
    std::fs::create_dir_all(office.path("media/stick")).unwrap();
}

/// Types every command; the folder in which each is typed is the one that `cd` went to.
fn type_all(office: &Office, commands: &[String]) {
    let mut folder = PathBuf::from(".");
    for command in commands {
        println!("$ {command}");
        let command = command.replace("/media/", "F/media/");
        let words: Vec<&str> = command.split(' ').collect();
        let path = |word: &str| match word.strip_prefix("F/") {
            Some(rest) => office.path(rest),
            None => office.path(folder.join(word).to_str().unwrap()),
        };
        match words[..] {
            ["mkdir", name] => std::fs::create_dir(path(name)).unwrap(),
            ["cp", from, to] => {
                std::fs::copy(path(from), path(to)).unwrap();
            }
            ["cd", ".."] => folder = folder.parent().unwrap().to_owned(),
            ["cd", into] => {
                folder = folder.join(into);
                furnish(office, into);
            }
            ["kiosk-commission", ref words @ ..] => {
                std::env::set_current_dir(office.path(folder.to_str().unwrap())).unwrap();
                println!("{}", office.good(&words.join(" ")));
            }
            _ => panic!("`{command}` is not a command that this test knows"),
        }
    }
}

// One test: it changes the folder that the whole process works in.
#[test]
fn every_command_of_the_page_for_the_commission_and_of_the_readme_comes_out_well() {
    let page = fixtures::shell_commands(&read("docs/commission.md"));
    assert!(page.len() > 60, "{page:?}");
    let mut office = Office::new();
    office.toys = false;
    type_all(&office, &page);
    let status = office.good("status");
    for line in [
        "policy fingerprint-first, floor 3",
        "driver uru4000, floor 1",
        "2 of aigul, bakyt, daniyar",
    ] {
        assert!(status.contains(line), "{line}: {status}");
    }

    let readme = read("README.md");
    let (_, section) = readme.split_once("\n## For the commission\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let commands = fixtures::shell_commands(section);
    assert!(commands.len() > 4, "{commands:?}");
    let mut office = Office::new();
    office.toys = false;
    type_all(&office, &commands);
}
