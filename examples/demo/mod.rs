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

use socket2::SockRef;
use tokio::net::TcpListener;
use tower_webhook::{WebhookLayer, provider::Provider};

/// How many connections may wait to be accepted: enough for a load test.
const BACKLOG: i32 = 1024;

/// The documented events of a provider.
struct Samples {
    /// The last part of the path.
    provider: &'static str,
    header: &'static str,
    /// The environment variable of the key.
    variable: &'static str,
    bodies: &'static [&'static str],
}

const SAMPLES: [Samples; 3] = [
    Samples {
        provider: "truemed",
        header: "x-truemed-api-key",
        variable: "TRUEMED_API_KEY",
        bodies: &[
            r#"{"qualification_session_id":"qs_1","status":"approved","email":"jane@example.com"}"#,
            r#"{"event_type":"product_catalog.item.eligibility_updated","timestamp":"2026-11-21T09:30:00Z","data":{"object":{"sku":"SAUNA-2","eligibility":"eligible_with_lmn"}}}"#,
            r#"{"payment_session_id":"ps_1","status":"captured","created_at":"2026-11-21T09:30:00Z","order_items":[{"sku":"SAUNA-2","price":499900,"quantity":1}],"capture_amount":499900}"#,
            r#"{"payment_token":"ptok_1","payment_session_id":"ps_1"}"#,
        ],
    },
    Samples {
        provider: "mediquo",
        header: "x-webhook-signature",
        variable: "MEDIQUO_WEBHOOK_SIGNATURE",
        bodies: &[
            r#"{"type":"patient_consultation_created","occurred_on":1704063600,"payload":{"consultation":{"id":"c-1","type":"appointment","scheduled_start_date":"2024-01-09T10:00:00+01:00"},"patient":{"code":"p-7"}}}"#,
            r#"{"type":"patient_consultation_cancelled","occurred_on":1704063600,"payload":{"consultation":{"id":"c-1","type":"appointment"},"patient":{"code":"p-7"}}}"#,
            r#"{"type":"patient_consultation_rescheduled","occurred_on":1704063600,"payload":{"consultation":{"id":"c-1","previous_scheduled_start_date":"2024-01-09T10:00:00+01:00"},"patient":{"code":"p-7"}}}"#,
            r#"{"type":"patient_consultation_finished","occurred_on":1704063600,"payload":{"consultation":{"id":"c-1","type":"chat"},"reports":[],"patient":{"code":"p-7"},"prescriptions":[]}}"#,
            r#"{"type":"patient_consultation_no_show","occurred_on":1704063600,"payload":{"consultation":{"id":"c-1"},"patient":{"code":"p-7"}}}"#,
            r#"{"type":"patient_message_received","occurred_on":1704063600,"payload":{"patient":{"code":"p-7"},"message":{"is_read":false}}}"#,
            r#"{"type":"patient_immediate_video_call_assigned","occurred_on":1704063600,"payload":{"consultation":{"id":"c-2","url":"https://rooms.example.com/c-2?signature=1"},"patient":{"code":"p-7"}}}"#,
            r#"{"type":"professional_block_created","occurred_on":1704063600,"payload":{"id":"b-1","starts_at":"2024-08-01T00:00:00+02:00","professional":{"hash":"h-1"}}}"#,
            r#"{"type":"professional_block_updated","occurred_on":1704063600,"payload":{"id":"b-1","starts_at":"2024-08-02T00:00:00+02:00","professional":{"hash":"h-1"}}}"#,
            r#"{"type":"professional_block_deleted","occurred_on":1704063600,"payload":{"id":"b-1","professional":{"hash":"h-1"}}}"#,
            r#"{"type":"prescription_created","occurred_on":1704063600,"payload":{"prescription":{"id":"rx-1","pdf_url":null},"patient":{"code":null}}}"#,
            r#"{"type":"patient_report_sent","occurred_on":1704063600,"payload":{"type":"soap","content":{"plan":"Rest."},"patient":{"code":"p-7"}}}"#,
            r#"{"type":"patient_waiting_room_position_update","occurred_on":1704063600,"payload":{"consultation":{"position":3},"patient":{"code":null}}}"#,
        ],
    },
    Samples {
        provider: "acme",
        header: "x-acme-key",
        variable: "ACME_KEY",
        bodies: &[r#"{"meta":{"event":"lab.ready"},"data":{"patient":"p-7"}}"#],
    },
];

/// The keys that the example has asked for, by their variables, in the form of a `curl` line.
static SHOWN: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

fn shown() -> MutexGuard<'static, BTreeMap<String, String>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
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
    shown().insert(name.to_owned(), shown_as);
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
    let (keys, address) = (shown(), listener.local_addr()?);
    let mut lines = Vec::new();
    for Samples { provider, header, variable, bodies } in SAMPLES {
        let Some(key) = keys.get(variable) else { continue };
        lines.extend(
            bodies.iter().map(|body| {
                format!(r#"curl -i "http://{address}/webhooks/{provider}" -H "{header}: {key}" -d '{body}'"#)
            }),
        );
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
