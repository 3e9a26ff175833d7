//! What is made from the descriptions in `senders/`: the functions of `preset`, their table, and that of docs/senders.md.
//!
//! `UPDATE=1 cargo test --test it descriptions` writes it anew.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Described, described};

/// The text of a member, or nothing.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// A place such as `{"header": "x-github-event"}`.
fn place(value: &Value) -> Option<String> {
    ["header", "body"].iter().find_map(|kind| value[kind].as_str()).map(|name| format!("`{name}`"))
}

/// The one name and value of an enum's variant.
fn variant(value: &Value) -> (&str, &Value) {
    let (name, value) = value.as_object().unwrap().iter().next().unwrap();
    (name, value)
}

fn algorithm(signature: &Value) -> &'static str {
    match text(signature, "algorithm") {
        "hmac_sha256" => "HMAC-SHA256",
        "hmac_sha512" => "HMAC-SHA512",
        "legacy_hmac_sha1" => "HMAC-SHA1",
        "ed25519" => "Ed25519",
        "ecdsa_p256" => "ECDSA P-256",
        "rsa_sha256" => "RSA-SHA256",
        other => panic!("{other}"),
    }
}

fn part(part: &Value) -> String {
    match part {
        Value::String(word) => match &**word {
            "timestamp" => "the time".to_owned(),
            "id" => "the id".to_owned(),
            "body" => "the body".to_owned(),
            "method" => "the method".to_owned(),
            "uri" => "path and query".to_owned(),
            "public_url" => "your URL".to_owned(),
            "query" => "the query".to_owned(),
            other => panic!("{other}"),
        },
        part => {
            let (kind, name) = variant(part);
            let name = name.as_str().unwrap().escape_debug().to_string().replace('|', "\\x7c");
            match kind {
                "literal" => format!("`{name}`"),
                "header" => format!("the header `{name}`"),
                "member" => format!("the member `{name}`"),
                other => panic!("{other}"),
            }
        }
    }
}

/// "a, b and c"
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn signed(signature: &Value) -> String {
    signature["signed"]
        .as_array()
        .map_or_else(|| "the body".to_owned(), |parts| listed(&parts.iter().map(part).collect::<Vec<_>>()))
}

fn at(value: &Value) -> String {
    let (kind, name) = variant(value);
    let name = name.as_str().unwrap();
    match kind {
        "header" => format!("the header `{name}`"),
        "query" => format!("the parameter `{name}` of the query"),
        "body" => format!("the member `{name}` of the body"),
        other => panic!("{other}"),
    }
}

/// How the sender proves who it is.
fn credential(description: &Value) -> String {
    match variant(&description["credential"]) {
        ("signature", signature) => {
            let encoding = match text(signature, "encoding") {
                "base64" => "base64",
                "base64url" => "URL-safe base64",
                _ => "hex",
            };
            let list = if signature["pairs"].is_object() { ", beside the time" } else { "" };
            let at = at(&signature["at"]);
            format!("{} of {}, in {encoding}, in {at}{list}", algorithm(signature), signed(signature))
        }
        ("standard_webhooks", settings) => {
            let family = if settings["svix"] == true { "svix" } else { "webhook" };
            format!("Standard Webhooks: HMAC-SHA256 of id, time and body, in the headers `{family}-*`")
        }
        ("twilio", _) => {
            "HMAC-SHA1 of your URL and the sorted fields of a form, in the header `x-twilio-signature`".into()
        }
        ("api_key", key) => match variant(key) {
            ("basic", basic) => format!("a password of the user `{}`", text(basic, "user")),
            ("bearer", _) => "a bearer token".to_owned(),
            ("path_segment", index) => format!("a fixed key in the segment {index} of the path"),
            ("form_field", name) => {
                format!("a fixed key in the field {} of a form", name.to_string().replace('"', "`"))
            }
            _ => format!("a fixed key in {}", at(key)),
        },
        (other, _) => panic!("{other}"),
    }
}

