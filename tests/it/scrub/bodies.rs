//! Random bodies: the providers' samples with a canary in every value, written in any of the ways of JSON.

use std::fmt::Write;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

/// SplitMix64.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }

    fn one_in(&mut self, end: u64) -> bool {
        self.below(end) == 0
    }

    fn signs(&mut self, len: usize, signs: &[u8]) -> String {
        (0..len).map(|_| char::from(signs[self.below(signs.len() as u64) as usize])).collect()
    }
}

/// What is hidden in every value of a body.
pub(super) struct Canary {
    letters: String,
    digits: String,
}

impl Canary {
    pub(super) fn new(random: &mut Random) -> Self {
        let letters = random.signs(12, b"abcdefghijklmnopqrstuvwxyz") + "Zq";
        Self { letters, digits: "4".to_owned() + &random.signs(14, b"0123456789") }
    }

    /// Six bytes of it, of its base64 or of its hex digits that are in this text.
    pub(super) fn found_in(&self, fixture: &[u8]) -> Option<String> {
        let fixture = String::from_utf8_lossy(fixture).to_lowercase();
        let hex = |text: &str| text.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        // Wherever in a group of three bytes it begins.
        let base64 = |text: &str, at: usize| BASE64_STANDARD.encode(" ".repeat(at) + text)[4..].to_owned();
        let forms = [&self.letters, &self.digits]
            .map(|form| [form.clone(), hex(form), base64(form, 0), base64(form, 1), base64(form, 2)]);
        let windows = forms.iter().flatten().flat_map(|form| form.as_bytes().windows(6));
        let mut windows = windows.map(|window| String::from_utf8_lossy(window).to_lowercase());
        windows.find(|window| fixture.contains(window.as_str()))
    }

    /// A string with a canary, of any form that senders use.
    fn text(&self, random: &mut Random) -> String {
        let Self { letters, digits } = self;
        let reversed: String = digits.chars().rev().collect();
        match random.below(20) {
            0 => letters.clone(),
            1 => format!("{letters} of the {letters}, since 1980"),
            2 => format!("{letters}.{letters}@{letters}.example"),
            3 => format!("https://{letters}.example/{letters}?code={digits}#{letters}"),
            4 => format!("HTTP://{letters}"),
            5 => format!("c-{digits}"),
            6 => format!("evt_{letters}{digits}"),
            7 => format!("{}_{letters}{digits}_{digits}", &letters[..6]),
            8 => digits.clone(),
            9 => format!("-{digits}.{digits}"),
            10 => format!("+34 {} {}", &digits[..8], &digits[8..]),
            11 => BASE64_STANDARD.encode(format!("{letters}{digits}{letters}").repeat(random.below(9) as usize + 1)),
            12 => format!("{:x?}", letters.as_bytes()).replace([',', ' ', '[', ']'], ""),
            13 => format!("3f2504e0-4f89-41d3-9a0c-{}", &digits[..12]),
            14 => format!("{letters}é ñ {letters}\u{1F600}\n\"{digits}\"\\"),
            15 => format!("Dr. {letters} <{letters}@example.com>"),
            16 => format!("{{\"name\":\"{letters}\",\"born\":{digits}}}"),
            17 => letters.repeat(random.below(60) as usize + 2),
            18 => format!("{reversed}T{digits}"),
            _ => format!("2026-13-45T{digits}/{letters}"),
        }
    }

    /// A number with a canary, and with as many digits as any.
    fn number(&self, random: &mut Random) -> String {
        let digits = &self.digits;
        match random.below(7) {
            0 => digits.clone(),
            1 => format!("-{digits}"),
            2 => format!("0.{digits}"),
            3 => format!("{digits}.{digits}"),
            4 => format!("{digits}{digits}{digits}"),
            5 => format!("{}.{}e-{}", &digits[..1], &digits[1..], random.below(300)),
            _ => format!("{digits}E+{}", random.below(200)),
        }
    }
}

