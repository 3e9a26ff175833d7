//! Malformed signatures and times, through a real layer: one answer to all of them, and the body is never read.

use bytes::Bytes;
use http::HeaderMap;
use tower_webhook::{
    WebhookLayer,
    auth::{Encoding, Part, Scheme, Signature, SignatureBuilder},
};

use super::{KEY, NOW, Opaque, full, head, hex, layer, mac, request, timed, verify};
use crate::support::{bodies::Untouchable, deliver};

type Headers<'a> = &'a [(&'static str, &'a [u8])];

const SIGNATURE: &str = "x-acme-signature";
const TIMESTAMP: &str = "x-acme-timestamp";

/// Refuses before the body is read, with the same bytes each time.
struct Refuses {
    layer: WebhookLayer<Opaque>,
    first: Option<(HeaderMap, Bytes)>,
}

impl Refuses {
    fn new(scheme: impl Scheme) -> Self {
        Self { layer: layer(scheme), first: None }
    }

    async fn check(&mut self, headers: Headers<'_>) {
        let outcome = deliver(&self.layer, request(headers, Untouchable)).await;
        let shown: Vec<_> = headers.iter().map(|(name, value)| (name, String::from_utf8_lossy(value))).collect();
        assert_eq!(outcome.status, 401, "{shown:?}");
        let response = (outcome.head.headers, outcome.body);
        assert_eq!(*self.first.get_or_insert_with(|| response.clone()), response, "{shown:?}");
    }
}

fn signature(encoding: Encoding, bytes: &[u8]) -> String {
    use base64::{Engine, prelude::*};
    match encoding {
        Encoding::Hex => hex(bytes),
        Encoding::Base64 => BASE64_STANDARD.encode(bytes),
        _ => BASE64_URL_SAFE.encode(bytes),
    }
}

/// The body's MAC, made for a body whose signature has a letter that only one alphabet of base64 knows.
fn body_with_both_letters() -> (Vec<u8>, Vec<u8>) {
    (0..10_000_u32)
        .map(|number| number.to_string().into_bytes())
        .map(|body| (mac(KEY.as_bytes(), &[&body]), body))
        .find(|(mac, _)| {
            let text = signature(Encoding::Base64, mac);
            text.contains('+') && text.contains('/')
        })
        .unwrap()
}

#[tokio::test]
async fn a_malformed_signature_is_refused_unread() {
    let (mac, _) = body_with_both_letters();
    let [hex, padded, url] = [Encoding::Hex, Encoding::Base64, Encoding::Base64Url].map(|way| signature(way, &mac));
    let bare = padded.trim_end_matches('=').to_owned();
    let mut unused_bits = padded.clone().into_bytes();
    unused_bits[42] += 1;
    let in_a_row = format!("{}={}", &padded[..3], &padded[..40]);
    let too_many = [hex.as_str(), "00"].concat();

    let mut refuses = Refuses::new(Signature::hmac_sha256(SIGNATURE).key(KEY).build().unwrap());
    for value in
        [&padded, &url, &too_many, &format!("0x{}", &hex[2..]), &format!(" {}", &hex[1..]), &format!("g{}", &hex[1..])]
    {
        refuses.check(&[(SIGNATURE, value.as_bytes())]).await;
    }
    let scheme = Signature::hmac_sha256(SIGNATURE).key(KEY).encoding(Encoding::Base64).build().unwrap();
    let mut refuses = Refuses::new(scheme);
    for value in [&hex, &url, &bare, &in_a_row, &format!("{padded}="), &format!("{padded}===="), &format!("{bare} ")] {
        refuses.check(&[(SIGNATURE, value.as_bytes())]).await;
    }
    refuses.check(&[(SIGNATURE, &unused_bits)]).await;
    let scheme = Signature::hmac_sha256(SIGNATURE).key(KEY).encoding(Encoding::Base64Url).build().unwrap();
    let mut refuses = Refuses::new(scheme);
    for value in [&hex, &padded, &bare, &format!("{url}=")] {
        refuses.check(&[(SIGNATURE, value.as_bytes())]).await;
    }
}

#[tokio::test]
async fn a_signature_of_any_other_length_is_refused_unread() {
    for encoding in [Encoding::Hex, Encoding::Base64, Encoding::Base64Url] {
        let scheme = Signature::hmac_sha256(SIGNATURE).key(KEY).encoding(encoding).build().unwrap();
        let mut refuses = Refuses::new(scheme);
        for len in (0..=64).filter(|len| *len != 32) {
            refuses.check(&[(SIGNATURE, signature(encoding, &vec![0xfb; len]).as_bytes())]).await;
        }
        for len in 0..=64 {
            // As text; 64 letters of hex and 43 of the URL-safe alphabet, which ends in unused bits that are zero,
            // are signatures, and the body shows them to be wrong.
            let well_formed = matches!((encoding, len), (Encoding::Hex, 64) | (Encoding::Base64Url, 43));
            if !well_formed {
                refuses.check(&[(SIGNATURE, "A".repeat(len).as_bytes())]).await;
            }
            refuses.check(&[(SIGNATURE, &vec![0xe9; len])]).await;
        }
    }
}

