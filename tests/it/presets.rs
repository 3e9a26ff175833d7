//! Every preset, on a delivery that the provider or its own library has signed where one is published.
//! Adding a preset adds a line to `send_with` and an object to `tests/fixtures/presets.json`.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::{Map, Value};
use tower_webhook::{
    ConfigError, ConfigErrorKind, Delivery, Stated, WebhookBody, WebhookLayer,
    auth::Scheme,
    clock::Clock,
    handshake::{DiscordPing, MetriportPing, SlackUrlVerification},
    jiff::Timestamp,
    json::RawJson,
    provider::{Json, preset},
};

use crate::support::{Outcome, bodies::Untouchable, deliver, fixture};

#[derive(Clone, Deserialize)]
struct Vector {
    preset: String,
    source: String,
    key: String,
    public_url: Option<String>,
    clock: i64,
    path: String,
    headers: Map<String, Value>,
    body: String,
    facts: Map<String, Value>,
}

struct Fixed(Timestamp);

impl Clock for Fixed {
    fn now(&self) -> std::time::SystemTime {
        self.0.into()
    }
}

fn vectors() -> Vec<Vector> {
    serde_json::from_slice(&fixture("presets.json")).unwrap()
}

fn vector(preset: &str) -> Vector {
    vectors().into_iter().find(|vector| vector.preset == preset).unwrap()
}

impl Vector {
    fn request<B>(&self, body: B) -> Request<B> {
        let request = Request::post(&self.path);
        let headers = self.headers.iter();
        headers
            .fold(request, |request, (name, value)| request.header(name, value.as_str().unwrap()))
            .body(body)
            .unwrap()
    }

    fn header_names(&self, part: &str) -> Vec<String> {
        self.headers.keys().filter(|name| name.contains(part)).cloned().collect()
    }

    /// Sends it through a layer of its preset with these keys, of which the one at `live` is its own.
    async fn send_with(&self, keys: &[(&str, &str)]) -> Outcome {
        async fn send<S: Scheme>(vector: &Vector, provider: Result<Json<WebhookBody, S>, ConfigError>) -> Outcome {
            let clock = Fixed(Timestamp::from_second(vector.clock).unwrap());
            let layer = WebhookLayer::new(provider.unwrap()).clock(clock);
            deliver(&layer, vector.request(Full::<Bytes>::from(vector.body.clone()))).await
        }
        macro_rules! build {
            ($builder:expr, $labelled:ident) => {{
                let builder = keys.iter().fold($builder, |builder, (label, key)| builder.$labelled(label, key));
                send(self, builder.build().map(|preset| preset.raw())).await
            }};
        }
        match &*self.preset {
            "github" => build!(preset::github().dangerous_allow_short_keys(), labelled_secret),
            "stripe" => build!(preset::stripe(), labelled_secret),
            "slack" => build!(preset::slack(), labelled_secret),
            "shopify" => build!(preset::shopify().dangerous_allow_short_keys(), labelled_secret),
            "standard-webhooks" if self.key.starts_with("whpk_") => {
                build!(preset::standard_webhooks(), labelled_public_key)
            }
            "standard-webhooks" => build!(preset::standard_webhooks(), labelled_secret),
            "svix" => build!(preset::svix(), labelled_secret),
            "gitlab" => build!(preset::gitlab(), labelled_token),
            "linear" => build!(preset::linear(), labelled_secret),
            "metriport" => build!(preset::metriport(), labelled_secret),
            "terra" => build!(preset::terra(), labelled_secret),
            "twilio" => {
                let twilio = preset::twilio().public_url(self.public_url.as_deref().unwrap());
                build!(twilio.dangerous_allow_short_keys(), labelled_auth_token)
            }
            "discord" => build!(preset::discord(), labelled_public_key),
            "sendgrid" => build!(preset::sendgrid(), labelled_public_key),
            other => panic!("no preset {other}"),
        }
    }

    async fn send(&self) -> Outcome {
        self.send_with(&[("live", &self.key)]).await
    }

    fn refused(&self) -> StatusCode {
        if self.preset == "twilio" { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED }
    }

    async fn assert_refused(&self, why: &str) {
        let outcome = self.send().await;
        assert_eq!(outcome.status, self.refused(), "{}, {why}", self.preset);
        assert!(outcome.handled.is_none());
    }
}

