//! Receives the webhooks of Truemed on AWS Lambda, behind a function URL or an API Gateway HTTP API.

#![allow(clippy::disallowed_methods, reason = "an application may read its environment")]
#![allow(clippy::print_stdout, reason = "it shows what it receives")]

use std::{convert::Infallible, env};

use lambda_http::{
    Body, Error,
    http::{Request, Response, StatusCode},
};
use tower::ServiceBuilder;
use tower_webhook::{
    WebhookBody,
    provider::truemed::{Event, Truemed},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let layer = Truemed::builder().api_key(env::var("TRUEMED_API_KEY")?).build()?.into_layer();
    lambda_http::run(ServiceBuilder::new().layer(layer).service_fn(handle)).await
}

async fn handle(request: Request<WebhookBody>) -> Result<Response<Body>, Infallible> {
    let mut response = Response::new(Body::Empty);
    match request.extensions().get::<Event>() {
        Some(event) => println!("{event:?}"),
        None => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR, // no layer for this event
    }
    Ok(response)
}
