//! Answers duplicates of Truemed's and MediQuo's events on axum: `cargo run --example idempotent`.
//!
//! With `REDIS_URL` or `DATABASE_URL`, all replicas share their events in Redis or in PostgreSQL, under the secret
//! `IDEMPOTENCY_PEPPER`. Without either, this process remembers its own, and says so. With `DEAD_LETTERS_DIR`, what cannot
//! be decoded is kept in that directory, encrypted to `DEAD_LETTERS_PUBLIC_KEY` (`cargo run -p tower-webhook-replay --
//! keygen FILE` makes it), with receipts under the secret `RECEIPT_KEY`. To try it out, let a handler take
//! `HANDLER_DELAY_MS`, or fail in the first `HANDLER_FAIL_FIRST` runs of each event in this process. With
//! `HANDLER_GIVE_UP=1` it fails for good, so that its deliveries are kept too.

#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr, reason = "a program, not a library")]

mod demo;

use std::{
    collections::HashMap,
    env,
    error::Error,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Extension, Router,
    http::StatusCode,
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use tokio::{net::TcpListener, signal, time::sleep};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::{
    ConfigError, Delivery, RejectedDelivery, WebhookLayer,
    dead_letters::{Directory, FailedForGood, Keeper, PublicKey, Receipt, ReceiptKey, Replays},
    idempotency::{
        BoxStore, EventKey, IdempotencyLayer, InFlight, MemoryStore, Outcome, Pepper, PostgresStore, RedisStore, Store,
    },
    provider::{Provider, mediquo::MediQuo, truemed::Truemed},
};

use demo::Failure;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let truemed = Truemed::builder().api_key(secret("TRUEMED_API_KEY")?).build()?.into_layer();
    let mediquo = MediQuo::builder().signature(secret("MEDIQUO_WEBHOOK_SIGNATURE")?).build()?.into_layer();
    let in_flight = InFlight::new();
    let idempotency = idempotency().await?.detached(&in_flight);
    let handler = Handler::from_env()?;
    let letters = Letters::from_env()?;

    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("LISTEN={address}: {error}"))?;
    // Before anything can be delivered.
    let (stop, grace) = (shutdown()?, shutdown()?);
    let (truemed, mediquo) = demo::start(&listener, truemed, mediquo)?;

    // The first layer of a tuple sees the delivery first.
    let truemed = (keeping(letters.as_ref(), "truemed", truemed.inspect_rejection(log))?, idempotency.clone());
    let mediquo = (keeping(letters.as_ref(), "mediquo", mediquo.inspect_rejection(log))?, idempotency);
    let app = Router::new()
        .route("/webhooks/truemed", handler.clone().route().layer(truemed))
        .route("/webhooks/mediquo", handler.route().layer(mediquo))
        .layer(map_response(show))
        .layer(RequestBodyDeadlineLayer::new(Duration::from_secs(10)));
    let server = axum::serve(listener, app).with_graceful_shutdown(stop);
    let drained = async {
        server.await?;
        // Wait for handlers whose senders have hung up.
        in_flight.drained().await;
        Ok(())
    };
    tokio::select! {
        ended = drained => ended,
        () = async { grace.await; sleep(Duration::from_secs(15)).await } => Ok(()),
    }
}

async fn idempotency() -> Result<IdempotencyLayer<BoxStore>, Box<dyn Error>> {
    let urls = (demo::variable("REDIS_URL")?, demo::variable("DATABASE_URL")?);
    let pepper = match demo::variable("IDEMPOTENCY_PEPPER")? {
        Some(pepper) => pepper,
        None if urls == (None, None) => demo::made_up_key() + &demo::made_up_key(),
        None => return Err("IDEMPOTENCY_PEPPER is not set: what shares a store must share it".into()),
    };
    // Both connect when the first delivery needs them: a deployment does not fail while the server is down.
    let store = match urls {
        (Some(_), Some(_)) => return Err("REDIS_URL and DATABASE_URL are set: choose one".into()),
        (Some(url), None) => RedisStore::connect_lazy(&url).map_err(|error| demo::with_causes(&error))?.boxed(),
        (None, Some(url)) => {
            let store = PostgresStore::connect_lazy(&url).map_err(|error| demo::with_causes(&error))?;
            if let Err(error) = store.migrate().await {
                eprintln!("{}", demo::with_causes(&error));
            }
            store.boxed()
        }
        (None, None) => {
            println!("events are kept in memory: neither REDIS_URL nor DATABASE_URL is set");
            MemoryStore::new().boxed()
        }
    };
    let layer = IdempotencyLayer::with_pepper(store, Pepper::new(pepper)?);
    Ok(layer.on_store_error(|error| eprintln!("{}", demo::with_causes(error.as_ref()))))
}

