//! The presets on axum, each on a route of its own: `cargo run --example signed`.
//!
//! A route is there when the variable of its key is set. With none set, keys are made up for all, and a curl
//! line is printed for one event of each: the signatures are good for five minutes.

#![allow(clippy::disallowed_methods, reason = "an application may read its environment")]
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "the demonstration makes up its own data")]
#![allow(clippy::print_stdout, reason = "it shows what it receives")]

mod common;
#[path = "common/demonstration.rs"]
mod demonstration;

use std::{fmt::Display, time::Duration};

use axum::{Router, http::StatusCode, routing::post};
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

use common::{Failure, variable};
use demonstration::{Demonstration, VARIABLES};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let listener = common::listen(&common::address()?).await?;
    let address = listener.local_addr()?;
    let none_is_set =
        VARIABLES.iter().try_fold(true, |none, name| Ok::<_, Failure>(none && variable(name)?.is_none()))?;
    let keys = none_is_set.then(|| Demonstration::new(format!("http://{address}")));

    let app =
        Server { app: Router::new(), keys: keys.as_ref(), max_body_bytes: common::max_body_bytes()?, now: now()? };
    let app = app.routes()?.layer(RequestBodyDeadlineLayer::new(Duration::from_secs(10)));
    if let Some(keys) = keys {
        keys.curl_lines(now()?.now().try_into()?).iter().for_each(|line| println!("{line}"));
    }
    println!("listening on http://{address}");

    let server = axum::serve(listener, app).with_graceful_shutdown(common::ctrl_c());
    tokio::select! {
        ended = server.into_future() => ended?,
        () = async { common::ctrl_c().await; common::grace().await } => {}
    }
    Ok(())
}

/// One line for each accepted event. The texts are shown with quotes, so that none can pass for another.
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

struct Server<'k> {
    app: Router,
    keys: Option<&'k Demonstration>,
    max_body_bytes: usize,
    now: Now,
}

impl Server<'_> {
    /// Some of the keys are short: those of the providers' own examples are, and this is one. On a server that
    /// receives real deliveries there is no reason for `dangerous_allow_short_keys`.
    fn routes(mut self) -> Result<Router, Failure> {
        self.route("github", "GITHUB_WEBHOOK_SECRET", |key| {
            preset::github().dangerous_allow_short_keys().secret(key).build()
        })?;
        self.route("stripe", "STRIPE_WEBHOOK_SECRET", |key| {
            preset::stripe().dangerous_allow_short_keys().secret(key).build()
        })?;
        self.route_with(
            "slack",
            "SLACK_SIGNING_SECRET",
            |key| preset::slack().dangerous_allow_short_keys().secret(key).build(),
            |layer| layer.handshake(SlackUrlVerification::new()),
        )?;
        self.route("shopify", "SHOPIFY_WEBHOOK_SECRET", |key| {
            preset::shopify().dangerous_allow_short_keys().secret(key).build()
        })?;
        self.route("standard", "STANDARD_WEBHOOKS_SECRET", |key| {
            let standard = preset::standard_webhooks().dangerous_allow_short_keys();
            if key.starts_with("whpk_") { standard.public_key(key) } else { standard.secret(key) }.build()
        })?;
        self.route("svix", "SVIX_WEBHOOK_SECRET", |key| {
            preset::svix().dangerous_allow_short_keys().secret(key).build()
        })?;
        self.route("gitlab", "GITLAB_WEBHOOK_TOKEN", |key| {
            preset::gitlab().dangerous_allow_short_keys().token(key).build()
        })?;
        self.route("linear", "LINEAR_WEBHOOK_SECRET", |key| {
            preset::linear().dangerous_allow_short_keys().secret(key).build()
        })?;
        self.route_with(
            "metriport",
            "METRIPORT_WEBHOOK_KEY",
            |key| preset::metriport().dangerous_allow_short_keys().secret(key).build(),
            |layer| layer.handshake(MetriportPing::new()),
        )?;
        self.route("terra", "TERRA_SIGNING_SECRET", |key| {
            preset::terra().dangerous_allow_short_keys().secret(key).build()
        })?;
        let public_url = match self.keys {
            Some(keys) => Some(keys.url("twilio")),
            None => variable("TWILIO_PUBLIC_URL")?,
        };
        self.route("twilio", "TWILIO_AUTH_TOKEN", |key| {
            let twilio = preset::twilio().dangerous_allow_short_keys().auth_token(key);
            // Without a URL it does not build, and the error says so.
            public_url.iter().fold(twilio, |twilio, url| twilio.public_url(url)).build()
        })?;
        self.route_with(
            "discord",
            "DISCORD_PUBLIC_KEY",
            |key| preset::discord().public_key(key).build(),
            |layer| layer.handshake(DiscordPing::new()),
        )?;
        self.route("sendgrid", "SENDGRID_PUBLIC_KEY", |key| preset::sendgrid().public_key(key).build())?;
        Ok(self.app)
    }

    fn route<S: Scheme>(
        &mut self,
        name: &str,
        variable: &str,
        preset: impl FnOnce(&str) -> Result<Preset<S>, ConfigError>,
    ) -> Result<(), Failure> {
        self.route_with(name, variable, preset, |layer| layer)
    }

    /// Mounts a preset if its key is there. The bodies are taken as they are: some of them are forms.
    fn route_with<S: Scheme>(
        &mut self,
        name: &str,
        variable: &str,
        preset: impl FnOnce(&str) -> Result<Preset<S>, ConfigError>,
        finish: impl FnOnce(WebhookLayer<Json<WebhookBody, S>>) -> WebhookLayer<Json<WebhookBody, S>>,
    ) -> Result<(), Failure> {
        let key = match self.keys {
            Some(keys) => Some(keys.key(name).to_owned()),
            None => common::variable(variable)?,
        };
        let Some(key) = key else { return Ok(()) };
        let named = |error: &dyn Display| Failure(format!("{variable}: {error}"));
        let layer = preset(&key).map_err(|error| named(&error))?.raw().into_layer();
        let layer = finish(layer).body_limit(self.max_body_bytes).clock(self.now);
        let app = std::mem::take(&mut self.app);
        self.app = app.route(&format!("/webhooks/{name}"), post(on_event).layer(layer));
        Ok(())
    }
}

/// The system's time, or the one that `WEBHOOK_CLOCK_UNIX` sets, for signatures of another day.
#[derive(Clone, Copy)]
enum Now {
    Fixed(Timestamp),
    System,
}

impl Clock for Now {
    fn now(&self) -> std::time::SystemTime {
        match self {
            Self::Fixed(time) => (*time).into(),
            Self::System => SystemClock.now(),
        }
    }
}

fn now() -> Result<Now, Failure> {
    let Some(seconds) = variable("WEBHOOK_CLOCK_UNIX")? else { return Ok(Now::System) };
    let named = |error: &dyn Display| Failure(format!("WEBHOOK_CLOCK_UNIX: {error}"));
    let seconds = seconds.parse().map_err(|error: std::num::ParseIntError| named(&error))?;
    Timestamp::from_second(seconds).map(Now::Fixed).map_err(|error| named(&error))
}
