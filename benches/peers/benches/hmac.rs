//! A signature of the body. The library has no such scheme yet, so its peers stand alone here.
#![expect(clippy::unwrap_used, reason = "a benchmark of settings and bytes that are right")]

use std::{convert::Infallible, sync::Arc, time::SystemTime};

use axum::{Json, extract::FromRequest};
use axum_github_webhook_extract::{GithubEvent, GithubToken};
use axum_standardwebhooks::{SharedWebhook, StandardWebhook};
use bench_peers::{Body, Group, answer, body, delivery, finish, read};
use benches::KEY;
use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use hmac::{Hmac, Mac};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use sha2::Sha256;
use standardwebhooks::Webhook;
use tower::{Layer, Service, service_fn};
use tower_github_webhook::ValidateGitHubWebhookLayer;
use tower_webhook::provider::mediquo::ConsultationFinished as Event;
use webhook_verify::{Provider, Secret, tower::VerifyLayer};

const WHSEC: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const OTHER_WHSEC: &str = "whsec_D2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// GitHub's scheme: `x-hub-signature-256`, in hexadecimal digits.
fn github(criterion: &mut Criterion) {
    let mut group = Group::new(criterion, "peers/hmac/github");
    let (genuine, forged) = (as_github(KEY), as_github("mq_of-somebody-else"));
    floor(&mut group, &genuine);

    let mut layered = VerifyLayer::<Bytes>::new(Provider::GitHub, Secret::new(KEY)).layer(service_fn(
        |request: Request<Bytes>| async move {
            Ok::<_, Infallible>(answer(serde_json::from_slice::<Event>(request.body()).unwrap()))
        },
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

    let webhook = Webhook::new(WHSEC).unwrap();
    let mut handler = service_fn(|request: Request<Body>| async {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Ok::<_, Infallible>(match webhook.verify(&body, &head.headers) {
            Ok(()) => answer(serde_json::from_slice::<Event>(&body).unwrap()).status(),
            Err(_) => StatusCode::UNAUTHORIZED,
        })
    });
    group.member("standardwebhooks", &as_standard(WHSEC), Some(&as_standard(OTHER_WHSEC)), |request| {
        finish(handler.call(request)).unwrap()
    });

    let mut layered = VerifyLayer::<Bytes>::new(Provider::StandardWebhooks, Secret::new(WHSEC)).layer(service_fn(
        |request: Request<Bytes>| async move {
            Ok::<_, Infallible>(answer(serde_json::from_slice::<Event>(request.body()).unwrap()))
        },
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

/// The work without a signature: the whole body, then JSON.
fn floor(group: &mut Group<'_>, genuine: &Request<Body>) {
    let mut floor = service_fn(|request: Request<Body>| async {
        Ok::<_, Infallible>(answer(read::<Event>(request.into_body()).await))
    });
    group.member("floor", genuine, None, |request| finish(floor.call(request)).unwrap().status());
}

fn as_github(key: &str) -> Request<Body> {
    let body = body();
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(&body);
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    delivery(body, [("x-github-event", "ping"), ("x-hub-signature-256", &signature)])
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
