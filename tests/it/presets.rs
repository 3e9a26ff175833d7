//! Every preset, on a delivery that the provider or its own library has signed where one is published.
//! Those of `tests/fixtures/presets.json`, with what each delivery says; the module `descriptions` has all others.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tower_webhook::{
    ConfigError, ConfigErrorKind, Delivery, RejectionReason, Stated, WebhookBody,
    auth::{
        Key,
        keys::{KeySource, Tenants},
    },
    clock::Clock,
    handshake::Challenge,
    jiff::Timestamp,
    json::RawJson,
    provider::{Envelope, Place, preset},
    testing::TestSender,
};

use crate::support::{Delivered, bodies::Untouchable, deliver, fixture, sources::sources};

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

struct Fixed(SystemTime);

fn at(second: i64) -> SystemTime {
    Timestamp::from_second(second).unwrap().into()
}

impl Clock for Fixed {
    fn now(&self) -> SystemTime {
        self.0
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
    async fn send_with(&self, keys: &[(&str, &str)]) -> Delivered {
        let builder = preset::by_name(&self.preset).unwrap();
        // Some published keys are short.
        let key = |key: &str| if key.len() < 16 { Key::new(key).dangerous_short() } else { Key::new(key) };
        let builder = keys.iter().fold(builder, |builder, (label, own)| builder.key(key(own).label(label)));
        let builder = self.public_url.iter().fold(builder, |builder, url| builder.public_url(url));
        let layer = builder.raw().build().unwrap().into_layer().clock(Fixed(at(self.clock)));
        deliver(&layer, self.request(Full::<Bytes>::from(self.body.clone()))).await
    }

    /// Sends it through a layer of its preset whose keys are looked up.
    async fn send_to(&self, keys: impl KeySource) -> Delivered {
        let builder = preset::by_name(&self.preset).unwrap().keys(keys);
        let builder = self.public_url.iter().fold(builder, |builder, url| builder.public_url(url));
        let layer = builder.raw().build().unwrap().into_layer().clock(Fixed(at(self.clock)));
        deliver(&layer, self.request(Full::<Bytes>::from(self.body.clone()))).await
    }

    /// A key that does not match.
    fn other_key(&self) -> String {
        match &*self.preset {
            "discord" => "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "sendgrid" => {
                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVp\
                 iglSI8eNEc6wEA3F+g=="
            }
            "standard_webhooks" if self.key.starts_with("whpk_") => "whpk_PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=",
            "standard_webhooks" | "svix" => "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            _ => "another-key-of-this-provider",
        }
        .to_owned()
    }