#[tokio::test]
async fn a_header_that_is_missing_doubled_or_without_its_prefix_is_refused_unread() {
    let time = NOW.to_string();
    let good = format!("v0={}", hex(&mac(KEY.as_bytes(), &[b"v0:", time.as_bytes(), b":{}"])));
    let (signature, time) = ((SIGNATURE, good.as_bytes()), (TIMESTAMP, time.as_bytes()));
    let mut refuses = Refuses::new(timed().key(KEY).build().unwrap());
    let accepted = deliver(&refuses.layer, request(&[signature, time], full(b"{}"))).await;
    assert_eq!(accepted.status, 200);

    let cases: [Headers<'_>; 8] = [
        &[],
        &[signature],
        &[time],
        &[signature, signature, time],
        &[signature, time, time],
        &[signature, (SIGNATURE, b""), time],
        &[(TIMESTAMP, b""), signature, time],
        &[(SIGNATURE, b"v0="), time],
    ];
    for headers in cases {
        refuses.check(headers).await;
    }
    for prefix in ["", "V0=", "v1=", "v0:", " v0=", "v0= ", "v0=v0="] {
        refuses.check(&[(SIGNATURE, good.replace("v0=", prefix).as_bytes()), time]).await;
    }
    for list in [2, 9, 1_000] {
        refuses.check(&[(SIGNATURE, vec![&good[..]; list].join(" ").as_bytes()), time]).await;
    }
}

const NO_TIMES: [&str; 20] = [
    "",
    "+1",
    "+1700000000",
    "-1700000000",
    " 1",
    "17000 00000",
    "1.0",
    "1700000000.0",
    "1e9",
    "1.7e9",
    "0x6553f100",
    "1700000000,",
    "1_700_000_000",
    "17000000000000000000",
    "99999999999999999999",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "9999999999999999",
    "0",
];

#[tokio::test]
async fn a_malformed_or_stale_time_is_refused_unread() {
    let signature = format!("v0={}", hex(&[7; 32]));
    let mut refuses = Refuses::new(timed().key(KEY).build().unwrap());
    for time in NO_TIMES.iter().map(|time| time.as_bytes()).chain([&b"17\xff0000000"[..], "１７".as_bytes()]) {
        refuses.check(&[(SIGNATURE, signature.as_bytes()), (TIMESTAMP, time)]).await;
    }
    for time in [NOW - 301, NOW + 301, NOW * 1000] {
        refuses.check(&[(SIGNATURE, signature.as_bytes()), (TIMESTAMP, time.to_string().as_bytes())]).await;
    }
}

#[tokio::test]
async fn a_time_within_the_tolerance_is_accepted_as_it_was_written() {
    let layer = layer(timed().key(KEY).build().unwrap());
    for time in [NOW - 300, NOW, NOW + 300] {
        for time in [time.to_string(), format!("0{time}"), format!("000000{time}")] {
            let signature = format!("v0={}", hex(&mac(KEY.as_bytes(), &[b"v0:", time.as_bytes(), b":{}"])));
            let headers = [(SIGNATURE, signature.as_bytes()), (TIMESTAMP, time.as_bytes())];
            assert_eq!(deliver(&layer, request(&headers, full(b"{}"))).await.status, 200, "{time}");
        }
    }
}

fn in_pairs() -> SignatureBuilder {
    Signature::hmac_sha256(SIGNATURE).pairs(',', "t", "v1").signed([Part::Timestamp, Part::literal("."), Part::Body])
}

#[tokio::test]
async fn pairs_hold_one_time_and_up_to_eight_signatures() {
    let scheme = in_pairs().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build().unwrap();
    // The key is the text as it stands, and not what it would decode to.
    let right = hex(&mac(b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &[b"1700000000.{}"]));
    let wrong = hex(&[7; 32]);
    let layer = layer(scheme.clone());
    for value in [
        format!("t=1700000000,v1={right}"),
        format!("v1={right},t=1700000000"),
        format!("t=1700000000, v1={right}"),
        format!("t=1700000000,\t  v1={wrong}, v1={right}"),
        format!("t=1700000000,v1={wrong},v1={right},v0=x,new=a=b"),
        format!("t=1700000000{},v1={right}", format!(",v1={wrong}").repeat(7)),
    ] {
        assert_eq!(
            deliver(&layer, request(&[(SIGNATURE, value.as_bytes())], full(b"{}"))).await.status,
            200,
            "{value}"
        );
    }
    let mut refuses = Refuses::new(scheme);
    for value in [
        String::new(),
        ",".to_owned(),
        "t=,v1=".to_owned(),
        "t=1700000000".to_owned(),
        format!("v1={right}"),
        format!("t=1700000000,v0={right}"),
        format!("T=1700000000,v1={right}"),
        format!("t =1700000000,v1={right}"),
        format!("t= 1700000000,v1={right}"),
        format!("t=1700000000,v1= {right}"),
        format!("t=1700000000,v1={right},=x"),
        format!("t=1700000000,v1={right},t =1"),
        format!("t=1700000000,v1={right}, t=1700000000,v1={right}"),
        format!("t=1700000000,t=1700000000,v1={right}"),
        format!("t=1700000000,v1={right},"),
        format!("t=1700000000,v1={right},x"),
        format!("t=1700000000,v1={right},v1={}", &right[1..]),
        format!("t=1700000000{}", format!(",v1={right}").repeat(9)),
        format!("t=1700000000{}", format!(",v1={right}").repeat(1_000)),
    ] {
        refuses.check(&[(SIGNATURE, value.as_bytes())]).await;
    }
    for time in NO_TIMES {
        refuses.check(&[(SIGNATURE, format!("t={time},v1={right}").as_bytes())]).await;
    }
}

