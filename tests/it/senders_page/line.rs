//! A line of docs/senders.md, such as `Signature::hmac_sha256("x-signature").prefix("v1=")`: read, built, and used to sign
//! deliveries by what it says.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
    time::Duration,
};

use aws_lc_rs::{
    encoding::AsDer,
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::Request;
use http_body_util::Full;
use tower_webhook::auth::{ApiKey, At, Encoding, Key, Part, Scheme, Signature, SignatureBuilder};

pub(super) const NOW: u64 = 1_700_000_000;
const NOW_IN_RFC3339: &str = "2023-11-14T22:13:20Z";
const KEY: &[u8] = b"Zr41vw-new-and-random";
const BODY: &str = r#"[{"event":"created","id":"evt_1"}]"#;
const URL: &str = "https://hooks.example.com/hook";

/// One call of a chain: its name, and its arguments as they are written.
type Call = (String, Vec<String>);

/// A delivery before it is a request.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) uri: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Sent {
    pub(super) fn request(&self) -> Request<Full<Bytes>> {
        let headers = self.headers.iter();
        let request = headers.fold(Request::post(&self.uri), |request, (name, value)| request.header(name, value));
        request.body(Full::from(self.body.clone())).unwrap()
    }
}

/// What a line says.
pub(super) enum Line {
    Signed(Box<Signed>),
    Keyed(Keyed),
}

impl Line {
    /// `None` if the text begins with no scheme of this crate.
    pub(super) fn read(code: &str) -> Option<Self> {
        let kind = code.split_once('(')?.0;
        let (scheme, constructor) = kind.split_once("::")?;
        match scheme {
            "Signature" => Some(Self::Signed(Box::new(Signed::read(constructor, &calls(code))))),
            "ApiKey" => Some(Self::Keyed(Keyed::read(constructor, &calls(code)))),
            _ => None,
        }
    }

    pub(super) fn scheme(&self) -> Arc<dyn Scheme> {
        match self {
            Self::Signed(line) => line.scheme(line.usual_key(), URL),
            Self::Keyed(line) => line.scheme(Key::new(KEY)),
        }
    }

    /// A genuine delivery.
    pub(super) fn delivery(&self) -> Sent {
        self.delivery_of(BODY)
    }

    /// A genuine delivery with this body.
    pub(super) fn delivery_of(&self, body: &str) -> Sent {
        match self {
            Self::Signed(line) => line.delivery(body),
            Self::Keyed(line) => line.delivery(body, KEY),
        }
    }

    /// Deliveries that are not genuine: each differs from the genuine one in one thing that is proved.
    pub(super) fn forgeries(&self) -> Vec<Sent> {
        match self {
            Self::Signed(line) => line.forgeries(),
            Self::Keyed(line) => [&b"Zr41vw-new-and-randon"[..], b"Zr41vw-new-and-rando", b"Zr41vw-new-and-random0"]
                .map(|key| line.delivery(BODY, key))
                .into(),
        }
    }
}

/// A fixed key.
pub(super) struct Keyed {
    constructor: String,
    argument: String,
}

impl Keyed {
    fn read(constructor: &str, calls: &[Call]) -> Self {
        let [(_, arguments)] = calls else { panic!("more than a key: {calls:?}") };
        Self { constructor: constructor.to_owned(), argument: arguments.first().cloned().unwrap_or_default() }
    }

    fn scheme(&self, key: Key) -> Arc<dyn Scheme> {
        let name = || text(&self.argument);
        let builder = match &*self.constructor {
            "header" => ApiKey::header(&*name()),
            "basic" => ApiKey::basic(name()),
            "bearer" => ApiKey::bearer(),
            "query" => ApiKey::query(name()),
            "path_segment" => ApiKey::path_segment(self.argument.parse().unwrap()),
            "body" => ApiKey::body(name()),
            "form_field" => ApiKey::form_field(name()),
            other => panic!("ApiKey::{other} is unknown here"),
        };
        Arc::new(builder.key(key).build().unwrap())
    }

