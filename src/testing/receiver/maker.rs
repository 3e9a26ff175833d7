//! Makes the deliveries of the cases, each a new event.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use serde_json::Value;

use super::{
    cases::Made,
    shot::{Framing, Shot},
};
use crate::{
    provider::At,
    testing::{Spoil, TestDelivery, TestSender},
};

/// Changes the text of a credential.
pub(super) type Change = fn(&str) -> String;

pub(super) type Distinct = dyn Fn(TestDelivery, u64) -> TestDelivery + Send + Sync;

pub(super) struct Maker {
    pub(super) sender: TestSender,
    pub(super) events: Vec<TestDelivery>,
    pub(super) distinct: Option<Arc<Distinct>>,
    /// Sends to this path instead of the sender's.
    pub(super) target: Option<String>,
    pub(super) body_limit: usize,
    /// The length of a body that the receiver must not take.
    pub(super) too_long: usize,
    pub(super) cannot_wait: Option<&'static str>,
    pub(super) no_connections: Option<&'static str>,
    /// The number of the next event: of eight digits, and another in each run.
    pub(super) next: AtomicU64,
}

impl Maker {
    /// One of each kind.
    pub(super) fn each(&self) -> Vec<TestDelivery> {
        self.events.iter().cloned().map(|event| self.new_event(event)).collect()
    }

    /// One of the first kind.
    pub(super) fn event(&self) -> Result<TestDelivery, &'static str> {
        let event = self.events.first().cloned().ok_or("the description of the sender has no sample events")?;
        Ok(self.new_event(event))
    }

    /// The first kind whose body is JSON.
    pub(super) fn json_event(&self) -> Result<TestDelivery, &'static str> {
        self.event()?;
        let event = self.events.iter().find(|event| !event.is_form()).cloned();
        Ok(self.new_event(event.ok_or("the sender's events are forms")?))
    }

    pub(super) fn shot(what: impl Into<String>, delivery: &TestDelivery) -> Shot {
        let request = delivery.request();
        Shot { what: what.into(), request, framing: Framing::Whole, secrets: Vec::new() }
    }

    /// Each kind that can have this fault, or why none can.
    pub(super) fn spoiled(&self, how: Spoil, what: &str, otherwise: &'static str) -> Made {
        self.event()?;
        let shots: Vec<_> = self.each().iter().filter_map(|event| event.spoiled(how)).take(3).collect();
        if shots.is_empty() {
            return Err(otherwise);
        }
        Ok(shots.iter().map(|delivery| Self::shot(what, delivery)).collect())
    }

    /// With another text of the same kind in place of the credential.
    pub(super) fn with_credential(&self, what: &str, change: Change) -> Result<Shot, &'static str> {
        Ok(Self::shot(what, &self.event()?.with_credential(change)))
    }

    /// The text of the genuine credential of this delivery.
    pub(super) fn credential(delivery: &TestDelivery) -> String {
        let seen = Arc::new(Mutex::new(String::new()));
        let seeing = Arc::clone(&seen);
        let genuine = delivery.clone().with_credential(move |text| {
            text.clone_into(&mut seeing.lock().unwrap_or_else(PoisonError::into_inner));
            text.to_owned()
        });
        drop(genuine.request::<Bytes>());
        let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }

    fn new_event(&self, event: TestDelivery) -> TestDelivery {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let event = match &self.target {
            Some(target) => event.to(target),
            None => event,
        };
        match &self.distinct {
            Some(distinct) => distinct(event, number),
            None => distinct(&self.sender, event, number),
        }
    }
}

/// Another event of the same kind: with an id of its own if the sender has ids, and else with other values in all
/// members that look like ids, and another time.
fn distinct(sender: &TestSender, mut event: TestDelivery, number: u64) -> TestDelivery {
    let places = sender.description().places();
    let body: Option<Value> = serde_json::from_slice(&event.draft().body).ok();
    let id = match &places.event_id {
        Some(At::Header(name)) => {
            event.draft().headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        }
        Some(At::Body(path)) => body.as_ref().and_then(|body| at(body, path)?.as_str().map(str::to_owned)),
        None => None,
    };
    let id = id.map_or_else(|| format!("evt_{number}"), |id| renumbered(&id, number));
    let has_id = places.event_id.is_some();
    let event = event.event_id(id);
    let Some(body) = body.filter(|_| !has_id) else { return event };
    let mut members = Vec::new();
    ids(&body, "", number, &mut members);
    if let Some(At::Body(path)) = &places.sent_at {
        let time = at(&body, path).and_then(Value::as_u64);
        members.extend(time.map(|time| (path.clone(), Value::from(time + number % 10_000_000))));
    }
    members.into_iter().fold(event, |event, (path, value)| event.member(&path, value))
}

fn at<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
    body.pointer(&format!("/{}", path.replace('.', "/")))
}

/// Collects the members that look like ids, with values of the same form.
fn ids(value: &Value, path: &str, number: u64, found: &mut Vec<(String, Value)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) => members.iter().filter(|(name, _)| !name.contains('.')).for_each(|(name, value)| {
            let is_id = ["id", "uuid", "token", "code", "hash", "sku"].contains(&&**name)
                || ["_id", "Id", "_token"].iter().any(|end| name.ends_with(end));
            match value {
                Value::String(text) if is_id => found.push((below(name), renumbered(text, number).into())),
                Value::Number(id) if is_id && id.is_u64() => found.push((below(name), number.into())),
                value => ids(value, &below(name), number, found),
            }
        }),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| ids(item, &below(&index.to_string()), number, found));
        }
        _ => {}
    }
}

/// The text with the number at its end: in place of as many characters, so that UUIDs stay such, if it is long enough.
fn renumbered(text: &str, number: u64) -> String {
    let digits = format!("{number:08}");
    let kept = text.len().checked_sub(digits.len()).filter(|kept| *kept >= 4).and_then(|kept| text.get(..kept));
    format!("{}{digits}", kept.unwrap_or(text))
}
