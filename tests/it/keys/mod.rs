//! Keys that change, and keys of tenants.

mod load;
mod replace;
mod tenants;
mod watched;

use http::{Request, StatusCode};
use http_body_util::Full;
use tower_webhook::{
    WebhookLayer,
    auth::keys::KeySource,
    provider::{
        Provider,
        truemed::{Truemed, TruemedBuilder},
    },
};

use crate::support::{Delivered, deliver, fixture};

const OLD: &str = "tm_live_8Jq2vXw9Lr5t";
const NEW: &str = "tm_live_Yc6mZa1Kd0Fe";

fn truemed(keys: impl KeySource) -> WebhookLayer<Truemed> {
    TruemedBuilder::api_keys(Truemed::builder(), keys).build().unwrap().into_layer()
}

/// Sends a delivery of Truemed with this key to this path.
async fn send<P: Provider>(layer: &WebhookLayer<P>, path: &str, key: &str) -> Delivered {
    let body = Full::new(fixture("truemed/qualification_session_complete.json"));
    deliver(layer, Request::post(path).header("x-truemed-api-key", key).body(body).unwrap()).await
}

async fn accepts<P: Provider>(layer: &WebhookLayer<P>, path: &str, key: &str) -> bool {
    let delivered = send(layer, path, key).await;
    assert!(matches!(delivered.status, StatusCode::NO_CONTENT | StatusCode::BAD_REQUEST), "{}", delivered.status);
    delivered.status == StatusCode::NO_CONTENT
}
