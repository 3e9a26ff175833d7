//! That a mutant which is turned on does what the edited source does.

use std::{collections::BTreeSet, env, fs, path::Path, process::Command};

use crate::{build, listed::Mutant, schemata};

const SAMPLE: &str = r#"
const LIMIT: usize = 4 << 2;
static WORD: std::sync::LazyLock<u64> = std::sync::LazyLock::new(|| 1u64 << 3);

#[derive(Debug, Default)]
struct Pair { left: usize, right: usize }

fn both(a: bool, b: bool, c: bool) -> bool { a && b || !c }
fn value(n: usize) -> Option<usize> { Some(n) }
fn nothing(seen: &mut Vec<usize>) { seen.push(9); }
fn many<'a>(texts: &'a [&'a str]) -> impl Iterator<Item = &'a str> { texts.iter().copied() }
fn arms(n: usize) -> usize {
    match n {
        0 => 10,
        1 | 2 if n == 2 => 20,
        other if other > 5 && other < LIMIT => other * 2 + 1,
        _ => 40,
    }
}
fn pair(right: usize) -> Pair { Pair { left: 7, ..Pair { left: 1, right } } }
fn sum(numbers: &[usize]) -> usize {
    let mut sum = 100;
    for number in numbers { sum += number - 1; }
    sum
}
fn negative(n: i64) -> i64 { -n }
async fn later() -> bool { true }

fn main() {
    let all = [false, true];
    for a in all { for b in all { for c in all { print!("{} ", both(a, b, c)); } } }
    let mut seen = Vec::new();
    nothing(&mut seen);
    println!("{:?} {seen:?} {:?}", value(3), many(&["a", "b"]).collect::<Vec<_>>());
    println!("{:?} {:?} {}", (0..20).map(arms).collect::<Vec<_>>(), pair(5), sum(&[1, 2, 3]));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    println!("{} {} {:?}", negative(4), *WORD, std::pin::pin!(later()).as_mut().poll(&mut context));
}
use std::future::Future;
"#;

/// The genre, a text that stands there once, and what is replaced in it by what.
const MUTANTS: [(&str, &str, &str, &str); 25] = [
    ("BinaryOperator", "a && b", "&&", "||"),
    ("BinaryOperator", "b || !c", "||", "&&"),
    ("UnaryOperator", "!c }", "!", ""),
    ("FnValue", "a && b || !c", "a && b || !c", "true"),
    ("FnValue", "Some(n)", "Some(n)", "None"),
    ("FnValue", "seen.push(9);", "seen.push(9);", "()"),
    ("FnValue", "texts.iter().copied()", "texts.iter().copied()", "::std::iter::empty()"),
    ("FnValue", "texts.iter().copied()", "texts.iter().copied()", "::std::iter::once(\"xyzzy\")"),
    ("MatchArm", "0 => 10,", "0 => 10,", ""),
    ("MatchArm", "1 | 2 if n == 2 => 20,", "1 | 2 if n == 2 => 20,", ""),
    ("MatchArmGuard", "n == 2", "n == 2", "true"),
    ("MatchArmGuard", "n == 2", "n == 2", "false"),
    ("BinaryOperator", "n == 2", "==", "!="),
    ("BinaryOperator", "other > 5", ">", "=="),
    ("BinaryOperator", "other > 5", ">", ">="),
    ("BinaryOperator", "5 && other", "&&", "||"),
    ("BinaryOperator", "other * 2", "*", "+"),
    ("BinaryOperator", "2 + 1", "+", "*"),
    ("StructField", "left: 7,", "left: 7,", ""),
    ("BinaryOperator", "sum += number", "+=", "-="),
    ("BinaryOperator", "number - 1", "-", "/"),
    ("UnaryOperator", "-n }", "-", ""),
    ("BinaryOperator", "4 << 2", "<<", ">>"),
    ("BinaryOperator", "1u64 << 3", "<<", ">>"),
    ("FnValue", "true }\n\nfn main", "true", "false"),
];

fn output(folder: &Path, name: &str, source: &str) -> impl Fn(&str) -> String + use<> {
    let (file, program) = (folder.join(format!("{name}.rs")), folder.join(name));
    fs::write(&file, source).unwrap();
    let compile = ["--edition=2024", "--cap-lints=allow", "-o"];
    let built = Command::new("rustc").args(compile).args([&program, &file]).status().unwrap();
    assert!(built.success(), "{name} does not compile");
    move |active| {
        let output = Command::new(&program).env(build::ACTIVE, active).output().unwrap();
        String::from_utf8(output.stdout).unwrap() + if output.status.success() { "" } else { "panicked" }
    }
}

#[test]
fn a_mutant_that_is_on_does_what_the_edit_does() {
    let folder = env::temp_dir().join(format!("mutants-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let place = |context: &str, old: &str| {
        assert_eq!(SAMPLE.matches(context).count(), 1, "{context}");
        SAMPLE.find(context).unwrap() + context.find(old).unwrap()
    };
    let all: Vec<Mutant> = MUTANTS
        .iter()
        .map(|(genre, context, old, new)| {
            let before = &SAMPLE[..place(context, old)];
            let (line, column) = (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap().len() + 1);
            Mutant { line, column, genre: (*genre).into(), replacement: (*new).into(), ..Mutant::default() }
        })
        .collect();
    let wanted: Vec<usize> = (0..all.len()).collect();
    let written = schemata::write(SAMPLE, &all, &wanted);
    assert_eq!(written.placed, wanted.iter().copied().collect::<BTreeSet<_>>(), "all can be expressed");
    let together = output(&folder, "together", &(written.text + &build::switch(all.len())));
    let original = output(&folder, "original", SAMPLE)("");
    assert_eq!(together(""), original);
    for (mutant, (_, context, old, new)) in MUTANTS.iter().enumerate() {
        let place = place(context, old);
        let edited = format!("{}{new}{}", &SAMPLE[..place], &SAMPLE[place + old.len()..]);
        let edited = output(&folder, &format!("edited{mutant}"), &edited)("");
        assert_ne!(edited, original, "{context}: the sample shows the mutant");
        assert_eq!(together(&mutant.to_string()), edited, "{context}: {old} -> {new}");
    }
    fs::remove_dir_all(&folder).unwrap();
}
