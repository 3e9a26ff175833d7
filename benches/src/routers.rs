use axum::{Extension, Json, Router, body::Bytes, routing::post};
use http::{HeaderMap, StatusCode};
use tower_webhook::{axum::Webhook, provider::mediquo::Event};

use crate::{Derived, KEY, MEDIQUO, mediquo};

/// Routers of one route each that receive MediQuo's deliveries, by the name of their member.
pub fn routers() -> [(&'static str, Router); 5] {
    let route = |handler| Router::new().route("/webhooks", handler);
    [
        ("no-op route", route(post(async || StatusCode::NO_CONTENT))),
        ("Webhook<E>", route(post(webhook).layer(mediquo()))),
        ("Extension<E>", route(post(extension).layer(mediquo()))),
        ("Bytes handler", route(post(bytes))),
        ("Json handler", route(post(json))),
    ]
}

async fn webhook(Webhook(event): Webhook<Event>) -> StatusCode {
    drop(event);
    StatusCode::NO_CONTENT
}

async fn extension(Extension(event): Extension<Event>) -> StatusCode {
    drop(event);
    StatusCode::NO_CONTENT
}

async fn bytes(headers: HeaderMap, body: Bytes) -> StatusCode {
    if !is_signed(&headers) {
        return StatusCode::UNAUTHORIZED;
    }
    match serde_json::from_slice::<Derived>(&body) {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

async fn json(headers: HeaderMap, Json(event): Json<Derived>) -> StatusCode {
    drop(event);
    if is_signed(&headers) { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED }
}

fn is_signed(headers: &HeaderMap) -> bool {
    headers.get(MEDIQUO).is_some_and(|value| value == KEY)
}
