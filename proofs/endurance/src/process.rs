//! The servers, as processes whose memory and open files can be seen.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::Outcome;

/// The usual limit of open files is too low.
const MORE_FILES: &str = r#"ulimit -n 20000 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$0""#;

pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
}

/// Builds the servers beside this program.
pub(crate) fn build() -> Outcome<()> {
    let folder = folder()?;
    if !folder.ends_with("release") {
        return Err("give `--release` to `cargo run`".into());
    }
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--quiet", "-p", env!("CARGO_PKG_NAME"), "--bins"])
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .arg("--target-dir")
        .arg(folder.parent().ok_or("this program is in no target folder")?)
        .status()?;
    if built.success() { Ok(()) } else { Err("the servers do not build".into()) }
}

fn folder() -> Outcome<std::path::PathBuf> {
    Ok(std::env::current_exe()?.parent().ok_or("this program is in no folder")?.to_owned())
}

impl Server {
    /// Starts one of the servers, and waits until it accepts connections. What it prints is thrown away.
    pub(crate) fn start(program: &str, settings: &[(&str, String)]) -> Outcome<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let process = Command::new("sh")
            .args(["-c", MORE_FILES])
            .arg(folder()?.join(program))
            .env("LISTEN", address.to_string())
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Self { process, address };
        for _ in 0..300 {
            if TcpStream::connect(server.address).is_ok() {
                return Ok(server);
            }
            thread::sleep(Duration::from_millis(100));
        }
        Err(format!("{program} does not accept connections").into())
    }

    pub(crate) fn gauge(&self) -> Gauge {
        Gauge(self.process.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Shows what a process takes.
#[derive(Clone, Copy)]
pub(crate) struct Gauge(u32);

impl Gauge {
    /// Resident memory in KiB.
    pub(crate) fn memory(self) -> Outcome<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("the server has ended")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    pub(crate) fn open_files(self) -> Outcome<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.0))?.count())
    }
}
