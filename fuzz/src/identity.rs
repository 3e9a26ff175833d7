//! Law: two bodies of an event of a type that is not listed have one identity exactly if they say the same, whatever the order
//! of members, the blanks and the notation of texts and numbers.

use std::{collections::BTreeMap, sync::LazyLock};

use tower_webhook::{
    Delivery,
    auth::Verified,
    idempotency::Identity,
    json,
    provider::{
        Provider,
        mediquo::{self, MediQuo},
        truemed::{self, Truemed},
    },
};

use crate::{draw::Draw, send::now, signature::KEYS, tree::Tree};

static TRUEMED: LazyLock<Truemed> = LazyLock::new(|| Truemed::builder().api_key(KEYS[0]).build().unwrap());
static MEDIQUO: LazyLock<MediQuo> = LazyLock::new(|| MediQuo::builder().signature(KEYS[0]).build().unwrap());

/// What a tree says: numbers as sign, digits and exponent; members by name, those of one name in their order.
#[derive(Debug, PartialEq)]
enum Meaning {
    Word(&'static str),
    Number(bool, String, i64),
    Text(String),
    Array(Vec<Meaning>),
    Object(BTreeMap<String, Vec<Meaning>>),
}

fn meaning(tree: &Tree) -> Meaning {
    match tree {
        Tree::Word(word) => Meaning::Word(word),
        Tree::Text(text) => Meaning::Text(text.clone()),
        Tree::Array(elements) => Meaning::Array(elements.iter().map(meaning).collect()),
        Tree::Object(members) => {
            let mut all = BTreeMap::<_, Vec<_>>::new();
            members.iter().for_each(|(name, value)| all.entry(name.clone()).or_default().push(meaning(value)));
            Meaning::Object(all)
        }
        Tree::Number(number) => {
            let (is_negative, number) = (number.starts_with('-'), number.trim_start_matches('-'));
            let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
            let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
            let all = format!("{whole}{fraction}");
            let digits = all.trim_start_matches('0');
            let short = digits.trim_end_matches('0');
            if short.is_empty() {
                return Meaning::Number(false, String::new(), 0);
            }
            let exponent =
                exponent.parse::<i64>().unwrap() - fraction.len() as i64 + (digits.len() - short.len()) as i64;
            Meaning::Number(is_negative, short.to_owned(), exponent)
        }
    }
}

/// The same in another order and other notations.
fn reworded(tree: &Tree, draw: &mut Draw<'_>) -> Tree {
    match tree {
        Tree::Array(elements) => Tree::Array(elements.iter().map(|element| reworded(element, draw)).collect()),
        Tree::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, value)| (name.clone(), reworded(value, draw))).collect();
            if draw.flag() {
                // Stable, so members of one name keep their order.
                members.sort_by(|(name, _), (other, _)| other.cmp(name));
            }
            Tree::Object(members)
        }
        Tree::Number(number) if !number.contains(['e', 'E']) => {
            let has_point = number.contains('.');
            Tree::Number(match draw.below(5) {
                1 => format!("{number}e0"),
                2 if has_point => format!("{number}00"),
                2 => format!("{number}.0"),
                3 => format!("{number}E+00"),
                4 if !has_point && !number.ends_with('0') => format!("{number}0e-1"),
                _ => number.clone(),
            })
        }
        other => other.clone(),
    }
}

fn identity(which: usize, body: &str) -> Option<Identity> {
    let body = body.as_bytes();
    let name = ["truemed", "mediquo"][which];
    let delivery = Delivery::new(name, Verified::new(), now(), body.len());
    Some(match which {
        0 => TRUEMED.identity(&json::decode::<truemed::Event>(body).ok()?, &delivery, body),
        _ => MEDIQUO.identity(&json::decode::<mediquo::Event>(body).ok()?, &delivery, body),
    })
}

pub fn law(input: &[u8]) {
    let draw = &mut Draw::new(input);
    let which = draw.below(2);
    let tag = ["event_type", "type"][which];
    let tree = |draw: &mut Draw<'_>| {
        let Tree::Object(mut members) = Tree::object(draw, 3) else { unreachable!() };
        members.retain(|(name, _)| name != tag);
        members.insert(draw.below(members.len() + 1), (tag.to_owned(), Tree::Text("not.listed".to_owned())));
        Tree::Object(members)
    };
    let one = tree(draw);
    let other = match draw.below(3) {
        0 => reworded(&one, draw),
        1 => tree(draw),
        // Nearly the same.
        _ => {
            let Tree::Object(mut members) = reworded(&one, draw) else { unreachable!() };
            let at = draw.below(members.len());
            if members[at].0 != tag {
                members[at].1 = Tree::draw(draw, 2);
            }
            Tree::Object(members)
        }
    };
    let (first, second) = (one.written(draw), other.written(draw));
    let identities = (identity(which, &first), identity(which, &second));
    let (Some(one_identity), Some(other_identity)) = identities else {
        panic!("an event of a type that is not listed is refused: {first} or {second}")
    };
    assert_eq!(one_identity == other_identity, meaning(&one) == meaning(&other), "{first} and {second}");
}
