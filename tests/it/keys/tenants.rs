//! Keys that are looked up by what a delivery says of itself.

use http::Request;
use http_body_util::Full;
use tower::{Layer, ServiceExt};
use tower_webhook::{
    ConfigError, ConfigErrorKind, Rejection, RejectionReason, WebhookLayer,
    auth::{ApiKey, Key, Scheme, Signature, keys::Tenants},
    idempotency::{EventKey, IdempotencyLayer, MemoryStore, Outcome, Pepper},
    provider::{Custom, truemed::Truemed},
};

use super::{NEW, OLD, accepts, send, truemed};
use crate::support::{Handler, deliver, fixture};

fn two(tenants: Tenants) -> Tenants {
    tenants.insert("north", [OLD]).unwrap();
    tenants.insert("a b/ñ+", [NEW]).unwrap();
    tenants
}

#[tokio::test]
async fn a_segment_of_the_path_is_one_tenant_in_all_spellings() {
    let layer = truemed(two(Tenants::by_path_segment(1)));
    for path in
        ["/webhooks/north", "/webhooks/n%6Frth", "/webhooks/n%6frth?a=b", "/x/north/", "/x/%6E%6F%72%74%68/more"]
    {
        let delivery = send(&layer, path, OLD).await.delivery();
        assert_eq!(delivery.tenant(), Some("north"), "{path}");
        assert!(!accepts(&layer, path, NEW).await, "{path}");
    }
    for path in ["/webhooks/a%20b%2F%C3%B1+", "/webhooks/a%20b%2f%c3%b1%2B"] {
        assert_eq!(send(&layer, path, NEW).await.delivery().tenant(), Some("a b/ñ+"), "{path}");
    }
    for path in [
        "/north",
        "/",
        "/webhooks",
        "/webhooks/",
        "/webhooks//north",
        "/webhooks/North",
        "/webhooks/north%",
        "/webhooks/n%6",
        "/webhooks/n%6grth",
        "/webhooks/north%20",
        "/webhooks/north%00",
        "/webhooks/n%256Frth",
        "/webhooks/%FF",
        "/webhooks/south",
        "/north/webhooks",
    ] {
        let rejected = send(&layer, path, OLD).await;
        assert_eq!(rejected.rejection().and_then(Rejection::reason), Some(&RejectionReason::UnknownTenant), "{path}");
    }
    assert!(accepts(&truemed(two(Tenants::by_path_segment(0))), "/north", OLD).await);
}

#[tokio::test]
async fn a_parameter_of_the_query_must_occur_once() {
    let layer = truemed(two(Tenants::by_query("clinic")));
    for path in ["/?clinic=north", "/?a=b&clinic=n%6Frth", "/?clini%63=north&clinics=south"] {
        assert!(accepts(&layer, path, OLD).await, "{path}");
    }
    assert!(accepts(&layer, "/?clinic=a+b%2F%C3%B1%2B", NEW).await);
    for path in
        ["/", "/?clinic", "/?clinic=", "/?clinic=north&clinic=north", "/?clinic=north&%63linic=a", "/?Clinic=north"]
    {
        assert!(!accepts(&layer, path, OLD).await, "{path}");
    }
}

