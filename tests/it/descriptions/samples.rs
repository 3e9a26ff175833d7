//! Every sample of every description, signed by the kit for tests and received by the preset.

use std::{collections::BTreeSet, time::Duration};

use http_body_util::Full;
use tower_webhook::{
    WebhookBody, WebhookLayer,
    auth::Key,
    clock::{Clock, SystemClock},
    handshake::Challenge,
    provider::{Custom, Sender, preset},
    testing::{Spoil, TestDelivery, TestSender},
};

use super::{described, root};
use crate::support::{Delivered, deliver};

fn layer(sender: &TestSender) -> WebhookLayer<Custom<WebhookBody>> {
    let description = sender.description();
    let url = description.page();
    assert!(url.starts_with("https://"), "{url}");
    let preset = description.preset().key(sender.key());
    let with_url = preset.clone().public_url(sender.public_url()).raw().build();
    with_url.or_else(|_| preset.raw().build()).unwrap().into_layer()
}

async fn send(sender: &TestSender, delivery: &TestDelivery) -> Delivered {
    deliver(&layer(sender), delivery.request::<Full<bytes::Bytes>>()).await
}

fn senders() -> Vec<TestSender> {
    described()
        .into_iter()
        .map(|described| {
            let sender =
                Sender::from_json(&described.text).unwrap_or_else(|error| panic!("{}: {error}", described.name));
            assert_eq!(sender.name(), described.name);
            TestSender::new(sender).unwrap()
        })
        .collect()
}

#[test]
fn each_description_is_complete_and_survives_being_written() {
    for described in described() {
        let sender = Sender::from_json(&described.text).unwrap_or_else(|error| panic!("{}: {error}", described.name));
        assert!(!sender.secret_location().is_empty() && sender.title() != "", "{}", described.name);
        assert!(sender.samples().count() >= 1, "{}", described.name);
        let names: BTreeSet<_> = sender.samples().collect();
        assert_eq!(names.len(), sender.samples().count(), "{}: two samples of one name", described.name);
        let again = Sender::from_json(&serde_json::to_string(&sender).unwrap()).unwrap();
        assert_eq!(again, sender, "{}", described.name);
    }
}

#[test]
fn each_preset_has_a_description_and_a_function() {
    let names: Vec<_> =
        described().into_iter().map(|it| it.name).filter(|it| it != "truemed" && it != "mediquo").collect();
    assert_eq!(preset::NAMES, names);
    assert!(names.iter().all(|name| preset::by_name(name).is_some() && Sender::named(name).is_some()));
    assert!(preset::by_name("truemed").is_none() && Sender::named("truemed").is_some());
}

