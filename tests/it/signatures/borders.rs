//! A signature proves one reading of the bytes that it covers.

use std::time::Duration;

use http::{Request, request::Parts};
use tower_webhook::{
    ConfigErrorKind,
    auth::{Part, Signature, SignatureBuilder},
};

use super::{KEY, hex, mac, map, verify};

const SIGNATURE: &str = "x-acme-signature";
/// A time of arrival at which each number of up to four digits is within a tolerance of a day.
const EARLY: u64 = 5_000;

/// What can vary in a delivery.
#[derive(Clone, Debug, Default, PartialEq)]
struct Values {
    id: Vec<u8>,
    time: Vec<u8>,
    uri: Vec<u8>,
    tag: Vec<u8>,
    query: Vec<u8>,
    body: Vec<u8>,
}

impl Values {
    fn of<'a>(&'a self, part: &'a Part) -> &'a [u8] {
        match part {
            Part::Literal(bytes) => bytes,
            Part::Timestamp => &self.time,
            Part::Id => &self.id,
            Part::Uri => &self.uri,
            Part::Header(_) => &self.tag,
            Part::Query => &self.query,
            Part::Body => &self.body,
            Part::Method => b"POST",
            Part::PublicUrl => URL.as_bytes(),
            _ => unreachable!(),
        }
    }

    fn slot(&mut self, part: &Part) -> Option<&mut Vec<u8>> {
        match part {
            Part::Timestamp => Some(&mut self.time),
            Part::Id => Some(&mut self.id),
            Part::Uri => Some(&mut self.uri),
            Part::Header(_) => Some(&mut self.tag),
            Part::Query => Some(&mut self.query),
            Part::Body => Some(&mut self.body),
            _ => None,
        }
    }

    fn head(&self, signature: &str) -> Option<Parts> {
        // A part list has a URI or a query.
        let uri = if self.uri.is_empty() { [b"/", &self.query[..]].concat() } else { self.uri.clone() };
        let (mut head, ()) = Request::post(&uri[..]).body(()).ok()?.into_parts();
        let unchanged = head.uri.path_and_query().is_some_and(|path| path.as_str().as_bytes() == uri);
        let is_query = self.query.is_empty() || self.query.starts_with(b"?");
        let signature = (SIGNATURE, signature.as_bytes());
        head.headers =
            map(&[signature, ("x-acme-id", &self.id), ("x-acme-when", &self.time), ("x-acme-tag", &self.tag)]);
        (unchanged && is_query).then_some(head)
    }
}

const URL: &str = "https://a.example/1";

fn tag() -> Part {
    Part::header("x-acme-tag")
}

/// A scheme that signs these parts, with a source for each.
fn signing(parts: &[Part]) -> SignatureBuilder {
    let builder = Signature::hmac_sha256(SIGNATURE).key(KEY).signed(parts.to_vec());
    let builder = if parts.contains(&Part::Id) { builder.id_header("x-acme-id") } else { builder };
    let builder = if parts.contains(&Part::PublicUrl) { builder.public_url(URL) } else { builder };
    match parts.contains(&Part::Timestamp) {
        true => builder.timestamp_header("x-acme-when").tolerance(Duration::from_secs(86_400)),
        false => builder,
    }
}

fn accepts(scheme: &Signature, signature: &str, values: &Values) -> bool {
    values.head(signature).is_some_and(|head| verify(scheme, &head, &values.body, EARLY).is_ok())
}

/// All values whose parts, one after another, are `bytes`.
fn readings(parts: &[Part], bytes: &[u8], values: &Values, known: &[Part], found: &mut Vec<Values>) {
    let Some((part, rest)) = parts.split_first() else {
        if bytes.is_empty() && !found.contains(values) {
            found.push(values.clone());
        }
        return;
    };
    let fixed = values.clone().slot(part).is_none() || known.contains(part);
    let ends = if fixed { values.of(part).len()..=values.of(part).len() } else { 0..=bytes.len() };
    for end in ends {
        let Some((piece, tail)) = bytes.split_at_checked(end) else { return };
        // Saves the time for what no scheme takes for RFC 3339.
        if *part == Part::Timestamp && bytes.contains(&b'T') && !matches!(piece.len(), 20..=27) {
            continue;
        }
        let mut values = values.clone();
        if !fixed {
            values.slot(part).unwrap().extend(piece);
        } else if values.of(part) != piece {
            continue;
        }
        readings(rest, tail, &values, &[known, std::slice::from_ref(part)].concat(), found);
    }
}