/// Writes a sample anew, as JSON with white space and escapes anywhere.
pub(super) struct Writer<'r> {
    pub(super) random: &'r mut Random,
    pub(super) canary: &'r Canary,
    pub(super) json: String,
}

impl Writer<'_> {
    pub(super) fn write(&mut self, value: &Value, path: &str) {
        self.space();
        match value {
            Value::Object(members) => {
                self.json.push('{');
                // Which values decide the variant is up to the types, in whichever order they come.
                let mut members: Vec<_> = members.iter().collect();
                let first = self.random.below(members.len().max(1) as u64) as usize;
                members.rotate_left(first);
                for (at, (name, value)) in members.into_iter().enumerate() {
                    self.json.push_str(if at == 0 { "" } else { "," });
                    self.text(name);
                    self.json.push(':');
                    self.write(value, &format!("{path}/{name}"));
                }
                let is_of_reports = path == "/payload/reports";
                if self.random.one_in(3) && !is_of_reports && !value.as_object().unwrap().is_empty() {
                    self.foreign_members();
                }
                self.json.push('}');
            }
            Value::Array(elements) => {
                self.json.push('[');
                for (at, element) in elements.iter().enumerate() {
                    self.json.push_str(if at == 0 { "" } else { "," });
                    self.write(element, path);
                }
                self.json.push(']');
            }
            Value::String(text) if decides(path) => {
                // A later value of an enum is as foreign as a name. The type of an event is not.
                if matches!(path, "/event_type" | "/type") || !self.random.one_in(4) {
                    self.text(text);
                } else {
                    self.canary();
                }
            }
            Value::String(_) => self.canary(),
            Value::Number(_) => {
                let number = match path {
                    "/occurred_on" => match self.random.below(3) {
                        0 => self.canary.digits[..10].to_owned(),
                        1 => format!("{}.{}", &self.canary.digits[..10], &self.canary.digits[10..13]),
                        _ => format!("-{}", &self.canary.digits[..11]),
                    },
                    "/payload/consultation/position" => self.canary.digits.clone(),
                    _ => self.canary.number(self.random),
                };
                self.json.push_str(&number);
            }
            Value::Null | Value::Bool(_) => self.json.push_str(&value.to_string()),
        }
        self.space();
    }

    fn canary(&mut self) {
        let text = self.canary.text(self.random);
        self.text(&text);
    }

    /// Members that no type knows: a name, an id or an address as the name, one name twice, and levels below.
    fn foreign_members(&mut self) {
        let Canary { letters, digits } = self.canary;
        let names = [
            format!("{letters}@example.com"),
            format!("patient-{digits}"),
            format!("{letters} {letters}"),
            "note".into(),
            "note".into(),
        ];
        for name in names {
            self.json.push(',');
            self.text(&name);
            self.json.push_str(":[{\"a\":");
            self.canary();
            let number = self.canary.number(self.random);
            write!(self.json, "}},{number},false,null]").unwrap();
        }
    }

    fn text(&mut self, text: &str) {
        self.json.push('"');
        for sign in text.chars() {
            if matches!(sign, '"' | '\\') || sign < ' ' || self.random.one_in(9) {
                for unit in sign.encode_utf16(&mut [0; 2]) {
                    write!(self.json, "\\u{unit:04X}").unwrap();
                }
            } else {
                self.json.push(sign);
            }
        }
        self.json.push('"');
    }

    fn space(&mut self) {
        let space = ["", "", "", " ", "\r\n", "\t"][self.random.below(6) as usize];
        self.json.push_str(space);
    }
}

/// Whether the providers list the values of this member.
pub(super) fn decides(path: &str) -> bool {
    let of_an_enum = ["/type", "/channel", "/service_type", "/consultation_type", "/status", "/eligibility"];
    path == "/event_type" || of_an_enum.iter().any(|end| path.ends_with(end))
}
