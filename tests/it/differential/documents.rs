//! Documents of each kind, with mistakes: members that are missing, repeated, unknown or of another type, in any order and
//! with any white space.

use super::{
    reference::{RESERVED, TIMES, UNIX_TIMES},
    shapes::{
        Absent, ELIGIBILITY, EVENTS, Kind, Member, NOTIFICATIONS, ORDER, PAYMENT, QUALIFICATION, REPORT, REPORT_SENT,
        SOAP, Shape, TOKEN,
    },
};
use crate::support::random::Random;

pub(super) struct Documents {
    random: Random,
    kind: Kind,
    /// How rare mistakes are in this document, if it may have any.
    rarity: Option<usize>,
}

/// The name of a member, and its JSON.
type Members = Vec<(String, String)>;

const ODD: [&str; 13] =
    ["null", "true", "0", "-0", "1.5", "1e2", "18446744073709551616", "\"\"", "\"x\"", "[]", "{}", "[1]", "{\"a\":1}"];

const TEXTS: [&str; 9] =
    ["a", "", "soap", "approved", "captured", "\\u00e9\\n", "\u{1f600}", "\\ud83d\\ude00", "payment_token"];

const NUMBERS: [&str; 16] = [
    "0",
    "-0",
    "7",
    "-7",
    "1250",
    "1250.0",
    "12.50",
    "-0.5",
    "1e3",
    "1.25E+2",
    "125e-1",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "123456789012345678901234567890",
    "0.10000000000000000001",
];

