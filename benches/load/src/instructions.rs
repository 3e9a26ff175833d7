//! What a request costs in instructions outside of the kernel, which are the same in every run but for a few.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
};

use crate::{
    Outcome,
    server::{self, Server},
};

const REQUESTS: u32 = 1000;

/// The instructions of one request. The difference of two runs leaves the start and the end out.
pub(crate) fn measure(program: &Path) -> Outcome<f64> {
    Ok((count(program, 2 * REQUESTS)? - count(program, REQUESTS)?) / f64::from(REQUESTS))
}

fn count(program: &Path, requests: u32) -> Outcome<f64> {
    let server = Server::start_counted(program)?;
    let body = benches::compact(benches::CONSULTATION);
    let request = server::head("", body.len()) + &body;
    let mut stream = TcpStream::connect(server.address)?;
    let mut answer = [0; 4096];
    for _ in 0..requests {
        stream.write_all(request.as_bytes())?;
        let length = stream.read(&mut answer)?;
        if !answer.get(..length).is_some_and(|answer| answer.starts_with(b"HTTP/1.1 204")) {
            return Err("a request was not answered 204".into());
        }
    }
    drop(stream);
    let report = server.interrupt()?;
    let (_, collected) = report.split_once("Collected : ").ok_or("valgrind did not count")?;
    Ok(collected.lines().next().unwrap_or_default().trim().parse()?)
}
