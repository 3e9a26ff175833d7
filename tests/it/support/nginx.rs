//! An nginx of a test's own, from the `nginx` on the path, with the configuration that docs/deploy.md shows.

use std::{
    fs,
    io::ErrorKind,
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

use super::{programs::skip, sockets::PATIENCE};

pub(crate) struct Nginx {
    process: Child,
    address: SocketAddr,
    folder: PathBuf,
}

impl Nginx {
    /// In front of a server, as on the page. `None`, with a word about it, if there is no `nginx`.
    pub(crate) fn start(server: SocketAddr) -> Option<Self> {
        Self::start_with(server, &[])
    }

    /// The same with some settings replaced by others.
    pub(crate) fn start_with(server: SocketAddr, changes: &[(&str, &str)]) -> Option<Self> {
        let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/deploy.md")).unwrap();
        let (_, block) = page.split_once("```nginx\n").expect("a block of configuration");
        let (block, _) = block.split_once("```").unwrap();
        let without_tls = block.lines().filter(|line| !line.trim_start().starts_with("ssl_"));
        let mut block = without_tls.collect::<Vec<_>>().join("\n");
        for (old, new) in [("127.0.0.1:3000", &*server.to_string())].iter().chain(changes) {
            assert!(block.contains(old), "the page no longer has `{old}`");
            block = block.replace(old, new);
        }
        loop {
            // Somebody else can take the port meanwhile: then nginx ends, and another is tried.
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let mut nginx = Self::spawn(address, &block.replace("443 ssl", &address.to_string()))?;
            if nginx.is_ready() {
                return Some(nginx);
            }
        }
    }

    fn spawn(address: SocketAddr, block: &str) -> Option<Self> {
        let folder =
            std::env::temp_dir().join(format!("tower-webhook-nginx-{}-{}", std::process::id(), address.port()));
        fs::create_dir_all(&folder).unwrap();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {}/{name};\n", folder.display()))
            .concat();
        let configuration = format!(
            "daemon off;\nmaster_process off;\npid {0}/pid;\nerror_log {0}/error.log warn;\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}{block}\n}}\n",
            folder.display(),
        );
        fs::write(folder.join("nginx.conf"), configuration).unwrap();
        let nginx = Command::new("nginx")
            .args(["-e", "error.log", "-c", "nginx.conf", "-p"])
            .arg(&folder)
            .stderr(Stdio::null())
            .spawn();
        match nginx {
            Ok(process) => Some(Self { process, address, folder }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let _ = fs::remove_dir_all(&folder);
                skip("nginx");
                None
            }
            Err(error) => panic!("nginx: {error}"),
        }
    }

    /// Whether it took the port.
    fn is_ready(&mut self) -> bool {
        #[expect(clippy::disallowed_methods, reason = "the time until a process is given up")]
        let started = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            if self.process.try_wait().unwrap().is_some() {
                assert!(self.log().contains("Address already in use"), "nginx ended: {}", self.log());
                return false;
            }
            assert!(started.elapsed() < PATIENCE, "nginx does not listen: {}", self.log());
            thread::yield_now();
        }
        true
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// What it has written to its error log.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
