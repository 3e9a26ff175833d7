//! A handle whose keys are replaced.

use std::sync::Arc;

use http::Request;
use http_body_util::Full;
use tower_webhook::{
    ConfigErrorKind, RejectionReason,
    auth::{
        ApiKey, Head, Key, Keys, Scheme, Signature, StandardWebhooks, Twilio,
        keys::{KeyForm, KeySource, Tenants},
    },
    provider::{Custom, mediquo::MediQuo, preset, truemed::Truemed},
};

use super::{NEW, OLD, accepts, send, truemed};
use crate::support::{deliver, fixture, from_mediquo, sources::sources};

#[tokio::test]
async fn a_replaced_key_counts_at_once_in_all_clones() {
    let keys = Keys::new([Key::new(OLD).label("old")]);
    let (layer, clone) = (truemed(keys.clone()), keys.clone());
    assert!(accepts(&layer, "/", OLD).await && !accepts(&layer, "/", NEW).await);
    clone.replace([Key::new(OLD).label("old"), Key::new(NEW).label("new")]).unwrap();
    assert_eq!(send(&layer, "/", OLD).await.delivery().key_label(), Some("old"));
    let delivery = send(&layer, "/", NEW).await.delivery();
    assert_eq!((delivery.key_label(), delivery.tenant()), (Some("new"), None));
    keys.replace([NEW]).unwrap();
    assert!(!accepts(&layer, "/", OLD).await && accepts(&layer, "/", NEW).await);
    assert_eq!(format!("{keys:?} {clone:?}"), r#"["1"] ["1"]"#);
}

#[tokio::test]
async fn a_mistake_changes_nothing() {
    let keys = Keys::new([OLD]);
    let layer = truemed(keys.clone());
    let kind = |replaced: Result<(), tower_webhook::ConfigError>| replaced.unwrap_err().kind();
    assert_eq!(kind(keys.replace::<&str>([])), ConfigErrorKind::Missing);
    assert_eq!(kind(keys.replace([NEW, "short"])), ConfigErrorKind::TooShort);
    assert_eq!(kind(keys.replace([NEW, NEW])), ConfigErrorKind::Duplicate);
    assert_eq!(kind(keys.replace([Key::new(NEW).label("\n")])), ConfigErrorKind::ControlCharacter);
    assert!(accepts(&layer, "/", OLD).await && !accepts(&layer, "/", NEW).await);
    // In the provider's words, as at build.
    assert_eq!(keys.replace([NEW, "short"]).unwrap_err().to_string(), {
        let error = Truemed::builder().api_key(NEW).api_key("short").build().unwrap_err();
        error.to_string()
    });
}

#[test]
fn a_replaced_key_is_checked_as_its_scheme_reads_it() {
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let keys = Keys::new([public]);
    Signature::ed25519("x-signature").keys(keys.clone()).build().unwrap();
    assert_eq!(keys.replace([OLD]).unwrap_err().kind(), ConfigErrorKind::Malformed);
    keys.replace([Key::hex(public)]).unwrap();

    let keys = Keys::new(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]);
    StandardWebhooks::builder().keys(keys.clone()).build().unwrap();
    assert_eq!(keys.replace(["whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]).unwrap_err().kind(), ConfigErrorKind::Malformed);
    keys.replace(["whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="]).unwrap();
}

#[test]
fn a_bad_key_fails_at_build_and_the_handle_can_be_mended() {
    let keys = Keys::new(["short"]);
    let build = || Truemed::builder().api_keys(keys.clone()).build();
    assert_eq!(build().unwrap_err().to_string(), Truemed::builder().api_key("short").build().unwrap_err().to_string());
    keys.replace([NEW]).unwrap();
    build().unwrap();
    assert_eq!(Truemed::builder().api_keys(Keys::new::<Key>([])).build().unwrap_err().kind(), ConfigErrorKind::Missing);
}

#[test]
fn keys_serve_schemes_of_one_form() {
    let keys = Keys::new([OLD]);
    let github = || preset::github().keys(keys.clone()).build();
    github().unwrap();
    github().unwrap();
    Signature::hmac_sha256("x-other").keys(keys.clone()).build().unwrap();
    let conflict = [
        Signature::hmac_sha512("x-other").keys(keys.clone()).build().err(),
        ApiKey::header("x-key").keys(keys.clone()).build().err(),
        Twilio::builder().keys(keys.clone()).public_url("https://example.com/").build().err(),
        StandardWebhooks::builder().keys(keys.clone()).build().err(),
    ];
    assert!(conflict.iter().flatten().all(|error| error.kind() == ConfigErrorKind::Conflict) && conflict.len() == 4);
    let passwords = Keys::new([OLD]);
    ApiKey::basic("one").keys(passwords.clone()).build().unwrap();
    assert!(ApiKey::basic("two").keys(passwords).build().is_err());
}

#[test]
fn fixed_keys_and_a_source_exclude_each_other() {
    let keys = || Keys::new([OLD]);
    let kinds = [
        ApiKey::header("x").key(NEW).keys(keys()).build().err(),
        ApiKey::basic("user").key(NEW).keys(keys()).build().err(),
        ApiKey::bearer().keys(keys()).keys(keys()).build().err(),
        Signature::hmac_sha256("x").keys(keys()).key(NEW).build().err(),
        StandardWebhooks::builder().key(NEW).keys(keys()).build().err(),
        Twilio::builder().key(NEW).keys(keys()).public_url("https://example.com/").build().err(),
        preset::stripe().key(NEW).keys(keys()).build().err(),
        preset::gitlab().key(NEW).keys(keys()).build().err(),
        Truemed::builder().api_key(NEW).api_keys(keys()).build().err(),
        MediQuo::builder().signature(NEW).signatures(keys()).build().err(),
    ];
    for (index, error) in kinds.iter().enumerate() {
        assert_eq!(error.as_ref().map(|error| error.kind()), Some(ConfigErrorKind::Conflict), "{index}: {error:?}");
    }
}

#[tokio::test]
async fn truemed_and_mediquo_take_every_source() {
    let live = [Key::new(OLD).label("old"), Key::new(NEW).label("new")];
    for (name, source, tenant) in sources(&live).await {
        let delivery = send(&truemed(source), "/", NEW).await.delivery();
        assert_eq!((delivery.key_label(), delivery.tenant()), (Some("new"), tenant), "{name}");
    }
    for (name, source, tenant) in sources(&live).await {
        let layer = MediQuo::builder().signatures(source).build().unwrap().into_layer();
        let mut request = from_mediquo(Full::new(fixture("mediquo/patient_report_sent.json")));
        request.headers_mut().insert("x-webhook-signature", NEW.parse().unwrap());
        let delivery = deliver(&layer, request).await.delivery();
        assert_eq!((delivery.key_label(), delivery.tenant()), (Some("new"), tenant), "{name}");
    }
}

#[tokio::test]
async fn passwords_and_tokens_come_from_every_source() {
    let authorization = |name: &str| match name {
        "basic" => "Basic dXNlcjp0bV9saXZlX1ljNm1aYTFLZDBGZQ==",
        _ => "Bearer tm_live_Yc6mZa1Kd0Fe",
    };
    let live = [Key::new(OLD), Key::new(NEW)];
    for place in ["basic", "bearer"] {
        for (name, source, tenant) in sources(&live).await {
            let mediquo = if place == "basic" {
                MediQuo::builder().basic_auths("user", Arc::clone(&source))
            } else {
                MediQuo::builder().bearers(Arc::clone(&source))
            };
            let scheme = if place == "basic" { ApiKey::basic("user") } else { ApiKey::bearer() };
            let request = |body| Request::post("/").header("authorization", authorization(place)).body(body).unwrap();
            let body = Full::new(fixture("mediquo/patient_report_sent.json"));
            let of_mediquo = deliver(&mediquo.build().unwrap().into_layer(), request(body.clone())).await;
            let custom = Custom::builder("acme", scheme.keys(source).build().unwrap()).build().unwrap();
            let of_custom = deliver(&custom.into_layer(), request(body)).await;
            for delivered in [of_mediquo, of_custom] {
                let delivery = delivered.delivery();
                assert_eq!((delivery.key_label(), delivery.tenant()), (Some("2"), tenant), "{place}, {name}");
            }
        }
    }
}

#[test]
fn a_scheme_of_ones_own_verifies_with_a_handle() {
    let keys = Keys::new([Key::new(OLD).label("old")]).of_tenant("north");
    keys.attach(&KeyForm::text()).unwrap();
    assert_eq!(keys.verify(OLD.as_bytes()).unwrap().tenant(), Some("north"));
    keys.replace([NEW]).unwrap();
    assert_eq!(keys.verify(OLD.as_bytes()).unwrap_err().reason(), Some(&RejectionReason::NoKeyMatched));
    // Without `attach` too, and never with a key that could not be sent as it is.
    assert!(Keys::new([NEW]).verify(NEW.as_bytes()).is_ok());
    let short = Keys::new(["short"]);
    assert!(short.verify(b"short").is_err() && short.verify(b"short").is_err());
    // Nor with keys of another form.
    let signing = Keys::new([NEW]);
    Signature::hmac_sha256("x").keys(signing.clone()).build().unwrap();
    assert!(signing.verify(NEW.as_bytes()).is_err());
}

#[test]
fn debug_shows_labels_only() {
    let keys = Keys::new([Key::new(OLD).label("2026-09"), Key::new(NEW)]);
    assert_eq!(format!("{keys:?}"), r#"["2026-09", "2"]"#);
    let scheme = ApiKey::header("x-key").keys(keys.clone());
    assert_eq!(format!("{scheme:?}"), "ApiKeyBuilder { keys: looked up, .. }");
    assert_eq!(format!("{:?}", scheme.build().unwrap()), r#"ApiKey { place: "x-key", keys: looked up }"#);
    assert_eq!(format!("{keys:?}"), r#"["2026-09", "2"]"#);
}

#[test]
fn a_source_that_answers_none_is_a_wrong_key_in_every_scheme() {
    let nobody = || Tenants::by(|_| None);
    let (parts, ()) = Request::post("/").header("authorization", "Bearer wrong").body(()).unwrap().into_parts();
    let head = Head::new(&parts, std::time::SystemTime::UNIX_EPOCH);
    let rejection = ApiKey::bearer().keys(nobody()).build().unwrap().verify_head(&head).unwrap_err();
    assert_eq!(rejection.reason(), Some(&RejectionReason::UnknownTenant));
    assert_eq!(
        (rejection.label(), rejection.kind()),
        ("unknown_tenant", tower_webhook::RejectionKind::Unauthenticated)
    );
    assert_eq!(rejection.to_string(), "the credential is missing or wrong: the tenant is not known");
}

/// A source that does not attach its keys.
struct Plain(Keys);

impl KeySource for Plain {
    fn keys(&self, _: &Head<'_>) -> Option<Keys> {
        Some(self.0.clone())
    }
}

#[tokio::test]
async fn keys_that_turn_out_to_be_unusable_accept_nothing_and_can_be_mended() {
    let keys = Keys::new(["short"]).of_tenant("north");
    let layer = truemed(Plain(keys.clone()));
    let rejected = send(&layer, "/", "short").await;
    assert_eq!(rejected.rejection().unwrap().reason(), Some(&RejectionReason::UnknownTenant));
    assert_eq!(keys.attach(&KeyForm::text()).unwrap_err().kind(), ConfigErrorKind::TooShort);
    assert_eq!(format!("{keys:?}"), "[]");
    keys.replace([NEW]).unwrap();
    assert_eq!(send(&layer, "/", NEW).await.delivery().tenant(), Some("north"));
}
