//! How senders retry: the files `senders/*.json` that say it, and one that goes on for seven days.

use std::{fs, path::Path, time::Duration};

use serde_json::Value;

pub struct Sender {
    pub name: String,
    /// The times between its attempts.
    pub delays: Vec<Duration>,
    /// How long it waits for an answer.
    pub timeout: Duration,
}

/// Where a file does not say how long the sender waits.
const TIMEOUT: Duration = Duration::from_secs(15);
const SEVEN_DAYS: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// In the order of their names.
pub fn all() -> Vec<Sender> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../senders");
    let mut senders: Vec<Sender> = fs::read_dir(folder)
        .expect("the folder of senders")
        .filter_map(|entry| {
            let text = fs::read_to_string(entry.ok()?.path()).ok()?;
            let file: Value = serde_json::from_str(&text).ok()?;
            let retries = file.get("retries")?;
            let delays = retries["delays"].as_array()?.iter().filter_map(Value::as_u64).map(Duration::from_secs);
            let timeout = retries["timeout"].as_u64().map_or(TIMEOUT, Duration::from_secs);
            Some(Sender { name: file["name"].as_str()?.to_owned(), delays: delays.collect(), timeout })
        })
        .collect();
    senders.push(seven_days());
    senders.sort_by(|one, other| one.name.cmp(&other.name));
    senders
}

/// Truemed retries for seven days, and does not say when. These steps are assumed.
fn seven_days() -> Sender {
    let (mut delay, mut passed, mut delays) = (Duration::from_secs(10), Duration::ZERO, Vec::new());
    while passed + delay <= SEVEN_DAYS {
        delays.push(delay);
        passed += delay;
        delay = (2 * delay).min(Duration::from_secs(6 * 60 * 60));
    }
    Sender { name: "seven days".to_owned(), delays, timeout: TIMEOUT }
}
