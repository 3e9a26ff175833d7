//! A Prometheus of a test's own, from the `prometheus` on the path.

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

use serde_json::Value;

use super::wait::{PATIENCE, block_until};

pub(crate) struct Prometheus {
    process: Child,
    address: SocketAddr,
    folder: PathBuf,
}

impl Prometheus {
    /// Scrapes this server five times a second, and evaluates these rules as often. `None`, with a word about it, if there
    /// is no `prometheus`.
    pub(crate) fn start(server: SocketAddr, rules: &str) -> Option<Self> {
        loop {
            // Somebody else can take the port meanwhile: then it ends, and another is tried.
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let mut prometheus = Self::spawn(address, server, rules)?;
            let mut ended = false;
            block_until("prometheus to answer", || {
                ended = prometheus.process.try_wait().unwrap().is_some();
                ended || TcpStream::connect(address).is_ok() && prometheus.get("/-/ready").is_some()
            });
            if !ended {
                return Some(prometheus);
            }
        }
    }

    fn spawn(address: SocketAddr, server: SocketAddr, rules: &str) -> Option<Self> {
        let port = address.port();
        let folder = std::env::temp_dir().join(format!("tower-webhook-prometheus-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let configuration = format!(
            "global: {{ scrape_interval: 200ms, evaluation_interval: 200ms }}\nrule_files: [rules.yml]\n\
             scrape_configs: [{{ job_name: webhooks, static_configs: [{{ targets: ['{server}'] }}] }}]\n"
        );
        fs::write(folder.join("prometheus.yml"), configuration).unwrap();
        fs::write(folder.join("rules.yml"), rules).unwrap();
        let prometheus = Command::new("prometheus")
            .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args(["--log.level=error"])
            .stderr(Stdio::null())
            .spawn();
        match prometheus {
            Ok(process) => Some(Self { process, address, folder }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let _ = fs::remove_dir_all(&folder);
                let test = thread::current().name().unwrap_or_default().to_owned();
                // Not by a macro, whose output is kept back where a test passes.
                let line = format!("SKIPPED: {test}: there is no `prometheus` on the path\n");
                std::io::stderr().write_all(line.as_bytes()).unwrap();
                None
            }
            Err(error) => panic!("prometheus: {error}"),
        }
    }

    /// The body of the answer, if it is a 200.
    fn get(&self, target: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // By this version, the answer ends with the connection.
        stream.write_all(format!("GET {target} HTTP/1.0\r\n\r\n").as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.contains(" 200 ").then(|| body.to_owned())
    }

    /// What its API answers to this expression.
    pub(crate) fn query(&self, expression: &str) -> Vec<Value> {
        let encoded: String = expression.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let answer = self.get(&format!("/api/v1/query?query={encoded}"));
        let answer: Value = serde_json::from_str(&answer.unwrap_or_else(|| panic!("refused: {expression}"))).unwrap();
        answer["data"]["result"].as_array().unwrap().clone()
    }

    /// The names of the alerts that fire.
    pub(crate) fn firing(&self) -> Vec<String> {
        let fires = self.query("ALERTS{alertstate=\"firing\"}");
        fires.iter().map(|alert| alert["metric"]["alertname"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
