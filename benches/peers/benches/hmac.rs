//! A signature of the body: through the library, by hand, and with its peers.
#![expect(clippy::unwrap_used, reason = "a benchmark of settings and bytes that are right")]

use std::{convert::Infallible, sync::Arc, time::SystemTime};

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use axum::{Json, extract::FromRequest};
use axum_github_webhook_extract::{GithubEvent, GithubToken};
use axum_standardwebhooks::{SharedWebhook, StandardWebhook};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bench_peers::{Body, Group, answer, body, decode, delivery, finish, read};
use benches::KEY;
use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use standardwebhooks::Webhook;
use tower::{Layer, Service, service_fn};
use tower_github_webhook::ValidateGitHubWebhookLayer;
use tower_webhook::{
    WebhookBody,
    provider::{
        Custom,
        mediquo::{ConsultationPayload, Notification},
        preset,
    },
};
use webhook_verify::{Provider, Secret, tower::VerifyLayer};

type Event = Notification<ConsultationPayload>;

const WHSEC: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const OTHER_WHSEC: &str = "whsec_D2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// GitHub's scheme: `x-hub-signature-256`, in hexadecimal digits.
fn github(criterion: &mut Criterion) {
    let mut group = Group::new(criterion, "peers/hmac/github");
    let (genuine, forged) = (as_github(KEY), as_github("mq_of-somebody-else"));
    floor(&mut group, &genuine);

    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes());
    by_hand(&mut group, &genuine, &forged, |headers, body| {
        let signature = headers.get("x-hub-signature-256")?.to_str().ok()?.strip_prefix("sha256=")?;
        hmac::verify(&key, body, &hex::decode(signature).ok()?).ok()
    });
    ours(&mut group, preset::github().key(KEY).json().build().unwrap(), &genuine, &forged);

    let mut layered = VerifyLayer::<Bytes>::new(Provider::GitHub, Secret::new(KEY)).layer(service_fn(
        |request: Request<Bytes>| async move { Ok::<_, Infallible>(answer(decode::<Event>(request.body()))) },
    ));
    group.member("webhook-verify layer", &genuine, Some(&forged), |request| {
        finish(layered.call(request)).unwrap().status()
    });

    let mut layered =
        ValidateGitHubWebhookLayer::new(KEY.to_owned()).layer(service_fn(|request: Request<Body>| async {
            Ok::<_, Infallible>(answer(read::<Event>(request.into_body()).await))
        }));
    group.member("tower-github-webhook layer", &genuine, Some(&forged), |request| {
        finish(layered.call(request)).unwrap().status()
    });

    let token = GithubToken(Arc::new(KEY.to_owned()));
    group.member("axum-github-webhook-extract", &genuine, Some(&forged), |request| {
        let event = finish(GithubEvent::<Event>::from_request(request.map(axum::body::Body::new), &token));
        event.map_or(StatusCode::BAD_REQUEST, |GithubEvent(event)| answer(event).status())
    });
}