    async fn send(&self) -> Delivered {
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
    Some(Value::from(vec![Value::from(signed), json(stated.into_inner())]))
}

fn facts(delivery: &Delivery) -> Map<String, Value> {
    let all = [
        ("event_id", fact(delivery.event_id(), Value::from)),
        ("event_type", fact(delivery.event_type(), Value::from)),
        ("sent_at", fact(delivery.sent_at(), |time| Timestamp::try_from(time).unwrap().to_string().into())),
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
    for vector in vectors() {
        let other = vector.other_key();
        assert_eq!(vector.send_with(&[("old", &other)]).await.status, vector.refused(), "{}", vector.preset);
        let outcome = vector.send_with(&[("old", &other), ("new", &vector.key)]).await;
        assert_eq!(outcome.delivery().key_label(), Some("new"), "{}", vector.preset);
    }
}

fn key_of(text: &str) -> Key {
    // Some published keys are short.
    if text.len() < 16 { Key::new(text).dangerous_short() } else { Key::new(text) }
}

#[tokio::test]
async fn every_preset_takes_its_keys_from_every_source() {
    for vector in vectors() {
        let live = [key_of(&vector.other_key()).label("old"), key_of(&vector.key).label("new")];
        for (name, source, tenant) in sources(&live).await {
            let outcome = vector.send_to(source).await;
            assert_eq!(outcome.status, 200, "{}, {name}: {:?}", vector.preset, outcome.rejection());
            let delivery = outcome.delivery();
            assert_eq!((delivery.key_label(), delivery.tenant()), (Some("new"), tenant), "{}, {name}", vector.preset);
            assert_eq!(facts(&delivery), vector.facts, "{}, {name}", vector.preset);
        }
        for (name, source, _) in sources(&live[..1]).await {
            assert_eq!(vector.send_to(source).await.status, vector.refused(), "{}, {name}", vector.preset);
        }
    }
}

#[tokio::test]
async fn an_unknown_tenant_looks_like_a_wrong_key() {
    let reason = |delivered: &Delivered| delivered.rejection().unwrap().reason().cloned().unwrap();
    for vector in vectors() {
        let known = Tenants::by(|_| Some("known".into()));
        known.insert("known", [key_of(&vector.other_key())]).unwrap();
        let unknown = || Tenants::by(|_| Some("unknown".into()));
        let mut malformed = vector.clone();
        let names =
            [vector.header_names("signature"), vector.header_names("hmac"), vector.header_names("token")].concat();
        malformed.headers[&names[0]] = "=".into();
        let stale = Vector { clock: vector.clock + 100_000, ..vector.clone() };
        for changed in [&vector, &malformed, &stale] {
            let [wrong, nobody] = [changed.send_to(known.clone()).await, changed.send_to(unknown()).await];
            assert_eq!((wrong.status, nobody.status), (vector.refused(), vector.refused()), "{}", vector.preset);
            assert_eq!(wrong.head.headers, nobody.head.headers, "{}", vector.preset);
            assert_eq!(wrong.body, nobody.body, "{}", vector.preset);
            match reason(&wrong) {
                RejectionReason::NoKeyMatched | RejectionReason::UrlMismatch => {
                    assert_eq!(reason(&nobody), RejectionReason::UnknownTenant, "{}", vector.preset);
                }
                of_the_head => assert_eq!(reason(&nobody), of_the_head, "{}", vector.preset),
            }
        }
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
async fn the_tolerance_is_settable_where_a_time_is_checked_and_nowhere_else() {
    for vector in vectors() {
        let builder = || {
            let builder = preset::by_name(&vector.preset).unwrap();
            let builder = builder.key(Key::new(&vector.key).dangerous_short());
            vector.public_url.iter().fold(builder, |builder, url| builder.public_url(url))
        };
        // Metriport's time is reported and not checked.
        let is_timed =
            vector.facts.get("sent_at").is_some_and(|fact| fact[0] == "signed") && vector.preset != "metriport";
        if !is_timed {
            let error = builder().tolerance(Duration::from_secs(10)).build().unwrap_err();
            assert_eq!(error.kind(), ConfigErrorKind::Missing, "{}", vector.preset);
            assert_eq!(error.to_string(), "the time that the tolerance is for is not configured");
            continue;
        }
        let outcome = vector.send().await;
        let signed_at = outcome.delivery().sent_at().unwrap().into_inner();
        for tolerance in [10, 600].map(Duration::from_secs) {
            let layer = |now| builder().tolerance(tolerance).raw().build().unwrap().into_layer().clock(Fixed(now));
            let beyond = tolerance + Duration::from_secs(1);
            for (now, status) in [
                (signed_at + tolerance, 200),
                (signed_at + beyond, 401),
                (signed_at - tolerance, 200),
                (signed_at - beyond, 401),
            ] {
                let outcome = deliver(&layer(now), vector.request(Full::<Bytes>::from(vector.body.clone()))).await;
                assert_eq!(outcome.status, status, "{}, {tolerance:?}: {:?}", vector.preset, outcome.rejection());
            }
        }
    }
}

#[test]
fn no_preset_builds_without_a_key_or_with_an_empty_one() {
    let kind = |error: Option<ConfigError>| error.map(|error| error.kind());
    let missing = Some(ConfigErrorKind::Missing);
    let blank = Some(ConfigErrorKind::Blank);
    for name in preset::NAMES {
        let builder = || {
            let builder = preset::by_name(name).unwrap();
            if ["hubspot", "square", "trello", "twilio"].contains(name) {
                builder.public_url("https://hooks.example.com/")
            } else {
                builder
            }
        };
        assert_eq!(kind(builder().build().err()), missing, "{name}");
        assert_eq!(kind(builder().key("").build().err()), blank, "{name}");
        let shown = format!("{:?}", builder().key("canary-canary-canary"));
        assert!(!shown.contains("canary") && shown.starts_with("PresetBuilder"), "{shown}");
    }
    assert_eq!(kind(preset::twilio().key("Zr41vw-new-and-random").build().err()), missing);
    let github = preset::github().key("Zr41vw-new-and-random").public_url("https://hooks.example.com/");
    assert_eq!(kind(github.build().err()), Some(ConfigErrorKind::Unsigned));
    let shown = format!("{:?}", preset::github().key("canary-canary-canary").build().unwrap());
    assert!(!shown.contains("canary") && shown.starts_with(r#"Custom { name: "github""#), "{shown}");
}

#[tokio::test]
async fn stripes_secret_is_its_text_and_standard_webhooks_decoded() {
    let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let mut stripe = vector("stripe");
    stripe.send_with(&[("live", text)]).await;
    // The key that base64 would give must not verify what the text has signed.
    stripe.key = stripe.key.strip_prefix("whsec_").unwrap().to_owned();
    assert_eq!(stripe.send_with(&[("live", &format!("{}______", stripe.key))]).await.status, 401);
    let standard = vector("standard_webhooks");
    assert_eq!(standard.key, text);
    let bare = standard.send_with(&[("live", text.strip_prefix("whsec_").unwrap())]).await;
    assert_eq!(bare.status, 200);
}

tower_webhook::tagged_enum! {
    #[derive(Clone, Debug)]
    enum Event {
        Mentioned(Mentioned) = "app_mention",
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Mentioned {
    event_id: String,
}

#[tokio::test]
async fn an_event_type_of_ones_own_is_decoded() {
    let vector = vectors().into_iter().filter(|vector| vector.preset == "slack").nth(1).unwrap();
    let clock = || Fixed(at(vector.clock));
    let slack = || preset::slack().key(&vector.key);
    let request = || vector.request(Full::<Bytes>::from(vector.body.clone()));
    let outcome = deliver(&slack().tagged::<Event>().build().unwrap().into_layer().clock(clock()), request()).await;
    assert!(matches!(outcome.event::<Event>(), Event::Mentioned(mentioned) if mentioned.event_id == "Ev08MFMKH6"));
    let outcome = deliver(&slack().json::<RawJson>().build().unwrap().into_layer().clock(clock()), request()).await;
    assert_eq!(outcome.event::<RawJson>().get(), vector.body);
}

#[tokio::test]
async fn a_handshake_without_a_right_signature_is_refused_unread() {
    let slack = preset::slack().key("8f742231b10e8888abcd99yyyzzz85a5").raw().build().unwrap().into_layer();
    let slack = slack.handshake(Challenge::slack());
    let metriport = preset::metriport().key("Zr41vw-new-and-random").raw().build().unwrap().into_layer();
    let metriport = metriport.handshake(Challenge::metriport());
    let discord = preset::discord().key(&vector("discord").key).raw().build().unwrap().into_layer();
    let discord = discord.handshake(Challenge::discord());

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
    let discord = discord.clock(Fixed(at(1_729_262_573)));
    assert_eq!(deliver(&discord, forged.unwrap()).await.status, 401);
}

#[tokio::test]
async fn a_signed_ping_is_answered_and_githubs_is_an_event() {
    // `printf '{"ping":"x-7"}' | openssl dgst -sha256 -hmac Zr41vw-new-and-random`
    let metriport = preset::metriport().key("Zr41vw-new-and-random").raw().build().unwrap().into_layer();
    let metriport = metriport.handshake(Challenge::metriport());
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
    enum Hook {
        Push(Push) = "Push Hook",
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Push {
    after: String,
}

#[tokio::test]
async fn an_event_whose_type_is_in_a_header_is_decoded() {
    let layer = preset::gitlab().key("Zr41vw-new-and-random").tagged::<Hook>().build().unwrap().into_layer();
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

#[tokio::test]
async fn the_places_of_a_preset_can_be_others() {
    let sender = TestSender::named("stripe").unwrap();
    let envelope = Envelope::new().event_id(Place::body("own.id"));
    let layer = sender.description().preset().key(sender.key()).envelope(envelope).build().unwrap().into_layer();
    let event = sender.events().remove(0).member("own.id", "o-7");
    let delivery = deliver(&layer, event.request::<Full<Bytes>>()).await.delivery();
    assert_eq!((delivery.event_id(), delivery.event_type()), (Some(Stated::Signed("o-7")), None));
}