fn covers_body(description: &Value) -> bool {
    match variant(&description["credential"]) {
        ("signature", signature) => signature["dangerous_unsigned_body"] != true,
        (kind, _) => kind == "standard_webhooks",
    }
}

/// A place of the envelope; in italics if it is signed.
fn stated(description: &Value, name: &str) -> String {
    let at = &description["envelope"][name];
    let signature = &description["credential"]["signature"];
    let signs_header = |header: &str| {
        text(signature, "id_header") == header
            || text(signature, "timestamp_header") == header
            || description["credential"]["standard_webhooks"].is_object() && header.ends_with("-id")
    };
    let is_signed =
        at["body"].is_string() && covers_body(description) || at["header"].as_str().is_some_and(signs_header);
    let of_scheme = match (name, text(signature, "id_header")) {
        ("event_id", id) if !id.is_empty() => Some(id),
        ("event_id", _) if description["credential"]["standard_webhooks"]["svix"] == true => Some("svix-id"),
        ("event_id", _) if description["credential"]["standard_webhooks"].is_object() => Some("webhook-id"),
        _ => None,
    };
    if let Some(id) = of_scheme {
        return format!("*`{id}`*");
    }
    place(at).map_or_else(String::new, |place| if is_signed { format!("*{place}*") } else { place })
}

/// A key of the right form for an example.
fn key(description: &Value) -> &'static str {
    match variant(&description["credential"]) {
        ("signature", signature) => match (text(signature, "algorithm"), text(signature, "key")) {
            ("ed25519", _) => "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            ("ecdsa_p256", _) => {
                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINX\
                 vVpiglSI8eNEc6wEA3F+g=="
            }
            ("rsa_sha256", _) => "RSA",
            (_, "base64") => "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            (_, "hex") => "00112233445566778899aabbccddeeff0123456789abcdef",
            _ => "Zr41vw-new-and-random",
        },
        ("standard_webhooks", _) => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        _ => "Zr41vw-new-and-random",
    }
}

const RSA: &str = r#"/// # let public_key =
/// #     "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0UuMVub2AbL+d9Wjemz0d2h35j/I9ba/P3dkZgj0DK9654k8Cnn5tzEPICPDVgjl\
/// #     f2gU3ekD5YgpbLgkzwTBvnKV/KnJPFb9SrgaoWkFFQP2cGipkO1W7sjCrXSktT7yIvve29vMXWPAERTMypzpv6CWPbpdsGVbNt8QjtLNVAeJ\
/// #     DY8Gjd8QnpyFD0FnKEMMvNlvkAoIhuxAKPmsXLWUoFixYhPztEd5s7poDG4lYHExvrXNQIe+a5ZmAchPkU61GOyYx48YsSblD+zE2BRvF3wx\
/// #     QO88AFZxq7sIR/ehfZj8ZurAeitifvPLblB41AKF6sWokRZfdyvn7gVt51A7qwIDAQAB";
"#;

fn needs_url(description: &Value) -> bool {
    let signature = &description["credential"]["signature"];
    let signs_url = signature["signed"].as_array().is_some_and(|parts| parts.iter().any(|part| part == "public_url"));
    signs_url || description["credential"]["twilio"].is_object()
}

/// The code of a ready-made endpoint verification.
fn challenge(ready: &str) -> &'static str {
    match ready {
        "cloud_events" => r#"Challenge::cloud_events(["eventgrid.azure.net"], None)?"#,
        "discord" => "Challenge::discord()",
        "dropbox" => "Challenge::dropbox()",
        "meta" => r#"Challenge::meta("the-token-that-you-chose")?"#,
        "metriport" => "Challenge::metriport()",
        "microsoft_graph" => "Challenge::microsoft_graph()",
        "monday" => "Challenge::monday()",
        "notion" => "Challenge::notion(keep)",
        "okta" => "Challenge::okta()",
        "slack" => "Challenge::slack()",
        "strava" => r#"Challenge::strava("the-token-that-you-chose")?"#,
        "trello" => "Challenge::trello()",
        "websub" => r#"Challenge::websub(["https://example.com/feed"])?"#,
        "zoom" => "Challenge::zoom()",
        other => panic!("{other}"),
    }
}

