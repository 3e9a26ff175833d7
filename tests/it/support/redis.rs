//! A Redis server of a test's own, from the `redis-server` on the path.

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::channel,
    thread,
    time::Duration,
};

use super::{
    programs::{free_port, skip},
    wait::{PATIENCE, block_until},
};

pub(crate) struct Redis {
    process: Option<Child>,
    port: u16,
    /// Where it keeps its files. No other server finds them.
    folder: PathBuf,
    durable: bool,
}

impl Redis {
    /// `None`, with a word about it, if there is no `redis-server`.
    pub(crate) fn start() -> Option<Self> {
        Self::start_as(false)
    }

    /// One that loses nothing that it has answered, also if it is killed: it has written that to its file by then, and
    /// what it leaves to the operating system is when that reaches the disk.
    pub(crate) fn start_durable() -> Option<Self> {
        Self::start_as(true)
    }

    fn start_as(durable: bool) -> Option<Self> {
        loop {
            // Somebody else can take the port meanwhile: then the server ends, and another is tried.
            let port = free_port();
            let folder = std::env::temp_dir().join(format!("tower-webhook-{}-{port}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            let mut redis = Self { process: None, port, folder, durable };
            if redis.spawn()? {
                return Some(redis);
            }
        }
    }

    /// Whether it took the port.
    fn spawn(&mut self) -> Option<bool> {
        let mut server = Command::new("redis-server");
        server.args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--save", "", "--dir"]).arg(&self.folder);
        server.args(["--appendfsync", "no", "--appendonly", if self.durable { "yes" } else { "no" }]);
        let server = server.stdout(Stdio::piped()).spawn();
        let mut process = match server {
            Ok(process) => process,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                skip("redis-server");
                return None;
            }
            Err(error) => panic!("redis-server: {error}"),
        };
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        self.process = Some(process);
        let (tell, told) = channel();
        thread::spawn(move || {
            let _ = tell.send(lines.any(|line| line.contains("Ready to accept connections")));
            lines.for_each(drop);
        });
        let ready = told.recv_timeout(PATIENCE).expect("waited for redis-server to accept connections");
        if !ready {
            self.kill();
        }
        Some(ready)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Ends it at once, with all that only its memory and its sockets hold.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            process.wait().unwrap();
        }
    }

    /// Starts it again on the same port: empty, or with what a durable one had.
    pub(crate) fn restart(&mut self) {
        self.kill();
        block_until("the port to be free", || self.spawn() == Some(true));
    }

    /// `STOP` or `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.process.as_ref().unwrap().id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    pub(crate) fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Connection(BufReader::new(stream))
    }

    /// Makes every entry this much older.
    pub(crate) fn advance(&self, passed: Duration) {
        const OLDER: &str = "for _, key in ipairs(redis.call('KEYS', '*')) do \
            redis.call('PEXPIRE', key, redis.call('PTTL', key) - ARGV[1]) end";
        self.connect().ask(&["EVAL", OLDER, "0", &passed.as_millis().to_string()]);
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The protocol by hand, so that what is checked does not go through what is tested.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    /// The answer as it came, without its framing.
    pub(crate) fn ask(&mut self, arguments: &[&str]) -> Vec<Vec<u8>> {
        let mut command = format!("*{}\r\n", arguments.len());
        for argument in arguments {
            command += &format!("${}\r\n{argument}\r\n", argument.len());
        }
        self.0.get_mut().write_all(command.as_bytes()).unwrap();
        let mut answers = Vec::new();
        self.answer(&mut answers);
        answers
    }

    fn answer(&mut self, answers: &mut Vec<Vec<u8>>) {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("waited for an answer of redis-server");
        let (kind, rest) = line.trim_end().split_at(1);
        match kind {
            "*" => (0..rest.parse().unwrap()).for_each(|_: usize| self.answer(answers)),
            "$" if rest == "-1" => {}
            "$" => {
                let mut bytes = vec![0; rest.parse::<usize>().unwrap() + 2];
                self.0.read_exact(&mut bytes).unwrap();
                bytes.truncate(bytes.len() - 2);
                answers.push(bytes);
            }
            "-" => panic!("{rest}"),
            _ => answers.push(rest.as_bytes().to_vec()),
        }
    }
}
