//! A PostgreSQL database of a test's own, from the `postgres` on the path.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr},
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc::channel,
    },
    thread,
    time::Duration,
};

use super::{
    programs::{free_port, skip},
    wait::{PATIENCE, block_until},
};

const USER: &str = "webhooks";
pub(crate) const MIGRATION: &str = include_str!("../../../migrations/1_webhook_events.sql");

/// A database with the tables of the crate.
pub(crate) struct Postgres {
    server: Arc<Server>,
    name: String,
    asking: Mutex<Option<Psql>>,
}

impl Postgres {
    /// A new database on the server that all tests of this process share. `None`, with a word about it, if PostgreSQL is
    /// not on the path.
    pub(crate) fn start() -> Option<Self> {
        static SHARED: OnceLock<Arc<Server>> = OnceLock::new();
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        if is_missing() {
            return None;
        }
        let server = SHARED.get_or_init(|| Server::start().end_with_this_process());
        let name = format!("test{}", NEXT.fetch_add(1, Ordering::Relaxed));
        server.connect("postgres").ask(&format!("CREATE DATABASE {name}"));
        let postgres = Self { server: Arc::clone(server), name, asking: Mutex::default() };
        postgres.connect().ask(MIGRATION);
        Some(postgres)
    }

    /// A server of its own, which the test can stop. It loses nothing that it has answered, also if it is killed.
    pub(crate) fn start_alone() -> Option<Self> {
        if is_missing() {
            return None;
        }
        let postgres =
            Self { server: Arc::new(Server::start()), name: "postgres".to_owned(), asking: Mutex::default() };
        postgres.connect().ask(MIGRATION);
        Some(postgres)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(crate) fn url(&self) -> String {
        self.url_at(self.address())
    }

    /// The URL of this database at another address, which leads to it.
    pub(crate) fn url_at(&self, address: SocketAddr) -> String {
        format!("postgres://{USER}@{address}/{}", self.name)
    }

    pub(crate) fn connect(&self) -> Psql {
        self.server.connect(&self.name)
    }

    /// Ends the server at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        self.alone().kill();
    }

    /// Starts it again on the same port.
    pub(crate) fn restart(&mut self) {
        let server = self.alone();
        server.kill();
        block_until("the port to be free", || server.spawn());
    }

    fn alone(&mut self) -> &mut Server {
        *self.asking.lock().unwrap() = None;
        Arc::get_mut(&mut self.server).expect("a server of its own")
    }

    /// `STOP` or `CONT`, to all its processes.
    pub(crate) fn signal(&self, name: &str) {
        self.server.signal(name);
    }

    /// Makes every entry this much older.
    pub(crate) fn advance(&self, passed: Duration) {
        let passed = passed.as_millis();
        self.ask(&format!("UPDATE webhook_events SET expires_at = expires_at - {passed} * interval '1 millisecond'"));
    }

    /// The rows as lines, over a connection that stays: a test asks a thousand times.
    pub(crate) fn ask(&self, sql: &str) -> Vec<String> {
        self.asking.lock().unwrap().get_or_insert_with(|| self.connect()).ask(sql)
    }
}

/// Says so if a program is missing. Debian has the client on the path, and the others not.
fn is_missing() -> bool {
    let is_there = |program: &&str| Command::new(program).arg("--version").output().is_ok();
    let missing = ["postgres", "initdb", "psql"].into_iter().find(|program| !is_there(program));
    missing.into_iter().for_each(skip);
    missing.is_some()
}

struct Server {
    process: Option<Child>,
    port: u16,
    /// Where it keeps its files. No other server finds them.
    folder: PathBuf,
}

impl Server {
    fn start() -> Self {
        loop {
            // Somebody else can take the port meanwhile: then the server ends, and another is tried.
            let port = free_port();
            let folder = std::env::temp_dir().join(format!("tower-webhook-pg-{}-{port}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            if let Some((user, group)) = unprivileged() {
                chown(&folder, Some(user), Some(group)).unwrap();
            }
            let mut server = Self { process: None, port, folder };
            server.init();
            if server.spawn() {
                return server;
            }
        }
    }

    fn init(&self) {
        let mut init = command("initdb", &self.folder);
        init.args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "--username", USER, "--pgdata"]);
        let output = init.arg(&self.folder).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Whether it took the port.
    fn spawn(&mut self) -> bool {
        let mut server = command("postgres", &self.folder);
        server.arg("-D").arg(&self.folder).args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        // A process that is killed leaves what it has written to the operating system, so none has to wait for the disk.
        for setting in ["fsync=off", "unix_socket_directories=", "max_connections=300", "log_destination=stderr"] {
            server.args(["-c", setting]);
        }
        let mut process = server.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        self.process = Some(process);
        let (tell, told) = channel();
        thread::spawn(move || {
            let _ = tell.send(lines.any(|line| line.contains("ready to accept connections")));
            lines.for_each(drop);
        });
        let ready = told.recv_timeout(PATIENCE).expect("waited for postgres to accept connections");
        if !ready {
            self.kill();
        }
        ready
    }

    /// Leaves a process behind that ends it: what is static is not dropped.
    fn end_with_this_process(self) -> Arc<Self> {
        const END: &str = r#"read _; kill -QUIT "$1"; until rm -rf "$2" 2>/dev/null; do :; done"#;
        let server = self.process.as_ref().unwrap().id().to_string();
        let mut ending = Command::new("sh");
        ending.args(["-c", END, "sh", &server]).arg(&self.folder).stdin(Stdio::piped()).process_group(0);
        std::mem::forget(ending.spawn().unwrap());
        Arc::new(self)
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    fn kill(&mut self) {
        if self.process.is_some() {
            // What hangs ends before it goes on.
            self.signal("QUIT");
            self.signal("CONT");
        }
        if let Some(mut process) = self.process.take() {
            process.wait().unwrap();
        }
    }

    fn signal(&self, name: &str) {
        let server = self.process.as_ref().unwrap().id();
        let kill = format!("kill -{name} {server} $(ps -A -o pid=,ppid= | awk '$2 == {server} {{ print $1 }}')");
        // Some may have ended meanwhile.
        let _ = Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status().unwrap();
    }

    fn connect(&self, database: &str) -> Psql {
        let url = format!("postgres://{USER}@{}/{database}", self.address());
        let mut process = Command::new("psql")
            .env("PGOPTIONS", "--client-min-messages=warning")
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("psql: {error}"));
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Psql { process, input, output: BufReader::new(output) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Whom the server runs as: PostgreSQL refuses root.
fn unprivileged() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().ok()
    };
    let ids = || ["postgres", "nobody"].into_iter().find_map(|user| Some((id(&["-u", user])?, id(&["-g", user])?)));
    if id(&["-u"]) == Some(0) { ids() } else { None }
}

fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("LC_ALL", "C");
    if let Some((user, group)) = unprivileged() {
        command.uid(user).gid(group);
    }
    command
}

/// PostgreSQL's own client, so that what is checked does not go through what is tested.
pub(crate) struct Psql {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Psql {
    /// Sends a statement, and does not wait for the answer.
    pub(crate) fn tell(&mut self, sql: &str) {
        writeln!(self.input, "{sql}\n;\n\\echo .").unwrap();
    }

    /// The rows as lines, with the columns separated by `|`.
    pub(crate) fn ask(&mut self, sql: &str) -> Vec<String> {
        self.tell(sql);
        self.answer()
    }

    pub(crate) fn answer(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "psql has ended");
            match line.trim_end() {
                "." => return lines,
                line => lines.push(line.to_owned()),
            }
        }
    }
}

impl Drop for Psql {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
