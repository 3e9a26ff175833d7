//! The decoders against a reference that reads each document twice: once to see that it is JSON, and then by looking up each
//! member by hand. Documents are generated from the same [shapes](shapes), with mistakes of all kinds.
//!
//! `PROOF_RUNS` says how many documents there are.

mod documents;
mod reference;
mod shapes;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde::Serialize;
use serde_json::Value;
use tower_webhook::{
    Rejection, RejectionKind,
    auth::ApiKey,
    provider::{Custom, Envelope, Place},
};

use self::{documents::Documents, shapes::Kind};
use crate::support::{API_KEY, deliver, mediquo_event, random::runs, truemed_event};

fn written(event: Result<impl Serialize, Rejection>) -> Option<Value> {
    match event {
        // As text, because raw JSON is one there.
        Ok(event) => Some(serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap()),
        Err(rejection) => {
            assert_eq!(rejection.kind(), RejectionKind::Malformed);
            None
        }
    }
}

/// What the layer makes of a document: the event as it is serialised.
async fn ours(kind: Kind, document: &str) -> Option<Value> {
    let body = Bytes::copy_from_slice(document.as_bytes());
    let places = |place: &str| Envelope::new().event_type(Place::body(place));
    let scheme = || ApiKey::header("x-key").key(API_KEY).build().unwrap();
    let request = Request::post("/").header("x-key", API_KEY).body(Full::new(body.clone())).unwrap();
    match kind {
        Kind::Truemed => written(truemed_event(body).await),
        Kind::MediQuo => written(mediquo_event(body).await),
        Kind::Tagged => {
            let acme = Custom::builder("acme", scheme()).envelope(places("meta.event")).tagged::<shapes::Event>();
            let outcome = deliver(&acme.build().unwrap().into_layer(), request).await;
            written(
                outcome.rejection().map_or_else(|| Ok(outcome.event::<shapes::Event>()), |error| Err(error.clone())),
            )
        }
        Kind::Strict => {
            let acme = Custom::builder("acme", scheme()).json::<shapes::Order>();
            let outcome = deliver(&acme.build().unwrap().into_layer(), request).await;
            written(
                outcome.rejection().map_or_else(|| Ok(outcome.event::<shapes::Order>()), |error| Err(error.clone())),
            )
        }
    }
}

#[tokio::test]
async fn decoders_read_what_a_plain_reference_reads() {
    let mut documents = Documents::new(1);
    let mut seen: BTreeMap<(Kind, bool), u64> = BTreeMap::new();
    let runs = runs(10_000);
    for _ in 0..runs {
        let (kind, document) = documents.next();
        let expected = reference::read(kind, &document);
        let found = ours(kind, &document).await;
        assert_eq!(found, expected, "{kind:?}: {document}");
        *seen.entry((kind, found.is_some())).or_default() += 1;
    }
    // Enough of each kind was accepted, and enough refused.
    println!("{seen:?}");
    assert!(seen.len() == 8 && seen.values().all(|count| *count > runs / 40), "{seen:?}");
}
