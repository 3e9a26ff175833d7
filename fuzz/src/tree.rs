//! JSON that is made here, so that a law knows what it says without reading it: with doubled members, escapes and blanks.

use crate::draw::Draw;

#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// `null`, `true` or `false`.
    Word(&'static str),
    /// As it is written.
    Number(String),
    Text(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

/// Names that the laws look for, and others.
pub const NAMES: &[&str] = &[
    "id",
    "type",
    "data",
    "at",
    "n",
    "object",
    "0",
    "1",
    "",
    "Type",
    "type ",
    "i d",
    "tipo\u{e9}",
    "a.b",
    "challenge",
];
const TEXTS: &[&str] = &[
    "",
    "evt_1",
    "a.b",
    "1700000000",
    "1700000000000",
    "2023-11-14T22:13:20Z",
    "x\ny",
    "\u{202e}x",
    "\u{e9}\u{1f600}",
    "\"\\/",
    "null",
    " ",
    "~",
    "\u{7f}",
];
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "-0",
    "7",
    "1700000000",
    "1700000000000",
    "123456789012345678901234567890",
    "1.5",
    "1e3",
    "1E-2",
    "1.0",
    "4294967296",
    "18446744073709551616",
];

impl Tree {
    pub fn draw(draw: &mut Draw<'_>, depth: usize) -> Self {
        match draw.below(if depth == 0 { 4 } else { 8 }) {
            0 => Self::Text(draw.of(TEXTS).to_owned()),
            1 => Self::Number(draw.of(NUMBERS).to_owned()),
            2 => Self::Word(draw.of(&["null", "true", "false"])),
            3 => Self::Text(draw.text(40)),
            4 => Self::Array((0..draw.below(4)).map(|_| Self::draw(draw, depth - 1)).collect()),
            _ => Self::object(draw, depth),
        }
    }

    pub fn object(draw: &mut Draw<'_>, depth: usize) -> Self {
        let member = |draw: &mut Draw<'_>| (draw.of(NAMES).to_owned(), Self::draw(draw, depth.saturating_sub(1)));
        Self::Object((0..draw.below(6)).map(|_| member(draw)).collect())
    }

    /// The value at this path, if no member on the way occurs twice.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        let Some((name, rest)) = path.split_first() else { return Some(self) };
        match self {
            Self::Object(members) => {
                let mut found = members.iter().filter(|(other, _)| other == name);
                let (_, value) = found.next()?;
                if found.next().is_some() { None } else { value.at(rest) }
            }
            Self::Array(elements) => {
                let index: usize = name.parse().ok()?;
                elements.get(index).filter(|_| index.to_string() == *name)?.at(rest)
            }
            _ => None,
        }
    }

    /// A text, or the digits of a whole number.
    pub fn scalar(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(number) if !number.contains(['.', 'e', 'E']) => Some(number),
            _ => None,
        }
    }

    /// Writes it in one of many ways.
    pub fn write(&self, draw: &mut Draw<'_>, to: &mut String) {
        blanks(draw, to);
        match self {
            Self::Word(word) => to.push_str(word),
            Self::Number(number) => to.push_str(number),
            Self::Text(text) => string(text, draw, to),
            Self::Array(elements) => {
                to.push('[');
                for (at, element) in elements.iter().enumerate() {
                    to.push_str(if at == 0 { "" } else { "," });
                    element.write(draw, to);
                }
                to.push(']');
            }
            Self::Object(members) => {
                to.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    to.push_str(if at == 0 { "" } else { "," });
                    blanks(draw, to);
                    string(name, draw, to);
                    blanks(draw, to);
                    to.push(':');
                    value.write(draw, to);
                }
                to.push('}');
            }
        }
        blanks(draw, to);
    }

    pub fn written(&self, draw: &mut Draw<'_>) -> String {
        let mut json = String::new();
        self.write(draw, &mut json);
        json
    }
}

fn blanks(draw: &mut Draw<'_>, to: &mut String) {
    to.push_str(match draw.byte() {
        250 => " ",
        251 => "\n",
        252 => "\t\r ",
        _ => "",
    });
}

fn string(text: &str, draw: &mut Draw<'_>, to: &mut String) {
    let escapes = draw.one_in(8);
    to.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => to.extend(['\\', letter]),
            _ if letter < ' ' || escapes => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    to.push_str(&format!("\\u{unit:04x}"));
                }
            }
            _ => to.push(letter),
        }
    }
    to.push('"');
}
