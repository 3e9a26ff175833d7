//! Instructions of pieces of work, which are the same in every run but for a few. It needs `valgrind`.

use std::{error::Error, process::Command};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A piece of work, what it is compared with, and what is left out of both.
pub type Row = (&'static str, Option<&'static str>, Option<&'static str>);

const TIMES: u32 = 500;

/// Prints a table of these rows; with the arguments `<work> <times>`, does the work alone, for other tools.
///
/// # Errors
///
/// There is no valgrind, the arguments are others, or the work fails.
pub fn run(rows: &[Row], repeat: impl Fn(&str, u32) -> Outcome<()>) -> Outcome<()> {
    run_often(rows, TIMES, repeat)
}

/// Like [`run`], with so many repetitions, which what the program's start costs at random is divided by.
///
/// # Errors
///
/// See [`run`].
#[expect(clippy::print_stdout, reason = "it prints its figures")]
pub fn run_often(rows: &[Row], most: u32, repeat: impl Fn(&str, u32) -> Outcome<()>) -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => {}
        [work, times] => return repeat(work, times.parse()?),
        _ => return Err("usage: [<work> <times>]".into()),
    }
    println!("| work | instructions | compared with | ratio | more |\n|---|--:|---|--:|--:|");
    for (work, other, without) in rows {
        let count = |work| count(work, most);
        let count = |work| Ok::<_, Box<dyn Error>>(count(work)? - without.map_or(Ok(0.0), count)?);
        let ours = count(work)?;
        let [other, ratio, more] = match other {
            Some(other) => {
                let theirs = count(other)?;
                [format!("`{other}`"), format!("{:.3}", ours / theirs), format!("{:+.0}", ours - theirs)]
            }
            None => Default::default(),
        };
        println!("| `{work}` | {ours:.0} | {other} | {ratio} | {more} |");
    }
    Ok(())
}

/// The instructions of one piece of work. The difference of two runs leaves the program's start out.
fn count(work: &str, times: u32) -> Outcome<f64> {
    let [short, long] = [instructions(work, times)?, instructions(work, 2 * times)?];
    Ok((long - short) / f64::from(times))
}

fn instructions(work: &str, times: u32) -> Outcome<f64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(std::env::current_exe()?);
    let output = valgrind.arg(work).arg(times.to_string()).output()?;
    let report = String::from_utf8(output.stderr)?;
    let (_, collected) = report.split_once("Collected : ").ok_or("valgrind did not count")?;
    Ok(collected.lines().next().unwrap_or_default().trim().parse()?)
}