#[tokio::test]
async fn a_wrong_signature_is_answered_as_a_malformed_one_is() {
    let layer = layer(timed().key(KEY).build().unwrap());
    let mut answers = Vec::new();
    for signature in ["", "v0=", &format!("v0={}", hex(&[7; 32]))] {
        let headers = [(SIGNATURE, signature.as_bytes()), (TIMESTAMP, &b"1700000000"[..])];
        let outcome = deliver(&layer, request(&headers, full(b"{}"))).await;
        assert_eq!(outcome.status, 401);
        answers.push((outcome.head.headers, outcome.body));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn bodies_are_bytes() {
    let scheme = Signature::hmac_sha256(SIGNATURE).key(KEY).build().unwrap();
    for body in [&b""[..], b"\xff\xfe\x00", b"\xef\xbb\xbf{}", b"{}\r\n", b"\xed\xa0\x80"] {
        let right = hex(&mac(KEY.as_bytes(), &[body]));
        assert!(verify(&scheme, &head(&[(SIGNATURE, right.as_bytes())]), body, NOW).is_ok());
        assert!(verify(&scheme, &head(&[(SIGNATURE, right.to_uppercase().as_bytes())]), body, NOW).is_ok());
        let lossy = String::from_utf8_lossy(body).into_owned() + " ";
        assert!(verify(&scheme, &head(&[(SIGNATURE, right.as_bytes())]), lossy.as_bytes(), NOW).is_err());
    }
}

#[test]
fn no_bytes_of_a_header_make_it_panic() {
    let list = Signature::hmac_sha256(SIGNATURE)
        .key(KEY)
        .list(',')
        .prefix("v1=")
        .encoding(Encoding::Base64Url)
        .build()
        .unwrap();
    let (pairs, one) = (in_pairs().key(KEY).build().unwrap(), timed().key(KEY).build().unwrap());
    // A small generator with a fixed seed; most of its bytes are those that the parsers look for.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap()
    };
    for _ in 0..20_000 {
        let mut text = || -> Vec<u8> {
            let letters = b"t=v1,v0=,= 0123456789abcdefAZ+/-_.\xff\x80\t";
            (0..next() % 120).map(|_| letters[next() % letters.len()]).collect()
        };
        let (signature, time) = (text(), text());
        let head = head(&[(SIGNATURE, &signature), (TIMESTAMP, &time)]);
        assert!(verify(&one, &head, b"{}", NOW).is_err());
        assert!(verify(&list, &head, b"{}", NOW).is_err());
        assert!(verify(&pairs, &head, b"{}", NOW).is_err());
    }
}

#[test]
fn the_border_between_an_id_and_the_rest_cannot_be_moved() {
    let parts = [Part::Id, Part::literal("."), Part::Timestamp, Part::literal("."), Part::Body];
    let scheme =
        Signature::hmac_sha256(SIGNATURE).key(KEY).signed(parts).id_header("x-acme-id").timestamp_header(TIMESTAMP);
    let scheme = scheme.build().unwrap();
    let old = NOW - 100_000;
    let signed = format!("msg.{old}.note=.{NOW}.[1]");
    let signature = hex(&mac(KEY.as_bytes(), &[signed.as_bytes()]));
    let verify = |id: &str, time: u64, body: &str, now: u64| {
        let time = time.to_string();
        let headers = [(SIGNATURE, signature.as_bytes()), ("x-acme-id", id.as_bytes()), (TIMESTAMP, time.as_bytes())];
        verify(&scheme, &head(&headers), body.as_bytes(), now)
    };
    assert_eq!(verify("msg", old, &format!("note=.{NOW}.[1]"), old).unwrap().signed_id(), Some("msg"));
    // The same bytes, read in another way, would be fresh again, and another event.
    assert!(verify(&format!("msg.{old}.note="), NOW, "[1]", NOW).is_err());
}
