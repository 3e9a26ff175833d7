//! Handshakes: answered where they are genuine, and in the handler's place only then.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use tower_webhook::{
    ConfigErrorKind, RejectionKind, WebhookBody, WebhookLayer,
    auth::{ApiKey, Key},
    handshake::{Challenge, Handshake},
    provider::{Custom, RawDelivery},
};

use crate::support::{Delivered, bodies::Untouchable, deliver};

const KEY: &str = "Zr41vw-new-and-random";
const TOKEN: &str = "chosen in the dashboard+";

fn layer() -> WebhookLayer<Custom<WebhookBody>> {
    let scheme = ApiKey::header("x-acme-key").key(KEY).build().unwrap();
    Custom::builder("acme", scheme).raw().build().unwrap().into_layer()
}

async fn send(layer: &WebhookLayer<Custom<WebhookBody>>, key: &str, body: &str) -> Delivered {
    let request = Request::post("/").header("x-acme-key", key).body(Full::<Bytes>::from(body.to_owned())).unwrap();
    deliver(layer, request).await
}

fn assert_answered(outcome: &Delivered, content_type: &str, body: &str) {
    assert_eq!(outcome.status, 200);
    assert_eq!(outcome.body, body);
    assert_eq!(outcome.head.headers["content-type"], content_type);
    assert_eq!(outcome.head.headers["x-content-type-options"], "nosniff");
    assert!(outcome.handled.is_none() && outcome.rejection().is_none());
}