/// How many of the readings of one signed text a scheme accepts, of this one and all others.
fn accepted_readings(scheme: &Signature, parts: &[Part], values: &Values) -> Vec<Values> {
    let values = Values {
        uri: if parts.contains(&Part::Query) { Vec::new() } else { values.uri.clone() },
        query: if parts.contains(&Part::Query) { values.query.clone() } else { Vec::new() },
        ..values.clone()
    };
    let bytes: Vec<u8> = parts.iter().flat_map(|part| values.of(part)).copied().collect();
    let signature = hex(&mac(KEY.as_bytes(), &[&bytes]));
    let mut found = Vec::new();
    readings(parts, &bytes, &Values::default(), &[], &mut found);
    found.retain(|values| accepts(scheme, &signature, values));
    found
}

fn lit(text: &'static str) -> Part {
    Part::literal(text)
}

#[test]
fn parts_that_can_be_taken_apart_in_two_ways_are_refused() {
    use Part::{Body, Id, Method, PublicUrl, Query, Timestamp, Uri};
    let refused: [&[Part]; 27] = [
        &[tag(), Body],
        &[Body, tag()],
        &[tag(), Timestamp, lit("."), Body],
        &[tag(), tag(), lit("."), Body],
        &[Query, Timestamp, Body],
        &[Body, Query],
        &[Query, lit(""), Id, lit("."), Body],
        &[Id, lit(""), Body],
        &[Id, Body],
        &[Uri, Body],
        &[Body, Id],
        &[Body, Uri],
        &[Body, lit(""), Id],
        &[Id, Timestamp, lit("."), Body],
        &[Timestamp, Id, lit("."), Body],
        &[Id, Uri, lit("."), Body],
        &[Id, lit(""), lit(""), Uri, lit("."), Body],
        &[Timestamp, Timestamp, Body],
        &[Timestamp, lit("1"), Body],
        &[Timestamp, lit(""), lit("1."), Body],
        &[Timestamp, lit("0"), Id, lit("."), Body],
        &[Body, lit("1"), Timestamp],
        &[Body, lit(".1"), lit(""), Timestamp],
        &[Body, PublicUrl, Timestamp],
        &[Body, lit("."), Id, Timestamp],
        &[Body, lit("."), Timestamp, Id],
        &[Body, lit("."), Uri, Id],
    ];
    for parts in refused {
        let error = signing(parts).build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::Malformed, "{parts:?}");
        assert!(error.to_string().starts_with("what is signed next to the "), "{parts:?}: {error}");
    }
    // As documented by senders, and what can be read in one way.
    let built: [&[Part]; 19] = [
        &[tag(), lit("."), Body],
        &[Body, lit("."), tag()],
        &[Body, lit("."), tag(), lit("."), Timestamp],
        &[Method, PublicUrl, Query, Body, Timestamp],
        &[Query, lit("\n"), Body],
        &[Body],
        &[Timestamp, Body],
        &[Body, Timestamp],
        &[Timestamp, lit("."), Body],
        &[lit("v0:"), Timestamp, lit(":"), Body],
        &[lit("["), Timestamp, lit(";"), Body, lit("]")],
        &[Id, lit("."), Timestamp, lit("."), Body],
        &[PublicUrl, Body],
        &[Body, PublicUrl],
        &[Method, PublicUrl, Body, Timestamp],
        &[PublicUrl, Timestamp, Body],
        &[Timestamp, Method, Uri, lit("\n"), Body],
        &[Body, lit("."), Id],
        &[Body, lit("."), Id, lit("."), Timestamp, lit("1")],
    ];
    for parts in built {
        assert!(signing(parts).build().is_ok(), "{parts:?}");
    }
}