impl Documents {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Random(seed), kind: Kind::Strict, rarity: None }
    }

    pub(super) fn next(&mut self) -> (Kind, String) {
        self.rarity = [None, None, Some(60), Some(12)][self.random.below(4)];
        self.kind = [Kind::Truemed, Kind::MediQuo, Kind::Tagged, Kind::Strict][self.random.below(4)];
        let members = match self.kind {
            Kind::Truemed => self.truemed(),
            Kind::MediQuo => {
                let (name, shape) = &NOTIFICATIONS[self.random.below(NOTIFICATIONS.len())];
                let event_type = self.type_or_another(name);
                self.with("type", event_type, shape)
            }
            Kind::Tagged => self.tagged(),
            Kind::Strict => self.members(ORDER),
        };
        let mut document = self.written(members);
        if self.errs() {
            match self.random.below(4) {
                0 => document = format!("[{document}]"),
                1 => document.push_str(self.random.pick(&["x", "{}", ",", "\u{feff}"])),
                2 => drop(document.pop()),
                _ => document.insert(0, '\u{feff}'),
            }
        }
        (self.kind, document)
    }

    fn errs(&mut self) -> bool {
        self.rarity.is_some_and(|rarity| self.random.one_in(rarity))
    }

    fn truemed(&mut self) -> Members {
        let shapes = [QUALIFICATION, PAYMENT, TOKEN, ELIGIBILITY];
        let at = self.random.below(4);
        let known = if at == 3 { "product_catalog.item.eligibility_updated" } else { "" };
        let mut members = if at == 3 || self.random.one_in(8) {
            let event_type = self.type_or_another(known);
            self.with("event_type", event_type, shapes[at])
        } else {
            self.members(shapes[at])
        };
        if self.errs() {
            // Members of two events, which tell events without a type.
            let other = self.random.below(3);
            let others = self.members(shapes[other]);
            members.extend(others.into_iter().take(3));
        }
        members
    }

    fn tagged(&mut self) -> Members {
        let (name, shape) = EVENTS[self.random.below(EVENTS.len())];
        let event_type = self.type_or_another(name);
        let mut meta = vec![("event".to_owned(), event_type)];
        self.spoil(&mut meta);
        let meta = if self.errs() { self.random.pick(&ODD).to_owned() } else { self.written(meta) };
        match shape {
            Some(Shape::Object(shape)) => self.with("meta", meta, shape),
            _ => {
                let mut members = self.entries(&Shape::Raw);
                members.push(("meta".to_owned(), meta));
                members
            }
        }
    }

    fn type_or_another(&mut self, name: &str) -> String {
        if self.errs() {
            self.random.pick(&ODD).to_owned()
        } else if self.random.one_in(10) {
            "\"new.one\"".to_owned()
        } else {
            format!("\"{name}\"")
        }
    }

    fn with(&mut self, name: &str, json: String, shape: &[Member]) -> Members {
        let mut members = self.members(shape);
        if !self.errs() {
            let at = self.random.below(members.len() + 1);
            members.insert(at, (name.to_owned(), json));
        }
        members
    }

    fn members(&mut self, shape: &[Member]) -> Members {
        let mut members = Members::new();
        for member in shape {
            let is_optional = member.absent != Absent::Refused;
            if is_optional && self.random.one_in(3) || self.errs() {
                continue;
            }
            let json = if is_optional && self.random.one_in(10) { "null".into() } else { self.json(member.shape) };
            members.push((member.name.to_owned(), json));
        }
        self.spoil(&mut members);
        members
    }

    /// Adds unknown members, changes the order, and repeats one.
    fn spoil(&mut self, members: &mut Members) {
        if self.random.one_in(8) {
            let name = self.random.pick(&["extra", "Status", "statu", "", "x.y"]).to_owned();
            members.push((name, self.any(2)));
        }
        if self.random.one_in(2) {
            for at in (1..members.len()).rev() {
                members.swap(at, self.random.below(at + 1));
            }
        }
        if !members.is_empty() && self.errs() {
            let again = members[self.random.below(members.len())].clone();
            members.push(again);
        }
    }

    fn json(&mut self, shape: Shape) -> String {
        if self.errs() {
            return self.random.pick(&ODD).to_owned();
        }
        match shape {
            Shape::Text => self.text(),
            Shape::Bool => self.random.pick(&["true", "false"]).to_owned(),
            Shape::Integer(least, most) => {
                let near = [0, 1, 7, least, most];
                let mut number = near[self.random.below(near.len())];
                if self.errs() {
                    number = if number == least { least - 1 } else { most + 1 };
                }
                number.to_string()
            }
            Shape::Float => self.random.pick(&NUMBERS).to_owned(),
            Shape::Exact if self.random.one_in(3) => self.text(),
            Shape::Exact => self.random.pick(&NUMBERS).to_owned(),
            Shape::Time => format!("\"{}\"", TIMES[self.random.below(TIMES.len())].0),
            Shape::UnixTime => {
                let last = if self.rarity.is_some() { UNIX_TIMES.len() } else { 7 };
                UNIX_TIMES[self.random.below(last)].0.to_owned()
            }
            Shape::Any | Shape::Raw => self.any(3),
            Shape::Object(shape) => {
                let members = self.members(shape);
                self.written(members)
            }
            Shape::List(shape) => self.list(*shape),
            Shape::Map(shape) => {
                let mut entries = self.entries(shape);
                // Nothing reads it as plain JSON, so it is no part of an event of an unknown type.
                if self.kind == Kind::Strict && self.errs() {
                    entries.push((RESERVED.to_owned(), "1".to_owned()));
                }
                self.written(entries)
            }
            Shape::Report => self.report(REPORT),
            Shape::ReportSent => self.report(REPORT_SENT),
            Shape::Reports => match self.random.below(4) {
                0 => self.report(REPORT),
                1 => {
                    let mut entries = self.entries(&Shape::Report);
                    if self.errs() {
                        entries.extend(self.members(REPORT));
                    }
                    self.written(entries)
                }
                _ => self.list(Shape::Report),
            },
        }
    }

    /// A report, often with the content that its type has.
    fn report(&mut self, shape: &[Member]) -> String {
        let mut members = self.members(shape);
        if self.random.one_in(2) {
            members.retain(|(name, _)| name != "type" && name != "content");
            let soap = self.json(SOAP);
            let both = [("type".to_owned(), "\"soap\"".to_owned()), ("content".to_owned(), soap)];
            members.extend(both);
            self.spoil(&mut members);
        }
        self.written(members)
    }

    fn list(&mut self, shape: Shape) -> String {
        let elements: Vec<_> = (0..self.random.below(4)).map(|_| self.json(shape)).collect();
        format!("[{}]", elements.join(","))
    }

    fn entries(&mut self, shape: &Shape) -> Members {
        let names = ["a", "b", "c", "id", "name"];
        let mut entries: Members = (0..self.random.below(4))
            .map(|_| (names[self.random.below(names.len())].to_owned(), self.json(*shape)))
            .collect();
        self.spoil(&mut entries);
        entries
    }

    /// Any JSON.
    fn any(&mut self, depth: usize) -> String {
        match self.random.below(if depth == 0 { 3 } else { 5 }) {
            0 => self.random.pick(&ODD).to_owned(),
            1 => self.random.pick(&NUMBERS).to_owned(),
            2 => self.text(),
            3 => {
                let elements: Vec<_> = (0..self.random.below(3)).map(|_| self.any(depth - 1)).collect();
                format!("[{}]", elements.join(","))
            }
            _ => {
                let names = ["a", "b", "type"];
                let members =
                    (0..self.random.below(3)).map(|_| (self.random.pick(&names).to_owned(), self.any(depth - 1)));
                let members = members.collect();
                self.written(members)
            }
        }
    }

    fn text(&mut self) -> String {
        format!("\"{}\"", self.random.pick(&TEXTS))
    }

    fn written(&mut self, members: Members) -> String {
        let mut written = Vec::new();
        for (name, json) in members {
            // A name may be spelled with escapes.
            let name = match name.chars().next() {
                Some(first) if self.random.one_in(20) => {
                    format!("\\u{:04x}{}", u32::from(first), name.get(first.len_utf8()..).unwrap())
                }
                _ => name,
            };
            let space = self.random.pick(&["", "", "", " ", "\n\t"]);
            written.push(format!("{space}\"{name}\"{space}:{space}{json}"));
        }
        format!("{{{}}}", written.join(","))
    }
}