    fn delivery(&self, body: &str, key: &[u8]) -> Sent {
        let key = std::str::from_utf8(key).unwrap();
        let authorization = |value: String| vec![("authorization".to_owned(), value)];
        let plain = Sent { uri: "/hook".into(), headers: Vec::new(), body: body.into() };
        match &*self.constructor {
            "header" => Sent { headers: vec![(text(&self.argument), key.into())], ..plain },
            "basic" => {
                let pair = format!("{}:{key}", text(&self.argument));
                Sent { headers: authorization(format!("Basic {}", BASE64_STANDARD.encode(pair))), ..plain }
            }
            "bearer" => Sent { headers: authorization(format!("Bearer {key}")), ..plain },
            "query" => Sent { uri: format!("/hook?{}={key}", text(&self.argument)), ..plain },
            "path_segment" => {
                let before = "/hook".repeat(self.argument.parse().unwrap());
                Sent { uri: format!("{before}/{key}"), ..plain }
            }
            "body" => Sent { body: members([(&*text(&self.argument), key)]), ..plain },
            other => panic!("ApiKey::{other} is unknown here"),
        }
    }
}

/// Where the signature is.
#[derive(Clone)]
enum Place {
    Header(String),
    Query(String),
    Member(String),
}

/// How the time is written.
#[derive(Clone, Copy, PartialEq)]
enum Time {
    Seconds,
    Milliseconds,
    Rfc3339,
}

/// A signature, as its settings say.
pub(super) struct Signed {
    /// Without a key and a URL.
    builder: SignatureBuilder,
    /// The key as the line has it, or nothing.
    key_form: String,
    signs_url: bool,
    algorithm: String,
    place: Place,
    encoding: Encoding,
    prefix: String,
    list: Option<char>,
    pairs: Option<(char, String, String)>,
    is_time_first: bool,
    parts: Vec<Part>,
    time: Time,
    time_header: Option<String>,
    time_member: Option<String>,
    id_header: Option<String>,
}

impl Signed {
    fn read(constructor: &str, calls: &[Call]) -> Self {
        let [(_, first), settings @ ..] = calls else { panic!("no call") };
        let place = place(&first[0]);
        let at = match &place {
            Place::Header(name) => At::header(&**name),
            Place::Query(name) => At::query(name),
            Place::Member(path) => At::body(path),
        };
        let builder = match constructor {
            "hmac_sha256" => Signature::hmac_sha256(at),
            "hmac_sha512" => Signature::hmac_sha512(at),
            "legacy_hmac_sha1" => Signature::legacy_hmac_sha1(at),
            "ed25519" => Signature::ed25519(at),
            "rsa_sha256" => Signature::rsa_sha256(at),
            other => panic!("Signature::{other} is unknown here"),
        };
        let mut line = Self {
            builder,
            key_form: String::new(),
            signs_url: false,
            algorithm: constructor.to_owned(),
            place,
            encoding: Encoding::Hex,
            prefix: String::new(),
            list: None,
            pairs: None,
            is_time_first: false,
            parts: vec![Part::Body],
            time: Time::Seconds,
            time_header: None,
            time_member: None,
            id_header: None,
        };
        for (name, arguments) in settings {
            line = line.set(name, arguments);
        }
        line
    }