#[test]
fn a_border_cannot_be_moved() {
    let cases: [(&[Part], [&str; 3], [&str; 3]); 11] = [
        (&[tag(), lit("."), Part::Body], ["a", "", "1.b"], ["a.1", "", "b"]),
        (&[Part::Body, lit("."), tag()], ["a", "", "b.1"], ["1.a", "", "b"]),
        (&[Part::Query, Part::Body], ["?a=1", "", "2{}"], ["?a=12", "", "{}"]),
        (&[Part::Query, Part::Body], ["?a={", "", "}"], ["?a=", "", "{}"]),
        (&[Part::Id, lit("."), Part::Body], ["evt", "", "1.pay=1"], ["evt.1", "", "pay=1"]),
        (&[Part::Body, lit("."), Part::Id], ["evt", "", "pay=1.1"], ["1.evt", "", "pay=1"]),
        (&[Part::Id, lit("::"), Part::Body], ["a", "", ":b"], ["a:", "", "b"]),
        (&[Part::Body, lit("::"), Part::Id], ["a", "", "b:"], [":a", "", "b"]),
        (&[Part::Timestamp, Part::Body], ["", "17", "1"], ["", "171", ""]),
        (&[Part::Body, Part::Timestamp], ["", "017", "1"], ["", "17", "10"]),
        (&[Part::Uri, lit("."), Part::Body], ["/a", "", "b.c"], ["/a.b", "", "c"]),
    ];
    for (parts, first, second) in cases {
        let scheme = signing(parts).build().unwrap();
        let values = |[name, time, body]: [&str; 3]| {
            let name = name.as_bytes().to_vec();
            let [id, tag, query] = [&name; 3].map(Clone::clone);
            let uri = if parts.contains(&Part::Uri) { name } else { Vec::new() };
            let query = if parts.contains(&Part::Query) { query } else { Vec::new() };
            Values { id, tag, query, uri, time: time.into(), body: body.into() }
        };
        let bytes: [Vec<u8>; 2] =
            [first, second].map(|case| parts.iter().flat_map(|part| values(case).of(part).to_vec()).collect());
        assert_eq!(bytes[0], bytes[1]);
        let signature = hex(&mac(KEY.as_bytes(), &[&bytes[0]]));
        let both = [first, second].map(|case| accepts(&scheme, &signature, &values(case)));
        assert!(!both[0] || !both[1], "{parts:?}");
    }
}

/// A small generator with a fixed seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn parts(&mut self, most: usize) -> Vec<Part> {
        const LITERALS: [&str; 9] = ["", ".", "1", "..", ".1", "1.", "0", "/", "/."];
        let uri = if self.below(2) == 0 { Part::Uri } else { Part::Query };
        let mut parts: Vec<Part> = (0..self.below(most + 1))
            .map(|_| match self.below(10) {
                0 | 1 => Part::Timestamp,
                2 | 3 => Part::Id,
                4 => uri.clone(),
                5 => tag(),
                _ => lit(LITERALS[self.below(LITERALS.len())]),
            })
            .collect();
        parts.insert(self.below(parts.len() + 1), Part::Body);
        parts
    }

    fn text(&mut self, letters: &[u8], len: usize) -> Vec<u8> {
        (0..self.below(len + 1)).map(|_| letters[self.below(letters.len())]).collect()
    }

    fn values(&mut self) -> Values {
        Values {
            id: [self.text(b".1/", 3), b"1".to_vec()].concat(),
            time: [self.text(b"01", 2), b"1".to_vec()].concat(),
            uri: [b"/".to_vec(), self.text(b".1/", 2)].concat(),
            tag: self.text(b".1/", 2),
            query: if self.below(3) == 0 { Vec::new() } else { [b"?".to_vec(), self.text(b".1{", 2)].concat() },
            body: self.text(b".10/{?", 4),
        }
    }

    /// A time in RFC 3339, beside texts that look like its borders.
    fn rfc3339(&mut self) -> Values {
        const TIMES: [&str; 4] = [
            "1970-01-01T01:20:00Z",
            "1970-01-01T01:20:00.1Z",
            "1970-01-01T02:20:00+01:00",
            "1970-01-01T01:20:00-00:10",
        ];
        const TEXTS: [&str; 8] = ["", "1", "01:20:00Z", "1970-01-01T01:20:00Z", "+01:00", ".1Z", "Z", "1970-01-01T"];
        let text = |random: &mut Self| TEXTS[random.below(TEXTS.len())].into();
        let time = TIMES[self.below(TIMES.len())].into();
        Values { id: text(self), time, tag: text(self), body: text(self), uri: b"/".to_vec(), query: Vec::new() }
    }
}

