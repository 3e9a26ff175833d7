//! Law: an endpoint verification is answered exactly if the request has its documented shape and nothing else, and never
//! reaches the handler; an event never becomes a challenge; and nothing panics.

use std::sync::LazyLock;

use http::Request;
use tower_webhook::{
    Delivery,
    auth::{Encoding, Signature},
    handshake::Challenge,
    provider::Custom,
};

use crate::{
    draw::Draw,
    keys,
    send::{Receiver, Steps, receiver},
    signature::{Hash, KEYS, OTHER_KEY, encode},
    tree::Tree,
};

const TOKEN: &str = "a-token-of-the-right-length";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Slack,
    Zoom,
    Monday,
    Meta,
    Okta,
    Graph,
    Dropbox,
    Trello,
}

use Kind::{Dropbox, Graph, Meta, Monday, Okta, Slack, Trello, Zoom};

const KINDS: [Kind; 8] = [Slack, Zoom, Monday, Meta, Okta, Graph, Dropbox, Trello];

static RECEIVERS: LazyLock<[Box<dyn Receiver>; 8]> = LazyLock::new(|| {
    KINDS.map(|kind| {
        let scheme = Signature::hmac_sha256("x-signature").key(KEYS[0]).build().unwrap();
        let challenge = match kind {
            Slack => Challenge::slack(),
            Zoom => Challenge::zoom(),
            Monday => Challenge::monday(),
            Meta => Challenge::meta(TOKEN).unwrap(),
            Okta => Challenge::okta(),
            Graph => Challenge::microsoft_graph(),
            Dropbox => Challenge::dropbox(),
            Trello => Challenge::trello(),
        };
        receiver(Custom::builder("acme", scheme).build().unwrap().into_layer().handshake(challenge))
    })
});

/// Whether a text may be sent back.
fn is_harmless(text: &[u8], with_blanks: bool) -> bool {
    let is_harmless = |byte: &u8| byte.is_ascii_graphic() && !b"<>".contains(byte) || with_blanks && *byte == b' ';
    (1..=1024).contains(&text.len()) && text.iter().all(is_harmless)
}

fn challenge(draw: &mut Draw<'_>) -> String {
    match draw.below(6) {
        0..3 => "3eZbrw1aBm2rZgRNFdxV".to_owned(),
        3 => draw.of(&["", "a b", "<b>", "\u{e9}", "a\nb", "{\"a\":1}", "x".repeat(1025).as_str()]).to_owned(),
        4 => "c".repeat(1023 + draw.below(3)),
        _ => draw.text(20),
    }
}

/// The documented body, perhaps with something else.
fn body(kind: Kind, draw: &mut Draw<'_>) -> Tree {
    let text = |text: &str| Tree::Text(text.to_owned());
    let named = |name: &str, value: Tree| (name.to_owned(), value);
    let challenge = Tree::Text(challenge(draw));
    let mut members = match kind {
        Slack => {
            vec![named("type", text("url_verification")), named("token", text("x")), named("challenge", challenge)]
        }
        Zoom => {
            let mut payload = vec![named("plainToken", challenge)];
            change(&mut payload, draw);
            vec![
                named("event", text("endpoint.url_validation")),
                named("payload", Tree::Object(payload)),
                named("event_ts", Tree::Number("1".to_owned())),
            ]
        }
        _ => vec![named("challenge", challenge)],
    };
    change(&mut members, draw);
    Tree::Object(members)
}

fn change(members: &mut Vec<(String, Tree)>, draw: &mut Draw<'_>) {
    let at = draw.below(members.len() + 1);
    match draw.below(12) {
        7 if at < members.len() => drop(members.remove(at)),
        8 if at < members.len() => members.push(members[at].clone()),
        9 => {
            members.insert(at, (draw.of(&["id", "data", "Challenge", "type", "event"]).to_owned(), Tree::draw(draw, 1)))
        }
        10 if at < members.len() => members[at].1 = Tree::draw(draw, 1),
        _ => {}
    }
}

/// The challenge of a body that has the documented shape and nothing else.
fn shape(kind: Kind, body: &Tree) -> Option<String> {
    let only = |tree: &Tree, names: &[&str]| match tree {
        Tree::Object(members) => members
            .iter()
            .enumerate()
            .all(|(at, (name, _))| names.contains(&&**name) && !members[..at].iter().any(|(other, _)| other == name)),
        _ => false,
    };
    let is = |name: &str, text: &str| body.at(&[name]) == Some(&Tree::Text(text.to_owned()));
    let (has_shape, at): (bool, &[&str]) = match kind {
        Slack => (only(body, &["type", "token", "challenge"]) && is("type", "url_verification"), &["challenge"]),
        Zoom => {
            let has_payload = body.at(&["payload"]).is_some_and(|payload| only(payload, &["plainToken"]));
            let has_members = only(body, &["event", "payload", "event_ts"]);
            (has_members && has_payload && is("event", "endpoint.url_validation"), &["payload", "plainToken"])
        }
        _ => (only(body, &["challenge"]), &["challenge"]),
    };
    match body.at(at) {
        Some(Tree::Text(text)) if has_shape && is_harmless(text.as_bytes(), false) => Some(text.clone()),
        _ => None,
    }
}

pub fn law(input: &[u8]) {
    let draw = &mut Draw::new(input);
    let which = draw.below(KINDS.len());
    let kind = KINDS[which];
    if matches!(kind, Slack | Zoom | Monday) { by_body(kind, which, draw) } else { by_head(kind, which, draw) }
}

