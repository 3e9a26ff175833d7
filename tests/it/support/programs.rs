//! What starts programs that a test needs.

use std::{
    io::Write,
    net::{Ipv4Addr, TcpListener},
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

/// Says that a test is skipped, as this program is not installed.
pub(crate) fn skip(program: &str) {
    skip_because(&format!("there is no `{program}` on the path"));
}

pub(crate) fn skip_because(reason: &str) {
    let test = thread::current().name().unwrap_or_default().to_owned();
    // Not by a macro, whose output is kept back where a test passes.
    std::io::stderr().write_all(format!("SKIPPED: {test}: {reason}\n").as_bytes()).unwrap();
}

/// A port below those that the system gives to connections, so that none takes it while its server is down.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(251);
    loop {
        let next = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        let port = 10_000 + u16::try_from(next).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