#[tokio::test]
async fn each_sample_is_accepted_with_the_type_and_the_id_that_it_states() {
    for sender in senders() {
        for delivery in sender.events() {
            let name = format!("{}, {}", sender.description().name(), delivery.name().unwrap());
            let outcome = send(&sender, &delivery).await;
            assert!(outcome.status.is_success(), "{name}: {:?}", outcome.rejection());
            let said = outcome.delivery();
            assert_eq!(said.provider(), sender.description().name());
            let described: serde_json::Value = serde_json::to_value(sender.description()).unwrap();
            let has = |place: &str| described["envelope"][place].is_object();
            let is_form = delivery.request::<Full<bytes::Bytes>>().headers()["content-type"] != "application/json";
            // Slack's forms have their type in another member than its events, and most of Truemed's events have none.
            assert!(
                is_form || said.provider() == "truemed" || !has("event_type") || said.event_type().is_some(),
                "{name}: no type"
            );
            if has("event_id") && !is_form {
                let delivery = delivery.event_id("evt-7");
                let outcome = send(&sender, &delivery).await;
                let id = outcome.delivery().event_id().map(|id| id.into_inner().to_owned());
                assert_eq!(id.as_deref(), Some("evt-7"), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn each_spoiled_sample_gets_what_it_deserves() {
    for sender in senders() {
        for delivery in sender.events() {
            for how in Spoil::ALL.iter().filter(|how| **how != Spoil::Oversized) {
                let Some(spoiled) = delivery.spoiled(*how) else { continue };
                let name = format!("{}, {}, {how:?}", sender.description().name(), delivery.name().unwrap());
                let outcome = send(&sender, &spoiled).await;
                // The layer here takes bodies as they are.
                let is_genuine = matches!(how, Spoil::UnknownType | Spoil::UnknownValue)
                    || *how == Spoil::NotJson && !needs_json(&sender)
                    || *how == Spoil::CutOff && has_key_in_head(&sender);
                assert_eq!(outcome.handled.is_some(), is_genuine, "{name}: {:?}", outcome.rejection());
            }
        }
    }
    let spoiled = |sender| TestSender::named(sender).unwrap().events()[0].spoiled(Spoil::NotJson).is_some();
    assert!(spoiled("github") && !spoiled("twilio"));
}

/// Whether something of the credential is in a member of the body.
fn needs_json(sender: &TestSender) -> bool {
    let credential = serde_json::to_value(sender.description()).unwrap()["credential"].clone();
    let in_body = &credential["signature"]["timestamp_in_body"];
    credential["api_key"]["body"].is_string() || in_body.is_string()
}

fn has_key_in_head(sender: &TestSender) -> bool {
    let key = serde_json::to_value(sender.description()).unwrap()["credential"]["api_key"].clone();
    key.is_object() && key["body"].is_null() && key["form_field"].is_null()
}

#[test]
fn a_confirmed_description_has_a_known_answer() {
    for described in described() {
        let is_confirmed = described.json["confirmed"].is_string();
        let has_answer = root().join(format!("tests/fixtures/senders/{}.json", described.name)).exists();
        assert!(!is_confirmed || has_answer, "{}", described.name);
    }
}

/// A fault that a delivery cannot have, or has already, would make a test worthless.
#[tokio::test]
async fn a_spoiled_delivery_is_never_genuine() {
    let stripe = TestSender::named("stripe").unwrap();
    let paid = stripe.event("invoice.paid").unwrap();
    assert!(paid.spoiled(Spoil::WrongKey).unwrap().spoiled(Spoil::UnknownType).is_none());
    // A member of the name that an altered body gets is there already.
    let odd = stripe.body(r#"{"id":"evt_1","type":"a","altered_0":true}"#).spoiled(Spoil::AlteredBody).unwrap();
    assert!(send(&stripe, &odd).await.handled.is_none());
    let hours = Duration::from_secs(25 * 3600);
    let early = paid.clone().at(SystemClock.now() - hours).spoiled(Spoil::FromTheFuture).unwrap();
    assert!(send(&stripe, &early).await.handled.is_none());
    let form = TestSender::named("slack").unwrap().form("payload=%7B%7D");
    assert!(form.spoiled(Spoil::UnknownType).is_none());
    for name in ["figma", "linear", "mailgun"] {
        let sender = TestSender::named(name).unwrap();
        let event = &sender.events()[0];
        let oversized = event.spoiled(Spoil::Oversized).unwrap().request::<bytes::Bytes>();
        assert!(oversized.body().len() > 32 << 20, "{name}: {}", oversized.body().len());
        assert!(event.spoiled(Spoil::NotJson).is_none(), "{name}");
        let missing = event.spoiled(Spoil::MissingCredential).unwrap();
        let reason = send(&sender, &missing).await;
        assert!(reason.rejection().is_some_and(|it| it.label() != "no_key_matched"), "{name}");
    }
}

/// The endpoint verification as the receiver of this sender is configured with it.
fn challenge(sender: &TestSender) -> Challenge {
    match sender.description().name() {
        "notion" => Challenge::notion(|_, _| {}),
        "websub" => Challenge::websub(["https://example.com/feed"]).unwrap(),
        _ => sender.description().challenge(Some(Key::new("the-token-that-you-chose"))).unwrap().unwrap(),
    }
}

#[tokio::test]
async fn each_endpoint_verification_is_answered_and_the_handler_does_not_run() {
    let mut verified = Vec::new();
    for sender in senders() {
        let Some(asked) = sender.verification("c-7Qx") else { continue };
        let name = sender.description().name();
        let layer = layer(&sender).handshake(challenge(&sender));
        let send = async |request: &TestDelivery| deliver(&layer, request.request::<Full<bytes::Bytes>>()).await;
        let outcome = send(&asked).await;
        assert!(outcome.status.is_success() && outcome.handled.is_none(), "{name}: {:?}", outcome.rejection());
        let is_sent_back = String::from_utf8_lossy(&outcome.body).contains("c-7Qx");
        assert_eq!(is_sent_back, !matches!(name, "discord" | "notion" | "trello"), "{name}: {:?}", outcome.body);
        if let Some(forged) = asked.spoiled(Spoil::WrongKey) {
            assert_eq!(send(&forged).await.status.as_u16() / 100, 4, "{name}");
        }
        verified.push(name.to_owned());
    }
    assert_eq!(verified.join(" "), "discord front meta metriport notion nylas okta slack trello twitch websub zoom");
    let other = TestSender::named("meta").unwrap().with_verify_token("another-token-of-yours");
    let layer = layer(&other).handshake(challenge(&other));
    let asked = other.verification("c-7Qx").unwrap();
    assert_eq!(deliver(&layer, asked.request::<Full<bytes::Bytes>>()).await.status, 401);
}

#[test]
fn a_description_says_how_long_its_sender_retries() {
    let of = |name| Sender::named(name).unwrap();
    let hours = |hours: u64| Some(Duration::from_secs(hours * 3600));
    assert_eq!((of("shopify").retries(), of("shopify").retry_period()), (None, hours(4)));
    assert_eq!((of("github").retries(), of("github").retry_period()), (Some(Vec::new()), hours(0)));
    assert_eq!(of("slack").retry_period(), Some(Duration::from_secs(360)));
    assert_eq!((of("stripe").retries(), of("stripe").retry_period()), (None, None));
    assert_eq!(of("shopify").timeout(), Some(Duration::from_secs(5)));
}

/// Standard Webhooks know secrets, and pairs of keys.
#[tokio::test]
async fn standard_webhooks_are_signed_with_a_private_key_too() {
    // The pair of RFC 8032, section 7.1, test 1.
    let seed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    let both = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg==";
    let made_up = TestSender::named("standard_webhooks").unwrap();
    for private in [seed, both] {
        let sender = made_up.with_key(format!("whsk_{private}")).unwrap();
        assert_eq!(sender.key_text().unwrap(), "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
        let delivery = sender.events().swap_remove(0);
        assert!(send(&sender, &delivery).await.status.is_success());
        for how in [Spoil::WrongKey, Spoil::AlteredBody] {
            assert_eq!(send(&sender, &delivery.spoiled(how).unwrap()).await.status, 401);
        }
    }
    for wrong in ["", "AAAA", &both.replace("XWpg", "XWph"), "not base64"] {
        assert!(made_up.with_key(format!("whsk_{wrong}")).is_err(), "{wrong}");
    }
}
