//! x
use updates::testing::{NOW, Repository};
#[test]
fn a_new_kiosk_takes_everything() {
    let mut repository = Repository::new();
    repository.add("targets", "plan.json", b"plan");
    repository.publish_content();
    let folder = tempfile::tempdir().expect("a folder");
    let mut client = updates::client::Client::open(&folder.path().join("m"), &repository.root(1)).expect("opens");
    let refreshed = client.refresh(&repository.shelf, NOW).expect("refreshes");
    println!("{refreshed:?} {:?}", repository.shelf.requests());
    let artifacts = updates::artifacts::Artifacts::open(&folder.path().join("a")).expect("opens");
    let sha = client
        .fetch(&repository.shelf, "plan.json", NOW, &artifacts)
        .expect("fetches");
    assert_eq!(artifacts.read(&sha).expect("reads"), b"plan");
}