    /// Takes one setting, for the scheme and for the deliveries.
    fn set(self, name: &str, arguments: &[String]) -> Self {
        let builder = self.builder.clone();
        let first = || text(&arguments[0]);
        match name {
            "encoding" => {
                let encoding = match &*arguments[0] {
                    "Base64" => Encoding::Base64,
                    "Base64Url" => Encoding::Base64Url,
                    other => panic!("{other} is unknown here"),
                };
                Self { builder: builder.encoding(encoding), encoding, ..self }
            }
            "prefix" => Self { builder: builder.prefix(first()), prefix: first(), ..self },
            "list" => {
                let separator = character(&arguments[0]);
                Self { builder: builder.list(separator), list: Some(separator), ..self }
            }
            "pairs" => {
                let (separator, time, signature) = (character(&arguments[0]), text(&arguments[1]), text(&arguments[2]));
                let builder = builder.pairs(separator, &*time, &*signature);
                Self { builder, pairs: Some((separator, time, signature)), ..self }
            }
            // The genuine deliveries have the first field, and one header.
            "another_field" => Self { builder: builder.another_field(first()), ..self },
            "repeated_header" => Self { builder: builder.repeated_header(), ..self },
            "timestamp_first" => Self { builder: builder.timestamp_first(), is_time_first: true, ..self },
            "signed" => {
                let list = arguments.join(",");
                let list = list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).expect("an array");
                let parts: Vec<Part> = split(list, ',').iter().map(|text| part(text)).collect();
                Self { builder: builder.signed(parts.clone()), parts, ..self }
            }
            "timestamp_header" => {
                Self { builder: builder.timestamp_header(&*first()), time_header: Some(first()), ..self }
            }
            "timestamp_in_body" => {
                Self { builder: builder.timestamp_in_body(first()), time_member: Some(first()), ..self }
            }
            "timestamp_in_milliseconds" => {
                Self { builder: builder.timestamp_in_milliseconds(), time: Time::Milliseconds, ..self }
            }
            "timestamp_in_rfc3339" => Self { builder: builder.timestamp_in_rfc3339(), time: Time::Rfc3339, ..self },
            "past_tolerance" => {
                let seconds = arguments[0].strip_prefix("Duration::from_secs(").and_then(|it| it.strip_suffix(')'));
                let seconds = seconds.expect("seconds").parse().unwrap();
                Self { builder: builder.past_tolerance(Duration::from_secs(seconds)), ..self }
            }
            "id_header" => Self { builder: builder.id_header(&*first()), id_header: Some(first()), ..self },
            "public_url" => Self { signs_url: true, ..self },
            "key" => Self { key_form: arguments[0].clone(), ..self },
            "dangerous_unsigned_body" => Self { builder: builder.dangerous_unsigned_body(), ..self },
            other => panic!(".{other} is unknown here"),
        }
    }

    fn scheme(&self, key: Key, url: &str) -> Arc<dyn Scheme> {
        let builder = self.builder.clone().key(key);
        let builder = if self.signs_url { builder.public_url(url) } else { builder };
        Arc::new(builder.build().unwrap())
    }

    fn usual_key(&self) -> Key {
        match (&*self.algorithm, &*self.key_form) {
            ("ed25519", "") => Key::new(HEXLOWER.encode(ed25519().public_key().as_ref())),
            ("rsa_sha256", "") => Key::new(BASE64_STANDARD.encode(RSA.public_key().as_der().unwrap().as_ref())),
            (_, "") => Key::new(KEY),
            (_, "Key::hex(key)") => Key::hex(HEXLOWER.encode(KEY)),
            (_, "Key::base64(key)") => Key::base64(BASE64_STANDARD.encode(KEY)),
            (_, "Key::bytes(hash)") => Key::bytes(KEY),
            (_, other) => panic!("{other} is unknown here"),
        }
    }

    fn time(&self) -> String {
        match self.time {
            Time::Seconds => NOW.to_string(),
            Time::Milliseconds => format!("{NOW}000"),
            Time::Rfc3339 => NOW_IN_RFC3339.to_owned(),
        }
    }

    fn signs(&self, part: &Part) -> bool {
        self.parts.contains(part)
    }

    fn query(&self) -> &'static str {
        if self.signs(&Part::Query) { "?portal=7" } else { "" }
    }

    /// The text that is signed.
    fn message(&self, body: &str) -> Vec<u8> {
        let time = self.time();
        let of = |part: &Part| -> Vec<u8> {
            match part {
                Part::Literal(bytes) => bytes.to_vec(),
                Part::Timestamp => time.clone().into(),
                Part::Id => b"evt-7".to_vec(),
                Part::Body => body.into(),
                Part::Method => b"POST".to_vec(),
                Part::Uri => format!("/hook{}", self.query()).into(),
                Part::PublicUrl => URL.into(),
                Part::Query => self.query().into(),
                Part::Header(name) => format!("value of {name}").into(),
                Part::Member(_) => b"a-token-of-the-sender".to_vec(),
                other => panic!("{other:?} is unknown here"),
            }
        };
        self.parts.iter().flat_map(of).collect()
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let hmac = |algorithm| hmac::sign(&hmac::Key::new(algorithm, KEY), message).as_ref().to_vec();
        match &*self.algorithm {
            "hmac_sha256" => hmac(hmac::HMAC_SHA256),
            "hmac_sha512" => hmac(hmac::HMAC_SHA512),
            "legacy_hmac_sha1" => hmac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            "ed25519" => ed25519().sign(message).as_ref().to_vec(),
            _ => {
                let mut signature = vec![0; RSA.public_modulus_len()];
                RSA.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        }
    }

    fn encode(&self, signature: &[u8]) -> String {
        match self.encoding {
            Encoding::Base64 => BASE64_STANDARD.encode(signature),
            Encoding::Base64Url => BASE64_URL_SAFE_NO_PAD.encode(signature),
            _ => HEXLOWER.encode(signature),
        }
    }

    fn delivery(&self, body: &str) -> Sent {
        self.sent(body, &self.signature(&self.message(body)), &self.time())
    }

    /// A delivery with this signature.
    fn sent(&self, body: &str, signature: &[u8], time: &str) -> Sent {
        let signature = self.encode(signature);
        let value = match (&self.pairs, self.is_time_first, self.list) {
            (Some((separator, at, name)), _, _) => format!("{at}={time}{separator}{name}={signature}"),
            (None, true, Some(separator)) => format!("{time}{separator}{signature}"),
            _ => format!("{}{signature}", self.prefix),
        };
        let mut sent = Sent { uri: format!("/hook{}", self.query()), headers: Vec::new(), body: body.into() };
        match &self.place {
            Place::Header(name) => sent.headers.push((name.clone(), value)),
            Place::Query(name) => sent.uri = format!("/hook?{name}={value}"),
            Place::Member(path) => {
                let signed = self.parts.iter().filter_map(|part| match part {
                    Part::Member(path) => Some((&**path, "a-token-of-the-sender")),
                    _ => None,
                });
                let at = self.time_member.iter().map(|path| (&**path, time));
                sent.body = members([(&**path, &*value)].into_iter().chain(signed).chain(at));
            }
        }
        let of_id = self.id_header.iter().map(|name| (name.clone(), "evt-7".to_owned()));
        let of_time = self.time_header.iter().map(|name| (name.clone(), time.to_owned()));
        let others = self.parts.iter().filter_map(|part| match part {
            Part::Header(name) => Some((name.to_string(), format!("value of {name}"))),
            _ => None,
        });
        sent.headers.extend(of_id.chain(of_time).chain(others));
        sent
    }

    fn forgeries(&self) -> Vec<Sent> {
        let (signature, time) = (self.signature(&self.message(BODY)), self.time());
        let mut flipped = signature.clone();
        flipped[7] ^= 1;
        let mut forged = vec![self.sent(BODY, &flipped, &time), self.sent(BODY, &signature[1..], &time)];
        if self.signs(&Part::Body) {
            forged.push(self.sent(&BODY.replace("evt_1", "evt_2"), &signature, &time));
        }
        if self.signs(&Part::Timestamp) {
            let later = time.replacen("1700000000", "1700000001", 1).replacen(":20Z", ":21Z", 1);
            assert_ne!(later, time);
            forged.push(self.sent(BODY, &signature, &later));
        }
        let genuine = self.delivery(BODY);
        // Each header that is named takes part.
        for (at, (name, value)) in genuine.headers.iter().enumerate() {
            let mut without = genuine.clone();
            without.headers.remove(at);
            forged.push(without);
            let is_signed = Some(name) == self.id_header.as_ref() || self.signs(&Part::header(name.clone()));
            if is_signed {
                let mut changed = genuine.clone();
                changed.headers[at].1 = format!("{value}0");
                forged.push(changed);
            }
        }
        if self.signs(&Part::Query) {
            forged.push(Sent { uri: "/hook?portal=8".into(), ..genuine.clone() });
        }
        if self.signs(&Part::Uri) {
            forged.push(Sent { uri: "/another".into(), ..genuine.clone() });
        }
        if let Place::Member(_) = self.place {
            forged.push(Sent { body: genuine.body.replace("a-token-of", "b-token-of"), ..genuine });
        }
        forged
    }
}

