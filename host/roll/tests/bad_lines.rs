//! A list of voters is reported on as a whole, and nothing comes of a bad one.

mod commission;
mod other_images;

use commission::{Commission, Toy, png, png_of};
use other_images::{bmp, tiff};
use roll::{SealError, check};

/// Every kind of bad line. `V` stands for the fields that a good voter of that number has beside what the case writes.
const BAD_LINES: &str = r#"
{"number":1,"name":"Aida Example","born":"1987-03-14","sex":"f","pin":"11403198700011","document":"ID0000001","photo":"photos/good.png","home":true,"excluded":null,"votes_elsewhere":false,"fingers":[{"position":"right-index","image":"fingers/good.png","dpi":500},{"position":"left-thumb","template":"fingers/good.fmr"}]}
Aida Example;1987-03-14;f
["Aida Example"]
{}
{"number":5,"name":"Aida Example","born":"1987-03-14","sex":"f","pin":"11403198700055","document":"ID0000005","fingers":[],"adress":"Osh","Aida Example":1,"number":6}
{"number":"6","name":6,"born":1987,"sex":false,"pin":11403198700066,"document":null,"photo":{},"home":"yes","excluded":7,"votes_elsewhere":null,"fingers":{}}
{"number":0,"name":"","born":"1987-02-29","sex":"x","pin":"1140319870007","document":"id 7","photo":"","excluded":"Under 18","fingers":[]}
{"number":1.5,"name":" Aida","born":"14.03.1987","sex":"F","pin":"1140319870008a","document":"","fingers":[]}
{"number":-1,"name":"Aida\tExample","born":"1899-12-31","sex":"female","pin":"","document":"ID00000090000000000000000000000000","fingers":[]}
{"number":4294967296,"name":"Aida Example","born":"1987-03-14","sex":"f","pin":"11403198700100","document":"ID0000010","fingers":[]}
{"number":1,"name":"Aida Example","born":"1987-03-14","sex":"f","pin":"11403198700011","document":"ID0000001","fingers":[]}
{"number":12,"name":"Bakyt Sample","born":"1990-12-01","sex":"m","pin":"10112199000122","document":"ID0000012","fingers":[]}
{"number":13,"name":"Bakyt Sample","born":"1990-12-01","sex":"m","pin":"21201199000133","document":"ID0000013","fingers":[]}
{"number":14,"name":"Bakyt Sample","born":"1990-12-01","sex":"m","pin":"20112199000144","document":"ID0000014","photo":"photos/missing.png","fingers":[{"position":"right-index","image":"fingers","dpi":500},{"position":"right-thumb","image":"fingers/text.png","dpi":500},{"position":"left-index","image":"fingers/cut.png","dpi":500},{"position":"left-thumb","image":"fingers/wide.png","dpi":500},{"position":"left-ring","image":"fingers/clear.png","dpi":500},{"position":"left-middle","template":"fingers/good.png"},{"position":"right-little","image":"fingers/good.wsq","dpi":500},{"position":"left-little","image":"fingers/wide.bmp","dpi":500},{"position":"right-middle","image":"fingers/wider.bmp","dpi":500},{"position":"right-ring","image":"fingers/cut.tif","dpi":500}]}
{"number":15,"name":"Bakyt Sample","born":"1990-12-01","sex":"m","pin":"20112199000155","document":"ID0000015","photo":"../outside.png","fingers":[{"position":"right-index","image":"/fingers/good.png","dpi":500},{"position":"right-thumb","image":"fingers/../../outside.png","dpi":500},{"position":"right-ring","image":"link.png","dpi":500},{"position":"left-ring","image":"..\\outside.png","dpi":500}]}
{"number":16,"name":"Bakyt Sample","born":"1990-12-01","sex":"m","pin":"20112199000166","document":"ID0000016","fingers":[{"position":"right-index","image":"fingers/good.png","dpi":99},{"position":"right-thumb","image":"fingers/missing.png","dpi":1201},{"position":"right-ring","image":"fingers/good.png"},{"position":"left-ring","image":"fingers/good.png","dpi":"500"}]}
{"number":17,"name":"Bakyt Sample","born":"1990-12-01","sex":"m","pin":"20112199000177","document":"ID0000017","fingers":[{"position":"right-index","image":"fingers/good.png","dpi":500},{"position":"right-index","template":"fingers/missing.fmr"},{"position":"unknown","template":"fingers/good.fmr"},{"position":"toe","template":"fingers/good.fmr"},{"template":"fingers/good.fmr","dpi":500},{"position":"left-ring"},{"position":"left-ring","image":"fingers/good.png","template":"fingers/good.fmr"},"fingers/good.png"]}
{"number":18,"name":"Bakyt Sample","born":"1990-12-01","sex":"m","pin":"20112199000188","document":"ID0000018","fingers":[]}
"#;

