//! Receives the webhooks of all presets on axum, each on its own route: `cargo run --example signed`.
//!
//! Set the variable of a preset's key to get its route. With none set, the example makes up keys for all presets, and
//! prints a `curl` line for one event of each. The signatures are valid for five minutes.

#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr, reason = "a program, not a library")]

mod demo;
#[path = "demo/presets.rs"]
mod presets;

use std::{
    error::Error,
    io,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Router, http::StatusCode, routing::post};
use tokio::{net::TcpListener, signal, time::sleep};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::{
    Delivery, Stated, WebhookBody, WebhookLayer,
    clock::{Clock, SystemClock},
    handshake::Challenge,
    provider::{
        Custom,
        preset::{self, PresetBuilder},
    },
};

use demo::Failure;
use presets::MadeUp;

type Layer = WebhookLayer<Custom<WebhookBody>>;

/// The last part of the path, the variable of the key, and the preset.
type Row = (&'static str, &'static str, fn() -> PresetBuilder);

const PRESETS: [Row; 13] = [
    ("github", "GITHUB_WEBHOOK_SECRET", preset::github),
    ("stripe", "STRIPE_WEBHOOK_SECRET", preset::stripe),
    ("slack", "SLACK_SIGNING_SECRET", preset::slack),
    ("shopify", "SHOPIFY_WEBHOOK_SECRET", preset::shopify),
    ("standard", "STANDARD_WEBHOOKS_SECRET", preset::standard_webhooks),
    ("svix", "SVIX_WEBHOOK_SECRET", preset::svix),
    ("gitlab", "GITLAB_WEBHOOK_TOKEN", preset::gitlab),
    ("linear", "LINEAR_WEBHOOK_SECRET", preset::linear),
    ("metriport", "METRIPORT_WEBHOOK_KEY", preset::metriport),
    ("terra", "TERRA_SIGNING_SECRET", preset::terra),
    ("twilio", "TWILIO_AUTH_TOKEN", preset::twilio),
    ("discord", "DISCORD_PUBLIC_KEY", preset::discord),
    ("sendgrid", "SENDGRID_PUBLIC_KEY", preset::sendgrid),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = demo::variable("LISTEN")?.unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| Failure(format!("LISTEN={address}: {error}")))?;
    // Before anything can be delivered.
    let (stop, grace) = (shutdown()?, shutdown()?);
    let now = demo::number("WEBHOOK_CLOCK_UNIX")?.map(|seconds: u32| UNIX_EPOCH + Duration::from_secs(seconds.into()));
    let now = Now(now);
    let max_body_bytes = demo::max_body_bytes()?;
    let keys = PRESETS.iter().map(|(_, variable, _)| demo::variable(variable)).collect::<Result<Vec<_>, _>>()?;
    let made_up = if keys.iter().any(Option::is_some) { None } else { Some(MadeUp::new(listener.local_addr()?)) };
    let twilio_url = match &made_up {
        Some(made_up) => Some(made_up.url("twilio")),
        None => demo::variable("TWILIO_PUBLIC_URL")?,
    };

    let mut app = Router::new();
    for ((name, variable, preset), key) in PRESETS.into_iter().zip(keys) {
        let Some(key) = made_up.as_ref().map(|made_up| made_up.key(name).to_owned()).or(key) else { continue };
        let mut preset = preset().key(key);
        if let ("twilio", Some(url)) = (name, &twilio_url) {
            preset = preset.public_url(url);
        }
        // Some bodies are forms, so accept all of them as they were sent.
        let provider = preset.raw().build().map_err(|error| Failure(format!("{variable}: {error}")))?;
        let layer = with_handshake(name, provider.into_layer())
            .body_limit(max_body_bytes)
            .clock(now)
            .inspect_rejection(move |rejected| eprintln!("{name}: {}", rejected.rejection()));
        app = app.route(&format!("/webhooks/{name}"), post(on_event).layer(layer));
    }
    let app = app.layer(RequestBodyDeadlineLayer::new(Duration::from_secs(10)));
    let lines = made_up.map_or_else(Vec::new, |made_up| made_up.curl_lines(now.now()));
    demo::announce(&listener, &lines)?;

    let server = axum::serve(listener, app).with_graceful_shutdown(stop);
    tokio::select! {
        ended = server.into_future() => ended?,
        () = async { grace.await; sleep(Duration::from_secs(15)).await } => {}
    }
    Ok(())
}

/// Answers what these providers send to verify the endpoint.
fn with_handshake(name: &str, layer: Layer) -> Layer {
    match name {
        "slack" => layer.handshake(Challenge::slack()),
        "metriport" => layer.handshake(Challenge::metriport()),
        "discord" => layer.handshake(Challenge::discord()),
        _ => layer,
    }
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
