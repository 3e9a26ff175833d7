//! What a process asks of the system, from the `strace` on the path.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use super::programs::{skip, skip_because};

/// Follows a process, with these arguments, and gives the lines that `strace` writes. `None`, with a word about it, if
/// nobody can trace here.
pub(crate) fn attach(process: u32, arguments: &[&str]) -> Option<(Child, impl Iterator<Item = String> + use<>)> {
    let mut strace = Command::new("strace");
    strace.arg("-f").args(arguments).args(["-p", &process.to_string()]).stderr(Stdio::piped());
    let Ok(mut strace) = strace.spawn() else {
        skip("strace");
        return None;
    };
    let mut lines = BufReader::new(strace.stderr.take().unwrap()).lines().map_while(Result::ok);
    if !lines.any(|line| line.contains(" attached")) {
        skip_because("`strace` may not trace here");
        return None;
    }
    Some((strace, lines))
}
