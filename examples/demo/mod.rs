//! Helpers that the examples need and your own program does not: made-up keys, `curl` lines with sample events,
//! and settings from the environment.

#![allow(dead_code, reason = "each example uses a part of it")]

use std::{
    collections::{BTreeMap, hash_map::RandomState},
    env::{self, VarError},
    error::Error,
    fmt,
    hash::{BuildHasher, Hasher},
    io::{self, Write},
    num::ParseIntError,
    str::FromStr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use socket2::SockRef;
use tokio::net::TcpListener;
use tower_webhook::{WebhookLayer, provider::Provider};

/// How many connections may wait to be accepted: enough for a load test.
const BACKLOG: i32 = 1024;

/// A provider whose events the examples show.
struct Shown {
    /// The environment variable of the key.
    variable: &'static str,
    /// The description of the provider, or as much of one as is needed here.
    description: &'static str,
}

const SHOWN: [Shown; 3] = [
    Shown { variable: "TRUEMED_API_KEY", description: include_str!("../../senders/truemed.json") },
    Shown { variable: "MEDIQUO_WEBHOOK_SIGNATURE", description: include_str!("../../senders/mediquo.json") },
    Shown {
        variable: "ACME_KEY",
        description: r#"{
            "name": "acme",
            "credential": {"api_key": {"header": "x-acme-key"}},
            "samples": [{"name": "lab.ready", "body": {"meta": {"event": "lab.ready"}, "data": {"patient": "p-7"}}}]
        }"#,
    },
];

/// The keys that the example has asked for, by their variables, in the form of a `curl` line.
static KEYS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

fn keys() -> MutexGuard<'static, BTreeMap<String, String>> {
    KEYS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes up a key where the variable is not set.
///
/// # Errors
///
/// One of the settings in the environment is unusable.
pub(crate) fn or_made_up(name: &str, value: Result<String, VarError>) -> Result<Result<String, VarError>, Failure> {
    variable("LISTEN")?;
    max_body_bytes()?;
    // A key from the environment stays there: the line names its variable.
    let (key, shown_as) = match variable(name)? {
        Some(_) => (value, format!("${name}")),
        None => {
            let key = made_up_key();
            (Ok(key.clone()), key)
        }
    };
    keys().insert(name.to_owned(), shown_as);
    Ok(key)
}

/// Prints the `curl` lines and the address, and limits the bodies to `MAX_BODY_BYTES`.
pub(crate) fn start<A: Provider, B: Provider>(
    listener: &TcpListener,
    first: WebhookLayer<A>,
    second: WebhookLayer<B>,
) -> Result<(WebhookLayer<A>, WebhookLayer<B>), Failure> {
    let limit = max_body_bytes()?;
    print_curl_lines(listener)?;
    Ok((first.body_limit(limit), second.body_limit(limit)))
}

/// Prints a `curl` line for each documented event of the providers that the example has, and the address.
pub(crate) fn print_curl_lines(listener: &TcpListener) -> io::Result<()> {
    let (keys, address) = (keys(), listener.local_addr()?);
    let mut lines = Vec::new();
    for Shown { variable, description } in SHOWN {
        let Some(key) = keys.get(variable) else { continue };
        let description: Value = serde_json::from_str(description)?;
        let text = |at| description.pointer(at).and_then(Value::as_str).unwrap_or_default();
        let (provider, header) = (text("/name"), text("/credential/api_key/header"));
        let samples = description.get("samples").and_then(Value::as_array);
        for body in samples.into_iter().flatten().filter_map(|sample| sample.get("body")) {
            lines.push(format!(r#"curl -i "http://{address}/webhooks/{provider}" -H "{header}: {key}" -d '{body}'"#));
        }
    }
    announce(listener, &lines)
}

/// Prints these lines and the address, and makes the queue of the listener longer.
pub(crate) fn announce(listener: &TcpListener, lines: &[String]) -> io::Result<()> {
    SockRef::from(listener).listen(BACKLOG)?;
    let mut out = io::stdout().lock();
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    writeln!(out, "listening on http://{}", listener.local_addr()?)?;
    out.flush()
}

pub(crate) fn max_body_bytes() -> Result<usize, Failure> {
    Ok(number("MAX_BODY_BYTES")?.unwrap_or(1 << 20))
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

/// The text of an error and of its causes, each once.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source()).map(ToString::to_string);
    causes.fold(error.to_string(), |text, cause| if text.ends_with(&cause) { text } else { format!("{text}: {cause}") })
}

/// A text that says what is wrong. `Debug` prints that text, because a `main` that returns it prints it with `Debug`.
pub(crate) struct Failure(pub(crate) String);

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}
