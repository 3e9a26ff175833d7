//! The way to a server, which a test can cut, block, slow down and lead elsewhere.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use socket2::SockRef;

#[derive(Clone)]
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    target: SocketAddr,
    connections: Vec<Arc<Connection>>,
    /// How many it has taken.
    taken: usize,
    /// Whether it passes on nothing of what comes over a new connection.
    silent: bool,
    delay: Duration,
    /// What it answers to a `SET` in place of the server, and how often.
    instead: (&'static str, usize),
}

struct Connection {
    client: TcpStream,
    server: TcpStream,
    silent: Mutex<bool>,
}

impl Proxy {
    pub(crate) fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let state =
            State { target, connections: Vec::new(), taken: 0, silent: false, delay: Duration::ZERO, instead: ("", 0) };
        let proxy = Self { address: listener.local_addr().unwrap(), state: Arc::new(Mutex::new(state)) };
        let taking = proxy.clone();
        thread::spawn(move || listener.incoming().flatten().for_each(|client| taking.take(client)));
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}/", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it has taken.
    pub(crate) fn taken(&self) -> usize {
        self.state.lock().unwrap().taken
    }

    /// Closes all connections, as a server does that ends.
    pub(crate) fn close(&self) {
        for connection in self.state.lock().unwrap().connections.drain(..) {
            connection.close();
        }
    }

    /// Resets all connections, as a firewall does that has forgotten them.
    pub(crate) fn reset(&self) {
        for connection in self.state.lock().unwrap().connections.drain(..) {
            SockRef::from(&connection.client).set_linger(Some(Duration::ZERO)).unwrap();
            // This ends the threads, which hold the socket open, and sends nothing.
            let _ = connection.client.shutdown(Shutdown::Read);
            let _ = connection.server.shutdown(Shutdown::Both);
        }
    }

    /// Passes on nothing more over the connections that are there. They stay open.
    pub(crate) fn silence(&self) {
        for connection in &self.state.lock().unwrap().connections {
            *connection.silent.lock().unwrap() = true;
        }
    }

    /// Takes new connections too, and passes on nothing of them.
    pub(crate) fn silence_all(&self) {
        self.state.lock().unwrap().silent = true;
        self.silence();
    }

    /// Passes on what comes over connections from now on. Those that are silent stay so.
    pub(crate) fn mend(&self) {
        self.state.lock().unwrap().silent = false;
    }

    /// Leads new connections to another server, as a name does after a fail-over.
    pub(crate) fn lead_to(&self, target: SocketAddr) {
        self.state.lock().unwrap().target = target;
    }

    /// Holds each answer back for so long.
    pub(crate) fn delay(&self, delay: Duration) {
        self.state.lock().unwrap().delay = delay;
    }

    /// Answers the next so many `SET` in place of the server, which does not get them.
    pub(crate) fn answer(&self, text: &'static str, times: usize) {
        self.state.lock().unwrap().instead = (text, times);
    }

    fn take(&self, client: TcpStream) {
        let mut state = self.state.lock().unwrap();
        state.taken += 1;
        // Dropping it closes it: a proxy whose server has gone takes connections too.
        let Ok(server) = TcpStream::connect(state.target) else { return };
        let connection = Arc::new(Connection { client, server, silent: Mutex::new(state.silent) });
        state.connections.push(Arc::clone(&connection));
        drop(state);
        let (there, back) = (self.clone(), self.clone());
        let other = Arc::clone(&connection);
        thread::spawn(move || {
            pass(&connection.client, |chunk| there.to_server(&connection, chunk));
            connection.close();
        });
        thread::spawn(move || {
            pass(&other.server, |chunk| back.to_client(&other, chunk));
            other.close();
        });
    }

    fn to_server(&self, connection: &Connection, chunk: &[u8]) -> std::io::Result<()> {
        if *connection.silent.lock().unwrap() {
            return Ok(());
        }
        match self.instead_of(chunk) {
            Some(text) => (&connection.client).write_all(text.as_bytes()),
            None => (&connection.server).write_all(chunk),
        }
    }

    fn instead_of(&self, chunk: &[u8]) -> Option<&'static str> {
        let (text, times) = &mut self.state.lock().unwrap().instead;
        // One alone: what else is sent with it would get no answer.
        let is_set = chunk.get(4..).is_some_and(|chunk| chunk.starts_with(b"$3\r\nSET\r\n"))
            && !chunk.windows(3).any(|window| window == b"\r\n*");
        *times = times.checked_sub(usize::from(is_set))?;
        is_set.then_some(*text)
    }

    fn to_client(&self, connection: &Connection, chunk: &[u8]) -> std::io::Result<()> {
        let delay = self.state.lock().unwrap().delay;
        thread::sleep(delay);
        if *connection.silent.lock().unwrap() {
            return Ok(());
        }
        (&connection.client).write_all(chunk)
    }
}

/// Reads until the connection ends, or cannot be written to.
fn pass(mut from: &TcpStream, mut to: impl FnMut(&[u8]) -> std::io::Result<()>) {
    let mut chunk = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut chunk) {
        if to(&chunk[..length]).is_err() {
            return;
        }
    }
}

impl Connection {
    fn close(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }
}
