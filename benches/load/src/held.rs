//! Bodies that never end, held open while genuine deliveries pass.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    path::Path,
    thread,
    time::Duration,
};

use crate::{
    Outcome,
    server::{Server, head},
    wrk::Wrk,
};

pub(crate) const CONNECTIONS: usize = 1000;
/// With the time to open the connections well below the servers' deadline for a body, of ten seconds.
const LOAD: Duration = Duration::from_secs(4);
const SETTLE: Duration = Duration::from_millis(500);

/// The cells of one row.
pub(crate) fn measure(wrk: &Wrk, program: &Path) -> Outcome<String> {
    let server = Server::start(program)?;
    thread::sleep(SETTLE);
    let before = server.memory();
    let body = benches::compact(benches::CONSULTATION);
    let (half, _) = body.split_at(body.len() / 2);
    let begun = head("", body.len()) + half;
    let mut held = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(server.address)?;
        stream.write_all(begun.as_bytes())?;
        held.push(stream);
    }
    thread::sleep(SETTLE);
    let after = server.memory();
    let load = wrk.load(&server, LOAD)?;
    let mut open = 0;
    for stream in &mut held {
        stream.set_nonblocking(true)?;
        // Neither an answer nor the end.
        let silent = stream.read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        open += usize::from(silent);
    }
    let memory = match (before, after) {
        (Some(before), Some(after)) => format!("{} bytes", after.saturating_sub(before) / CONNECTIONS as u64),
        _ => "not known here".to_owned(),
    };
    Ok(format!("| {memory} | {} | {} | {:.0} us | {open}", load.requests, load.failed, load.p99))
}
