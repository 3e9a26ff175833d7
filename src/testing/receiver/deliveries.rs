//! What each case sends.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method};

use super::{
    cases::Made,
    maker::{Change, Maker},
    shot::{Framing, Shot},
};
use crate::testing::{Spoil, TestDelivery};

pub(super) fn genuine(maker: &Maker) -> Made {
    maker.event()?;
    let name = |event: &TestDelivery| event.name().map_or_else(String::new, |name| format!("the event `{name}`"));
    Ok(maker.each().iter().map(|event| Maker::shot(name(event), event)).collect())
}

pub(super) fn unknown_type(maker: &Maker) -> Made {
    maker.spoiled(Spoil::UnknownType, "a new type", "the sender's events state no type")
}

pub(super) fn unknown_value(maker: &Maker) -> Made {
    maker.spoiled(Spoil::UnknownValue, "a new value", "the description of the sender names no value that may be new")
}

pub(super) fn unknown_member(maker: &Maker) -> Made {
    maker.event()?;
    let events: Vec<_> = maker.each().into_iter().filter_map(TestDelivery::with_another_member).collect();
    Ok(events.iter().map(|event| Maker::shot("a new member", event)).collect())
}

pub(super) fn unusual_json(maker: &Maker) -> Made {
    let mut event = maker.json_event()?;
    let body = String::from_utf8_lossy(&event.draft().body).into_owned();
    let members = body.trim_start().strip_prefix('{').ok_or("the sender's events are no JSON objects")?;
    let unusual = r#"{ "tower_webhook" : [ "caf\u00e9 \/" , 1.10 , 1E2 , -0 ] ,"#;
    event.draft().body = format!("{unusual}\n\t{members}\n").into();
    Ok(vec![Maker::shot("unusual JSON", &event)])
}

pub(super) fn reframed(maker: &Maker) -> Made {
    maker.event()?;
    let shots = maker.each().into_iter().take(3).map(|event| {
        let shot = Maker::shot("a body in pieces", &event);
        Shot { framing: Framing::Pieces, ..shot }
    });
    Ok(shots.collect())
}

pub(super) fn copies(maker: &Maker, copies: usize) -> Made {
    let event = maker.event()?;
    Ok((0..copies).map(|_| Maker::shot("a copy of the event", &event)).collect())
}

pub(super) fn out_of_order(maker: &Maker) -> Made {
    let mut shots = Vec::new();
    for age in [0, 20, 40] {
        let mut event = maker.event()?;
        let at = event.draft().at - Duration::from_secs(age);
        shots.push(Maker::shot(format!("an event signed {age} seconds ago"), &event.at(at)));
    }
    Ok(shots)
}

pub(super) fn missing_credential(maker: &Maker) -> Made {
    maker.spoiled(Spoil::MissingCredential, "an event without a credential", "every event has a credential")
}

pub(super) fn wrong_key(maker: &Maker) -> Made {
    maker.spoiled(Spoil::WrongKey, "an event signed with another key", "no event is signed")
}

pub(super) fn almost_right_credential(maker: &Maker) -> Made {
    Ok(vec![maker.with_credential("an almost right credential", almost_right)?])
}

/// With another character of the same kind near its end. The last ones may be padding, or have bits that are not used.
fn almost_right(text: &str) -> String {
    let swapped = |c: char| match c {
        '0' => '1',
        '0'..='9' => '0',
        'a' => 'b',
        'A' => 'B',
        'A'..='Z' => 'A',
        _ => 'a',
    };
    let place = text.trim_end_matches('=').char_indices().rev().nth(3);
    place.map_or_else(
        || format!("{text}0"),
        |(at, c)| {
            let (before, after) = text.split_at(at);
            let after: String = after.chars().skip(1).collect();
            format!("{before}{}{after}", swapped(c))
        },
    )
}

fn cut(text: &str) -> String {
    let kept = text.chars().count().saturating_sub(8);
    text.chars().take(kept).collect()
}

