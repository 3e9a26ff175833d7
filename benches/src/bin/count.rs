//! Does one piece of work a number of times, for tools that count instructions:
//! `count <floor | ours | derive | bare | accepted> <times>`. The first three decode, `bare` collects
//! and decodes, and `accepted` goes through the layer.
#![expect(clippy::unwrap_used, reason = "a measurement of deliveries that are right")]

use std::{convert::Infallible, hint::black_box};

use benches::{Derived, KEY, MEDIQUO, delivery, finish, samples};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, service_fn};
use tower_webhook::{
    WebhookBody,
    json::decode_tagged,
    provider::mediquo::{ConsultationFinished, Event, MediQuo},
};

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [work, times] = arguments.as_slice() else { return Err("usage: count <work> <times>".to_owned()) };
    let times: u32 = times.parse().map_err(|_| "not a number of times")?;
    let [(_, body), ..] = samples();
    let text = || std::str::from_utf8(black_box(&body)).unwrap();
    let layer = MediQuo::builder().signature(KEY).build().unwrap().into_layer();
    let mut service = layer.layer(service_fn(async |_: Request<WebhookBody>| {
        Ok::<_, Infallible>(Response::<Full<bytes::Bytes>>::default())
    }));
    for _ in 0..times {
        match work.as_str() {
            "floor" => drop(black_box(serde_json::from_str::<ConsultationFinished>(text()).unwrap())),
            "ours" => drop(black_box(decode_tagged::<Event>(black_box(&body)).unwrap())),
            "derive" => drop(black_box(serde_json::from_str::<Derived>(text()).unwrap())),
            "bare" => {
                let request = delivery(MEDIQUO, KEY, Full::new(body.clone()));
                let collected = finish(request.into_body().collect()).unwrap().to_bytes();
                let text = std::str::from_utf8(&collected).unwrap();
                drop(black_box(serde_json::from_str::<ConsultationFinished>(text).unwrap()));
            }
            "accepted" => {
                let request = delivery(MEDIQUO, KEY, Full::new(body.clone()));
                drop(black_box(finish(service.call(request)).unwrap()));
            }
            other => return Err(format!("no such work: {other}")),
        }
    }
    Ok(())
}
