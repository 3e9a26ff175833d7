//! Counts the instructions of one delivery, and prints them as a table. It needs `valgrind`.
#![expect(clippy::unwrap_used, reason = "a measurement of deliveries that are right")]

mod signed;

use std::{convert::Infallible, error::Error, hint::black_box, time::SystemTime};

use axum::Router;
use benches::{
    Body, Derived, KEY, MEDIQUO, WRONG_KEY,
    count::{self, Row},
    delivery, finish, mediquo, routers, samples,
};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, service_fn};
use tower_webhook::{
    Delivery, WebhookBody,
    auth::Verified,
    provider::{
        Provider, RawDelivery,
        mediquo::{ConsultationPayload, MediQuo, Notification},
    },
};

/// What is left out is the making of the request.
const ROWS: [Row; 16] = [
    ("floor", None, None),
    ("ours", Some("floor"), None),
    ("derive", Some("floor"), None),
    ("ours", Some("derive"), None),
    ("request", None, None),
    ("bare", None, Some("request")),
    ("accepted", Some("bare"), Some("request")),
    ("refused", Some("accepted"), Some("request")),
    ("no-op route", None, Some("request")),
    ("Json handler", None, Some("request")),
    ("Bytes handler", Some("Json handler"), Some("request")),
    ("Webhook<E>", Some("Json handler"), Some("request")),
    ("GitHub: by hand", None, Some("GitHub: request")),
    ("GitHub: ours", Some("GitHub: by hand"), Some("GitHub: request")),
    ("Standard Webhooks: by hand", None, Some("Standard Webhooks: request")),
    ("Standard Webhooks: ours", Some("Standard Webhooks: by hand"), Some("Standard Webhooks: request")),
];

fn main() -> Result<(), Box<dyn Error>> {
    count::run(&ROWS, repeat)
}

fn repeat(work: &str, times: u32) -> Result<(), Box<dyn Error>> {
    match work.split_once(": ") {
        Some(("GitHub", work)) => return signed::github(work, times),
        Some(("Standard Webhooks", work)) => return signed::standard(work, times),
        _ => {}
    }
    let [(_, body), ..] = samples();
    let text = || std::str::from_utf8(black_box(&body)).unwrap();
    let request = |key| black_box(delivery(MEDIQUO, key, Full::new(body.clone())));
    let provider = MediQuo::builder().signature(KEY).build()?;
    let (head, ()) = Request::new(()).into_parts();
    let known = Delivery::new("mediquo", Verified::new(), SystemTime::UNIX_EPOCH, body.len());
    let decode = |body| provider.decode(RawDelivery::new(&head, body, &known)).unwrap();
    let mut service =
        mediquo().layer(service_fn(async |_: Request<WebhookBody>| Ok::<_, Infallible>(Response::<Body>::default())));
    let routed = |router: &mut Router| drop(black_box(finish(router.call(request(KEY))).unwrap()));
    let mut router = routers().into_iter().find(|(name, _)| *name == work).map(|(_, router)| router);
    for _ in 0..times {
        match (work, &mut router) {
            ("floor", _) => drop(black_box(serde_json::from_str::<Notification<ConsultationPayload>>(text()).unwrap())),
            ("ours", _) => drop(black_box(decode(black_box(&body)))),
            ("derive", _) => drop(black_box(serde_json::from_str::<Derived>(text()).unwrap())),
            ("request", _) => drop(request(KEY)),
            ("bare", _) => {
                let collected = finish(request(KEY).into_body().collect()).unwrap().to_bytes();
                let text = std::str::from_utf8(&collected).unwrap();
                drop(black_box(serde_json::from_str::<Notification<ConsultationPayload>>(text).unwrap()));
            }
            ("accepted", _) => drop(black_box(finish(service.call(request(KEY))).unwrap())),
            ("refused", _) => drop(black_box(finish(service.call(request(WRONG_KEY))).unwrap())),
            (_, Some(router)) => routed(router),
            (other, None) => return Err(format!("no such work: {other}").into()),
        }
    }
    Ok(())
}