/// Where dead letters are kept, by all routes.
struct Letters {
    sink: Directory,
    public_key: PublicKey,
    receipt_secret: String,
}

impl Letters {
    fn from_env() -> Result<Option<Self>, Box<dyn Error>> {
        let Some(directory) = demo::variable("DEAD_LETTERS_DIR")? else {
            println!("what cannot be decoded is not kept: DEAD_LETTERS_DIR is not set");
            return Ok(None);
        };
        let needed = |name: &str| {
            demo::variable(name)?.ok_or_else(|| Failure(format!("{name} is not set: DEAD_LETTERS_DIR needs it")))
        };
        let public_key = PublicKey::new(needed("DEAD_LETTERS_PUBLIC_KEY")?)?;
        let receipt_secret = needed("RECEIPT_KEY")?;
        let sink = Directory::open(&directory).map_err(|error| format!("DEAD_LETTERS_DIR={directory}: {error}"))?;
        Ok(Some(Self { sink, public_key, receipt_secret }))
    }
}

/// Keeps what this route would lose, and accepts it again.
fn keeping<P: Provider>(
    letters: Option<&Letters>,
    route: &str,
    layer: WebhookLayer<P>,
) -> Result<WebhookLayer<P>, ConfigError> {
    let Some(Letters { sink, public_key, receipt_secret }) = letters else { return Ok(layer) };
    let receipt_key = ReceiptKey::new(route, receipt_secret)?;
    let keeper = Keeper::new(sink.clone(), public_key.clone(), receipt_key.clone())
        .on_error(|error| eprintln!("a dead letter is not kept: {}", demo::with_causes(error.as_ref())));
    // The idempotency layer remembers an event for a day longer.
    let replays = Replays::new(receipt_key).max_age(Duration::from_secs(7 * 86_400));
    Ok(layer.dead_letters(keeper).replays(replays))
}

/// The settings of a handler that stands for the work of an application.
#[derive(Clone)]
struct Handler {
    delay: Duration,
    fail_first: usize,
    gives_up: bool,
    runs: Arc<Mutex<HashMap<EventKey, usize>>>,
}

impl Handler {
    fn from_env() -> Result<Self, Failure> {
        Ok(Self {
            delay: Duration::from_millis(demo::number("HANDLER_DELAY_MS")?.unwrap_or(0)),
            fail_first: demo::number("HANDLER_FAIL_FIRST")?.unwrap_or(0),
            gives_up: demo::number::<u8>("HANDLER_GIVE_UP")?.unwrap_or(0) != 0,
            runs: Arc::default(),
        })
    }

    fn route(self) -> MethodRouter {
        post(async move |Extension(key): Extension<EventKey>, delivery: Delivery| self.run(key, delivery).await)
    }

    async fn run(&self, key: EventKey, delivery: Delivery) -> Response {
        sleep(self.delay).await;
        let run = {
            let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
            let run = runs.entry(key).or_default();
            *run += 1;
            *run
        };
        if run <= self.fail_first {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        if self.gives_up {
            return (StatusCode::UNPROCESSABLE_ENTITY, Extension(FailedForGood)).into_response();
        }
        println!("effect {}{}", key.to_hex(), if delivery.is_replay() { " of a kept delivery" } else { "" });
        StatusCode::NO_CONTENT.into_response()
    }
}

/// Shows what no handler has seen: a duplicate, and a delivery that is kept.
async fn show(response: Response) -> Response {
    let extensions = response.extensions();
    if let Some(receipt) = extensions.get::<Receipt>() {
        println!("kept {} of {}: {}", receipt.id(), receipt.route(), receipt.reason());
    }
    if let (Some(Outcome::Replayed), Some(key)) = (extensions.get(), extensions.get::<EventKey>()) {
        println!("replay {}", key.to_hex());
    }
    response
}

fn log(rejected: RejectedDelivery<'_>) {
    eprintln!("{}: {}", rejected.head().uri.path(), rejected.rejection());
}

/// Reads a secret from the environment.
fn secret(name: &str) -> Result<String, Box<dyn Error>> {
    let value = env::var(name);
    let value = demo::or_made_up(name, value)?;
    value.map_err(|_| format!("{name} is not set").into())
}

/// Listens for Ctrl-C and for the signal that stops a container. The future ends with the first of them.
#[cfg(unix)]
fn shutdown() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal::unix::signal(signal::unix::SignalKind::interrupt())?;
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
    })
}

#[cfg(not(unix))]
fn shutdown() -> io::Result<impl Future<Output = ()>> {
    Ok(async { drop(signal::ctrl_c().await) })
}