pub(super) fn cut_credential(maker: &Maker) -> Made {
    let empty = maker.with_credential("an empty credential", |_| String::new())?;
    Ok(vec![maker.with_credential("a credential without its last characters", cut)?, empty])
}

pub(super) fn repeated_credential(maker: &Maker) -> Made {
    let otherwise = "the sender's credential is not in a header, or in one that may be repeated";
    let name = maker.sender.description().credential().only_header().ok_or(otherwise)?;
    let orders = [
        ("the right credential twice", false, false),
        ("the right credential and then a wrong one", false, true),
        ("a wrong credential and then the right one", true, false),
    ];
    let mut shots = Vec::new();
    for (what, first_is_wrong, second_is_wrong) in orders {
        let event = maker.event()?;
        let mut shot = Maker::shot(what, &event);
        let wrong = event.with_credential(almost_right).request::<Bytes>();
        let values = [first_is_wrong, second_is_wrong].map(|is_wrong| {
            let headers = if is_wrong { wrong.headers() } else { shot.request.headers() };
            headers.get(&name).cloned()
        });
        shot.request.headers_mut().remove(&name);
        for value in values.into_iter().flatten() {
            shot.request.headers_mut().append(&name, value);
        }
        shots.push(shot);
    }
    Ok(shots)
}

const NO_TIME: &str = "the sender signs no time";

pub(super) fn stale(maker: &Maker) -> Made {
    maker.spoiled(Spoil::Stale, "a stale event", NO_TIME)
}

pub(super) fn from_the_future(maker: &Maker) -> Made {
    maker.spoiled(Spoil::FromTheFuture, "an event from the future", NO_TIME)
}

pub(super) fn altered_body(maker: &Maker) -> Made {
    maker.spoiled(Spoil::AlteredBody, "an altered body", "the sender's credential does not cover the body")
}

pub(super) fn refused(maker: &Maker) -> Made {
    let event = maker.event()?;
    let spoils = [
        (Spoil::WrongKey, "a wrong key"),
        (Spoil::Stale, "a stale time"),
        (Spoil::FromTheFuture, "a time in the future"),
        (Spoil::RepeatedCredential, "a repeated credential"),
    ];
    let spoiled = spoils.into_iter().filter_map(|(how, what)| Some(Maker::shot(what, &event.spoiled(how)?)));
    let changes: [(&str, Change); 3] = [
        ("an almost right credential", almost_right),
        ("a cut credential", cut),
        ("a malformed credential", |_| "malformed".to_owned()),
    ];
    let changed = changes.map(|(what, change)| Maker::shot(what, &event.clone().with_credential(change)));
    Ok(spoiled.chain(changed).collect())
}

/// Shorter texts may be in an answer by chance.
const SHORTEST_SECRET: usize = 12;

pub(super) fn with_canaries(maker: &Maker) -> Made {
    let ways = [
        ("a genuine event", None),
        ("an event with a wrong key", Some(Spoil::WrongKey)),
        ("an event without a credential", Some(Spoil::MissingCredential)),
        ("an altered event", Some(Spoil::AlteredBody)),
        ("a stale event", Some(Spoil::Stale)),
        ("a body that is not JSON", Some(Spoil::NotJson)),
        ("an event of a new type", Some(Spoil::UnknownType)),
    ];
    let mut shots = Vec::new();
    for (number, (what, how)) in ways.into_iter().enumerate() {
        let event = maker.event()?;
        let [in_member, in_header] = ["member", "header"].map(|place| format!("canary-of-the-{place}-{number}-7f3k2"));
        let event = event.member("tower_webhook", in_member.clone()).header("x-tower-webhook", &*in_header);
        let genuine = Maker::credential(&event);
        let Some(mut event) = how.map_or(Some(event.clone()), |how| event.spoiled(how)) else { continue };
        if how == Some(Spoil::NotJson) {
            event.draft().body = format!("{{\"tower_webhook\": \"{in_member}\", ").into();
        }
        let mut shot = Maker::shot(what, &event);
        for credential in [genuine, Maker::credential(&event)] {
            let parts = credential.split([',', ';', '=', ' ']).map(str::to_owned);
            let parts: Vec<_> = parts.map(|part| ("the right credential", part)).collect();
            shot.secrets.extend(parts);
        }
        let sent = shot.request.headers().values().filter_map(|value| value.to_str().ok());
        let sent: Vec<_> = sent.filter(|value| !is_ordinary(value)).map(|it| ("a header", it.to_owned())).collect();
        shot.secrets.extend(sent);
        shot.secrets.extend([("a member of the body", in_member), ("the key", maker.sender.secret())]);
        shot.secrets.retain(|(_, text)| text.len() >= SHORTEST_SECRET);
        shots.push(shot);
    }
    Ok(shots)
}