fn fact<T>(stated: Option<Stated<T>>, json: impl FnOnce(T) -> Value) -> Option<Value> {
    let stated = stated?;
    let signed = if stated.is_signed() { "signed" } else { "unsigned" };
    Some(Value::from(vec![Value::from(signed), json(stated.even_unsigned())]))
}

fn facts(delivery: &Delivery) -> Map<String, Value> {
    let all = [
        ("event_id", fact(delivery.event_id(), Value::from)),
        ("event_type", fact(delivery.event_type(), Value::from)),
        ("sent_at", fact(delivery.sent_at(), |time| time.to_string().into())),
        ("attempt", fact(delivery.attempt(), Value::from)),
    ];
    all.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), fact?))).collect()
}

#[tokio::test]
async fn what_a_provider_signed_is_accepted_with_its_facts() {
    for vector in vectors() {
        let outcome = vector.send().await;
        assert_eq!(outcome.status, 200, "{} of {}: {:?}", vector.preset, vector.source, outcome.rejection());
        assert_eq!(outcome.event::<WebhookBody>().bytes(), &vector.body);
        let delivery = outcome.delivery();
        assert_eq!(delivery.provider(), vector.preset);
        assert_eq!(delivery.key_label(), Some("live"), "{}", vector.preset);
        assert_eq!(facts(&delivery), vector.facts, "{}", vector.preset);
    }
}

#[tokio::test]
async fn a_changed_body_signature_or_time_is_refused_with_the_documented_status() {
    for vector in vectors() {
        for at in 0..vector.body.len() {
            // GitLab's token covers nothing: that is what its facts say too.
            let mut changed = vector.clone();
            let mut body = changed.body.into_bytes();
            body[at] ^= 1;
            changed.body = String::from_utf8(body).unwrap();
            if vector.preset == "gitlab" {
                assert_eq!(changed.send().await.status, 200);
            } else {
                changed.assert_refused("body").await;
            }
        }
        let names =
            [vector.header_names("signature"), vector.header_names("hmac"), vector.header_names("token")].concat();
        for name in names.iter().filter(|name| *name != "i-twilio-idempotency-token") {
            let value = vector.headers[name].as_str().unwrap();
            let last = value.trim_end_matches('=').len() - 1;
            for at in [0, last / 2, last] {
                let mut bytes = value.as_bytes().to_vec();
                bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
                let mut changed = vector.clone();
                changed.headers[name] = String::from_utf8(bytes).unwrap().into();
                changed.assert_refused(name).await;
            }
            let mut without = vector.clone();
            without.headers.remove(name);
            without.assert_refused(name).await;
        }
    }
}

#[tokio::test]
async fn another_key_is_refused_and_a_second_one_is_named() {
    let other = |vector: &Vector| {
        match &*vector.preset {
        "discord" => "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c".to_owned(),
        "sendgrid" => "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==".to_owned(),
        "standard-webhooks" if vector.key.starts_with("whpk_") => "whpk_PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=".to_owned(),
        "standard-webhooks" | "svix" => "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".to_owned(),
        _ => "another-key-of-this-provider".to_owned(),
    }
    };
    for vector in vectors() {
        let other = other(&vector);
        assert_eq!(vector.send_with(&[("old", &other)]).await.status, vector.refused(), "{}", vector.preset);
        let outcome = vector.send_with(&[("old", &other), ("new", &vector.key)]).await;
        assert_eq!(outcome.delivery().key_label(), Some("new"), "{}", vector.preset);
    }
}

#[tokio::test]
async fn a_signed_time_is_refused_outside_of_300_seconds_and_an_unsigned_one_is_not() {
    for vector in vectors() {
        let sent_at = vector.facts.get("sent_at").map(|fact| fact[0] == "signed");
        // Metriport's time is told and not checked, as the table of the presets says.
        let bounded = sent_at == Some(true) && vector.preset != "metriport";
        let by = |seconds| Vector { clock: vector.clock + seconds, ..vector.clone() };
        for within in [299, -299] {
            assert_eq!(by(within).send().await.status, 200, "{} {within}", vector.preset);
        }
        for beyond in [302, -302] {
            let status = by(beyond).send().await.status;
            assert_eq!(status == 401, bounded, "{} {beyond}: {status}", vector.preset);
        }
    }
}

