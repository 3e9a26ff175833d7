//! A report as XML, in the form that JUnit made common.

use std::fmt::Write;

use super::report::{Outcome, Report, Verdict};

pub(super) fn written(report: &Report) -> String {
    let count = |verdict| report.with(verdict).count();
    let (name, all) = (escaped(&report.receiver), report.outcomes.len());
    let (failed, left_out) = (count(Verdict::Failed), count(Verdict::LeftOut));
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites>\n<testsuite name=\"{name}\" tests=\"{all}\" failures=\"{failed}\" errors=\"0\" skipped=\"{left_out}\">\n"
    );
    for outcome in report.outcomes() {
        // Writing to a `String` does not fail.
        let _ = write_case(&mut xml, &name, outcome);
    }
    xml + "</testsuite>\n</testsuites>\n"
}

fn write_case(xml: &mut String, suite: &str, outcome: &Outcome) -> std::fmt::Result {
    let (name, happened) = (escaped(&outcome.name), escaped(&outcome.happened));
    write!(xml, "<testcase classname=\"{suite}\" name=\"{name}\"")?;
    match outcome.verdict {
        Verdict::Passed => xml.write_str("/>\n"),
        Verdict::LeftOut => writeln!(xml, "><skipped message=\"{happened}\"/></testcase>"),
        Verdict::Failed => {
            let text = escaped(&outcome.to_string());
            writeln!(xml, "><failure message=\"{happened}\">{text}</failure></testcase>")
        }
    }
}

/// For text and for values in double quotes. XML has no control characters, not even escaped.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
        escaped
    })
}
