//! Law: `auth::Signature` accepts a delivery exactly if the header follows the configured grammar and one signature in it is
//! right, as a plain reader of that grammar and another HMAC say; and never panics.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use tower_webhook::auth::{Encoding, Head, Part, Scheme, Signature, SignatureBuilder};

use crate::{
    draw::Draw,
    send::{NOW, now, request},
};

pub const KEYS: [&str; 2] = ["Zr41vw-new-and-random", "kx7Gq2-old-and-random"];
pub const OTHER_KEY: &str = "pQ9mTt-of-somebody-else";

#[derive(Clone, Copy, PartialEq)]
pub enum Hash {
    Sha256,
    Sha512,
    Sha1,
}

impl Hash {
    pub fn mac(self, key: &str, message: &[u8]) -> Vec<u8> {
        self.mac_bytes(key.as_bytes(), message)
    }

    pub fn mac_bytes(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        fn mac<M: Mac + hmac::digest::KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
            let mut mac = <M as Mac>::new_from_slice(key).unwrap();
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        }
        match self {
            Self::Sha256 => mac::<Hmac<Sha256>>(key, message),
            Self::Sha512 => mac::<Hmac<Sha512>>(key, message),
            Self::Sha1 => mac::<Hmac<Sha1>>(key, message),
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
            Self::Sha1 => 20,
        }
    }
}

fn base64(url: bool, padding: DecodePaddingMode) -> GeneralPurpose {
    let alphabet = if url { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    let pads = padding == DecodePaddingMode::RequireCanonical;
    GeneralPurpose::new(
        alphabet,
        GeneralPurposeConfig::new().with_decode_padding_mode(padding).with_encode_padding(pads),
    )
}

pub fn encode(encoding: Encoding, bytes: &[u8]) -> String {
    match encoding {
        Encoding::Base64 => base64(false, DecodePaddingMode::RequireCanonical).encode(bytes),
        Encoding::Base64Url => base64(true, DecodePaddingMode::RequireNone).encode(bytes),
        _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

pub fn decode(encoding: Encoding, text: &[u8]) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Base64 => base64(false, DecodePaddingMode::RequireCanonical).decode(text).ok(),
        Encoding::Base64Url if text.ends_with(b"=") => {
            base64(true, DecodePaddingMode::RequireCanonical).decode(text).ok()
        }
        Encoding::Base64Url => base64(true, DecodePaddingMode::RequireNone).decode(text).ok(),
        _ => {
            let digits = text.iter().map(|byte| (*byte as char).to_digit(16)).collect::<Option<Vec<_>>>()?;
            let bytes = digits.chunks(2).map(|pair| Some((pair[0] << 4 | *pair.get(1)?) as u8));
            bytes.collect()
        }
    }
}

const LITERALS: &[&str] = &[".", ":", "v0:", "||"];

/// The signatures of a header, and the time beside them.
type Read<'a> = (Vec<Vec<u8>>, Option<&'a [u8]>);

/// What a provider's page says.
struct Page {
    hash: Hash,
    encoding: Encoding,
    prefix: &'static str,
    list: Option<char>,
    pairs: Option<char>,
    timestamp_first: bool,
    repeated: bool,
    parts: Vec<Part>,
    has_timestamp: bool,
    has_id: bool,
    keys: usize,
}

