//! Signed deliveries, through the library and by hand.

use std::{convert::Infallible, error::Error, hint::black_box, time::SystemTime};

use aws_lc_rs::hmac;
use benches::{Body, finish, samples, unsigned};
use data_encoding::{BASE64, HEXLOWER};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full};
use jiff::Timestamp;
use tower::{Layer, Service, service_fn};
use tower_webhook::{
    WebhookBody,
    clock::Clock,
    provider::{
        mediquo::{ConsultationPayload, Notification},
        preset::{self, PresetBuilder},
    },
};

type Event = Notification<ConsultationPayload>;

const SECRET: &[u8] = b"Yc6mZa1Kd0Fe7Rt4aN3s8Jq2vXw9Lr5t";
const SIGNED_AT: i64 = 1_704_063_600;

struct JustNow;

impl Clock for JustNow {
    fn now(&self) -> SystemTime {
        Timestamp::from_second(SIGNED_AT).unwrap().into()
    }
}

/// The work on GitHub's deliveries: the signature of the body is in hexadecimal digits.
pub(crate) fn github(work: &str, times: u32) -> Result<(), Box<dyn Error>> {
    let [(_, body), ..] = samples();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
    let signature = format!("sha256={}", HEXLOWER.encode(hmac::sign(&key, &body).as_ref()));
    let headers = [("x-github-event", "push"), ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")];
    let headers = [&headers[..], &[("x-hub-signature-256", &*signature)]].concat();
    repeat(work, times, &headers, preset::github().key(str::from_utf8(SECRET)?), |headers, body| {
        let signature = headers.get("x-hub-signature-256")?.as_bytes().strip_prefix(b"sha256=")?;
        hmac::verify(&key, body, &HEXLOWER.decode(signature).ok()?).ok()
    })
}

/// The work on deliveries of Standard Webhooks: the signature of the id, the time and the body is in base64.
pub(crate) fn standard(work: &str, times: u32) -> Result<(), Box<dyn Error>> {
    let [(_, body), ..] = samples();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
    let content = [format!("msg_1.{SIGNED_AT}.").as_bytes(), &body].concat();
    let signature = format!("v1,{}", BASE64.encode(hmac::sign(&key, &content).as_ref()));
    let time = SIGNED_AT.to_string();
    let headers = [("webhook-id", "msg_1"), ("webhook-timestamp", &time), ("webhook-signature", &signature)];
    repeat(work, times, &headers, preset::standard_webhooks().key(BASE64.encode(SECRET)), |headers, body| {
        let mut context = hmac::Context::with_key(&key);
        for name in ["webhook-id", "webhook-timestamp"] {
            context.update(headers.get(name)?.as_bytes());
            context.update(b".");
        }
        context.update(body);
        let signature = BASE64.decode(headers.get("webhook-signature")?.as_bytes().strip_prefix(b"v1,")?).ok()?;
        aws_lc_rs::constant_time::verify_slices_are_equal(context.sign().as_ref(), &signature).ok()
    })
}

fn repeat(
    work: &str,
    times: u32,
    headers: &[(&'static str, &str)],
    preset: PresetBuilder,
    verify: impl Fn(&HeaderMap, &[u8]) -> Option<()>,
) -> Result<(), Box<dyn Error>> {
    let [(_, body), ..] = samples();
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| Ok((HeaderName::from_static(name), value.parse()?)))
        .collect::<Result<Vec<(HeaderName, HeaderValue)>, header::InvalidHeaderValue>>()?;
    let request = || {
        let mut request = unsigned(Full::new(body.clone()));
        request.headers_mut().extend(headers.iter().cloned());
        black_box(request)
    };
    let accept = async |_: Request<WebhookBody>| Ok::<_, Infallible>(Response::<Body>::default());
    let mut service = preset.json::<Event>().build()?.into_layer().clock(JustNow).layer(service_fn(accept));
    for _ in 0..times {
        match work {
            "request" => drop(request()),
            "ours" => assert_eq!(black_box(finish(service.call(request()))?).status(), 200),
            "by hand" => {
                let (head, body) = request().into_parts();
                let body = finish(body.collect())?.to_bytes();
                verify(&head.headers, &body).ok_or("a signature that is wrong")?;
                drop(black_box(serde_json::from_str::<Event>(str::from_utf8(&body)?)?));
            }
            other => return Err(format!("no such work: {other}").into()),
        }
    }
    Ok(())
}
