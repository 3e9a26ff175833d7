//! docs/idempotency.md names the windows of the model, and no others.

use std::fs;

use proof_model::Window;

#[test]
fn the_page_lists_the_windows_of_the_model() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/idempotency.md")).unwrap();
    let (_, section) = page.split_once("## Windows for a second effect").expect("the section of the windows");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    let named: Vec<&str> = rows.filter_map(|row| row.split('|').nth(1)).map(str::trim).collect();
    assert_eq!(named, Window::ALL.map(Window::name));
}
