//! Deliveries by `GET`, whose query is all that they say.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_lc_rs::hmac;
use bytes::Bytes;
use data_encoding::BASE64;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tower::{Layer, ServiceExt, service_fn};
use tower_webhook::{
    WebhookBody, WebhookLayer,
    auth::Twilio,
    idempotency::{IdempotencyLayer, MemoryStore},
    provider::Custom,
};

const KEY: &str = "Zr41vw-new-and-random";
const URL: &str = "https://hooks.example.com/twilio";

fn twilio() -> WebhookLayer<Custom<WebhookBody>> {
    let scheme = Twilio::builder().key(KEY).public_url(URL).get().build().unwrap();
    Custom::builder("twilio", scheme).raw().build().unwrap().into_layer()
}

fn get(query: &str) -> http::request::Builder {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, KEY.as_bytes());
    let signature = BASE64.encode(hmac::sign(&key, format!("{URL}?{query}").as_bytes()).as_ref());
    Request::get(format!("/twilio?{query}")).header("x-twilio-signature", signature)
}

#[tokio::test]
async fn each_query_is_an_event_of_its_own() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let handler = service_fn(move |_: Request<WebhookBody>| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())) }
    });
    let app = twilio().layer(IdempotencyLayer::new(MemoryStore::new()).layer(handler));
    let (ringing, completed) = ("CallSid=CA1&CallStatus=ringing", "CallSid=CA1&CallStatus=completed");
    for (query, expected) in [(ringing, 1), (completed, 2), (ringing, 2)] {
        let response = app.clone().oneshot(get(query).body(Full::<Bytes>::default()).unwrap()).await.unwrap();
        assert_eq!((response.status(), runs.load(Ordering::SeqCst)), (StatusCode::OK, expected), "{query}");
    }
}