static RSA: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());

fn ed25519() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[5; 32]).unwrap()
}

fn place(code: &str) -> Place {
    let of = |start: &str| code.strip_prefix(start).and_then(|rest| rest.strip_suffix(')')).map(text);
    if let Some(name) = of("At::query(") {
        return Place::Query(name);
    }
    of("At::body(").map_or_else(|| Place::Header(text(code)), Place::Member)
}

fn part(code: &str) -> Part {
    let of = |start: &str| code.strip_prefix(start).and_then(|rest| rest.strip_suffix(')')).map(text);
    match code {
        "Body" => Part::Body,
        "Timestamp" => Part::Timestamp,
        "Id" => Part::Id,
        "Part::Method" => Part::Method,
        "PublicUrl" => Part::PublicUrl,
        "Query" => Part::Query,
        "Uri" => Part::Uri,
        _ => {
            let literal = of("lit(").map(|text| Part::Literal(Cow::Owned(text.into())));
            let header = || of("Part::header(").map(Part::header);
            let member = || of("Part::member(").map(Part::member);
            literal.or_else(header).or_else(member).unwrap_or_else(|| panic!("{code} is unknown here"))
        }
    }
}

/// The calls of a chain.
fn calls(code: &str) -> Vec<Call> {
    let call = |text: String| {
        let (name, rest) = text.split_once('(').unwrap_or_else(|| panic!("no call: {text}"));
        let arguments = rest.strip_suffix(')').unwrap_or_else(|| panic!("an open call: {text}"));
        (name.to_owned(), split(arguments, ','))
    };
    split(code, '.').into_iter().map(call).collect()
}