impl Page {
    fn draw(draw: &mut Draw<'_>) -> Self {
        let hash = draw.of(&[Hash::Sha256, Hash::Sha256, Hash::Sha512, Hash::Sha1]);
        let encoding = draw.of(&[Encoding::Hex, Encoding::Base64, Encoding::Base64Url]);
        let style = draw.below(6);
        let list = match style {
            0 => None,
            1 | 2 => Some(draw.of(&[',', ' ', ';', '|'])),
            3 => Some(' '),
            _ => None,
        };
        let pairs = matches!(style, 3 | 4).then(|| draw.of(&[',', ';', '&', ':', '.']));
        let prefix = if pairs.is_some() { "" } else { draw.of(&["", "v1=", "sha256=", "a"]) };
        let timestamp_first = style == 2;
        let has_id = draw.one_in(4);
        let has_timestamp = pairs.is_some() || timestamp_first || draw.flag();
        let mut parts = Vec::new();
        let between = |draw: &mut Draw<'_>| {
            (!draw.one_in(6)).then(|| Part::literal(LITERALS[draw.below(LITERALS.len())])).into_iter()
        };
        if has_id {
            parts.push(Part::Id);
            parts.extend(between(draw));
        }
        let is_last = has_timestamp && draw.one_in(4);
        if has_timestamp && !is_last {
            parts.push(Part::Timestamp);
            parts.extend(between(draw));
        }
        parts.push(Part::Body);
        if is_last {
            parts.extend(between(draw));
            parts.push(Part::Timestamp);
        }
        let (repeated, keys) = (draw.one_in(4), 1 + draw.below(2));
        Self { hash, encoding, prefix, list, pairs, timestamp_first, repeated, parts, has_timestamp, has_id, keys }
    }

    fn is_beside(&self) -> bool {
        self.pairs.is_some() || self.timestamp_first
    }

    fn scheme(&self) -> Option<Signature> {
        let builder = match self.hash {
            Hash::Sha256 => Signature::hmac_sha256("x-signature"),
            Hash::Sha512 => Signature::hmac_sha512("x-signature"),
            Hash::Sha1 => Signature::legacy_hmac_sha1("x-signature"),
        };
        let builder = KEYS.iter().take(self.keys).fold(builder, |builder, key| builder.key(*key));
        let builder = builder.encoding(self.encoding).prefix(self.prefix).signed(self.parts.clone());
        let builder = self.list.into_iter().fold(builder, SignatureBuilder::list);
        let builder = self.pairs.into_iter().fold(builder, |builder, pairs| builder.pairs(pairs, "t", "v1"));
        let builder = if self.timestamp_first { builder.timestamp_first() } else { builder };
        let builder = if self.repeated { builder.repeated_header() } else { builder };
        let builder = if self.has_id { builder.id_header("x-id") } else { builder };
        let has_header = self.has_timestamp && !self.is_beside();
        let builder = if has_header { builder.timestamp_header("x-time") } else { builder };
        // What contradicts itself is an error; here that is a digit or nothing next to a time or an id.
        builder.build().ok()
    }

    fn message(&self, id: &[u8], time: &[u8], body: &[u8]) -> Vec<u8> {
        self.parts.iter().fold(Vec::new(), |mut message, part| {
            match part {
                Part::Literal(literal) => message.extend_from_slice(literal),
                Part::Id => message.extend_from_slice(id),
                Part::Timestamp => message.extend_from_slice(time),
                _ => message.extend_from_slice(body),
            }
            message
        })
    }

    /// Whether each value ends where the bytes say so.
    fn can_be_split(&self, id: &[u8], time: &[u8], body: &[u8]) -> bool {
        let body_at = self.parts.iter().position(|part| *part == Part::Body).unwrap();
        self.parts.iter().enumerate().all(|(at, part)| {
            let (value, is_before) = match part {
                Part::Id => (id, at < body_at),
                Part::Timestamp => (time, at < body_at),
                _ => return true,
            };
            let inner = if is_before { &self.parts[at + 1] } else { &self.parts[at - 1] };
            match (part, inner) {
                (Part::Timestamp, Part::Body) if is_before => !body.first().is_some_and(u8::is_ascii_digit),
                (Part::Timestamp, Part::Body) => !body.last().is_some_and(u8::is_ascii_digit),
                // The literal must not begin before the value has ended.
                (Part::Id, Part::Literal(literal)) => {
                    let both = [value, literal].concat();
                    both.windows(literal.len()).position(|window| window == &**literal) == Some(value.len())
                }
                _ => true,
            }
        })
    }

    /// The signatures that follow the grammar, and the time beside them. `None` if the header does not follow it.
    fn read<'a>(&self, values: &'a [Vec<u8>]) -> Option<Read<'a>> {
        if values.is_empty() || values.len() > 1 && !self.repeated {
            return None;
        }
        let mut entries: Vec<&[u8]> = values.iter().flat_map(|value| split(value, self.list)).collect();
        let mut time = None;
        if self.timestamp_first {
            time = Some(if entries.is_empty() { return None } else { entries.remove(0) });
        }
        let (mut signatures, mut times) = (Vec::new(), Vec::new());
        for entry in entries {
            let texts = if let Some(separator) = self.pairs {
                let (mut texts, mut own_times) = (Vec::new(), Vec::new());
                for field in split(entry, Some(separator)) {
                    let at = field.iter().position(|byte| *byte == b'=')?;
                    let (name, text) = (&field[..at], &field[at + 1..]);
                    if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
                        return None;
                    }
                    match name {
                        b"t" => own_times.push(text),
                        b"v1" => texts.push(text),
                        _ => {}
                    }
                }
                let [own_time] = own_times[..] else { return None };
                times.push(own_time);
                texts
            } else {
                match entry.strip_prefix(self.prefix.as_bytes()) {
                    Some(text) => vec![text],
                    None if self.list.is_some() => vec![],
                    None => return None,
                }
            };
            for text in texts {
                let signature = decode(self.encoding, text).filter(|bytes| bytes.len() == self.hash.len())?;
                signatures.push(signature);
            }
        }
        if self.pairs.is_some() {
            time = Some(*times.first()?).filter(|first| times.iter().all(|other| other == first));
            time?;
        }
        (1..=8).contains(&signatures.len()).then_some((signatures, time))
    }
}

