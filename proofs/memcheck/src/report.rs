//! What Valgrind has reported.

use std::{fmt, fs, path::Path};

/// One place that depends on a key.
pub(crate) struct Report {
    /// From the innermost function outwards, without those of Rust's standard library.
    frames: Vec<Frame>,
}

#[derive(Default)]
struct Frame {
    function: String,
    file: String,
    line: usize,
}

/// Where the result of all comparisons becomes an answer, and the label of the key that has matched: files, and a text of the
/// line.
const VERDICTS: [(&str, &str); 2] =
    [("src/auth/keys/live.rs", "usize::try_from(found)"), ("src/auth/keys/live.rs", "Arc::clone(label)")];

impl Report {
    /// Whether it is the branch on the verdict itself, and not one of a function that is called for it.
    pub(crate) fn is_verdict(&self) -> bool {
        self.frames.first().is_some_and(|frame| {
            let is_line =
                |(path, text): &(&str, &str)| path.ends_with(&frame.file) && line(path, frame.line).contains(text);
            // The function of aws-lc-rs that has called the comparison, which is another, `CRYPTO_memcmp`.
            frame.function.contains("verify_slices_are_equal") || VERDICTS.iter().any(is_line)
        })
    }
}

/// A line of a source file of the library.
fn line(path: &str, number: usize) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap();
    text.lines().nth(number - 1).unwrap_or_default().to_owned()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frames =
            self.frames.iter().take(4).map(|Frame { function, file, line }| format!("{function} ({file}:{line})"));
        f.write_str(&frames.collect::<Vec<_>>().join(" < "))
    }
}

/// Reads the XML that Valgrind writes: one `<error>` for each place, with a `<stack>` of `<frame>`s.
pub(crate) fn read(xml: &str) -> Vec<Report> {
    let error = |error: &str| {
        let frames = all(error, "frame").into_iter().map(|frame| {
            let text = |name| all(frame, name).first().copied().unwrap_or_default();
            Frame {
                function: text("fn").to_owned(),
                file: text("file").to_owned(),
                line: text("line").parse().unwrap_or(0),
            }
        });
        Report { frames: frames.filter(|frame| !frame.file.starts_with("library/")).collect() }
    };
    all(xml, "error").into_iter().map(error).collect()
}

/// What is in each element of this name.
fn all<'x>(xml: &'x str, name: &str) -> Vec<&'x str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).filter_map(|rest| rest.split(&close).next()).collect()
}