/// Wraps a paragraph of documentation.
fn wrapped(paragraph: &str, prefix: &str) -> String {
    let mut lines = vec![String::new()];
    for word in paragraph.split(' ') {
        let line = lines.last_mut().unwrap();
        if !line.is_empty() && prefix.len() + line.chars().count() + 1 + word.chars().count() > 119 {
            lines.push(word.to_owned());
        } else {
            let blank = if line.is_empty() { "" } else { " " };
            *line += blank;
            *line += word;
        }
    }
    lines.iter().map(|line| format!("{prefix}{line}\n")).collect()
}

/// "3 days", for a number of seconds.
fn duration(seconds: u64) -> String {
    let (number, unit) = match seconds {
        172_801.. if seconds % 86_400 == 0 => (seconds / 86_400, "day"),
        3_600.. => (seconds.div_ceil(3_600), "hour"),
        120.. => (seconds.div_ceil(60), "minute"),
        _ => (seconds, "second"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// How fast to answer, and how long the sender retries.
fn retries(description: &Value) -> String {
    let retries = &description["retries"];
    let delays = retries["delays"].as_array();
    let sum = delays.map(|delays| delays.iter().filter_map(Value::as_u64).sum());
    let title = text(description, "title");
    let answer = retries["timeout"].as_u64().map(|timeout| format!("Answer within {}.", duration(timeout)));
    let retried = match (delays.map(Vec::len), retries["period"].as_u64().or(sum)) {
        (Some(0), _) => Some(format!("{title} does not retry.")),
        (Some(1), Some(period)) => Some(format!("{title} retries once, after {}.", duration(period))),
        (Some(times), Some(period)) => Some(format!("{title} retries {times} times in {}.", duration(period))),
        (None, Some(period)) => Some(format!("{title} retries for up to {}.", duration(period))),
        (_, None) => None,
    };
    answer.into_iter().chain(retried).collect::<Vec<_>>().join(" ")
}

fn function(described: &Described) -> String {
    let Described { name, json, .. } = described;
    let mut doc = wrapped(&format!("{} ([page]({})).", text(json, "title"), text(json, "page")), "/// ");
    let mut paragraph = |text: &str| doc += &format!("///\n{}", wrapped(text, "/// "));
    paragraph(&format!("Credential: {}. Secret: {}.", credential(json), text(json, "secret").trim_end_matches('.')));
    let retries = retries(json);
    let notes = [&*retries, text(json, "notes")].into_iter().filter(|text| !text.is_empty());
    let notes = notes.collect::<Vec<_>>().join(" ");
    if !notes.is_empty() {
        paragraph(&notes);
    }
    match &json["confirmed"] {
        Value::String(how) => paragraph(&format!("Confirmed by {how}.")),
        _ => paragraph("Not confirmed by the sender's own code."),
    }
    doc += "///\n/// # Examples\n///\n/// ```\n";
    let ready = json["verification"]["ready"].as_str();
    let is_described = json["verification"].is_object() && ready.is_none();
    let names = match ready {
        Some(_) => "{handshake::Challenge, provider::preset}",
        None if is_described => "provider::{Sender, preset}",
        None => "provider::preset",
    };
    doc += &format!("/// use tower_webhook::{names};\n///\n");
    let key = match key(json) {
        "RSA" => {
            doc += RSA;
            "public_key".to_owned()
        }
        key => format!("\"{key}\""),
    };
    let url =
        if needs_url(json) { format!(".public_url(\"https://hooks.example.com/{name}\")") } else { String::new() };
    let is_form = |sample: &Value| sample["form"].is_string();
    let raw = if json["samples"].as_array().unwrap().iter().all(is_form) { ".raw()" } else { "" };
    doc += &format!("/// let {name} = preset::{name}().key({key}){url}{raw}.build()?;\n");
    if ready == Some("notion") {
        doc += "/// # let keep = |_: &http::request::Parts, _: tower_webhook::json::SecretString| {};\n";
    }
    if is_described {
        doc += &format!("/// let sender = Sender::named(\"{name}\").expect(\"it exists\");\n");
        doc += "/// let challenge = sender.challenge(None)?.expect(\"it verifies endpoints\");\n";
        doc += &format!("/// let layer = {name}.into_layer().handshake(challenge);\n");
    } else {
        let handshake = ready.map_or_else(String::new, |ready| format!(".handshake({})", challenge(ready)));
        doc += &format!("/// let layer = {name}.into_layer(){handshake};\n");
    }
    doc += "/// # Ok::<_, tower_webhook::ConfigError>(())\n/// ```\n";
    format!("{doc}pub fn {name}() -> PresetBuilder {{\n    described({})\n}}\n", name.to_uppercase())
}

/// Whether it has a module of its own with typed events.
fn is_typed(name: &str) -> bool {
    matches!(name, "mediquo" | "truemed")
}

/// src/provider/preset/generated.rs
pub(super) fn functions() -> String {
    let all = described();
    let presets = || all.iter().filter(|described| !is_typed(&described.name));
    let mut file = String::from(
        "//! Made from `senders/`; to change it, change a description there, and write this file anew:\n\
         //! `UPDATE=1 cargo test --test it descriptions`.\n\n\
         use super::{PresetBuilder, described};\n\n\
         /// The names of all presets, for [`by_name`](super::by_name).\npub const NAMES: &[&str] = &[\n",
    );
    presets().for_each(|described| writeln!(file, "    \"{}\",", described.name).unwrap());
    file += "];\n\n";
    for Described { name, .. } in &all {
        writeln!(file, "const {}: &str = include_str!(\"../../../senders/{name}.json\");", name.to_uppercase())
            .unwrap();
    }
    file += "\npub(in crate::provider) const DESCRIPTIONS: &[(&str, &str)] = &[\n";
    all.iter().for_each(|described| {
        writeln!(file, "    (\"{}\", {}),", described.name, described.name.to_uppercase()).unwrap();
    });
    file += "];\n";
    presets().for_each(|described| write!(file, "\n{}", function(described)).unwrap());
    file
}

/// src/provider/preset/table.md
pub(super) fn table() -> String {
    let mut table = String::from("| preset | credential | type | id |\n|---|---|---|---|\n");
    for Described { name, json, .. } in described().iter().filter(|described| !is_typed(&described.name)) {
        let (event_type, event_id) = (stated(json, "event_type"), stated(json, "event_id"));
        writeln!(table, "| [`{name}`](fn@{name}) | {} | {event_type} | {event_id} |", credential(json)).unwrap();
    }
    table
}

/// The table in docs/senders.md.
pub(super) fn page() -> String {
    let mut table = String::from(
        "| sender | what you write | endpoint verification | where the secret is | confirmed by |\n|---|---|---|---|---|\n",
    );
    for Described { name, json, .. } in described() {
        let write = match &*name {
            "mediquo" => "`MediQuo::builder()`, with its events".to_owned(),
            "truemed" => "`Truemed::builder()`, with its events".to_owned(),
            name => {
                let url = if needs_url(&json) { ".public_url(url)" } else { "" };
                format!("`preset::{name}(){url}`")
            }
        };
        let verification = match &json["verification"] {
            Value::Null => String::new(),
            verification => match verification["ready"].as_str() {
                Some(ready) => format!("`{}`", challenge(ready)),
                None => format!("`Sender::named(\"{name}\")?.challenge(None)?`"),
            },
        };
        let confirmed = json["confirmed"].as_str().unwrap_or("not confirmed by the sender's own code");
        let title = format!("[{}]({})", text(&json, "title"), text(&json, "page"));
        let secret = text(&json, "secret").replace('|', "\\x7c");
        writeln!(table, "| {title} | {write} | {verification} | {secret} | {confirmed} |").unwrap();
    }
    table
}
