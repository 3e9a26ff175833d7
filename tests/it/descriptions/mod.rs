//! The descriptions in `senders/`: what is made from them, and that verifier, signer and known answers agree.

mod kit;
mod known_answers;
mod own;
mod samples;
mod schema;
mod written;

use std::{env, fs, path::Path};

use serde_json::Value;

/// A file of `senders/`.
struct Described {
    name: String,
    text: String,
    json: Value,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All of them, by their names.
fn described() -> Vec<Described> {
    let files = fs::read_dir(root().join("senders")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|it| it == "json"));
    let mut all: Vec<_> = files
        .filter(|path| !path.ends_with("schema.json"))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            Described { name: path.file_stem().unwrap().to_str().unwrap().to_owned(), text, json }
        })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// Compares a file with what it must be, or writes it.
fn check(path: &str, wanted: &str) {
    let path = root().join(path);
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, wanted).unwrap();
        return;
    }
    let is = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        is == wanted,
        "{} is not what senders/ says: run `UPDATE=1 cargo test --test it descriptions`",
        path.display()
    );
}

#[test]
fn the_functions_of_the_presets_are_up_to_date() {
    check("src/provider/preset/generated.rs", &written::functions());
}

#[test]
fn the_table_of_the_presets_is_up_to_date() {
    check("src/provider/preset/table.md", &written::table());
}

#[test]
fn the_page_of_the_senders_is_up_to_date() {
    let page = fs::read_to_string(root().join("docs/senders.md")).unwrap();
    let (begin, end) = ("<!-- made from senders/ -->\n", "<!-- end -->\n");
    let (before, rest) = page.split_once(begin).expect("the beginning of the table");
    let (_, after) = rest.split_once(end).expect("the end of the table");
    check("docs/senders.md", &format!("{before}{begin}{}{end}{after}", written::page()));
}