/// `RANDOM_ROUNDS=100000` tries that many other part lists.
#[test]
#[expect(clippy::disallowed_methods, reason = "how long it runs is up to whoever calls it")]
fn no_signature_proves_two_readings() {
    let rounds: Option<u64> = std::env::var("RANDOM_ROUNDS").ok().map(|text| text.parse().unwrap());
    let mut random = Random(0x2545_f491_4f6c_dd1d ^ rounds.unwrap_or(0));
    let (mut built, mut accepted) = (0, 0);
    for _ in 0..rounds.unwrap_or(4_000) {
        let parts = random.parts(5);
        let Ok(scheme) = signing(&parts).build() else { continue };
        built += 1;
        for _ in 0..4 {
            let readings = accepted_readings(&scheme, &parts, &random.values());
            assert!(readings.len() < 2, "{parts:?}: {readings:?}");
            accepted += readings.len();
        }
    }
    // Most deliveries are taken: the law is not kept by refusing everything.
    assert!(built > 500 && accepted > built, "{built} part lists, {accepted} deliveries");
    println!("{built} part lists built, {accepted} deliveries accepted");
}

#[test]
fn no_signature_with_a_time_in_rfc_3339_proves_two_readings() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut built, mut accepted) = (0, 0);
    for _ in 0..1_500 {
        let parts = random.parts(3);
        if !parts.contains(&Part::Timestamp) || parts.contains(&Part::Uri) || parts.contains(&Part::Query) {
            continue;
        }
        let Ok(scheme) = signing(&parts).timestamp_in_rfc3339().build() else { continue };
        built += 1;
        for _ in 0..3 {
            let readings = accepted_readings(&scheme, &parts, &random.rfc3339());
            assert!(readings.len() < 2, "{parts:?}: {readings:?}");
            accepted += readings.len();
        }
    }
    assert!(built > 100 && accepted > built, "{built} part lists, {accepted} deliveries");
    println!("{built} part lists built, {accepted} deliveries accepted");
}

#[test]
fn a_time_in_rfc_3339_may_stand_anywhere() {
    use Part::{Body, Id, Timestamp};
    let built: [&[Part]; 6] = [
        &[Timestamp, Body],
        &[Body, Timestamp],
        &[Id, Timestamp, Body],
        &[Timestamp, lit("1"), Body],
        &[Timestamp, Id, lit("."), Body],
        &[Body, lit("."), Id, Timestamp],
    ];
    for parts in built {
        assert!(signing(parts).timestamp_in_rfc3339().build().is_ok(), "{parts:?}");
    }
    let refused: [&[Part]; 3] = [&[Body, Timestamp, Id], &[tag(), Timestamp, Body], &[Timestamp, Id, Body]];
    for parts in refused {
        let error = signing(parts).timestamp_in_rfc3339().build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::Malformed, "{parts:?}");
    }
}

#[test]
fn only_one_form_of_rfc_3339_is_a_time() {
    let scheme = signing(&[Part::Timestamp, Part::Body]).timestamp_in_rfc3339().build().unwrap();
    let accepted = |time: &str| {
        let values = Values { time: time.into(), body: b"{}".to_vec(), ..Values::default() };
        accepts(&scheme, &hex(&mac(KEY.as_bytes(), &[time.as_bytes(), b"{}"])), &values)
    };
    for time in [
        "1970-01-01T01:20:00Z",
        "1970-01-01T01:20:00.123456789Z",
        "1970-01-01T01:20:00.5+00:00",
        "1969-12-31T23:30:00-01:50",
    ] {
        assert!(accepted(time), "{time}");
    }
    for time in [
        "",
        "4800",
        "1970-01-01T01:20:00",
        "1970-01-01t01:20:00Z",
        "1970-01-01 01:20:00Z",
        "1970-01-01T01:20:00z",
        "1970-01-01T01:20Z",
        "1970-01-01T01:20:00.Z",
        "1970-01-01T01:20:00.1234567890Z",
        "1970-01-01T01:20:00+0000",
        "1970-01-01T01:20:00+00",
        "1970-01-01T01:20:00+00:00:00",
        "1970-01-01T01:20:00Z[UTC]",
        "1970-02-30T01:20:00Z",
        "1970-01-01T25:20:00Z",
        "19700101T012000Z",
        "+001970-01-01T01:20:00Z",
        " 1970-01-01T01:20:00Z",
        "1970-01-01T01:20:00Z ",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
    ] {
        assert!(!accepted(time), "{time}");
    }
}

