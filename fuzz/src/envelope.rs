//! Law: id, type, time and attempt of a `Delivery` are what a plain look-up in the body and the headers finds at the
//! envelope's places, and nothing if a member on the way occurs twice or the value is not well-formed; and nothing panics.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::Request;
use tower_webhook::{
    Delivery, Stated, WebhookBody,
    auth::ApiKey,
    provider::{Custom, Envelope, Place, TimeFormat},
};

use crate::{
    draw::Draw,
    send::{Receiver, Steps, receiver},
    signature::KEYS,
    tree::Tree,
};

const PATHS: &[&str] =
    &["id", "type", "data.id", "data.object.id", "at", "data.0.id", "1", "0.id", "data.1", "n", "data"];
const FORMATS: [TimeFormat; 3] = [TimeFormat::UnixSeconds, TimeFormat::UnixMilliseconds, TimeFormat::Rfc3339];

type Chosen = ([usize; 4], usize);

fn with_receiver<T>(chosen: Chosen, use_it: impl FnOnce(&dyn Receiver) -> T) -> T {
    static RECEIVERS: Mutex<Option<HashMap<Chosen, Box<dyn Receiver>>>> = Mutex::new(None);
    let mut receivers = RECEIVERS.lock().unwrap();
    let receiver = receivers.get_or_insert_default().entry(chosen).or_insert_with(|| {
        let scheme = ApiKey::header("x-key").key(KEYS[0]).build().unwrap();
        let ([id, event_type, at, attempt], format) = chosen;
        let place = |at: usize| PATHS.get(at).map_or_else(|| Place::header("x-fact"), Place::body);
        let envelope = Envelope::new()
            .event_id(place(id))
            .event_type(place(event_type))
            .sent_at(place(at), FORMATS[format])
            .attempt(place(attempt));
        receiver(Custom::builder("acme", scheme).envelope(envelope).raw().build().unwrap().into_layer())
    });
    use_it(&**receiver)
}

/// A text that can stand in a log.
fn is_plain(text: &str) -> bool {
    let hides = |letter: char| {
        let code = u32::from(letter);
        letter.is_control()
            || [0xad, 0x61c, 0x180e, 0xfeff].contains(&code)
            || [0x200b..=0x200f, 0x2028..=0x202e, 0x2060..=0x206f, 0xfff9..=0xfffb, 0xe0000..=0xe007f]
                .iter()
                .any(|hidden| hidden.contains(&code))
    };
    (1..=256).contains(&text.len()) && !text.chars().any(hides)
}

fn time(text: &str, format: usize) -> Option<SystemTime> {
    let digits = || text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    let since = match format {
        0 => Duration::from_secs(digits()?),
        1 => Duration::from_millis(digits()?),
        _ => {
            let instant: tower_webhook::jiff::Timestamp = text.parse().ok()?;
            let (seconds, nanoseconds) = (instant.as_second(), instant.subsec_nanosecond());
            let whole = Duration::from_secs(seconds.unsigned_abs());
            let at = if seconds < 0 { SystemTime::UNIX_EPOCH - whole } else { SystemTime::UNIX_EPOCH + whole };
            let part = Duration::from_nanos(u64::from(nanoseconds.unsigned_abs()));
            return if nanoseconds < 0 { at.checked_sub(part) } else { at.checked_add(part) };
        }
    };
    SystemTime::UNIX_EPOCH.checked_add(since)
}

pub fn law(input: &[u8]) {
    let draw = &mut Draw::new(input);
    let chosen = (std::array::from_fn(|_| draw.below(PATHS.len() + 1)), draw.below(3));
    let headers: Vec<String> = (0..[0, 1, 1, 2][draw.below(4)])
        .map(|_| match Tree::draw(draw, 0) {
            Tree::Text(text) | Tree::Number(text) => text,
            _ => "evt_header".to_owned(),
        })
        .collect();
    let tree = match draw.below(8) {
        7 => Tree::Array((0..draw.below(4)).map(|_| Tree::draw(draw, 3)).collect()),
        _ => Tree::object(draw, 4),
    };
    let mut body = tree.written(draw);
    // Not JSON, so that nothing is found in it.
    let is_json = !draw.one_in(8);
    if !is_json {
        body.push_str(draw.of(&["}", "x", ",", "{"]));
    }
    let mut request = Request::post("/").header("x-key", KEYS[0]);
    for header in &headers {
        if http::HeaderValue::try_from(header).is_err() {
            return;
        }
        request = request.header("x-fact", header);
    }
    let request = request.body(Steps::whole(Bytes::from(body.clone()))).unwrap();
    let (response, handled) = with_receiver(chosen, |receiver| receiver.send(request));
    assert!(handled.is_some_and(|handled| handled.head.extensions.get::<WebhookBody>().is_some()));
    let delivery = response.extensions().get::<Delivery>().unwrap();

    let fact = |at: usize| -> Option<&str> {
        match PATHS.get(at) {
            Some(path) => tree.at(&path.split('.').collect::<Vec<_>>()).filter(|_| is_json)?.scalar(),
            None => headers.first().filter(|_| headers.len() == 1).map(String::as_str),
        }
    };
    let ([id, event_type, at, attempt], format) = chosen;
    let text = |at: usize| fact(at).filter(|text| is_plain(text));
    assert_eq!(delivery.event_id().map(Stated::into_inner), text(id), "id in {body}");
    assert_eq!(delivery.event_type().map(Stated::into_inner), text(event_type), "type in {body}");
    let sent_at = delivery.sent_at().map(Stated::into_inner);
    assert_eq!(sent_at, fact(at).and_then(|text| time(text, format)), "time in {body}");
    let digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = fact(attempt).filter(digits).and_then(|text| text.parse::<u32>().ok());
    assert_eq!(delivery.attempt().map(Stated::into_inner), number, "attempt in {body}");
    // A fixed key covers nothing.
    assert!(delivery.event_id().is_none_or(|id| !id.is_signed()));
}