#[tokio::test]
async fn the_tolerance_is_settable_where_a_time_is_signed_and_nowhere_else() {
    let vector = vector("stripe");
    let at = |tolerance, age| {
        let stripe = preset::stripe().secret(&vector.key).tolerance(Duration::from_secs(tolerance)).build().unwrap();
        let clock = Fixed(Timestamp::from_second(vector.clock + age).unwrap());
        stripe.json::<RawJson>().into_layer().clock(clock)
    };
    for (tolerance, age, status) in [(10, 10, 200), (10, 11, 401), (600, 600, 200), (600, 601, 401)] {
        let request = vector.request(Full::<Bytes>::from(vector.body.clone()));
        assert_eq!(deliver(&at(tolerance, age), request).await.status, status, "{tolerance} {age}");
    }
    let github = preset::github().secret("Zr41vw-new-and-random").tolerance(Duration::from_secs(10));
    let error = github.build().unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::Missing);
    assert_eq!(error.to_string(), "the time that the tolerance is for is not configured");
}

#[test]
fn no_preset_builds_without_a_key_or_with_an_empty_one() {
    let kind = |error: Option<ConfigError>| error.map(|error| error.kind());
    let missing = Some(ConfigErrorKind::Missing);
    let blank = Some(ConfigErrorKind::Blank);
    macro_rules! check {
        ($($preset:ident . $key:ident)+) => {$(
            assert_eq!(kind(preset::$preset().build().err()), missing, stringify!($preset));
            assert_eq!(kind(preset::$preset().$key("").build().err()), blank, stringify!($preset));
            let shown = format!("{:?}", preset::$preset().$key("canary-canary-canary"));
            assert!(!shown.contains("canary") && shown.starts_with("PresetBuilder"), "{shown}");
        )+};
    }
    check! {
        github.secret stripe.secret slack.secret shopify.secret standard_webhooks.secret svix.secret gitlab.token
        linear.secret metriport.secret terra.secret discord.public_key sendgrid.public_key
    }
    let twilio = || preset::twilio().public_url("https://hooks.example.com/");
    assert_eq!(kind(twilio().build().err()), missing);
    assert_eq!(kind(twilio().auth_token("").build().err()), blank);
    assert_eq!(kind(preset::twilio().auth_token("Zr41vw-new-and-random").build().err()), missing);
    let shown = format!("{:?}", preset::github().secret("canary-canary-canary").build().unwrap());
    assert!(!shown.contains("canary") && shown.starts_with(r#"Preset { name: "github""#), "{shown}");
}

#[tokio::test]
async fn stripes_secret_is_its_text_and_standard_webhooks_decoded() {
    let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let mut stripe = vector("stripe");
    stripe.send_with(&[("live", text)]).await;
    // The key that base64 would give must not verify what the text has signed.
    stripe.key = stripe.key.strip_prefix("whsec_").unwrap().to_owned();
    assert_eq!(stripe.send_with(&[("live", &format!("{}______", stripe.key))]).await.status, 401);
    let standard = vector("standard-webhooks");
    assert_eq!(standard.key, text);
    let bare = standard.send_with(&[("live", text.strip_prefix("whsec_").unwrap())]).await;
    assert_eq!(bare.status, 200);
}

tower_webhook::tagged_enum! {
    #[derive(Clone, Debug)]
    enum Event by "type" {
        Created(Created) = "event_callback",
    }
}

#[derive(Clone, Debug, Deserialize)]
struct Created {
    event_id: String,
}

#[tokio::test]
async fn an_event_type_of_ones_own_is_decoded() {
    let vector = vectors().into_iter().filter(|vector| vector.preset == "slack").nth(1).unwrap();
    let clock = || Fixed(Timestamp::from_second(vector.clock).unwrap());
    let slack = || preset::slack().secret(&vector.key).build().unwrap();
    let request = || vector.request(Full::<Bytes>::from(vector.body.clone()));
    let outcome = deliver(&slack().tagged::<Event>().into_layer().clock(clock()), request()).await;
    assert!(matches!(outcome.event::<Event>(), Event::Created(created) if created.event_id == "Ev08MFMKH6"));
    let outcome = deliver(&slack().json::<RawJson>().into_layer().clock(clock()), request()).await;
    assert_eq!(outcome.event::<RawJson>().get(), vector.body);
}

#[tokio::test]
async fn a_handshake_without_a_right_signature_is_refused_unread() {
    let slack = preset::slack().secret("8f742231b10e8888abcd99yyyzzz85a5").build().unwrap().raw().into_layer();
    let slack = slack.handshake(SlackUrlVerification::new());
    let metriport = preset::metriport().secret("Zr41vw-new-and-random").build().unwrap().raw().into_layer();
    let metriport = metriport.handshake(MetriportPing::new());
    let discord = preset::discord().public_key(&vector("discord").key).build().unwrap().raw().into_layer();
    let discord = discord.handshake(DiscordPing::new());

    let body = || Full::<Bytes>::from(r#"{"type":"url_verification","challenge":"c","token":"t"}"#);
    assert_eq!(deliver(&slack, Request::post("/").body(body()).unwrap()).await.status, 401);
    let forged = Request::post("/").header("x-slack-signature", "v0=00").body(Untouchable).unwrap();
    assert_eq!(deliver(&slack, forged).await.status, 401);

    let forged = Request::post("/").header("x-metriport-signature", "0".repeat(64));
    let ping = Full::<Bytes>::from(r#"{"ping":"x"}"#);
    assert_eq!(deliver(&metriport, forged.body(ping).unwrap()).await.status, 401);
    let forged = Request::post("/")
        .header("x-signature-ed25519", "0".repeat(128))
        .header("x-signature-timestamp", "1729262573")
        .body(Full::<Bytes>::from(r#"{"version":1,"application_id":"1","type":0}"#));
    let discord = discord.clock(Fixed(Timestamp::from_second(1_729_262_573).unwrap()));
    assert_eq!(deliver(&discord, forged.unwrap()).await.status, 401);
}

#[tokio::test]
async fn a_signed_ping_is_answered_and_githubs_is_an_event() {
    // `printf '{"ping":"x-7"}' | openssl dgst -sha256 -hmac Zr41vw-new-and-random`
    let metriport = preset::metriport().secret("Zr41vw-new-and-random").build().unwrap().raw().into_layer();
    let metriport = metriport.handshake(MetriportPing::new());
    let signature = "15897821454a088c560c1e439fac17eaa156709808b09ea4af71a500c4596126";
    let request = Request::post("/").header("x-metriport-signature", signature);
    let outcome = deliver(&metriport, request.body(Full::<Bytes>::from(r#"{"ping":"x-7"}"#)).unwrap()).await;
    assert_eq!((outcome.status, &*outcome.body), (StatusCode::OK, br#"{"pong":"x-7"}"#.as_slice()));
    assert!(outcome.handled.is_none());

    let github = vector("github").send().await;
    assert_eq!(github.delivery().event_type(), Some(Stated::Unsigned("ping")));
    assert_eq!(github.body, "handled");
}

tower_webhook::tagged_enum! {
    #[derive(Clone, Debug)]
    enum Hook by "x-gitlab-event" {
        Push(Push) = "Push Hook",
    }
}

#[derive(Clone, Debug, Deserialize)]
struct Push {
    after: String,
}

#[tokio::test]
async fn an_event_whose_type_is_in_a_header_is_decoded() {
    let layer =
        preset::gitlab().token("Zr41vw-new-and-random").build().unwrap().tagged_by_header::<Hook>().into_layer();
    let send = async |types: &[&str], body: &'static str| {
        let request = Request::post("/").header("x-gitlab-token", "Zr41vw-new-and-random");
        let request = types.iter().fold(request, |request, kind| request.header("x-gitlab-event", *kind));
        deliver(&layer, request.body(Full::<Bytes>::from(body)).unwrap()).await
    };
    // The field `type` of the body is not the type.
    let outcome = send(&["Push Hook"], r#"{"type":"Tag Push Hook","after":"da15"}"#).await;
    assert!(matches!(outcome.event::<Hook>(), Hook::Push(push) if push.after == "da15"));
    let outcome = send(&["Wiki Page Hook"], r#"{"a":[1]}"#).await;
    let Hook::Unknown(unknown) = outcome.event::<Hook>() else { panic!() };
    assert_eq!((&*unknown.event_type, unknown.json.get()), ("Wiki Page Hook", r#"{"a":[1]}"#));
    for (types, body) in [
        (["Push Hook"].as_slice(), r#"{"after":1}"#),
        (&["Push Hook"], "no JSON"),
        (&["Wiki Page Hook"], r#"{"a":}"#),
        (&[], r#"{"after":"da15"}"#),
        (&["Push Hook", "Push Hook"], r#"{"after":"da15"}"#),
    ] {
        assert_eq!(send(types, body).await.status, 400, "{types:?} {body}");
    }
}