fn commission_with_bad_lines() -> Commission {
    let commission = Commission::new();
    commission.write("photos/good.png", &png(3, 4, 9));
    commission.write("fingers/good.png", &png(3, 4, 9));
    commission.write("fingers/good.fmr", b"FMR\0\x06\x37");
    commission.write("fingers/text.png", b"a fingerprint");
    commission.write("fingers/cut.png", &png(300, 400, 9)[..60]);
    commission.write("fingers/wide.png", &png(2001, 1, 9));
    commission.write("fingers/good.wsq", b"\xff\xa0\xff\xa8");
    commission.write("fingers/wide.bmp", &bmp(2001, 1, 9));
    commission.write("fingers/wider.bmp", &bmp(4001, 1, 9));
    commission.write("fingers/cut.tif", &tiff(30, 40, 9)[..60]);
    commission.write("fingers/clear.png", &png_of(png::ColorType::Rgba, 1, 1, &[9, 9, 9, 0]));
    let mut lines = BAD_LINES.trim_start().as_bytes().to_vec();
    lines.extend(b"{\"number\":19,\"name\":\"\xe9\"}\n");
    lines.extend(br#"{"number":20,"name":"Bakyt Sam"#);
    commission.write("voters.jsonl", &lines);
    commission
}

#[cfg(unix)]
#[test]
fn every_kind_of_bad_line_is_reported_by_line_and_field_in_one_run_and_nothing_is_written() {
    let commission = commission_with_bad_lines();
    let outside = tempfile::NamedTempFile::new().expect("a file outside");
    std::os::unix::fs::symlink(outside.path(), commission.path("link.png")).expect("a link");

    let Err(SealError::Bad(found)) = commission.seal() else {
        panic!("the list must be refused");
    };
    assert_eq!(commission.sealed(), Vec::<String>::new());
    assert_eq!(
        check(&commission.path("voters.jsonl"), &mut |_, _| ()),
        Ok(*found.clone())
    );
    insta::assert_snapshot!(
        "bad_lines",
        format!("{}\nwarnings:\n{}", found.problems, found.warnings)
    );
}

#[test]
fn a_report_has_none_of_the_voters_data() {
    let found = check(&commission_with_bad_lines().path(""), &mut |_, _| ()).expect("a report");
    let report = format!("{}{}", found.problems, found.warnings);
    for data in [
        "Aida", "Bakyt", "11403", "20112", "ID0000", "1990", "14.03", "Under", "Osh",
    ] {
        assert!(!report.contains(data), "{data} is in the report");
    }
}

#[test]
fn a_list_without_a_voter_is_refused() {
    for empty in [&b""[..], b"\n \n\n", b"\xef\xbb\xbf\r\n"] {
        let commission = Commission::new();
        commission.write("voters.jsonl", empty);
        let found = check(&commission.path("voters.jsonl"), &mut |_, _| ()).expect("a report");
        let report = found.problems.to_string();
        assert_eq!(
            report,
            "line 1: no voter is in the list; write one voter on each line\n"
        );
    }
}

#[test]
fn a_list_that_cannot_be_read_is_one_sentence() {
    let commission = Commission::new();
    for (path, sentence) in [
        (
            "",
            "there is no list of voters at FOLDER/voters.jsonl; give the path of a voters.jsonl or of its folder",
        ),
        (
            "other.jsonl",
            "there is no list of voters at FOLDER/other.jsonl; give the path of a voters.jsonl or of its folder",
        ),
    ] {
        let error = check(&commission.path(path), &mut |_, _| ()).expect_err("no list");
        let folder = commission.path("");
        let folder = folder.to_str().expect("a name").trim_end_matches('/');
        assert_eq!(error.to_string().replace(folder, "FOLDER"), sentence);
    }
}

#[test]
fn a_list_saved_on_windows_is_read() {
    let commission = Commission::new().with_two_voters();
    let list = std::fs::read_to_string(commission.path("voters.jsonl")).expect("the list");
    commission.write(
        "voters.jsonl",
        format!("\u{feff}{}", list.replace('\n', "\r\n")).as_bytes(),
    );
    let found = check(&commission.path("voters.jsonl"), &mut |_, _| ()).expect("a report");
    assert_eq!((found.voters, found.problems.len()), (2, 0));
}

#[test]
fn what_the_matcher_cannot_use_is_a_warning_and_what_it_cannot_read_a_problem() {
    let commission = Commission::new();
    commission.write("white.png", &png(2, 2, 255));
    commission.write("black.png", &png(2, 2, 0));
    commission.write("grey.png", &png(2, 2, 70));
    commission.write("other-finger.fmr", b"FMR\0\x02\x37");
    let voter = |number: u32, finger: &str| {
        format!(
            r#"{{"number":{number},"name":"Aida Example","born":"1987-03-14","sex":"f","pin":"1140319870000{number}","document":"ID{number}","fingers":[{finger}]}}"#
        )
    };
    let image = |position: &str, file: &str| format!(r#"{{"position":"{position}","image":"{file}","dpi":500}}"#);
    let usable_after_all = format!(
        "{},{}",
        image("left-index", "white.png"),
        image("left-ring", "grey.png")
    );
    let good = format!(
        "{}\n{}\n",
        voter(1, &image("left-index", "white.png")),
        voter(2, &usable_after_all)
    );
    commission.write("voters.jsonl", good.as_bytes());
    let sealed = commission.seal().expect("sealed with warnings");
    assert_eq!((sealed.voters, sealed.references), (2, 1));
    insta::assert_snapshot!("warnings", sealed.warnings);

    let record = r#"{"position":"left-index","template":"other-finger.fmr"}"#;
    let bad = format!(
        "{good}{}\n{}\n",
        voter(3, &image("left-index", "black.png")),
        voter(4, record)
    );
    commission.write("voters.jsonl", bad.as_bytes());
    let before = std::fs::read(commission.roll()).expect("the old roll");
    let Err(SealError::Bad(found)) = commission.seal() else {
        panic!("the list must be refused");
    };
    insta::assert_snapshot!("unreadable_for_the_matcher", found.problems);
    assert!(std::fs::read(commission.roll()).expect("the old roll") == before);
    assert_eq!(commission.sealed(), ["roll.db"]);
}

#[test]
fn a_voter_born_after_the_election_is_a_problem() {
    let commission = Commission::new();
    commission.write(
        "voters.jsonl",
        br#"{"number":1,"name":"Aida Example","born":"2027-01-25","sex":"f","pin":"12501202700011","document":"ID1","fingers":[]}"#,
    );
    let Err(SealError::Bad(found)) = commission.seal_with(&mut Toy) else {
        panic!("the list must be refused");
    };
    let report = found.problems.to_string();
    assert_eq!(
        report,
        "line 1, born: is after the day of the election; correct the date of birth, or the election's\n"
    );
}
