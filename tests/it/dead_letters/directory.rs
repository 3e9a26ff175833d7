//! Letters in files.

use http_body_util::Full;
use tower_webhook::dead_letters::{Directory, Keeper, PrivateKey};

use super::{DECODABLE, Handling, Scratch, UNDECODABLE, receipt_key, receipt_key_of};
use crate::support::{from_truemed, truemed};

#[tokio::test]
async fn each_letter_is_a_file_for_its_owner_and_a_retry_adds_none() {
    let (scratch, key) = (Scratch::new("letters"), PrivateKey::generate());
    let keeper = Keeper::new(Directory::open(&scratch.0).unwrap(), key.public_key(), receipt_key());
    let layer = truemed().dead_letters(keeper);
    assert!(scratch.files().is_empty(), "the probe of `open` is gone");
    let handling = Handling::that_fails_for_good(500);
    for body in [UNDECODABLE, UNDECODABLE, DECODABLE] {
        assert_eq!(handling.deliver(&layer, from_truemed(Full::from(body))).await.status(), 204);
    }
    assert_eq!(scratch.files().len(), 2, "nothing is left half written");
    let mut bodies: Vec<_> = scratch.letters().iter().map(|letter| letter.open(&key).unwrap().body().clone()).collect();
    bodies.sort();
    assert_eq!(bodies, [DECODABLE, UNDECODABLE]);
    for (name, content) in scratch.files() {
        let shown = name + &String::from_utf8_lossy(&content);
        assert!(!shown.to_lowercase().contains("canary"), "{shown}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&scratch.0), 0o700);
        for (name, _) in scratch.files() {
            assert_eq!(mode(&scratch.0.join(name)), 0o600);
        }
    }
}

#[tokio::test]
async fn routes_share_a_directory_and_each_keeps_its_own_letter_of_one_delivery() {
    let (scratch, key) = (Scratch::new("routes"), PrivateKey::generate());
    let sink = Directory::open(&scratch.0).unwrap();
    for route in ["spain", "france"] {
        let keeper = Keeper::new(sink.clone(), key.public_key(), receipt_key_of(route));
        let layer = truemed().dead_letters(keeper);
        assert_eq!(Handling::default().deliver(&layer, from_truemed(Full::from(UNDECODABLE))).await.status(), 204);
    }
    let letters = scratch.letters();
    let mut routes: Vec<_> = letters.iter().map(|letter| letter.receipt().route()).collect();
    routes.sort_unstable();
    assert_eq!(routes, ["france", "spain"]);
}

#[test]
fn a_directory_is_made_with_those_above_it() {
    let scratch = Scratch::new("nested");
    let path = scratch.0.join("of").join("letters");
    Directory::open(&path).unwrap();
    assert!(path.is_dir());
    // From where the program runs, too.
    let here = std::env::current_dir().unwrap();
    let relative: std::path::PathBuf = here.iter().skip(1).map(|_| "..").collect();
    let relative = relative.join(scratch.0.strip_prefix("/").unwrap()).join("relative");
    Directory::open(&relative).unwrap();
    assert!(scratch.0.join("relative").is_dir());
}

#[tokio::test]
async fn a_directory_that_is_gone_keeps_nothing_and_promises_nothing() {
    let scratch = Scratch::new("gone");
    let keeper = Keeper::new(Directory::open(&scratch.0).unwrap(), PrivateKey::generate().public_key(), receipt_key());
    std::fs::remove_dir(&scratch.0).unwrap();
    let layer = truemed().dead_letters(keeper);
    let response = Handling::default().deliver(&layer, from_truemed(Full::from(UNDECODABLE))).await;
    assert_eq!(response.status(), 503);

    // A file is in the way.
    std::fs::write(&scratch.0, "").unwrap();
    assert!(Directory::open(&scratch.0).is_err());
    std::fs::remove_file(&scratch.0).unwrap();
}