/// Each handshake as its provider sends it.
fn genuine() -> [(WebhookLayer<Custom<WebhookBody>>, &'static str); 4] {
    let slack = r#"{"token":"Jhj5dZrVaK7ZwHHjRyZWjbDl","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}"#;
    let interaction =
        r#"{"application_id":"1","entitlements":[],"id":"2","token":"t","type":1,"user":{"id":"3"},"version":1}"#;
    [
        (layer().handshake(Challenge::slack()), slack),
        (
            layer().handshake(Challenge::metriport()),
            r#"{"meta":{"messageId":"m","when":"2026-11-21","type":"ping"},"ping":"x-7"}"#,
        ),
        (layer().handshake(Challenge::discord()), interaction),
        (layer().handshake(Challenge::discord()), r#"{"version":1,"application_id":"1234560123453231555","type":0}"#),
    ]
}

#[tokio::test]
async fn an_authentic_handshake_is_answered_and_the_handler_does_not_run() {
    let [slack, metriport, interaction, webhook_event] = genuine();
    let challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P";
    assert_answered(&send(&slack.0, KEY, slack.1).await, "text/plain; charset=utf-8", challenge);
    assert_answered(&send(&metriport.0, KEY, metriport.1).await, "application/json", r#"{"pong":"x-7"}"#);
    assert_answered(&send(&metriport.0, KEY, r#"{"ping":"a\"b"}"#).await, "application/json", r#"{"pong":"a\"b"}"#);
    assert_answered(&send(&interaction.0, KEY, interaction.1).await, "application/json", r#"{"type":1}"#);

    let outcome = send(&webhook_event.0, KEY, webhook_event.1).await;
    assert_eq!(outcome.status, 204);
    assert!(outcome.body.is_empty() && outcome.handled.is_none());
}

#[tokio::test]
async fn a_handshake_that_is_not_authentic_is_refused_as_any_delivery() {
    for (layer, body) in genuine() {
        let handshake = send(&layer, "wrong", body).await;
        let delivery = send(&layer, "wrong", "{}").await;
        assert_eq!(handshake.kind(), Some(RejectionKind::Unauthenticated), "{body}");
        assert_eq!(
            (handshake.status, handshake.head.headers, handshake.body),
            (delivery.status, delivery.head.headers, delivery.body)
        );
        let request = Request::post("/").body(Full::<Bytes>::from(body)).unwrap();
        assert_eq!(deliver(&layer, request).await.status, 401, "{body}");
    }
}

#[tokio::test]
async fn without_being_asked_for_none_is_answered() {
    for (_, body) in genuine() {
        assert_eq!(send(&layer(), KEY, body).await.event::<WebhookBody>().bytes(), body);
    }
    let get = Request::get("/?hub.mode=subscribe&hub.verify_token=t&hub.challenge=1").body(Untouchable).unwrap();
    assert_eq!(deliver(&layer(), get).await.status, 405);
}

#[tokio::test]
async fn an_event_that_looks_like_a_handshake_reaches_the_handler() {
    let layer = layer().handshake(Challenge::slack()).handshake(Challenge::metriport()).handshake(Challenge::discord());
    let long = "x".repeat(1025);
    for body in [
        // Slack: more than a handshake holds, another type, a challenge that is no token.
        r#"{"type":"url_verification","challenge":"c","event":{"type":"message"}}"#,
        r#"{"type":"url_verification","challenge":"c","type":"event_callback"}"#,
        r#"{"type":"event_callback","challenge":"c"}"#,
        r#"{"type":"url_verification"}"#,
        r#"{"type":"url_verification","challenge":"<script>a b</script>"}"#,
        r#"{"type":"url_verification","challenge":"a\nb"}"#,
        r#"{"type":"url_verification","challenge":"ü"}"#,
        r#"{"type":"url_verification","challenge":""}"#,
        r#"["url_verification","c",null]"#,
        "type=url_verification&challenge=c",
        &format!(r#"{{"type":"url_verification","challenge":"{long}"}}"#),
        // Metriport: data beside the ping, or a ping that is none.
        r#"{"ping":"x","patients":[{}]}"#,
        r#"{"ping":"x","meta":{"type":"medical.consolidated-data"}}"#,
        r#"{"ping":7}"#,
        &format!(r#"{{"ping":"{long}"}}"#),
        // Discord: type 1 is any event of the webhook events, type 2 a command.
        r#"{"version":1,"application_id":"1","type":1,"event":{"type":"APPLICATION_AUTHORIZED"}}"#,
        r#"{"version":1,"application_id":"1","type":1,"token":"t","event":{}}"#,
        r#"{"id":"2","token":"t","type":1,"data":{}}"#,
        r#"{"id":"2","token":"t","type":2,"data":{}}"#,
        r#"{"type":0,"event":{}}"#,
        r#"{"type":0,"token":"t"}"#,
        r#"{"type":"0"}"#,
        r#"{"type":0.0}"#,
        &format!(r#"{{"type":0,"padding":"{}"}}"#, "x".repeat(16 << 10)),
    ] {
        let outcome = send(&layer, KEY, body).await;
        assert_eq!(outcome.event::<WebhookBody>().bytes(), body);
        assert_eq!(outcome.body, "handled");
    }
}

fn meta() -> WebhookLayer<Custom<WebhookBody>> {
    layer().handshake(Challenge::meta(TOKEN).unwrap())
}

async fn get(query: &str) -> Delivered {
    deliver(&meta(), Request::get(format!("/webhooks/meta?{query}")).body(Untouchable).unwrap()).await
}

#[tokio::test]
async fn meta_is_answered_by_whom_knows_the_token() {
    for query in [
        "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=chosen+in+the%20dashboard%2B",
        "tenant=7&hub.verify_token=chosen%20in%20the%20dashboard%2b&hub.mode=%73ubscribe&hub%2Echallenge=1158201444&",
    ] {
        assert_answered(&get(query).await, "text/plain; charset=utf-8", "1158201444");
    }
}

#[tokio::test]
async fn meta_is_refused_in_one_way_whatever_is_wrong() {
    let token = "hub.verify_token=chosen+in+the%20dashboard%2B";
    let first = get("hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong").await;
    let long = "1".repeat(1025);
    for query in [
        "hub.mode=subscribe&hub.challenge=1".to_owned(),
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=".to_owned(),
        format!("hub.mode=subscribe&{token}"),
        format!("hub.mode=subscribe&hub.challenge=&{token}"),
        format!("hub.challenge=1&{token}"),
        format!("hub.mode=unsubscribe&hub.challenge=1&{token}"),
        format!("hub.mode=subscribe&hub.challenge=1&{token}&{token}"),
        format!("hub.mode=subscribe&hub.challenge=1&hub.challenge=2&{token}"),
        format!("hub.mode=subscribe&hub.mode=subscribe&hub.challenge=1&{token}"),
        format!("hub.mode=subscribe&hub.challenge={long}&{token}"),
        format!("hub.mode=subscribe&hub.challenge=a%20b&{token}"),
        format!("hub.mode=subscribe&hub.challenge=a%0Ab&{token}"),
        format!("hub.mode=subscribe&hub.challenge=%FF&{token}"),
        format!("hub.mode=subscribe&hub.challenge=%E4%&{token}"),
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=chosen+in+the+dashboard%".to_owned(),
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=chosen+in+the+dashboard%2".to_owned(),
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=chosen+in+the+dashboard%zz".to_owned(),
    ] {
        let outcome = get(&query).await;
        assert_eq!(outcome.kind(), Some(RejectionKind::Unauthenticated), "{query}");
        assert_eq!((&outcome.head.headers, &outcome.body), (&first.head.headers, &first.body), "{query}");
        assert!(outcome.handled.is_none());
    }
}

#[tokio::test]
async fn other_requests_are_what_they_were_without_meta() {
    assert_eq!(get("").await.status, 405);
    assert_eq!(get("hub=1&mode=subscribe").await.status, 405);
    let query = "/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=chosen+in+the%20dashboard%2B";
    for method in [Method::PUT, Method::HEAD, Method::DELETE] {
        let request = Request::builder().method(method).uri(query).body(Untouchable).unwrap();
        assert_eq!(deliver(&meta(), request).await.status, 405);
    }
    let unsigned = Request::post(query).body(Untouchable).unwrap();
    assert_eq!(deliver(&meta(), unsigned).await.status, 401);
    assert_eq!(send(&meta(), KEY, "{}").await.event::<WebhookBody>().bytes(), "{}");
}

#[test]
fn metas_token_is_no_empty_one_and_is_never_shown() {
    use ConfigErrorKind::{Blank, Padded, TooShort};
    let padded = "canary-of-a-token-with-a-line\n";
    for (token, kind) in [("", Blank), (&" ".repeat(20), Blank), (padded, Padded), ("canary", TooShort)] {
        let error = Challenge::meta(token).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(!error.to_string().contains("canary"));
    }
    assert!(!format!("{:?}", Challenge::meta(Key::new("canary").dangerous_short()).unwrap()).contains("canary"));
}

/// Gives an answer that its status cannot carry.
struct Talkative;

impl Handshake for Talkative {
    fn answer_signed(&self, _: RawDelivery<'_>) -> Option<Response<Bytes>> {
        let mut answer = Response::new(Bytes::from_static(b"words"));
        *answer.status_mut() = StatusCode::NO_CONTENT;
        answer.headers_mut().insert("content-length", 5.into());
        Some(answer)
    }
}

#[tokio::test]
async fn an_answer_of_ones_own_leaves_without_a_body_where_there_can_be_none_and_the_first_wins() {
    let outcome = send(&layer().handshake(Talkative).handshake(Challenge::metriport()), KEY, r#"{"ping":"x"}"#).await;
    assert_eq!(outcome.status, 204);
    assert!(outcome.body.is_empty() && outcome.head.headers.is_empty());
    let outcome = send(&layer().handshake(Challenge::metriport()).handshake(Talkative), KEY, r#"{"ping":"x"}"#).await;
    assert_eq!(outcome.body, r#"{"pong":"x"}"#);
}

/// Answers one kind of request, and leaves all else to the defaults.
struct Signed;

impl Handshake for Signed {
    fn answer_signed(&self, _: RawDelivery<'_>) -> Option<Response<Bytes>> {
        None
    }
}

/// Would answer every unsigned body, but does not say how long one may be.
struct Unsigned;

impl Handshake for Unsigned {
    fn answer_unsigned_body(&self, _: &http::request::Parts, _: &Bytes) -> Option<Response<Bytes>> {
        Some(Response::default())
    }
}

/// Wants to see bodies, and answers none.
struct Silent;

impl Handshake for Silent {
    fn max_unsigned_body(&self) -> usize {
        16
    }
}

#[tokio::test]
async fn what_a_handshake_of_ones_own_leaves_out_answers_nothing() {
    let get = || Request::get("/").body(Untouchable).unwrap();
    let post = |body: &'static str| Request::post("/").body(Full::<Bytes>::from(body)).unwrap();
    for layer in [layer().handshake(Signed), layer().handshake(Unsigned), layer().handshake(Silent)] {
        let refused = deliver(&layer, get()).await;
        assert_eq!(refused.status, 405);
        assert_eq!(refused.head.headers["allow"], "POST");
        for body in ["", "1", "{}"] {
            assert_eq!(deliver(&layer, post(body)).await.status, 401, "{body:?}");
        }
        assert_eq!(send(&layer, KEY, "{}").await.body, "handled");
    }
}

#[tokio::test]
async fn the_longest_body_that_is_looked_at_is_answered() {
    let padded = |body: &str, len: usize| format!("{body}{}", " ".repeat(len - body.len()));
    let monday = layer().handshake(Challenge::monday());
    for (len, status) in [(1_024, 200), (1_025, 401)] {
        let body = padded(r#"{"challenge":"c-7"}"#, len);
        let request = Request::post("/").body(Full::<Bytes>::from(body)).unwrap();
        assert_eq!(deliver(&monday, request).await.status, status, "{len}");
    }
    let slack = layer().handshake(Challenge::slack());
    for (len, answer) in [(16_384, "c-7"), (16_385, "handled")] {
        let body = padded(r#"{"type":"url_verification","challenge":"c-7"}"#, len);
        assert_eq!(send(&slack, KEY, &body).await.body, answer, "{len}");
    }
    let longest = "c".repeat(1_024);
    let body = format!(r#"{{"type":"url_verification","challenge":"{longest}"}}"#);
    assert_eq!(send(&slack, KEY, &body).await.body, longest);
}