/// Standard Webhooks: id, time and body, in base64.
fn standard(criterion: &mut Criterion) {
    let mut group = Group::new(criterion, "peers/hmac/standard");
    // A signature holds for five minutes, so each member has its own.
    floor(&mut group, &as_standard(WHSEC));

    let (genuine, forged) = (as_standard(WHSEC), as_standard(OTHER_WHSEC));
    let key = hmac::Key::new(hmac::HMAC_SHA256, &BASE64.decode(WHSEC.strip_prefix("whsec_").unwrap()).unwrap());
    by_hand(&mut group, &genuine, &forged, |headers, body| {
        let [id, timestamp, signature] =
            ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| headers.get(name));
        let mut context = hmac::Context::with_key(&key);
        context.update(id?.as_bytes());
        context.update(b".");
        context.update(timestamp?.as_bytes());
        context.update(b".");
        context.update(body);
        let signature = BASE64.decode(signature?.to_str().ok()?.strip_prefix("v1,")?).ok()?;
        verify_slices_are_equal(context.sign().as_ref(), &signature).ok()
    });
    ours(&mut group, preset::standard_webhooks().key(WHSEC).json().build().unwrap(), &genuine, &forged);

    let webhook = Webhook::new(WHSEC).unwrap();
    let mut handler = service_fn(|request: Request<Body>| async {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Ok::<_, Infallible>(match webhook.verify(&body, &head.headers) {
            Ok(()) => answer(decode::<Event>(&body)).status(),
            Err(_) => StatusCode::UNAUTHORIZED,
        })
    });
    group.member("standardwebhooks", &as_standard(WHSEC), Some(&as_standard(OTHER_WHSEC)), |request| {
        finish(handler.call(request)).unwrap()
    });

    let mut layered = VerifyLayer::<Bytes>::new(Provider::StandardWebhooks, Secret::new(WHSEC)).layer(service_fn(
        |request: Request<Bytes>| async move { Ok::<_, Infallible>(answer(decode::<Event>(request.body()))) },
    ));
    group.member("webhook-verify layer", &as_standard(WHSEC), Some(&as_standard(OTHER_WHSEC)), |request| {
        finish(layered.call(request)).unwrap().status()
    });

    let shared = SharedWebhook::new(Webhook::new(WHSEC).unwrap());
    group.member("axum-standardwebhooks", &as_standard(WHSEC), Some(&as_standard(OTHER_WHSEC)), |request| {
        let request = request.map(axum::body::Body::new);
        let event = finish(StandardWebhook::<Json<Event>>::from_request(request, &shared));
        event.map_or(StatusCode::BAD_REQUEST, |StandardWebhook(Json(event))| answer(event).status())
    });
}

/// What a careful engineer would write: the key is set up once, and compared by the library that computes it.
fn by_hand(
    group: &mut Group<'_>,
    genuine: &Request<Body>,
    forged: &Request<Body>,
    verify: impl Fn(&HeaderMap, &[u8]) -> Option<()>,
) {
    let mut handler = service_fn(|request: Request<Body>| async {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Ok::<_, Infallible>(match verify(&head.headers, &body) {
            Some(()) => answer(decode::<Event>(&body)).status(),
            None => StatusCode::UNAUTHORIZED,
        })
    });
    group.member("by hand", genuine, Some(forged), |request| finish(handler.call(request)).unwrap());
}

fn ours(group: &mut Group<'_>, provider: Custom<Event>, genuine: &Request<Body>, forged: &Request<Body>) {
    let mut layered = provider.into_layer().layer(service_fn(|mut request: Request<WebhookBody>| async move {
        Ok::<_, Infallible>(answer(request.extensions_mut().remove::<Event>().unwrap()))
    }));
    group.member("ours", genuine, Some(forged), |request| finish(layered.call(request)).unwrap().status());
}

/// The work without a signature: the whole body, then JSON.
fn floor(group: &mut Group<'_>, genuine: &Request<Body>) {
    let mut floor = service_fn(|request: Request<Body>| async {
        Ok::<_, Infallible>(answer(read::<Event>(request.into_body()).await))
    });
    group.member("floor", genuine, None, |request| finish(floor.call(request)).unwrap().status());
}

fn as_github(key: &str) -> Request<Body> {
    let body = body();
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let signature = format!("sha256={}", hex::encode(hmac::sign(&key, &body)));
    delivery(
        body,
        [
            ("x-github-event", "ping"),
            ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
            ("x-hub-signature-256", &signature),
        ],
    )
}

#[expect(clippy::disallowed_methods, reason = "the peers take the time from the system")]
fn as_standard(secret: &str) -> Request<Body> {
    let body = body();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let signature = Webhook::new(secret).unwrap().sign("msg_1", now.cast_signed(), &body).unwrap();
    let now = now.to_string();
    delivery(body, [("webhook-id", "msg_1"), ("webhook-timestamp", &now), ("webhook-signature", &signature)])
}

criterion_group! { name = all; config = benches::criterion(); targets = github, standard }
criterion_main!(all);
