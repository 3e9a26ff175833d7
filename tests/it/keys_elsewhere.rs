//! Keys in the URL and in the body: found once, however they are spelt, and shown nowhere.

use std::{
    sync::{Arc, Mutex},
    time::SystemTime,
};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use tower_webhook::{
    ConfigErrorKind, RejectionReason, WebhookBody, WebhookLayer,
    auth::{ApiKey, ApiKeyBuilder, Head, Key, Keys, Scheme, keys::Tenants},
    provider::Custom,
};

use crate::support::{bodies::Untouchable, deliver};

const KEY: &str = "Zr41vw+new/and Random";
const OLD: &str = "kx7Gq2-old-and-random";

fn layer(scheme: impl Scheme) -> WebhookLayer<Custom<WebhookBody>> {
    Custom::builder("acme", scheme).raw().build().unwrap().into_layer()
}

fn keyed(builder: ApiKeyBuilder) -> WebhookLayer<Custom<WebhookBody>> {
    layer(builder.key(Key::new(OLD).label("old")).key(Key::new(KEY).label("new")).build().unwrap())
}

fn post(uri: &str, body: &str) -> Request<Full<Bytes>> {
    Request::post(uri).body(Full::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn a_key_in_the_query_is_one_in_all_spellings() {
    let layer = keyed(ApiKey::query("token"));
    for (uri, label) in [
        ("/?token=kx7Gq2-old-and-random", "old"),
        ("/a/b?x=1&token=%6bx7Gq2-old-and-random&y", "old"),
        ("/?t%6Fken=Zr41vw%2Bnew/and+Random", "new"),
        ("/?token=Zr41vw%2bnew%2Fand%20Random", "new"),
    ] {
        assert_eq!(deliver(&layer, post(uri, "{}")).await.delivery().key_label(), Some(label), "{uri}");
    }
    for uri in [
        "/",
        "/?",
        "/?token",
        "/?token=",
        "/?token=kx7Gq2-old-and-rando",
        "/?token=kx7Gq2-old-and-random0",
        "/?token=Kx7Gq2-old-and-random",
        "/?Token=kx7Gq2-old-and-random",
        "/?token=kx7Gq2-old-and-random&token=kx7Gq2-old-and-random",
        "/?token=kx7Gq2-old-and-random&t%6fken=",
        "/?token=kx7Gq2-old-and-random&token",
        "/?token=Zr41vw+new/and+Random",
        "/?token=%256bx7Gq2-old-and-random",
        "/token=kx7Gq2-old-and-random",
    ] {
        let outcome = deliver(&layer, Request::post(uri).body(Untouchable).unwrap()).await;
        assert_eq!(outcome.status, 401, "{uri}");
    }
}

#[tokio::test]
async fn a_key_in_the_path_is_one_in_all_spellings() {
    let layer = keyed(ApiKey::path_segment(1));
    for uri in ["/hooks/kx7Gq2-old-and-random", "/hooks/%6bx7Gq2-old-and-random/more?a=b", "//kx7Gq2-old-and-random"] {
        assert_eq!(deliver(&layer, post(uri, "{}")).await.status, 200, "{uri}");
    }
    for uri in ["/", "/hooks", "/hooks/", "/kx7Gq2-old-and-random", "/hooks/kx7Gq2-old-and-random%20", "/hooks/%6"] {
        let outcome = deliver(&layer, Request::post(uri).body(Untouchable).unwrap()).await;
        assert_eq!(outcome.status, 401, "{uri}");
    }
}

#[tokio::test]
async fn a_key_in_the_body_must_be_there_once() {
    let json = keyed(ApiKey::body("auth.passcode"));
    for body in [
        r#"{"auth":{"passcode":"kx7Gq2-old-and-random"}}"#,
        r#" {"a":[1],"auth":{"passcode":"\u006bx7Gq2-old-and-random","b":null}}"#,
    ] {
        assert_eq!(deliver(&json, post("/", body)).await.status, 200, "{body}");
    }
    let in_array = keyed(ApiKey::body("0.passcode"));
    assert_eq!(deliver(&in_array, post("/", r#"[{"passcode":"kx7Gq2-old-and-random"}]"#)).await.status, 200);
    for body in [
        "",
        "{}",
        "null",
        r#"{"auth":{"passcode":""}}"#,
        r#"{"auth":{"passcode":null}}"#,
        r#"{"auth":{"passcode":["kx7Gq2-old-and-random"]}}"#,
        r#"{"auth":"kx7Gq2-old-and-random"}"#,
        r#"{"auth":{"passcode":"kx7Gq2-old-and-random","passcode":"kx7Gq2-old-and-random"}}"#,
        r#"{"auth":{"passcode":"kx7Gq2-old-and-random","p\u0061sscode":1}}"#,
        r#"{"auth":{"passcode":"kx7Gq2-old-and-random"},"auth":{}}"#,
        r#"{"auth":{"passcode":"kx7Gq2-old-and-random"}} x"#,
        r#"{"auth":{"passcode":"kx7Gq2-old-and-random"}"#,
        r#"[{"auth":{"passcode":"kx7Gq2-old-and-random"}}]"#,
    ] {
        assert_eq!(deliver(&json, post("/", body)).await.status, 401, "{body}");
    }

    let form = keyed(ApiKey::form_field("token"));
    for body in ["token=kx7Gq2-old-and-random", "a=b&t%6Fken=%6bx7Gq2-old-and-random"] {
        assert_eq!(deliver(&form, post("/", body)).await.status, 200, "{body}");
    }
    for body in [
        "",
        "token",
        "token=",
        "Token=kx7Gq2-old-and-random",
        "token=kx7Gq2-old-and-random&token=kx7Gq2-old-and-random",
        "token=kx7Gq2-old-and-random&%74oken=x",
        r#"{"token":"kx7Gq2-old-and-random"}"#,
    ] {
        assert_eq!(deliver(&form, post("/", body)).await.status, 401, "{body}");
    }
}

/// Whatever is wrong, the sender sees the same.
#[tokio::test]
async fn all_failures_are_answered_with_the_same_bytes() {
    let builders: [(ApiKeyBuilder, [&str; 4]); 4] = [
        (ApiKey::query("token"), ["/", "/?token=", "/?token=x&token=x", "/?token=wrong-but-long-enough"]),
        (ApiKey::path_segment(0), ["/", "//", "/%6", "/wrong-but-long-enough"]),
        (ApiKey::body("token"), ["/", "/a", "/b", "/c"]),
        (ApiKey::form_field("token"), ["/", "/a", "/b", "/c"]),
    ];
    for (builder, uris) in builders {
        let layer = keyed(builder);
        let mut seen = Vec::new();
        let bodies = ["", r#"{"token":"x","token":"x"}"#, "token=&token=", r#"{"token":"wrong-but-long-enough"}"#];
        for (uri, body) in uris.into_iter().zip(bodies) {
            let outcome = deliver(&layer, post(uri, body)).await;
            seen.push((outcome.status, outcome.head.headers, outcome.body));
        }
        assert_eq!(seen[0].0, StatusCode::UNAUTHORIZED);
        assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    }
}

#[tokio::test]
async fn a_key_elsewhere_can_be_replaced_and_looked_up() {
    let keys = Keys::new([OLD]);
    let rotated = layer(ApiKey::query("token").keys(keys.clone()).build().unwrap());
    keys.replace(["another-key-and-random"]).unwrap();
    assert_eq!(deliver(&rotated, post("/?token=kx7Gq2-old-and-random", "")).await.status, 401);
    assert_eq!(deliver(&rotated, post("/?token=another-key-and-random", "")).await.status, 200);

    let clinics = Tenants::by_path_segment(0);
    clinics.insert("north", [OLD]).unwrap();
    let tenants = layer(ApiKey::body("passcode").keys(clinics).build().unwrap());
    let body = r#"{"passcode":"kx7Gq2-old-and-random"}"#;
    assert_eq!(deliver(&tenants, post("/north", body)).await.delivery().tenant(), Some("north"));
    let unknown = deliver(&tenants, post("/south", body)).await;
    assert_eq!(unknown.rejection().unwrap().reason(), Some(&RejectionReason::UnknownTenant));
}

#[tokio::test]
async fn a_key_in_the_url_is_seen_by_nobody_inside() {
    let cases = [
        (ApiKey::query("token"), "/a?x=1&token=kx7Gq2-old-and-random&y", "/a?x=1&token=redacted&y"),
        (ApiKey::query("token"), "/a?t%6Fken=%6bx7Gq2-old-and-random", "/a?t%6Fken=redacted"),
        (ApiKey::path_segment(1), "/hooks/kx7Gq2-old-and-random/x?y=1", "/hooks/redacted/x?y=1"),
    ];
    for (builder, uri, redacted) in cases {
        // By the handler, after a signature, and with another scheme around it.
        let scheme = builder.key(OLD).build().unwrap();
        assert!(!format!("{scheme:?}").contains(OLD));
        let both = scheme.clone().or(ApiKey::header("x-key").key(KEY).build().unwrap());
        let nested: Arc<dyn Scheme> = both.and(tower_webhook::auth::DangerousAcceptAll);
        let outcome = deliver(&layer(nested), post(uri, "{}")).await;
        assert_eq!(outcome.handled.unwrap().0.uri, redacted);

        // By hooks, even if the delivery is refused for another reason.
        let seen = Arc::new(Mutex::new(Vec::new()));
        let note = Arc::clone(&seen);
        let layer = Custom::builder("acme", scheme).build().unwrap().into_layer();
        let layer =
            layer.inspect_rejection(move |rejected| note.lock().unwrap().push(format!("{:?}", rejected.head())));
        assert_eq!(deliver(&layer, post(uri, "no JSON")).await.status, 400);
        assert_eq!(deliver(&layer, post(&uri.replace("random", "rando"), "")).await.status, 401);
        if uri.contains("=%6b") {
            let doubled = format!("{uri}&token=kx7Gq2-old-and-random");
            assert_eq!(deliver(&layer, post(&doubled, "")).await.status, 401);
        }
        let mut get = post(uri, "");
        *get.method_mut() = http::Method::GET;
        assert_eq!(deliver(&layer, get).await.status, 405);
        let seen = seen.lock().unwrap().join("\n");
        assert!(seen.contains("redacted") && !seen.contains("7Gq2-old"), "{seen}");
    }
}

/// `redacted` is longer than what it replaces, and a URI has at most 65,534 bytes.
#[tokio::test]
async fn a_uri_that_becomes_too_long_is_not_shown_at_all() {
    let key = || Key::new("7Gq2").dangerous_short();
    let long = "x".repeat(65_500);
    for (builder, uri) in [
        (ApiKey::query("token"), format!("/?token=7Gq2&token=&token=&token=&{long}")),
        (ApiKey::path_segment(0), format!("/7Gq2?{long}{}", "x".repeat(25))),
    ] {
        let scheme = builder.key(key()).build().unwrap();
        assert_eq!(scheme.redact(&uri.parse().unwrap()).unwrap(), "/");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let note = Arc::clone(&seen);
        let layer = Custom::builder("acme", scheme).build().unwrap().into_layer();
        let layer = layer.inspect_rejection(move |rejected| note.lock().unwrap().push(rejected.head().uri.clone()));
        assert!(deliver(&layer, post(&uri, "no JSON")).await.handled.is_none());
        assert_eq!(*seen.lock().unwrap(), ["/"]);
    }
}

#[test]
fn settings_that_cannot_be_used_are_errors() {
    let kind = |builder: ApiKeyBuilder| builder.key(OLD).build().unwrap_err().kind();
    assert_eq!(kind(ApiKey::query("")), ConfigErrorKind::Blank);
    assert_eq!(kind(ApiKey::form_field("")), ConfigErrorKind::Blank);
    assert_eq!(kind(ApiKey::body("")), ConfigErrorKind::Malformed);
    assert_eq!(kind(ApiKey::body("a..b")), ConfigErrorKind::Malformed);
    for builder in [ApiKey::query("k"), ApiKey::path_segment(0), ApiKey::body("k"), ApiKey::form_field("k")] {
        assert_eq!(builder.clone().build().unwrap_err().kind(), ConfigErrorKind::Missing);
        assert_eq!(builder.clone().key("").build().unwrap_err().kind(), ConfigErrorKind::Blank);
        assert_eq!(builder.key("short").build().unwrap_err().kind(), ConfigErrorKind::TooShort);
    }
}

#[test]
fn a_key_in_the_body_is_not_judged_by_the_head() {
    let scheme = ApiKey::body("k").key(OLD).build().unwrap();
    let (head, ()) = Request::post("/").body(()).unwrap().into_parts();
    assert_eq!(scheme.verify_head(&Head::new(&head, SystemTime::UNIX_EPOCH)), Ok(None));
}
