//! Receives the webhooks of all presets on axum, each on its own route, `/webhooks/<name>`: `cargo run --example signed`.
//!
//! Set the key of a sender to get its route: `STRIPE_SECRET`, `STANDARD_WEBHOOKS_SECRET`, the name in capitals. With none
//! set, the example makes up keys for all presets, and prints a `curl` line for one event of each. The signatures are
//! valid for five minutes.
//!
//! | variable | what it sets |
//! |---|---|
//! | `<NAME>_SECRET` | the key: the secret, token or public key that the sender shows you |
//! | `<NAME>_PUBLIC_URL` | the URL that you gave to a sender that signs it, such as Twilio |
//! | `<NAME>_VERIFY_TOKEN` | the token of an endpoint verification that has one, such as Meta's |
//! | `SENDER_FILES` | descriptions of more senders, such as `acme.json,other.json`; a key that is not set is made up |
//! | `LISTEN`, `MAX_BODY_BYTES` | the address, and the limit of a body |
//! | `WEBHOOK_CLOCK_UNIX` | another time than that of the system, for signatures of another day |

#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr, reason = "a program, not a library")]

#[path = "demo/curl.rs"]
mod curl;
mod demo;

use std::{
    collections::BTreeMap,
    error::Error,
    fs, io,
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Router, http::StatusCode, routing::post};
use tokio::{net::TcpListener, signal, time::sleep};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::{
    ConfigErrorKind, Delivery, Stated, WebhookBody, WebhookLayer,
    auth::Key,
    clock::{Clock, SystemClock},
    provider::{
        Custom, Sender,
        preset::{self, PresetBuilder},
    },
    testing::TestSender,
};

use demo::Failure;

type Layer = WebhookLayer<Custom<WebhookBody>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = demo::variable("LISTEN")?.unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| Failure(format!("LISTEN={address}: {error}")))?;
    // Before anything can be delivered.
    let (stop, grace) = (shutdown()?, shutdown()?);
    let now = demo::number("WEBHOOK_CLOCK_UNIX")?.map(|seconds: u32| UNIX_EPOCH + Duration::from_secs(seconds.into()));
    let now = Now(now);
    let max_body_bytes = demo::max_body_bytes()?;

    let mut app = Router::new();
    let mut lines = Vec::new();
    for (name, (sender, key)) in senders()? {
        let (layer, line) = layer(&sender, key, listener.local_addr()?, now)?;
        lines.extend(line);
        let layer = layer.body_limit(max_body_bytes).clock(now);
        let shown = name.clone();
        let layer = layer.inspect_rejection(move |rejected| eprintln!("{shown}: {}", rejected.rejection()));
        app = app.route(&format!("/webhooks/{name}"), post(on_event).layer(layer));
    }
    let app = app.layer(RequestBodyDeadlineLayer::new(Duration::from_secs(10)));
    demo::announce(&listener, &lines)?;

    let server = axum::serve(listener, app).with_graceful_shutdown(stop);
    tokio::select! {
        ended = server.into_future() => ended?,
        () = async { grace.await; sleep(Duration::from_secs(15)).await } => {}
    }
    Ok(())
}

/// The senders that get a route, with their keys. One without a key gets a made-up one.
fn senders() -> Result<BTreeMap<String, (Sender, Option<String>)>, Failure> {
    let mut senders = BTreeMap::new();
    for sender in preset::NAMES.iter().filter_map(|name| Sender::named(name)) {
        let key = demo::variable(&variable(&sender, "SECRET"))?;
        senders.insert(sender.name().to_owned(), (sender, key));
    }
    let files = demo::variable("SENDER_FILES")?;
    if files.is_some() || senders.values().any(|(_, key)| key.is_some()) {
        senders.retain(|_, (_, key)| key.is_some());
    }
    let files = files.unwrap_or_default();
    for file in files.split(',').map(str::trim).filter(|file| !file.is_empty()) {
        let failed = |error: &dyn Error| Failure(format!("SENDER_FILES: {file}: {error}"));
        let text = fs::read_to_string(file).map_err(|error| failed(&error))?;
        let sender = Sender::from_json(&text).map_err(|error| failed(&error))?;
        let secret = variable(&sender, "SECRET");
        let key = demo::variable(&secret)?;
        if key.is_none() {
            eprintln!("{secret} is not set: the key of {file} is made up");
        }
        // One that has the name of a preset replaces it.
        senders.insert(sender.name().to_owned(), (sender, key));
    }
    Ok(senders)
}

/// The layer, and a `curl` line for an event where the key is made up.
fn layer(
    sender: &Sender,
    key: Option<String>,
    address: SocketAddr,
    now: Now,
) -> Result<(Layer, Option<String>), Failure> {
    let secret = variable(sender, "SECRET");
    let public_url = demo::variable(&variable(sender, "PUBLIC_URL"))?;
    let failed = |error| Failure(format!("{secret}: {error}"));
    // Some bodies are forms, so accept all of them as they were sent.
    let build = |key: Key, url: Option<&str>| {
        url.into_iter().fold(sender.preset().key(key), PresetBuilder::public_url).raw().build()
    };
    let (built, line) = match key {
        Some(key) => (build(key.into(), public_url.as_deref()), None),
        None => {
            let url = format!("http://{address}/webhooks/{}", sender.name());
            let public_url = public_url.unwrap_or_else(|| url.clone());
            let signer = TestSender::new(sender.clone()).map_err(failed)?.to(url).with_public_url(&*public_url);
            // Most senders do not sign the URL.
            let built = build(signer.key(), Some(&*public_url)).or_else(|_| build(signer.key(), None));
            let event = sender.samples().next().map(|name| signer.event(name)).transpose().map_err(failed)?;
            let event = event.unwrap_or_else(|| signer.body("{}")).at(now.now());
            (
                built,
                Some(curl::curl_line(&event.request()).map_err(|why| Failure(format!("{}: {why}", sender.name())))?),
            )
        }
    };
    let layer = built.map_err(failed)?.into_layer();
    let token = variable(sender, "VERIFY_TOKEN");
    let layer = match sender.challenge(demo::variable(&token)?.map(Key::from)) {
        Ok(Some(challenge)) => layer.handshake(challenge),
        Ok(None) => layer,
        // Without its token, it is not answered.
        Err(error) if error.kind() == ConfigErrorKind::Missing => layer,
        Err(error) => return Err(Failure(format!("{token}: {error}"))),
    };
    Ok((layer, line))
}

fn variable(sender: &Sender, setting: &str) -> String {
    format!("{}_{setting}", sender.name().to_uppercase())
}

/// Prints one line for each accepted event. The texts are quoted, so that no text can pass for another field.
async fn on_event(delivery: Delivery) -> StatusCode {
    let event_type = shown(delivery.event_type());
    let event_id = shown(delivery.event_id());
    println!("{} accepted type={event_type} id={event_id} bytes={}", delivery.provider(), delivery.body_len());
    StatusCode::NO_CONTENT
}

fn shown(stated: Option<Stated<&str>>) -> String {
    match stated {
        Some(Stated::Signed(text)) => format!("{text:?} (signed)"),
        Some(Stated::Unsigned(text)) => format!("{text:?} (unsigned)"),
        None => "none".to_owned(),
    }
}

/// The time that `WEBHOOK_CLOCK_UNIX` sets, for signatures of another day, or the system's.
#[derive(Clone, Copy)]
struct Now(Option<SystemTime>);

impl Clock for Now {
    fn now(&self) -> SystemTime {
        self.0.unwrap_or_else(|| SystemClock.now())
    }
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
