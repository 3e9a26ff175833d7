//! Law: no sender and no input makes the layer panic; the handler sees a delivery only if this harness signed it and did
//! not spoil it, and always sees that, however its body is split; all refusals of one kind are the same bytes.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, OnceLock},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use tower_webhook::{
    Delivery, Rejection, RejectionKind,
    auth::Key,
    provider::{mediquo::MediQuo, preset, truemed::Truemed},
    testing::{Spoil, TestDelivery, TestSender},
};

use crate::{
    draw::Draw,
    send::{Receiver, Steps, now, receiver, request},
};

const TOKEN: &str = "a-token-of-the-right-length";

/// A sender, and what receives from it.
struct Pair {
    sender: TestSender,
    receiver: Box<dyn Receiver>,
    samples: Vec<TestDelivery>,
    /// What each kind of refusal looks like.
    refusals: Mutex<HashMap<RejectionKind, (StatusCode, HeaderMap, Bytes)>>,
}

static NAMES: LazyLock<Vec<&str>> =
    LazyLock::new(|| preset::NAMES.iter().copied().chain(["truemed", "mediquo"]).collect());

/// Making a key pair takes a while, so only what an input asks for is made.
static PAIRS: LazyLock<Vec<OnceLock<Pair>>> = LazyLock::new(|| NAMES.iter().map(|_| OnceLock::new()).collect());

fn pair(at: usize) -> &'static Pair {
    PAIRS[at].get_or_init(|| {
        let name = NAMES[at];
        let sender = TestSender::named(name).unwrap();
        let receiver = match name {
            "truemed" => receiver(Truemed::builder().api_key(sender.key()).build().unwrap().into_layer()),
            "mediquo" => receiver(MediQuo::builder().signature(sender.key()).build().unwrap().into_layer()),
            _ => {
                let builder = || sender.description().preset().key(sender.key());
                // An error if the sender does not sign it.
                let with_url = builder().public_url(sender.public_url());
                let builder = if with_url.clone().build().is_ok() { with_url } else { builder() };
                // The senders of forms need what takes any body.
                let is_form = sender.events().iter().any(|sample| {
                    sample.request::<Bytes>().headers()["content-type"].as_bytes().ends_with(b"urlencoded")
                });
                let challenge = sender.description().challenge(Some(Key::new(TOKEN))).ok().flatten();
                if is_form {
                    let layer = builder.clone().raw().build();
                    let layer = layer.or_else(|_| builder.raw().build()).unwrap().into_layer().body_limit(1 << 16);
                    receiver(challenge.into_iter().fold(layer, |layer, challenge| layer.handshake(challenge)))
                } else {
                    let layer = builder.build().unwrap().into_layer().body_limit(1 << 16);
                    receiver(challenge.into_iter().fold(layer, |layer, challenge| layer.handshake(challenge)))
                }
            }
        };
        let samples = sender.events().into_iter().map(|sample| sample.at(now())).collect();
        Pair { sender, receiver, samples, refusals: Mutex::default() }
    })
}

impl Pair {
    /// Whether the handler saw the request, and the metadata of the delivery if it is authentic.
    fn send(&self, request: Request<Steps>) -> (bool, Response<Bytes>) {
        let (response, handled) = self.receiver.send(request);
        if let Some(handled) = &handled {
            assert!(handled.head.extensions.get::<Delivery>().is_some(), "the handler has no delivery");
            assert!(response.status().is_success());
        }
        if let Some(rejection) = response.extensions().get::<Rejection>() {
            assert!(handled.is_none(), "a refused delivery reached the handler");
            assert!(!response.status().is_success(), "{:?} is acknowledged", rejection.kind());
            let mut seen = (response.status(), response.headers().clone(), response.body().clone());
            // It says whether the rest of the body was there already, and nothing of why.
            seen.1.remove(http::header::CONNECTION);
            let mut refusals = self.refusals.lock().unwrap();
            let first = refusals.entry(rejection.kind()).or_insert_with(|| seen.clone());
            assert_eq!(*first, seen, "two refusals of one kind differ");
        }
        (handled.is_some(), response)
    }
}

