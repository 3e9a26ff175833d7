//! Law: wherever the type of an event stands in its body, `tagged_enum!` makes the same event of it, or refuses it; a body
//! with two types is refused; a body whose type is not listed becomes `Unknown`; and nothing panics.

use std::{collections::BTreeMap, sync::LazyLock};

use http::Request;
use serde::{Deserialize, Serialize};
use tower_webhook::{
    auth::ApiKey,
    json::Id,
    provider::{Custom, Envelope, Place},
    tagged_enum,
};

use crate::{
    draw::Draw,
    send::{Receiver, Steps, receiver},
    signature::KEYS,
    tree::Tree,
};

tagged_enum! {
    #[derive(Clone, Debug, PartialEq)]
    pub enum Event {
        Loose(Loose) = "loose",
        Strict(Strict) = "strict",
        Flat(Flat) = "flat",
        Own(Own) = "own",
        Map(BTreeMap<String, serde_json::Value>) = "map",
        Ping = "ping",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loose {
    id: Option<Id>,
    data: Option<serde_json::Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strict {
    id: Option<String>,
    n: Option<serde_json::Value>,
    object: Option<serde_json::Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flat {
    id: Option<String>,
    #[serde(flatten)]
    others: BTreeMap<String, serde_json::Value>,
}

/// It reads the type itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Own {
    #[serde(rename = "type")]
    event_type: String,
    at: Option<String>,
}

const PATHS: [&str; 2] = ["type", "data.type"];

static RECEIVERS: LazyLock<[Box<dyn Receiver>; 2]> = LazyLock::new(|| {
    PATHS.map(|path| {
        let scheme = ApiKey::header("x-key").key(KEYS[0]).build().unwrap();
        let builder = Custom::builder("acme", scheme).envelope(Envelope::new().event_type(Place::body(path)));
        receiver(builder.tagged::<Event>().build().unwrap().into_layer())
    })
});

fn decode(which: usize, tree: &Tree, draw: &mut Draw<'_>) -> Option<Event> {
    let body = tree.written(draw);
    let request = Request::post("/").header("x-key", KEYS[0]).body(Steps::whole(body.into())).unwrap();
    let (_, handled) = RECEIVERS[which].send(request);
    handled.map(|mut handled| handled.head.extensions.remove().unwrap())
}

/// Two events that differ in nothing but where the type was.
fn is_same(one: &Option<Event>, other: &Option<Event>) -> bool {
    match (one, other) {
        (Some(Event::Unknown(one)), Some(Event::Unknown(other))) => one.event_type == other.event_type,
        _ => one == other,
    }
}

pub fn law(input: &[u8]) {
    let draw = &mut Draw::new(input);
    let which = draw.below(2);
    let tag = draw.of(&["loose", "strict", "flat", "own", "map", "ping", "other", "", "l\u{f6}se"]);
    let tag = match draw.below(8) {
        7 => Tree::draw(draw, 1),
        _ => Tree::Text(tag.to_owned()),
    };
    let Tree::Object(mut others) = Tree::object(draw, 2) else { return };
    // Types of its own would be a second one.
    let has_second = which == 0 && others.iter().any(|(name, _)| name == "type");
    // Where the type is below `data`, the object around it has one place too.
    let mut nested = Vec::new();
    if which == 1 {
        others.retain(|(name, _)| name != "data");
        let Tree::Object(members) = Tree::object(draw, 1) else { return };
        nested = members;
    }
    let has_second = has_second || nested.iter().any(|(name, _)| name == "type");
    let (members, outer) = if which == 0 { (others, Vec::new()) } else { (nested, others) };

    let built = |at: usize, outer_at: usize| {
        let mut members = members.clone();
        members.insert(at.min(members.len()), ("type".to_owned(), tag.clone()));
        if which == 0 {
            return Tree::Object(members);
        }
        let mut outer = outer.clone();
        outer.insert(outer_at.min(outer.len()), ("data".to_owned(), Tree::Object(members)));
        Tree::Object(outer)
    };
    let first = decode(which, &built(0, 0), draw);
    for at in 0..=members.len() {
        let outer_at = draw.below(outer.len() + 1);
        let event = decode(which, &built(at, outer_at), draw);
        assert!(is_same(&first, &event), "at 0: {first:?}, at {at}: {event:?}");
    }
    match &tag {
        Tree::Text(text) if !has_second => {
            let known = ["loose", "strict", "flat", "own", "map", "ping"].contains(&text.as_str());
            match &first {
                Some(event) => {
                    assert_eq!(event.event_type(), text);
                    assert_eq!(matches!(event, Event::Unknown(_)), !known);
                    let stored = serde_json::to_string(event).unwrap();
                    assert_eq!(serde_json::from_str::<Event>(&stored).unwrap(), *event);
                }
                None => assert!(known, "an event of a type that is not listed is refused"),
            }
        }
        _ if has_second => assert_eq!(first, None, "a body with two types"),
        // `null` is no type, and so is anything but a text.
        _ => assert_eq!(first, None, "an event without a type"),
    }
}