fn by_body(kind: Kind, which: usize, draw: &mut Draw<'_>) {
    let tree = body(kind, draw);
    let body = tree.written(draw);
    let signed_by = [Some(KEYS[0]), None, Some(KEYS[0]), Some(OTHER_KEY)][draw.below(4)];
    let mut request = Request::post("/");
    if let Some(key) = signed_by {
        request = request.header("x-signature", encode(Encoding::Hex, &Hash::Sha256.mac(key, body.as_bytes())));
    }
    let (response, handled) = RECEIVERS[which].send(request.body(Steps::whole(body.clone().into())).unwrap());
    let is_genuine = signed_by == Some(KEYS[0]);
    // Only what is unsigned by its nature is answered without a signature, and only if it is short.
    let may_answer = is_genuine || kind == Monday && signed_by.is_none() && body.len() <= 1024;
    let is_short = kind != Monday || body.len() <= 1024;
    let challenge = shape(kind, &tree).filter(|_| may_answer && is_short);
    // Zoom's answer is a MAC, which no text gets that could be something else.
    let is_token = |text: &String| text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-._~+/=".contains(&it));
    let challenge = challenge.filter(|text| kind != Zoom || is_token(text));
    let context = format!("{kind:?} {body}, signed by {signed_by:?}: {}", response.status());
    match challenge {
        Some(challenge) => {
            assert!(handled.is_none(), "a challenge reached the handler: {context}");
            assert!(response.status().is_success(), "a challenge is not answered: {context}");
            let expected = match kind {
                Slack => challenge,
                Zoom => {
                    let mac = encode(Encoding::Hex, &Hash::Sha256.mac(KEYS[0], challenge.as_bytes()));
                    serde_json::json!({"encryptedToken": mac, "plainToken": challenge}).to_string()
                }
                _ => serde_json::json!({"challenge": challenge}).to_string(),
            };
            let same = |body: &str| match serde_json::from_str::<serde_json::Value>(body) {
                Ok(value) if kind != Slack => value.to_string(),
                _ => body.to_owned(),
            };
            assert_eq!(same(std::str::from_utf8(response.body()).unwrap()), same(&expected), "{context}");
        }
        None if is_genuine => {
            assert_eq!(handled.is_some(), response.status().is_success(), "{context}");
            assert!(response.extensions().get::<Delivery>().is_some(), "{context}");
        }
        None => {
            assert!(handled.is_none(), "an unsigned request reached the handler: {context}");
            assert_eq!(response.status(), 401, "{context}");
        }
    }
}

fn by_head(kind: Kind, which: usize, draw: &mut Draw<'_>) {
    let text = challenge(draw);
    let escaped: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let escaped =
        if draw.flag() && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) { text.clone() } else { escaped };
    let mut pairs = match kind {
        Meta => vec![
            "hub.mode=subscribe".to_owned(),
            format!("hub.verify_token={}", draw.of(&[TOKEN, TOKEN, TOKEN, "a-token-of-the-right-lengt", "x", ""])),
            format!("hub.challenge={escaped}"),
        ],
        Graph => vec![format!("validationToken={escaped}")],
        Dropbox => vec![format!("challenge={escaped}")],
        _ => Vec::new(),
    };
    let at = draw.below(pairs.len() + 1);
    match draw.below(10) {
        6 if at < pairs.len() => drop(pairs.remove(at)),
        7 if at < pairs.len() => pairs.push(pairs[at].clone()),
        8 => pairs.insert(at, draw.of(&["a=b", "hub%2emode=x", "hub.mode=unsubscribe", "challenge", "&"]).to_owned()),
        _ => {}
    }
    let target = if pairs.is_empty() { "/".to_owned() } else { format!("/?{}", pairs.join("&")) };
    let own = match kind {
        Graph => "POST",
        Trello => "HEAD",
        _ => "GET",
    };
    let method = draw.of(&[own, own, own, "GET", "POST", "PUT"]);
    let has_body = draw.one_in(4);
    let mut request = Request::builder().method(method).uri(target);
    let mut okta = Vec::new();
    if kind == Okta {
        for _ in 0..[1, 1, 0, 2][draw.below(4)] {
            if http::HeaderValue::try_from(&text).is_ok() {
                request = request.header("x-okta-verification-challenge", &text);
                okta.push(text.clone());
            }
        }
    }
    let body = if has_body { "{}" } else { "" };
    let Ok(request) = request.header("content-length", body.len()).body(Steps::whole(body.into())) else { return };
    let fields = keys::fields(request.uri().query().unwrap_or_default().as_bytes());
    let one = |name: &str| {
        let mut found = fields.iter().filter(|(other, _)| other == name.as_bytes());
        found.next().filter(|_| found.next().is_none()).map(|(_, value)| &value[..])
    };
    let harmless = |found: Option<&[u8]>, blanks: bool| found.is_some_and(|text| is_harmless(text, blanks));
    let is_exact = method == own
        && match kind {
            Meta => {
                one("hub.mode") == Some(b"subscribe")
                    && one("hub.verify_token") == Some(TOKEN.as_bytes())
                    && harmless(one("hub.challenge"), false)
            }
            Graph => !has_body && harmless(one("validationToken"), true),
            Dropbox => harmless(one("challenge"), false),
            Okta => okta.len() == 1 && harmless(Some(okta[0].as_bytes()), false),
            _ => true,
        };
    let context = format!("{kind:?} {method} {} {okta:?}", request.uri());
    let (response, handled) = RECEIVERS[which].send(request);
    assert!(handled.is_none(), "an unsigned request reached the handler: {context}");
    assert_eq!(response.status().is_success(), is_exact, "{context}: {}", response.status());
    if is_exact && matches!(kind, Meta | Graph | Dropbox) {
        let sent = [one("hub.challenge"), one("validationToken"), one("challenge")].into_iter().flatten().next();
        assert_eq!(Some(&response.body()[..]), sent, "{context}");
    }
}
