//! docs/deploy.md names a test for each claim.

use std::{fs, path::Path};

/// Every test that the page links, as `[`name`](../path)`.
fn named(page: &str) -> Vec<(&str, &str)> {
    let links = page.split("[`").skip(1).filter_map(|link| link.split_once("`](../"));
    links.filter_map(|(name, rest)| Some((name, rest.split_once(')')?.0))).collect()
}

#[test]
fn every_test_that_the_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/deploy.md")).unwrap();
    let named = named(&page);
    assert!(named.len() > 30, "{named:?}");
    for (name, path) in named {
        let tests = fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(tests.contains(&format!("fn {name}(")), "{path} has no {name}");
    }
}
