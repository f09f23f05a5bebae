//! What a folder of sets is taken for.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use accuracy::sets::Sets;
use std::path::Path;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// Names with the resolution of their set, and files that were passed over.
fn listed(folder: &Path, begin: &[&str]) -> (Vec<(String, Option<u16>)>, Vec<String>) {
    let begin: Vec<String> = begin.iter().map(|name| (*name).to_owned()).collect();
    let sets = Sets::list(folder, &begin).unwrap();
    let images = sets.images.iter().map(|image| (image.name.to_string(), image.dpi));
    let others = sets
        .others
        .iter()
        .map(|path| path.strip_prefix(folder).unwrap().display().to_string());
    (images.collect(), others.collect())
}

fn named(name: &str, dpi: Option<u16>) -> (String, Option<u16>) {
    (name.to_owned(), dpi)
}

#[test]
fn images_are_sorted_by_set_finger_and_impression_and_other_files_are_passed_over() {
    let folder = folder(&[
        ("b/10_1.png", ""),
        ("b/9_2.TIF", ""),
        ("b/9_1.tiff", ""),
        ("b/9.png", ""),
        ("b/dpi.txt", " 385\n"),
        ("a/thumb_01.bmp", ""),
        ("a/notes.txt", ""),
        ("SOURCES.txt", ""),
    ]);
    let expected = [
        named("a/thumb_1", None),
        named("b/9_1", Some(385)),
        named("b/9_2", Some(385)),
        named("b/10_1", Some(385)),
    ];
    let (images, others) = listed(folder.path(), &[]);
    assert_eq!(images, expected);
    assert_eq!(others, ["SOURCES.txt", "a/notes.txt", "b/9.png"]);
}

#[test]
fn only_names_that_begin_as_asked_are_taken() {
    let folder = folder(&[
        ("ab/1_1.png", ""),
        ("ab/2_1.png", ""),
        ("ac/1_1.png", ""),
        ("b/1_1.png", ""),
    ]);
    let (images, _) = listed(folder.path(), &["ab/2", "ac"]);
    assert_eq!(images, [named("ab/2_1", None), named("ac/1_1", None)]);
}

#[test]
fn a_folder_of_images_is_one_set_by_its_own_name() {
    let folder = folder(&[
        ("mine/1_1.png", ""),
        ("mine/1_2.png", ""),
        ("mine/dpi.txt", "512"),
        ("mine/old/1_3.png", ""),
    ]);
    let (images, others) = listed(&folder.path().join("mine"), &[]);
    assert_eq!(images, [named("mine/1_1", Some(512)), named("mine/1_2", Some(512))]);
    assert_eq!(others, ["old"]);
}

#[test]
fn what_is_known_of_a_public_set_holds_unless_its_own_file_says_otherwise() {
    let images = [("fvc2002_db2/1_1.png", ""), ("fvc2002_db2/1_2.png", "")];
    let (known, _) = listed(folder(&images).path(), &[]);
    assert_eq!(known[0].1, Some(569));
    let stated = folder(&[images[0], images[1], ("fvc2002_db2/dpi.txt", "500.0")]);
    assert_eq!(listed(stated.path(), &[]).0[0].1, Some(500));
}