/// Otherwise `500` with `01` and `5000` with `1` would have one signature.
#[test]
fn a_time_before_a_member_of_the_body_has_ten_digits() {
    let scheme = Signature::hmac_sha256(SIGNATURE)
        .key(KEY)
        .signed([Part::Timestamp, Part::member("token")])
        .timestamp_in_body("time")
        .tolerance(Duration::from_secs(86_400))
        .dangerous_unsigned_body()
        .build()
        .unwrap();
    let accepted = |time: &str, token: &str, now| {
        let signature = hex(&mac(KEY.as_bytes(), &[time.as_bytes(), token.as_bytes()]));
        let (mut head, ()) = Request::post("/").body(()).unwrap().into_parts();
        head.headers = map(&[(SIGNATURE, signature.as_bytes())]);
        verify(&scheme, &head, format!(r#"{{"time":"{time}","token":"{token}"}}"#).as_bytes(), now).is_ok()
    };
    assert!(accepted("1700000000", "1", super::NOW) && accepted("1700000000", "", super::NOW));
    assert!(
        !accepted("500", "01", EARLY) && !accepted("5000", "1", EARLY) && !accepted("01700000000", "1", super::NOW)
    );
}

#[test]
fn milliseconds_before_a_member_have_thirteen_digits_and_rfc_3339_shows_its_end() {
    let unsigned = || {
        let builder = Signature::hmac_sha256(SIGNATURE).key(KEY).signed([Part::Timestamp, Part::member("token")]);
        builder.timestamp_in_body("time").dangerous_unsigned_body()
    };
    let sent = |scheme: &Signature, time: &str| {
        let signature = hex(&mac(KEY.as_bytes(), &[time.as_bytes(), b"1"]));
        let (mut head, ()) = Request::post("/").body(()).unwrap().into_parts();
        head.headers = map(&[(SIGNATURE, signature.as_bytes())]);
        verify(scheme, &head, format!(r#"{{"time":"{time}","token":"1"}}"#).as_bytes(), super::NOW).is_ok()
    };
    let milliseconds = unsigned().timestamp_in_milliseconds().build().unwrap();
    assert!(sent(&milliseconds, "1700000000000") && !sent(&milliseconds, "01700000000000"));
    let rfc3339 = unsigned().timestamp_in_rfc3339().build().unwrap();
    assert!(sent(&rfc3339, "2023-11-14T22:13:20Z") && sent(&rfc3339, "2023-11-14T22:13:20.5Z"));
}

#[test]
fn a_member_can_be_signed_without_a_time() {
    let builder = Signature::hmac_sha256(SIGNATURE).key(KEY).signed([Part::member("token")]);
    let scheme = builder.dangerous_unsigned_body().build().unwrap();
    let signature = hex(&mac(KEY.as_bytes(), &[b"t-7"]));
    let (mut head, ()) = Request::post("/").body(()).unwrap().into_parts();
    head.headers = map(&[(SIGNATURE, signature.as_bytes())]);
    let verified = verify(&scheme, &head, br#"{"token":"t-7","more":1}"#, super::NOW).unwrap();
    assert_eq!((verified.covers_body(), verified.signed_at()), (false, None));
    assert!(verify(&scheme, &head, br#"{"token":"t-8"}"#, super::NOW).is_err());
}

#[test]
fn a_time_cannot_be_a_header_that_is_merely_signed() {
    let parts = [Part::header("x-acme-timestamp"), Part::literal("."), Part::Body];
    let error = Signature::hmac_sha256(SIGNATURE).key(KEY).signed(parts).build().unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::Malformed, "{error}");
}

#[test]
fn a_time_cannot_be_called_an_id() {
    for name in [
        "x-acme-timestamp",
        "X-Acme-Request-Timestamp",
        "x-acme-timestamp-ms",
        "x-acme-time-ms",
        "x-acme-epoch",
        "x-acme-created",
        "x-sent-at",
        "x_time",
        "date",
        "x-ts",
    ] {
        let parts = [Part::Id, Part::literal("."), Part::Body];
        let error = Signature::hmac_sha256(SIGNATURE).key(KEY).signed(parts).id_header(name).build().unwrap_err();
        let expected = "the header of the id is not well-formed: expected an id: a time belongs into `timestamp_header`, \
            which checks it";
        assert_eq!(error.to_string(), expected, "{name}");
    }
}

#[test]
fn one_header_cannot_be_two_things() {
    let parts = [Part::Timestamp, lit("."), Part::Id, lit("."), Part::Body];
    for (time, id) in [("x-same", "x-same"), (SIGNATURE, "x-id"), ("x-when", SIGNATURE)] {
        let builder = Signature::hmac_sha256(SIGNATURE).key(KEY).signed(parts.clone());
        let error = builder.timestamp_header(time).id_header(id).build().unwrap_err();
        assert_eq!(error.to_string(), "the name of a header is configured twice", "{time} {id}");
    }
}