/// Whether any answer may have this text.
fn is_ordinary(value: &str) -> bool {
    value.starts_with("application/") || value.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn malformed(maker: &Maker) -> Made {
    let bodies: [(&str, Vec<u8>); 5] = [
        ("an empty body", Vec::new()),
        ("a body that is not JSON", b"tower-webhook".to_vec()),
        ("JSON without its end", br#"{"type": "tower-webhook", "data": {"#.to_vec()),
        ("JSON that is not UTF-8", b"{\"type\": \"\xff\xfe\"}".to_vec()),
        ("ten thousand brackets", vec![b'['; 10_000]),
    ];
    let mut shots = Vec::new();
    for (what, body) in bodies {
        let mut event = maker.json_event()?;
        event.draft().body = body.into();
        shots.push(Maker::shot(what, &event));
    }
    Ok(shots)
}

pub(super) fn other_methods(maker: &Maker) -> Made {
    let mut shots = Vec::new();
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let mut event = maker.event()?;
        event.draft().method = method.clone();
        shots.push(Maker::shot(format!("a {method}"), &event));
    }
    Ok(shots)
}

pub(super) fn oversized(maker: &Maker) -> Made {
    let event = maker.event()?.padded_to(maker.too_long);
    let large = |declared, with: &str| {
        let what = format!("a body of {} bytes {with}", maker.too_long);
        Shot { framing: Framing::Large { declared }, ..Maker::shot(what, &event) }
    };
    Ok(vec![large(true, "with its length"), large(false, "without a length")])
}

pub(super) fn broken_off(maker: &Maker) -> Made {
    let mut shots = Vec::new();
    for (what, is_whole) in [("a body that broke off half-way", false), ("a body without its end", true)] {
        let shot = Maker::shot(what, &maker.event()?);
        let length = shot.request.body().len();
        let framing = Framing::BrokenAfter(if is_whole { usize::MAX } else { length / 2 });
        shots.push(Shot { framing, ..shot });
    }
    Ok(shots)
}

pub(super) fn slow(maker: &Maker) -> Made {
    match maker.cannot_wait {
        Some(reason) => Err(reason),
        None => Ok(vec![Shot { framing: Framing::Stalled, ..Maker::shot("a body that stops", &maker.event()?) }]),
    }
}

/// More than a server discards.
const ON_ITS_WAY: usize = 256 << 10;

pub(super) fn after_a_refusal(maker: &Maker) -> Made {
    if let Some(reason) = maker.no_connections {
        return Err(reason);
    }
    let event = maker.event()?.padded_to(ON_ITS_WAY.min(maker.body_limit / 2));
    let wrong = event.spoiled(Spoil::WrongKey).ok_or("no event is signed")?;
    let mut refused = Maker::shot("an event with a wrong key", &wrong);
    // So that the log of the receiver tells them apart.
    refused.request.headers_mut().insert("x-tower-webhook", HeaderValue::from_static("refused"));
    Ok(vec![refused, Maker::shot("the genuine event after it", &maker.event()?)])
}
