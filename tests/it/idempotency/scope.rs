//! Whose event it is: what one account has handled is not done for another one.

use std::convert::Infallible;

use axum::{
    Router,
    extract::{Path, Request as AxumRequest},
    middleware::{Next, from_fn},
    routing::post,
};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};
use tower_webhook::{
    Delivery, WebhookBody,
    auth::Key,
    idempotency::{EventKey, IdempotencyLayer, MemoryStore, Outcome},
    provider::truemed::Truemed,
};

use super::{delivery_of, read};
use crate::support::{acting::Acting, from_truemed, truemed};

const SESSION: &str = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;

fn genuine() -> Request<Full<Bytes>> {
    from_truemed(Full::from(SESSION))
}

#[tokio::test]
async fn a_scope_keeps_the_events_of_two_handlers_apart() {
    let store = MemoryStore::new();
    let deliver = async |scope: &str| {
        let handler =
            service_fn(async |_: Request<WebhookBody>| Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())));
        let idempotency = IdempotencyLayer::new(store.clone()).scope(scope);
        let service = ServiceBuilder::new().layer(truemed()).layer(idempotency).service(handler);
        *service.oneshot(genuine()).await.unwrap().extensions().get::<Outcome>().unwrap()
    };
    assert_eq!(deliver("spain").await, Outcome::First);
    assert_eq!(deliver("france").await, Outcome::First);
    assert_eq!(deliver("spain").await, Outcome::Replayed);
}

#[derive(Clone)]
struct Account(String);

async fn account(Path(name): Path<String>, mut request: AxumRequest, next: Next) -> axum::response::Response {
    request.extensions_mut().insert(Account(name));
    next.run(request).await
}

#[tokio::test]
async fn a_decoded_parameter_is_one_scope_however_it_is_written() {
    let once = IdempotencyLayer::new(MemoryStore::new())
        .scope_by(|extensions| extensions.get().map(|Account(name)| name.clone()));
    let route = post(async || StatusCode::NO_CONTENT).layer((from_fn(account), truemed(), once));
    let app = Router::new().route("/webhooks/{account}", route);
    let deliver = async |path: &str| {
        let mut request = genuine().map(axum::body::Body::new);
        *request.uri_mut() = path.parse().unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        (response.status().as_u16(), response.extensions().get::<Outcome>().copied())
    };
    assert_eq!(deliver("/webhooks/spain").await, (204, Some(Outcome::First)));
    for again in ["/webhooks/spain", "/webhooks/s%70ain", "/webhooks/%73%70%61%69%6E", "/webhooks/spain?x=1"] {
        assert_eq!(deliver(again).await, (204, Some(Outcome::Replayed)), "{again}");
    }
    assert_eq!(deliver("/webhooks/france").await, (204, Some(Outcome::First)));
    // Neither is text. A replacement for both would make them one account.
    for undecodable in ["/webhooks/%FF", "/webhooks/%FE"] {
        assert_eq!(deliver(undecodable).await, (400, None), "{undecodable}");
    }
}

#[tokio::test]
async fn an_event_without_a_scope_is_not_handled() {
    let store = MemoryStore::new();
    for scope in [None, Some(String::new())] {
        let layer = IdempotencyLayer::new(store.clone()).fail_open().scope_by(move |_| scope.clone());
        let handler = Acting::default();
        let response = layer.layer(handler.clone()).oneshot(delivery_of("e")).await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.extensions().get::<EventKey>(), None);
        let answer = read(response).await;
        assert_eq!((answer.status, answer.outcome), (500, Some(Outcome::Unscoped)));
        assert_eq!(answer.body, r#"{"title":"the scope of the event is not known","kind":"unscoped"}"#);
        assert_eq!((handler.runs(), store.len()), (0, 0));
    }
}

#[tokio::test]
async fn a_key_of_an_account_is_a_scope() {
    let (spain, france) = ("key-of-spain-and-random", "key-of-france-and-random");
    let webhook = Truemed::builder().api_key(Key::new(spain).label("spain")).api_key(Key::new(france).label("france"));
    let once = IdempotencyLayer::new(MemoryStore::new())
        .scope("truemed")
        .scope_by(|extensions| extensions.get::<Delivery>()?.key_label().map(str::to_owned));
    let handler =
        service_fn(async |_: Request<WebhookBody>| Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())));
    let service = webhook.build().unwrap().into_layer().layer(once.layer(handler));
    let deliver = async |key: &str| {
        let mut request = genuine();
        request.headers_mut().insert("x-truemed-api-key", key.parse().unwrap());
        *service.clone().oneshot(request).await.unwrap().extensions().get::<Outcome>().unwrap()
    };
    assert_eq!(deliver(spain).await, Outcome::First);
    assert_eq!(deliver(france).await, Outcome::First);
    assert_eq!(deliver(spain).await, Outcome::Replayed);
}
