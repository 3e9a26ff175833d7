//! All presets on axum, each on a route of its own: `cargo run --example signed`.
//!
//! A preset has its route when the variable of its key is set. With none set, keys are made up for all of them, and a
//! `curl` line is printed for one event of each. The signatures are valid for five minutes.

#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr, reason = "a program, not a library")]

mod demo;
#[path = "demo/presets.rs"]
mod presets;

use std::{error::Error, future, num::ParseIntError, time::Duration};

use axum::{
    Router,
    http::StatusCode,
    routing::{MethodRouter, post},
};
use tokio::{net::TcpListener, signal, time::sleep};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_webhook::{
    ConfigError, Delivery, Stated, WebhookBody, WebhookLayer,
    auth::Scheme,
    clock::{Clock, SystemClock},
    handshake::{DiscordPing, MetriportPing, SlackUrlVerification},
    jiff::Timestamp,
    provider::{
        Json,
        preset::{self, Preset},
    },
};

use demo::Failure;
use presets::MadeUp;

/// The last part of the path, the variable of the key, and the preset.
const PRESETS: [(&str, &str, Mount); 13] = [
    ("github", "GITHUB_WEBHOOK_SECRET", |to, key| to.mount(preset::github().secret(key).build()?)),
    ("stripe", "STRIPE_WEBHOOK_SECRET", |to, key| to.mount(preset::stripe().secret(key).build()?)),
    ("slack", "SLACK_SIGNING_SECRET", |to, key| {
        to.mount_with(preset::slack().secret(key).build()?, |layer| layer.handshake(SlackUrlVerification::new()))
    }),
    ("shopify", "SHOPIFY_WEBHOOK_SECRET", |to, key| to.mount(preset::shopify().secret(key).build()?)),
    ("standard", "STANDARD_WEBHOOKS_SECRET", |to, key| {
        let standard = preset::standard_webhooks();
        to.mount(if key.starts_with("whpk_") { standard.public_key(key) } else { standard.secret(key) }.build()?)
    }),
    ("svix", "SVIX_WEBHOOK_SECRET", |to, key| to.mount(preset::svix().secret(key).build()?)),
    ("gitlab", "GITLAB_WEBHOOK_TOKEN", |to, key| to.mount(preset::gitlab().token(key).build()?)),
    ("linear", "LINEAR_WEBHOOK_SECRET", |to, key| to.mount(preset::linear().secret(key).build()?)),
    ("metriport", "METRIPORT_WEBHOOK_KEY", |to, key| {
        to.mount_with(preset::metriport().secret(key).build()?, |layer| layer.handshake(MetriportPing::new()))
    }),
    ("terra", "TERRA_SIGNING_SECRET", |to, key| to.mount(preset::terra().secret(key).build()?)),
    ("twilio", "TWILIO_AUTH_TOKEN", |to, key| {
        let twilio = preset::twilio().auth_token(key);
        to.mount(to.twilio_url.iter().fold(twilio, |twilio, url| twilio.public_url(url)).build()?)
    }),
    ("discord", "DISCORD_PUBLIC_KEY", |to, key| {
        to.mount_with(preset::discord().public_key(key).build()?, |layer| layer.handshake(DiscordPing::new()))
    }),
    ("sendgrid", "SENDGRID_PUBLIC_KEY", |to, key| to.mount(preset::sendgrid().public_key(key).build()?)),
];

type Mount = fn(&Settings, &str) -> Result<MethodRouter, ConfigError>;

struct Settings {
    max_body_bytes: usize,
    now: Now,
    twilio_url: Option<String>,
}

impl Settings {
    fn mount<S: Scheme>(&self, preset: Preset<S>) -> Result<MethodRouter, ConfigError> {
        self.mount_with(preset, |layer| layer)
    }

    /// The bodies are taken as they are: some of them are forms.
    fn mount_with<S: Scheme>(
        &self,
        preset: Preset<S>,
        finish: impl FnOnce(WebhookLayer<Json<WebhookBody, S>>) -> WebhookLayer<Json<WebhookBody, S>>,
    ) -> Result<MethodRouter, ConfigError> {
        let layer = finish(preset.raw().into_layer()).body_limit(self.max_body_bytes).clock(self.now);
        Ok(post(on_event).layer(layer.on_rejection(|rejected, response| {
            eprintln!("{}: {}", rejected.head().uri.path(), rejected.rejection());
            response
        })))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = demo::variable("LISTEN")?.unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| Failure(format!("LISTEN={address}: {error}")))?;
    let now = Now::from_env()?;
    let keys = PRESETS.iter().map(|(_, variable, _)| demo::variable(variable)).collect::<Result<Vec<_>, _>>()?;
    let made_up = if keys.iter().any(Option::is_some) { None } else { Some(MadeUp::new(listener.local_addr()?)) };
    let twilio_url = match &made_up {
        Some(made_up) => Some(made_up.url("twilio")),
        None => demo::variable("TWILIO_PUBLIC_URL")?,
    };
    let settings = Settings { max_body_bytes: demo::max_body_bytes()?, now, twilio_url };

    let mut app = Router::new();
    for ((name, variable, mount), key) in PRESETS.into_iter().zip(keys) {
        let key = made_up.as_ref().map(|made_up| made_up.key(name).to_owned()).or(key);
        if let Some(key) = key {
            let route = mount(&settings, &key).map_err(|error| Failure(format!("{variable}: {error}")))?;
            app = app.route(&format!("/webhooks/{name}"), route);
        }
    }
    let app = app.layer(RequestBodyDeadlineLayer::new(Duration::from_secs(10)));
    let lines = made_up.map_or_else(Vec::new, |made_up| made_up.curl_lines(now.now()));
    demo::announce(&listener, &lines)?;

    let server = axum::serve(listener, app).with_graceful_shutdown(shutdown());
    tokio::select! {
        ended = server.into_future() => ended?,
        () = async { shutdown().await; sleep(Duration::from_secs(15)).await } => {}
    }
    Ok(())
}

/// Prints one line for each accepted event. The texts are in quotes, so that none can pass for another.
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

/// The system's time, or the one that `WEBHOOK_CLOCK_UNIX` sets, for signatures of another day.
#[derive(Clone, Copy)]
enum Now {
    Fixed(Timestamp),
    System,
}

impl Now {
    fn from_env() -> Result<Self, Failure> {
        let Some(seconds) = demo::variable("WEBHOOK_CLOCK_UNIX")? else { return Ok(Self::System) };
        let seconds =
            seconds.parse().map_err(|error: ParseIntError| Failure(format!("WEBHOOK_CLOCK_UNIX: {error}")))?;
        Timestamp::from_second(seconds)
            .map(Self::Fixed)
            .map_err(|error| Failure(format!("WEBHOOK_CLOCK_UNIX: {error}")))
    }
}

impl Clock for Now {
    fn now(&self) -> Timestamp {
        match self {
            Self::Fixed(time) => *time,
            Self::System => SystemClock.now(),
        }
    }
}

/// Returns on Ctrl-C, and on the signal that stops a container.
async fn shutdown() {
    #[cfg(unix)]
    let terminated = async { signal::unix::signal(signal::unix::SignalKind::terminate()).ok()?.recv().await };
    #[cfg(not(unix))]
    let terminated = future::pending::<Option<()>>();
    tokio::select! {
        Ok(()) = signal::ctrl_c() => {}
        Some(()) = terminated => {}
        else => future::pending().await,
    }
}