pub fn law(input: &[u8]) {
    let draw = &mut Draw::new(input);
    let pair = pair(draw.below(NAMES.len()));
    if draw.flag() { ours(pair, draw) } else { theirs(pair, draw) }
}

/// A request that has no credential of ours.
fn theirs(pair: &Pair, draw: &mut Draw<'_>) {
    let method = draw.of(&["POST", "GET", "OPTIONS", "HEAD", "PUT", "P"]);
    let target = if draw.flag() { "/webhooks".to_owned() } else { format!("/{}", draw.text(60)) };
    let mut headers = Vec::new();
    // The names and the forms of a real delivery, with other values.
    if let Some(sample) = pair.samples.first() {
        let real = sample.spoiled(Spoil::WrongKey).map(|sample| sample.request::<Bytes>());
        for (name, value) in real.iter().flat_map(|real| real.headers()) {
            for _ in 0..[1, 0, 2][draw.below(3)] {
                let mut value = value.as_bytes().to_vec();
                if draw.flag() {
                    let at = draw.below(value.len().max(1)).min(value.len());
                    value.splice(at..(at + draw.below(8)).min(value.len()), draw.bytes(8).iter().copied());
                }
                headers.push((name.as_str().to_owned(), value));
            }
        }
    }
    for _ in 0..draw.below(4) {
        headers.push((draw.text(20), draw.bytes(40).to_vec()));
    }
    let body = Bytes::copy_from_slice(draw.rest());
    let Some(request) = request(method, &target, &headers, body) else { return };
    let (handled, response) = pair.send(request);
    assert!(!handled, "{}: a request without a credential reached the handler", pair.sender.description().name());
    let is_authentic = response.extensions().get::<Delivery>().is_some();
    assert!(!is_authentic, "{}: a request without a credential is authentic", pair.sender.description().name());
}

/// A request that we have signed, and then spoiled or not.
fn ours(pair: &Pair, draw: &mut Draw<'_>) {
    let name = pair.sender.description().name();
    let how = draw.below(16);
    let delivery = match pair.samples.get(draw.below(pair.samples.len() + 1)) {
        Some(sample) => sample.clone(),
        None => pair.sender.body(Bytes::copy_from_slice(draw.rest())).at(now()),
    };
    const SPOILS: &[Spoil] = &[
        Spoil::WrongKey,
        Spoil::MissingCredential,
        Spoil::RepeatedCredential,
        Spoil::Stale,
        Spoil::FromTheFuture,
        Spoil::AlteredBody,
    ];
    if let Some(spoil) = SPOILS.get(how) {
        let Some(spoiled) = delivery.spoiled(*spoil) else { return };
        // A body that is not JSON cannot be altered into one.
        if *spoil == Spoil::AlteredBody && delivery.name().is_none() {
            return;
        }
        let (handled, response) = pair.send(spoiled.request());
        assert!(!handled, "{name}: {spoil:?} reached the handler");
        let is_challenge = response.extensions().get::<Rejection>().is_none();
        assert!(is_challenge || response.extensions().get::<Delivery>().is_none(), "{name}: {spoil:?} is authentic");
        return;
    }
    let (head, body) = delivery.request::<Bytes>().into_parts();
    if how < 9 {
        let (handled, response) = pair.send(Request::from_parts(head, Steps::split(&body, draw)));
        if delivery.name().is_some() {
            assert!(handled, "{name}: the sample {:?} is answered {}", delivery.name(), response.status());
        }
        return;
    }
    // Other bytes than those that were signed.
    let mut changed = body.to_vec();
    let at = usize::from(draw.number()) % (changed.len() + 1);
    changed.splice(at..(at + draw.below(4)).min(body.len()), draw.bytes(6).iter().copied());
    let rebuilt = |body: Bytes| Request::from_parts(head.clone(), Steps::whole(body));
    let covers = |response: &Response<Bytes>| {
        response.extensions().get::<Delivery>().is_some_and(|delivery| delivery.verified().covers_body())
    };
    let (_, genuine) = pair.send(rebuilt(body.clone()));
    let (handled, response) = pair.send(rebuilt(changed.clone().into()));
    if changed != *body && covers(&genuine) {
        assert!(!handled, "{name}: another body than the signed one reached the handler");
        assert!(!covers(&response), "{name}: another body than the signed one is authentic");
    }
}