/// Splits at the separator. Blanks after it mean nothing.
pub fn split(text: &[u8], separator: Option<char>) -> Vec<&[u8]> {
    let Some(separator) = separator.map(|it| it as u8) else { return vec![text] };
    let pieces = text.split(|byte| *byte == separator).enumerate();
    let mut pieces: Vec<&[u8]> =
        pieces.map(|(at, piece)| if at == 0 { piece } else { piece.trim_ascii_start() }).collect();
    if separator == b' ' {
        pieces.retain(|piece| !piece.is_empty());
    }
    pieces
}

/// Whether a time in seconds is one and near enough.
pub fn is_now(text: &[u8]) -> bool {
    let is_number = (1..=16).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    is_number && std::str::from_utf8(text).unwrap().parse::<u64>().unwrap().abs_diff(NOW) <= 300
}

/// A time, most often a good one.
pub fn time(draw: &mut Draw<'_>) -> String {
    match draw.below(8) {
        0..4 => NOW.to_string(),
        4 => (NOW - 300 + draw.below(2) as u64).to_string(),
        5 => (NOW + 300 + draw.below(2) as u64).to_string(),
        6 => format!("{}{NOW}{}", draw.of(&["0", "+", "-", " ", ""]), draw.of(&["", ".0", "e0", "000", " "])),
        _ => draw.text(24),
    }
}