#[tokio::test]
async fn a_header_must_occur_once_and_a_function_finds_what_it_likes() {
    let layer = truemed(two(Tenants::by_header("X-Clinic")));
    let send = async |names: &[&[u8]]| {
        let body = Full::new(fixture("truemed/qualification_session_complete.json"));
        let mut request = Request::post("/").header("x-truemed-api-key", OLD).body(body).unwrap();
        for name in names {
            request.headers_mut().append("x-clinic", http::HeaderValue::from_bytes(name).unwrap());
        }
        deliver(&layer, request).await.status == 204
    };
    assert!(send(&[b"north"]).await);
    let refused: [&[&[u8]]; 6] = [&[], &[b"north", b"north"], &[b"n%6Frth"], &[b"North"], &[b"\xff"], &[b""]];
    for names in refused {
        assert!(!send(names).await, "{names:?}");
    }

    #[derive(Clone)]
    struct Clinic(&'static str);
    let clinics = Tenants::by(|head| Some(head.parts.extensions.get::<Clinic>()?.0.into()));
    let layer = truemed(two(clinics));
    let body = Full::new(fixture("truemed/qualification_session_complete.json"));
    let mut request = Request::post("/").header("x-truemed-api-key", OLD).body(body).unwrap();
    request.extensions_mut().insert(Clinic("north"));
    assert_eq!(deliver(&layer, request).await.delivery().tenant(), Some("north"));
}

#[tokio::test]
async fn a_name_is_256_bytes_long_at_most() {
    let tenants = Tenants::by_query("clinic");
    let longest = "x".repeat(256);
    tenants.insert(&longest, [OLD]).unwrap();
    assert_eq!(tenants.insert("x".repeat(257), [OLD]).unwrap_err().kind(), ConfigErrorKind::TooLong);
    assert!(accepts(&truemed(tenants), &format!("/?clinic={longest}"), OLD).await);
}

fn kind(result: Result<(), ConfigError>) -> Option<ConfigErrorKind> {
    result.err().map(|error| error.kind())
}

#[tokio::test]
async fn tenants_come_and_go_while_deliveries_arrive() {
    let clinics = Tenants::by_path_segment(0);
    let layer = truemed(clinics.clone());
    assert!(clinics.is_empty() && !accepts(&layer, "/north", OLD).await);
    clinics.insert("north", [OLD]).unwrap();
    assert!(accepts(&layer, "/north", OLD).await);
    clinics.insert("north", [OLD, NEW]).unwrap();
    assert!(accepts(&layer, "/north", OLD).await && accepts(&layer, "/north", NEW).await);
    clinics.replace([("south", NEW), ("north", OLD), ("south", OLD)]).unwrap();
    assert_eq!(clinics.len(), 2);
    assert!(accepts(&layer, "/south", OLD).await && accepts(&layer, "/south", NEW).await);
    assert!(!accepts(&layer, "/north", NEW).await);
    assert!(clinics.remove("south") && !clinics.remove("south"));
    assert!(!accepts(&layer, "/south", OLD).await && accepts(&layer, "/north", OLD).await);
}

#[tokio::test]
async fn a_mistake_changes_nothing_and_names_nobody() {
    let clinics = Tenants::by_path_segment(0);
    clinics.insert("north", [OLD]).unwrap();
    let layer = truemed(clinics.clone());
    let error = clinics.replace([("north", NEW), ("canary", "canary")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "API key 1 of tenant 2 is too short: expected at least 16 bytes, or `Key::dangerous_short`"
    );
    for (name, expected) in [
        ("", ConfigErrorKind::Blank),
        (" ", ConfigErrorKind::Blank),
        ("x\n", ConfigErrorKind::ControlCharacter),
        (" x", ConfigErrorKind::Padded),
    ] {
        assert_eq!(kind(clinics.insert(name, [NEW])), Some(expected), "{name:?}");
        assert_eq!(kind(clinics.replace([(name, NEW)])), Some(expected), "{name:?}");
    }
    assert_eq!(kind(clinics.insert::<&str>("north", [])), Some(ConfigErrorKind::Missing));
    assert_eq!(kind(clinics.insert("north", [NEW, "short"])), Some(ConfigErrorKind::TooShort));
    assert!(accepts(&layer, "/north", OLD).await && !accepts(&layer, "/north", NEW).await);
    assert_eq!(clinics.len(), 1);
}

#[test]
fn tenants_are_checked_at_build() {
    let clinics = Tenants::by_path_segment(0);
    clinics.replace([("north", OLD), ("canary", "canary")]).unwrap();
    let build = || Truemed::builder().api_keys(clinics.clone()).build();
    let error = build().unwrap_err().to_string();
    assert!(error.starts_with("API key 1 of a tenant is too short"), "{error}");
    clinics.insert("canary", [NEW]).unwrap();
    build().unwrap();
    assert_eq!(
        kind(Signature::hmac_sha256("x").keys(clinics.clone()).build().map(drop)),
        Some(ConfigErrorKind::Conflict)
    );
    let unnamed = Truemed::builder().api_keys(Tenants::by_header("no header")).build();
    assert_eq!(kind(unnamed.map(drop)), Some(ConfigErrorKind::HeaderName));
    assert_eq!(format!("{clinics:?} {clinics:#?}"), "Tenants { tenants: 2 } Tenants {\n    tenants: 2,\n}");
}

fn both() -> WebhookLayer<Custom<tower_webhook::json::RawJson>> {
    let [keys, tokens] = [Tenants::by_header("x-of-key"), Tenants::by_header("x-of-token")];
    for tenants in [&keys, &tokens] {
        tenants.replace([("north", OLD), ("south", NEW)]).unwrap();
    }
    let scheme =
        ApiKey::header("x-key").keys(keys).build().unwrap().and(ApiKey::bearer().keys(tokens).build().unwrap());
    Custom::builder("acme", scheme).build().unwrap().into_layer()
}

#[tokio::test]
async fn two_credentials_must_be_of_one_tenant() {
    let layer = both();
    let send = async |of_key: &str, key: &str, of_token: &str, token: &str| {
        let request = Request::post("/").header("x-of-key", of_key).header("x-of-token", of_token).header("x-key", key);
        let request = request.header("authorization", format!("Bearer {token}"));
        deliver(&layer, request.body(Full::<bytes::Bytes>::from("{}")).unwrap()).await
    };
    assert_eq!(send("north", OLD, "north", OLD).await.delivery().tenant(), Some("north"));
    let rejected = send("north", OLD, "south", NEW).await;
    assert_eq!(rejected.status, 401);
    let expected = RejectionReason::Other("the two credentials belong to two tenants");
    assert_eq!(rejected.rejection().and_then(Rejection::reason), Some(&expected));
    let wrong = send("north", NEW, "north", OLD).await;
    assert_eq!((wrong.head.headers, wrong.body), (rejected.head.headers, rejected.body));
}

/// The outcome of a delivery, and the key of its event.
async fn once(
    layer: &IdempotencyLayer<MemoryStore>,
    webhook: &WebhookLayer<Truemed>,
    path: &str,
) -> (Outcome, EventKey) {
    let body = Full::new(fixture("truemed/qualification_session_complete.json"));
    let request = Request::post(path).header("x-truemed-api-key", OLD).body(body).unwrap();
    let service = webhook.layer(layer.layer(Handler::default()));
    let response = service.oneshot(request).await.unwrap();
    (*response.extensions().get().unwrap(), *response.extensions().get().unwrap())
}

#[tokio::test]
async fn an_event_of_one_tenant_is_not_one_of_another() {
    let pepper = || Pepper::new("b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e58").unwrap();
    let layer = IdempotencyLayer::with_pepper(MemoryStore::new(), pepper());
    let clinics = Tenants::by_path_segment(0);
    clinics.replace([("north", OLD), ("south", OLD)]).unwrap();
    let webhook = truemed(clinics);
    let (first, north) = once(&layer, &webhook, "/north").await;
    let (other, south) = once(&layer, &webhook, "/south").await;
    assert_eq!((first, other), (Outcome::First, Outcome::First));
    assert_ne!(north, south);
    assert_eq!(once(&layer, &webhook, "/n%6Frth").await, (Outcome::Replayed, north));

    // Neither is it one of a route without tenants, nor of a scope with the same name.
    let fixed = Truemed::builder().api_key(Key::new(OLD)).build().unwrap().into_layer();
    let (outcome, alone) = once(&layer, &fixed, "/north").await;
    assert_eq!(outcome, Outcome::First);
    let scoped = IdempotencyLayer::with_pepper(MemoryStore::new(), pepper()).scope("north");
    let (_, in_scope) = once(&scoped, &fixed, "/north").await;
    assert!(![north, south].contains(&alone) && ![north, south, alone].contains(&in_scope));
}
