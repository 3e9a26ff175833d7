//! What the servers among the examples share: settings, made-up keys, curl lines, the listener and the end.

#![allow(dead_code, reason = "each server uses a part of it")]

use std::{
    collections::hash_map::RandomState,
    env::{self, VarError},
    error::Error,
    fmt,
    hash::{BuildHasher, Hasher},
    io::{self, Write},
    net::SocketAddr,
    num::ParseIntError,
    str::FromStr,
    time::Duration,
};

use tokio::net::{TcpListener, TcpSocket, lookup_host};

const BACKLOG: u32 = 1024;
const GRACE: Duration = Duration::from_secs(15);

const DELIVERIES: [(&str, &str); 4] = [
    ("truemed", r#"{"qualification_session_id":"qs_1","status":"approved","email":"jane@example.com"}"#),
    (
        "truemed",
        r#"{"event_type":"product_catalog.item.eligibility_updated","timestamp":"2026-11-21T09:30:00Z","data":{"object":{"sku":"SAUNA-2","eligibility":"eligible_with_lmn"}}}"#,
    ),
    (
        "mediquo",
        r#"{"type":"patient_consultation_finished","occurred_on":1704063600,"payload":{"consultation":{"id":"c-1","type":"chat"},"reports":[],"patient":{"code":"p-7"},"prescriptions":[]}}"#,
    ),
    (
        "mediquo",
        r#"{"type":"patient_report_sent","occurred_on":1704063600,"payload":{"type":"soap","content":{"plan":"Rest."},"patient":{"code":"p-7"}}}"#,
    ),
];

/// The settings of a server, from the environment.
pub(crate) struct Settings {
    listen: String,
    pub(crate) truemed_api_key: Key,
    pub(crate) mediquo_signature: Key,
    pub(crate) max_body_bytes: usize,
}

/// A key from the environment, or a made-up one.
pub(crate) struct Key {
    variable: &'static str,
    value: String,
    made_up: bool,
}

impl Settings {
    pub(crate) fn from_env() -> Result<Self, Failure> {
        Ok(Self {
            listen: address()?,
            truemed_api_key: Key::from_env("TRUEMED_API_KEY")?,
            mediquo_signature: Key::from_env("MEDIQUO_WEBHOOK_SIGNATURE")?,
            max_body_bytes: max_body_bytes()?,
        })
    }

    /// Listens, and prints a curl line for every documented event, and the address.
    pub(crate) async fn listen(&self) -> Result<TcpListener, Failure> {
        let listener = listen(&self.listen).await?;
        let address = listener.local_addr()?;
        self.print_curl_lines(address)?;
        Ok(listener)
    }

    fn print_curl_lines(&self, address: SocketAddr) -> io::Result<()> {
        let mut out = io::stdout().lock();
        for (provider, json) in DELIVERIES {
            let (header, key) = match provider {
                "truemed" => ("x-truemed-api-key", &self.truemed_api_key),
                _ => ("x-webhook-signature", &self.mediquo_signature),
            };
            writeln!(out, r#"curl -i "http://{address}/webhooks/{provider}" -H "{header}: {key}" -d '{json}'"#)?;
        }
        writeln!(out, "listening on http://{address}")?;
        out.flush()
    }
}

pub(crate) fn address() -> Result<String, Failure> {
    Ok(variable("LISTEN")?.unwrap_or_else(|| "127.0.0.1:3000".to_owned()))
}

pub(crate) fn max_body_bytes() -> Result<usize, Failure> {
    Ok(number("MAX_BODY_BYTES")?.unwrap_or(1 << 20))
}

pub(crate) async fn listen(address: &str) -> Result<TcpListener, Failure> {
    bind(address).await.map_err(|error| Failure(format!("LISTEN={address}: {error}")))
}

async fn bind(address: &str) -> io::Result<TcpListener> {
    let address = lookup_host(address).await?.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Waits for Ctrl-C, or for what a container's stop sends.
pub(crate) async fn ctrl_c() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupted => {}
        () = terminated() => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

/// Waits for as long as requests may still take after Ctrl-C. A sender that never finishes one must not hold the server.
pub(crate) async fn grace() {
    tokio::time::sleep(GRACE).await;
}

impl Key {
    fn from_env(name: &'static str) -> Result<Self, Failure> {
        let value = variable(name)?;
        let made_up = value.is_none();
        Ok(Self { variable: name, value: value.unwrap_or_else(made_up_key), made_up })
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        self.value.as_bytes()
    }
}

/// As a curl line needs it: a key from the environment stays there.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.made_up { f.write_str(&self.value) } else { write!(f, "${}", self.variable) }
    }
}

/// 128 bits from the seeds that the standard library takes from the system: enough for a demonstration.
pub(crate) fn made_up_key() -> String {
    let bits = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", bits(), bits())
}

pub(crate) fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(Failure(format!("{name} is not UTF-8"))),
    }
}

pub(crate) fn number<T: FromStr<Err = ParseIntError>>(name: &str) -> Result<Option<T>, Failure> {
    let parse = |text: String| text.parse().map_err(|error| Failure(format!("{name}: {error}")));
    variable(name)?.map(parse).transpose()
}

/// Any error, by its text: what `main` returns is shown with `Debug`.
pub(crate) struct Failure(pub(crate) String);

impl Failure {
    #[allow(dead_code, reason = "not every server has a failure of its own")]
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(with_causes(&error))
    }
}

/// The text of an error and of its causes, each once.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source()).map(ToString::to_string);
    causes.fold(error.to_string(), |text, cause| if text.ends_with(&cause) { text } else { format!("{text}: {cause}") })
}