pub fn law(input: &[u8]) {
    let draw = &mut Draw::new(input);
    let page = Page::draw(draw);
    let Some(scheme) = page.scheme() else { return };
    let id = match draw.below(4) {
        0 | 1 => "evt_1".to_owned(),
        2 => format!("evt{}1", draw.of(LITERALS)),
        _ => draw.text(12),
    };
    let when = time(draw);
    let body = if draw.flag() { b"{\"id\": 1}".to_vec() } else { draw.bytes(24).to_vec() };
    let right = page.message(id.as_bytes(), when.as_bytes(), &body);

    let values: Vec<Vec<u8>> = (0..[1, 1, 2, 0][draw.below(4)])
        .map(|_| {
            let mut value = String::new();
            // A whole header, or pieces of one.
            if draw.flag() {
                write_right(&page, draw, &right, &when, &mut value);
            }
            for _ in 0..draw.below(12) {
                write_piece(&page, draw, &right, &when, &mut value);
            }
            value.into_bytes()
        })
        .collect();
    let mut headers: Vec<(String, Vec<u8>)> =
        values.iter().map(|value| ("x-signature".into(), value.clone())).collect();
    headers.push(("x-id".into(), id.clone().into()));
    headers.push(("x-time".into(), when.clone().into()));
    let Some(request) = request("POST", "/", &headers, Bytes::new()) else { return };
    let (head, _) = request.into_parts();
    // What no header can hold was left out.
    let sent = |name: &str| head.headers.get_all(name).iter().map(|it| it.as_bytes().to_vec()).collect::<Vec<_>>();
    let (values, ids, times) = (sent("x-signature"), sent("x-id"), sent("x-time"));

    let expected = (|| {
        let (signatures, beside) = page.read(&values)?;
        let time = match beside {
            _ if !page.has_timestamp => &b""[..],
            Some(time) => time,
            None => times.first()?,
        };
        let id = if page.has_id { &ids.first()?[..] } else { b"" };
        let is_id =
            !page.has_id || !id.trim_ascii().is_empty() && id.iter().all(|it| matches!(it, b' '..=b'~' | b'\t'));
        let is_timely = !page.has_timestamp || is_now(time);
        let message = page.message(id, time, &body);
        let is_right = |key: &&str| signatures.contains(&page.hash.mac(key, &message));
        (is_id && is_timely && page.can_be_split(id, time, &body) && KEYS[..page.keys].iter().any(is_right))
            .then_some(())
    })();

    let head = Head::new(&head, now());
    let verified = match scheme.verify_head(&head) {
        Ok(None) => scheme.verify_body(&head, &Bytes::from(body.clone())).is_ok(),
        Ok(Some(_)) => panic!("the head alone cannot prove a body"),
        Err(_) => {
            // A head that is refused is refused with every body.
            assert!(scheme.verify_body(&head, &Bytes::from(body.clone())).is_err());
            false
        }
    };
    assert_eq!(
        verified,
        expected.is_some(),
        "header {:?}",
        values.iter().map(|it| it.escape_ascii().to_string()).collect::<Vec<_>>()
    );
}

fn write_right(page: &Page, draw: &mut Draw<'_>, message: &[u8], when: &str, to: &mut String) {
    let key = KEYS[draw.below(2)];
    let signature = encode(page.encoding, &page.hash.mac(key, message));
    match (page.pairs, page.list) {
        (Some(separator), _) => to.push_str(&format!("t={when}{separator}v1={signature}")),
        (None, Some(list)) if page.timestamp_first => to.push_str(&format!("{when}{list}{}{signature}", page.prefix)),
        _ => to.push_str(&format!("{}{signature}", page.prefix)),
    }
}

fn write_piece(page: &Page, draw: &mut Draw<'_>, message: &[u8], when: &str, to: &mut String) {
    match draw.below(12) {
        0 | 1 => {
            let separators = page.list.into_iter().chain(page.pairs).collect::<Vec<_>>();
            to.extend(separators.get(draw.below(2)));
        }
        2 => to.push_str(page.prefix),
        3 => to.push_str(&encode(page.encoding, &page.hash.mac(KEYS[draw.below(2)], message))),
        4 => to.push_str(&encode(page.encoding, &page.hash.mac(OTHER_KEY, message))),
        5 => {
            // Nearly right.
            let mut signature = encode(page.encoding, &page.hash.mac(KEYS[0], message));
            match draw.below(5) {
                0 => signature = signature.to_uppercase(),
                1 => drop(signature.pop()),
                2 => signature.push('='),
                3 => signature.replace_range(0..1, draw.of(&["0", "A", "-", " "])),
                _ => signature.truncate(draw.below(signature.len() + 1)),
            }
            to.push_str(&signature);
        }
        6 => to.push_str("t="),
        7 => to.push_str("v1="),
        8 => to.push_str(when),
        9 => to.push_str(draw.of(&[" ", "  ", "\t", "v0=x", "=", ",", "v1"])),
        10 => {
            let separator = page.pairs.unwrap_or(',');
            to.push_str(&format!("t={when}{separator}v1="));
        }
        _ => to.push_str(&draw.text(6)),
    }
}
