//! Twilio: a form's fields in order, or the body's digest in the URL.

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{Request, request::Parts};
use tower_webhook::{
    ConfigErrorKind,
    auth::{Key, Twilio},
};

use super::{NOW, admits, flips, hex, verify};

const TOKEN: &str = "12345678901234567890123456789012";
const URL: &str = "https://mycompany.com/myapp.php";

fn sign(content: &[u8]) -> String {
    let key = hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, TOKEN.as_bytes());
    BASE64_STANDARD.encode(hmac::sign(&key, content))
}

fn twilio() -> Twilio {
    Twilio::builder().key(TOKEN).public_url(URL).build().unwrap()
}

fn head(path: &str, content_type: &str, signature: &str) -> Parts {
    let request = Request::post(path).header("content-type", content_type).header("x-twilio-signature", signature);
    request.body(()).unwrap().into_parts().0
}

fn form(signature: &str) -> Parts {
    head("/hooks?foo=1&bar=2", "application/x-www-form-urlencoded; charset=UTF-8", signature)
}

#[test]
fn the_documented_form_is_accepted() {
    // Twilio's own example, whose token has five letters.
    let scheme = Twilio::builder().key(Key::new("12345").dangerous_short()).public_url(URL).build().unwrap();
    let body = b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
    let head = form("RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    assert!(verify(&scheme, &head, body, NOW).is_ok());
    for flipped in flips(body) {
        // A `%2b` is a `%2B`.
        if !flipped.eq_ignore_ascii_case(body) {
            assert!(verify(&scheme, &head, &flipped, NOW).is_err());
        }
    }
}

#[test]
fn fields_are_signed_in_order_and_pairs_once() {
    let url = format!("{URL}?foo=1&bar=2");
    let unsorted = sign(format!("{url}a b&B2a%A1").as_bytes());
    let sorted = sign(format!("{url}A1B2a b&a%").as_bytes());
    for body in ["a=+b%26&B=2&a=%25&A=1", "A=1&B=2&a=%&a=%20b%26&", "&a=+b%26&a=+b%26&a=%25&A=1&B=2"] {
        let verified = verify(&twilio(), &form(&sorted), body.as_bytes(), NOW).unwrap();
        assert!(!verified.covers_body());
        assert_eq!(verified.key_label(), Some("1"));
        assert!(verify(&twilio(), &form(&unsorted), body.as_bytes(), NOW).is_err());
    }
}

#[test]
fn the_port_may_be_in_what_was_signed_or_not() {
    for configured in [URL, "https://mycompany.com:443/myapp.php"] {
        let scheme = Twilio::builder().key(TOKEN).public_url(configured).build().unwrap();
        for signed in [URL, "https://mycompany.com:443/myapp.php"] {
            let head = form(&sign(format!("{signed}?foo=1&bar=2a1").as_bytes()));
            assert!(verify(&scheme, &head, b"a=1", NOW).is_ok());
        }
        let head = form(&sign(b"https://mycompany.com:8443/myapp.php?foo=1&bar=2a1"));
        assert!(verify(&scheme, &head, b"a=1", NOW).is_err());
    }
}

#[test]
fn another_body_must_be_promised_by_the_url() {
    let body = b"{\"a\":1}";
    let pair = format!("bodySHA256={}", hex(digest(&SHA256, body).as_ref()));
    // Behind other text the digest may be the end of a form: it is taken, and not called a signed body.
    for (query, covers_body) in [(pair.clone(), true), (format!("x=1&{pair}"), false)] {
        let signature = sign(format!("{URL}?{query}").as_bytes());
        let path = format!("/hooks?{query}");
        let good = head(&path, "application/json", &signature);
        assert_eq!(verify(&twilio(), &good, body, NOW).unwrap().covers_body(), covers_body);
        for flipped in flips(body) {
            assert!(verify(&twilio(), &good, &flipped, NOW).is_err());
        }
        // The media type is not signed: called a form, an empty one would be signed by the URL alone.
        let renamed = head(&path, "application/x-www-form-urlencoded", &signature);
        assert!(verify(&twilio(), &renamed, b"&&", NOW).is_err());
    }
    for query in ["x=1", "bodySHA256=00", &format!("{pair}&{pair}"), &format!("{pair}&x=1"), &format!("x{pair}")] {
        let signature = sign(format!("{URL}?{query}").as_bytes());
        let head = head(&format!("/hooks?{query}"), "application/json", &signature);
        assert!(!admits(&twilio(), &head, NOW), "{query}: the body is not covered, and so not read");
    }
}

#[test]
fn a_text_within_a_signed_form_does_not_promise_another_body() {
    let forged_body = b"{\"forged\":1}";
    let pair = format!("bodySHA256={}", hex(digest(&SHA256, forged_body).as_ref()));
    let text = format!("&{pair}&");
    let signature = sign(format!("{URL}?x=1Body{text}From1").as_bytes());
    let genuine = head("/hooks?x=1", "application/x-www-form-urlencoded", &signature);
    let form = format!("From=1&Body={}", text.replace('&', "%26").replace('=', "%3D"));
    assert!(verify(&twilio(), &genuine, form.as_bytes(), NOW).is_ok());
    let forged = head(&format!("/hooks?x=1Body{text}From1"), "application/json", &signature);
    assert!(verify(&twilio(), &forged, forged_body, NOW).is_err());
}

#[test]
fn a_form_of_very_many_fields_is_refused() {
    let send = |fields: usize| {
        let body: String = (0..fields).map(|number| format!("{number:05}=&")).collect();
        let signed: String = (0..fields).map(|number| format!("{number:05}")).collect();
        verify(&twilio(), &form(&sign(format!("{URL}?foo=1&bar=2{signed}").as_bytes())), body.as_bytes(), NOW)
    };
    assert!(send(1_024).is_ok());
    assert!(send(1_025).is_err());
}

#[test]
fn a_malformed_signature_is_refused_on_the_head() {
    for signature in ["", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "RSOYDt4T1cUTdK1PDd93_VVr8B8=", "AAAA"] {
        assert!(!admits(&twilio(), &form(signature), NOW));
    }
}

#[test]
fn build_wants_a_token_and_a_url() {
    let kind = |url: &str| Twilio::builder().key(TOKEN).public_url(url).build().unwrap_err().kind();
    for url in ["mycompany.com/x", "ftp://mycompany.com/x", "https://mycompany.com", "https://mycompany.com/?a=1"] {
        assert_eq!(kind(url), ConfigErrorKind::Malformed, "{url}");
    }
    assert_eq!(Twilio::builder().public_url(URL).build().unwrap_err().kind(), ConfigErrorKind::Missing);
    assert_eq!(Twilio::builder().key(TOKEN).build().unwrap_err().kind(), ConfigErrorKind::Missing);
}