/// Splits at a character that stands outside of brackets and quotes.
fn split(code: &str, at: char) -> Vec<String> {
    let (mut pieces, mut depth, mut quote) = (vec![String::new()], 0, None);
    let mut escaped = false;
    for c in code.chars() {
        let is_border = c == at && depth == 0 && quote.is_none();
        match (c, quote) {
            (_, Some(_)) if escaped => escaped = false,
            ('\\', Some(_)) => escaped = true,
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            ('(' | '[', None) => depth += 1,
            (')' | ']', None) => depth -= 1,
            _ => {}
        }
        if is_border {
            pieces.push(String::new());
        } else if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    let pieces = pieces.into_iter().map(|piece| piece.trim().to_owned());
    pieces.filter(|piece| !piece.is_empty()).collect()
}

fn text(code: &str) -> String {
    // The page has no `|` in a cell.
    serde_json::from_str(&code.replace(r"\x7c", "|")).unwrap_or_else(|_| panic!("no text: {code}"))
}

fn character(code: &str) -> char {
    let inner = code.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or_default();
    inner.chars().next().unwrap_or_else(|| panic!("no character: {code}"))
}

/// JSON with these texts at their paths.
fn members<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut json = serde_json::Value::Null;
    for (path, text) in all {
        let mut at = &mut json;
        for name in path.split('.') {
            at = match name.parse::<usize>() {
                Ok(0) => {
                    *at = serde_json::json!([null]);
                    &mut at[0]
                }
                Ok(number) => panic!("no place for {number}"),
                Err(_) => &mut at[name],
            };
        }
        *at = text.into();
    }
    json.to_string()
}
