//! Truemed and MediQuo on axum, each event with one effect: `cargo run --example idempotent`.
//!
//! With `REDIS_URL` it is remembered in Redis, where all replicas find it: `IDEMPOTENCY_PEPPER` is then the secret
//! that they share. Without it, it is remembered in this process. For trying it out, a handler takes `HANDLER_DELAY_MS`,
//! and fails in the first `HANDLER_FAIL_FIRST` runs of each event, counted in this process.

#![allow(clippy::disallowed_methods, reason = "an application may read its environment")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it shows what it receives")]

mod common;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Extension, Router,
    http::StatusCode,
    middleware::map_response,
    response::Response,
    routing::{MethodRouter, post},
};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::{
    idempotency::{BoxStore, EventKey, IdempotencyLayer, InFlight, MemoryStore, Outcome, Pepper, RedisStore, Store},
    provider::{mediquo::MediQuo, truemed::Truemed},
};

use common::{Failure, Settings, number, variable};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let settings = Settings::from_env()?;
    let truemed = Truemed::builder().api_key(&settings.truemed_api_key).build()?.into_layer();
    let truemed = truemed.body_limit(settings.max_body_bytes);
    let mediquo = MediQuo::builder().signature(&settings.mediquo_signature).build()?.into_layer();
    let mediquo = mediquo.body_limit(settings.max_body_bytes);
    let in_flight = InFlight::new();
    let idempotency = idempotency().await?.detached(&in_flight);
    let handler = Handler::from_env()?;

    let app = Router::new()
        .route("/webhooks/truemed", handler.clone().route().layer((truemed, idempotency.clone())))
        .route("/webhooks/mediquo", handler.route().layer((mediquo, idempotency)))
        .layer(map_response(show_replay))
        .layer(RequestBodyDeadlineLayer::new(Duration::from_secs(10)));

    let listener = settings.listen().await?;
    let server = axum::serve(listener, app).with_graceful_shutdown(common::ctrl_c());
    let drained = async {
        server.await?;
        // Handlers whose senders have hung up.
        in_flight.drained().await;
        Ok(())
    };
    tokio::select! {
        ended = drained => ended,
        () = async { common::ctrl_c().await; common::grace().await } => Ok(()),
    }
}

async fn idempotency() -> Result<IdempotencyLayer<BoxStore>, Failure> {
    let pepper = variable("IDEMPOTENCY_PEPPER")?;
    let layer = match (variable("REDIS_URL")?, pepper) {
        (Some(url), Some(pepper)) => {
            let store = RedisStore::connect(&url).await?;
            IdempotencyLayer::with_pepper(store.boxed(), Pepper::new(pepper)?)
        }
        (Some(_), None) => {
            return Err(Failure::new("IDEMPOTENCY_PEPPER is not set: what shares REDIS_URL must share it"));
        }
        (None, pepper) => {
            let pepper = pepper.unwrap_or_else(|| common::made_up_key() + &common::made_up_key());
            IdempotencyLayer::with_pepper(MemoryStore::new().boxed(), Pepper::new(pepper)?)
        }
    };
    Ok(layer.on_store_error(|error| eprintln!("{}", common::with_causes(error.as_ref()))))
}

/// What stands for the work of an application.
#[derive(Clone)]
struct Handler {
    delay: Duration,
    fail_first: usize,
    runs: Arc<Mutex<HashMap<EventKey, usize>>>,
}

impl Handler {
    fn from_env() -> Result<Self, Failure> {
        Ok(Self {
            delay: Duration::from_millis(number("HANDLER_DELAY_MS")?.unwrap_or(0)),
            fail_first: number("HANDLER_FAIL_FIRST")?.unwrap_or(0),
            runs: Arc::default(),
        })
    }

    fn route(self) -> MethodRouter {
        post(async move |Extension(key): Extension<EventKey>| self.run(key).await)
    }

    async fn run(&self, key: EventKey) -> StatusCode {
        tokio::time::sleep(self.delay).await;
        let run = {
            let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
            let run = runs.entry(key).or_default();
            *run += 1;
            *run
        };
        if run <= self.fail_first {
            return StatusCode::INTERNAL_SERVER_ERROR;
        }
        println!("effect {}", key.to_hex());
        StatusCode::NO_CONTENT
    }
}

async fn show_replay(response: Response) -> Response {
    let extensions = response.extensions();
    if let (Some(Outcome::Replayed), Some(key)) = (extensions.get(), extensions.get::<EventKey>()) {
        println!("replay {}", key.to_hex());
    }
    response
}
