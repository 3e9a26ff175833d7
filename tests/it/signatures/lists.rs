//! Several signatures in a header: blanks, names of other versions, and rotations.

use tower_webhook::{
    WebhookLayer,
    auth::{Key, Part, Signature, SignatureBuilder},
};

use super::{KEY, Opaque, full, hex, layer, mac, request};
use crate::support::{bodies::Untouchable, deliver};

const SIGNATURE: &str = "x-acme-signature";
const OLD: &str = "kx7Gq2-old-and-random";

/// The status, and the label of the key that matched.
async fn send(layer: &WebhookLayer<Opaque>, values: &[String]) -> (u16, Option<String>) {
    let headers: Vec<_> = values.iter().map(|value| (SIGNATURE, value.as_bytes())).collect();
    let outcome = deliver(layer, request(&headers, full(b"{}"))).await;
    let label = outcome.handled.as_ref().and_then(|_| outcome.delivery().key_label().map(str::to_owned));
    (outcome.status.as_u16(), label)
}

async fn is_refused_unread(layer: &WebhookLayer<Opaque>, values: &[String]) {
    let headers: Vec<_> = values.iter().map(|value| (SIGNATURE, value.as_bytes())).collect();
    assert_eq!(deliver(layer, request(&headers, Untouchable)).await.status, 401, "{values:?}");
}

fn two_keys(builder: SignatureBuilder) -> WebhookLayer<Opaque> {
    layer(builder.key(Key::new(OLD).label("old")).key(Key::new(KEY).label("new")).build().unwrap())
}

fn timed() -> SignatureBuilder {
    Signature::hmac_sha256(SIGNATURE).signed([Part::Timestamp, Part::literal("."), Part::Body])
}

/// Of a time and `{}`.
fn signed(key: &str, time: &str) -> String {
    hex(&mac(key.as_bytes(), &[time.as_bytes(), b".{}"]))
}

#[tokio::test]
async fn workos_puts_a_blank_behind_the_comma() {
    let time = "1700000000000";
    let layer = layer(timed().pairs(',', "t", "v1").timestamp_in_milliseconds().key(KEY).build().unwrap());
    let value = format!("t={time}, v1={}", signed(KEY, time));
    assert_eq!(send(&layer, &[value]).await.0, 200);
}

#[tokio::test]
async fn a_list_may_have_blanks_behind_its_separator() {
    let builder = || Signature::hmac_sha256(SIGNATURE).prefix("v1=");
    let [old, new, other] = [OLD, KEY, "key-of-somebody-else"].map(|key| hex(&mac(key.as_bytes(), &[b"{}"])));
    for (separator, between) in [(',', ", "), (',', ",\t"), (';', ";   "), (' ', "  "), ('|', "|")] {
        let layer = two_keys(builder().list(separator));
        for (signature, label) in [(&old, "old"), (&new, "new")] {
            let value = [format!("v1={other}"), "v0=x".to_owned(), format!("v1={signature}")].join(between);
            assert_eq!(send(&layer, &[value]).await, (200, Some(label.to_owned())), "{between:?}");
        }
        is_refused_unread(&layer, &[vec![format!("v1={new}"); 9].join(between)]).await;
        is_refused_unread(&layer, &[format!("v1={new}{between}v1={}", &old[1..])]).await;
    }
}

#[tokio::test]
async fn a_rotation_can_send_two_pairs() {
    let layer = two_keys(timed().list(' ').pairs(',', "t", "v1"));
    let pair = |time: &str, key| format!("t={time},v1={}", signed(key, time));
    let (now, later) = ("1700000000", "1700000001");
    let new = || pair(now, KEY);
    for value in [new(), format!("{} {}", new(), pair(now, "key-of-somebody-else")), format!("t={now},v0=x  {}", new())]
    {
        assert_eq!(send(&layer, std::slice::from_ref(&value)).await, (200, Some("new".to_owned())), "{value}");
    }
    for value in [
        format!("{} {}", new(), pair(later, OLD)),
        format!("{} v1={}", new(), signed(OLD, now)),
        format!("{} t={now},t={now},v1={}", new(), signed(OLD, now)),
        format!("{} x", new()),
        vec![new(); 9].join(" "),
    ] {
        is_refused_unread(&layer, &[value]).await;
    }
}

#[tokio::test]
async fn a_repeated_header_is_refused_unless_it_is_allowed() {
    let builder = || Signature::hmac_sha256(SIGNATURE).prefix("sha256=");
    let [old, new, other] =
        [OLD, KEY, "key-of-somebody-else"].map(|key| format!("sha256={}", hex(&mac(key.as_bytes(), &[b"{}"]))));
    let strict = two_keys(builder());
    is_refused_unread(&strict, &[old.clone(), new.clone()]).await;

    let layer = two_keys(builder().repeated_header());
    for (values, label) in [
        (vec![new.clone()], "new"),
        (vec![other.clone(), new.clone()], "new"),
        (vec![old.clone(), other.clone()], "old"),
        ([vec![other.clone(); 7], vec![old.clone()]].concat(), "old"),
    ] {
        assert_eq!(send(&layer, &values).await, (200, Some(label.to_owned())), "{values:?}");
    }
    for values in
        [vec![], vec![other.clone(); 9], vec![new.clone(), String::new()], vec![new.clone(), "v0=x".to_owned()]]
    {
        is_refused_unread(&layer, &values).await;
    }
    assert_eq!(send(&layer, &[other]).await.0, 401);

    // With the time in the header, each value has the same.
    let timed = two_keys(timed().pairs(',', "t", "v1").repeated_header());
    let pair = |time: &str, key| format!("t={time},v1={}", signed(key, time));
    let both = [pair("1700000000", "key-of-somebody-else"), pair("1700000000", KEY)];
    assert_eq!(send(&timed, &both).await.0, 200);
    is_refused_unread(&timed, &[pair("1700000001", OLD), pair("1700000000", KEY)]).await;
}
