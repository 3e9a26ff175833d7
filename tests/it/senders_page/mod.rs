//! docs/senders.md: its counts, its reasons, and each of its lines, built and tried with deliveries that these tests sign.

mod line;

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use tower_webhook::{
    ConfigError, WebhookBody, WebhookLayer,
    auth::{Scheme, StandardWebhooks, keys::Tenants},
    handshake::{Challenge, Value},
    provider::{Custom, preset},
    testing::ManualClock,
};

use self::line::{Line, NOW};
use crate::support::deliver;

/// A row of the first table.
struct Row {
    sender: String,
    write: String,
    by: String,
    verification: String,
    seen: String,
}

fn file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The cells of each row of the table that begins so.
fn table(page: &str, header: &str) -> Vec<Vec<String>> {
    let (_, rest) = page.split_once(header).unwrap_or_else(|| panic!("no table: {header}"));
    let rows = rest.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| {
        let row = row.replace(r"\|", "\u{1}");
        let inner = row.trim_matches('|').split('|');
        inner.map(|cell| cell.replace('\u{1}', "|").trim().to_owned()).collect()
    };
    rows.map(cells).collect()
}

fn rows() -> Vec<Row> {
    let row = |cells: Vec<String>| {
        let [sender, write, by, verification, seen] = cells.try_into().unwrap();
        Row { sender, write, by, verification, seen }
    };
    table(&file("docs/senders.md"), "| sender | what you write | by |").into_iter().map(row).collect()
}

/// What stands between backticks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn layer(scheme: Arc<dyn Scheme>) -> WebhookLayer<Custom<WebhookBody>> {
    let clock = ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW));
    Custom::builder("acme", scheme).raw().build().unwrap().into_layer().clock(clock)
}

#[test]
fn the_counts_are_those_of_the_rows() {
    let (page, rows) = (file("docs/senders.md"), rows());
    let count = |by: &str| rows.iter().filter(|row| row.by == by).count();
    let [preset, settings, own, not] = ["preset", "settings", "own code", "not"].map(count);
    assert_eq!(preset + settings + own + not, rows.len(), "a row has no other word in `by`");
    let page_rows = page.split("<!-- made from senders/ -->").nth(1).unwrap().split("<!-- end -->").next().unwrap();
    let described = page_rows.lines().filter(|line| line.starts_with("| [")).count();
    let all = described + rows.len();
    let counts = format!(
        "{all} senders: {described} have a preset, {preset} send like one of these, {settings} by settings, {own} with code of \
         your own, {not} not."
    );
    assert!(page.contains(&counts), "{counts}");
    let readme = file("README.md");
    let (others, link) =
        (format!("and {} others are presets", described - 5), format!("[{all} senders](docs/senders.md)"));
    assert!(readme.contains(&others) && readme.contains(&link), "{others}, {link}");
    assert!(own + not <= 35, "{}", own + not);
    let senders: Vec<String> = rows.iter().map(|row| row.sender.to_lowercase()).collect();
    assert!(senders.is_sorted_by(|a, b| a < b), "the senders are not sorted, or one has two rows");
}

#[test]
fn each_sender_that_settings_cannot_describe_has_a_reason() {
    let reasons = table(&file("docs/senders.md"), "| senders | why |");
    let named: Vec<&str> = reasons.iter().flat_map(|reason| reason[0].split(" · ")).collect();
    let rows = rows();
    let left: BTreeSet<&str> =
        rows.iter().filter(|row| matches!(&*row.by, "own code" | "not")).map(|row| &*row.sender).collect();
    assert_eq!(named.iter().copied().collect::<BTreeSet<_>>(), left);
    assert_eq!(named.len(), left.len(), "a sender has two reasons");
}

#[test]
fn each_row_says_how_sure_it_is() {
    for row in rows() {
        let is_known = row.seen.starts_with(['S', 'D', '3', 'T', 'K']);
        assert!(is_known || row.by == "not" && row.seen.is_empty(), "{}: {}", row.sender, row.seen);
    }
}

#[test]
fn each_preset_exists() {
    for row in rows().iter().filter(|row| row.by == "preset") {
        for code in code(&row.write).iter().filter(|code| code.contains("::") && !code.starts_with('.')) {
            match code.strip_prefix("preset::").and_then(|rest| rest.split_once('(')) {
                Some((name, _)) => assert!(preset::by_name(name).is_some(), "{}: {code}", row.sender),
                None => assert!(
                    ["Truemed::builder()", "MediQuo::builder()", "Twilio::builder()"].contains(code),
                    "{}: {code}",
                    row.sender
                ),
            }
        }
    }
}

#[tokio::test]
async fn each_line_accepts_its_sender_and_rejects_what_was_changed() {
    let mut tried = 0;
    for row in rows().iter().filter(|row| matches!(&*row.by, "preset" | "settings")) {
        let lines: Vec<Line> = code(&row.write).into_iter().filter_map(Line::read).collect();
        assert!(row.by == "preset" || !lines.is_empty(), "{}: no line in {}", row.sender, row.write);
        for line in lines {
            let layer = layer(line.scheme());
            let outcome = deliver(&layer, line.delivery().request()).await;
            assert_eq!(outcome.status, 200, "{}: {:?}", row.sender, outcome.rejection());
            let forgeries = line.forgeries();
            assert!(forgeries.len() > 1, "{}", row.sender);
            for (at, forged) in forgeries.iter().enumerate() {
                let outcome = deliver(&layer, forged.request()).await;
                assert!(outcome.handled.is_none() && outcome.status == 401, "{}: forgery {at}", row.sender);
            }
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");
}

/// Builds the endpoint verification, with its code as the page has it.
macro_rules! described {
    ($($code:tt)+) => {
        (stringify!($($code)+), ($($code)+).build() as Result<Challenge, ConfigError>)
    };
}

type Described = (&'static str, Result<Challenge, ConfigError>);

fn without_blanks(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The row whose endpoint verification has this code, and that.
fn of_page((code_here, challenge): Described) -> (Row, Challenge) {
    let wanted = without_blanks(code_here);
    let has = |row: &Row| code(&row.verification).iter().any(|code| without_blanks(code) == wanted);
    let row = rows().into_iter().find(has).unwrap_or_else(|| panic!("the page does not have {code_here}"));
    (row, challenge.unwrap())
}

fn line_of(row: &Row) -> Line {
    code(&row.write).into_iter().find_map(Line::read).expect("a line")
}

const TOKEN: &str = "Zr41vw-new-and-random";

#[test]
fn each_endpoint_verification_is_ready_made_or_described_here() {
    let senders = file("src/handshake/senders.rs");
    let here = without_blanks(&file("tests/it/senders_page/mod.rs"));
    for row in rows() {
        for code in code(&row.verification).iter().filter(|code| code.starts_with("Challenge::")) {
            let name = code.trim_start_matches("Challenge::").split('(').next().unwrap();
            let declared = senders.split(&format!("pub fn {name}")).nth(1).filter(|rest| rest.starts_with(['(', '<']));
            let can_fail = declared.is_some_and(|rest| rest.split('{').next().unwrap().contains("-> Result<"));
            assert!(declared.is_none() || code.ends_with(")?") == can_fail, "{}: {code}", row.sender);
            let is_ready = declared.is_some();
            let is_here = here.contains(&format!("described!({})", without_blanks(code)));
            assert!(is_ready || is_here, "{}: {code}", row.sender);
        }
    }
}

/// The names that begin with a capital letter, outside of texts and behind no `::`.
fn names(code: &str) -> BTreeSet<String> {
    let code: String = code.split('"').step_by(2).collect::<Vec<_>>().join("\"");
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let paths = code.split(|c: char| !is_part(c)).map(|path| path.split("::").next().unwrap().to_owned());
    paths.filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase())).collect()
}

#[test]
fn each_name_of_a_row_is_imported() {
    let page = file("docs/senders.md");
    let imports = page.split("```rust\n").nth(1).unwrap().split("fn ").next().unwrap();
    let known = imports.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect::<BTreeSet<_>>();
    for row in rows() {
        for code in [&row.write, &row.verification].into_iter().flat_map(|cell| code(cell)) {
            // The rest are headers and members.
            let is_code = code.contains('(') || code == "impl Scheme";
            for name in names(code).iter().filter(|name| is_code && *name != "None") {
                assert!(known.contains(&**name), "{}: {name} of {code}", row.sender);
            }
        }
    }
    assert!(!page.contains(r"\|"), "no Rust in the file");
}

#[tokio::test]
async fn google_health_tests_the_key() {
    let (row, challenge) =
        of_page(described!(Challenge::signed().if_body("type", "verification").answer_status(StatusCode::CREATED)));
    let line = line_of(&row);
    let layer = layer(line.scheme()).handshake(challenge);
    let sent = line.delivery_of(r#"{"type":"verification"}"#);
    assert_eq!(deliver(&layer, sent.request()).await.status, 201);
    let unauthorized = line::Sent { headers: Vec::new(), ..sent };
    assert_eq!(deliver(&layer, unauthorized.request()).await.status, 401);
}

#[tokio::test]
async fn an_mcp_server_signs_with_the_key_of_its_subscription() {
    let (_, challenge) = of_page(described!(
        Challenge::signed()
            .in_body("challenge")
            .if_body("type", "verification")
            .answer_json("challenge", Value::Challenge)
    ));
    let tenants = Tenants::by_header("x-mcp-subscription-id");
    let secret = |byte: u8| [byte, 9].repeat(16);
    for byte in [1, 2] {
        let key = format!("whsec_{}", BASE64_STANDARD.encode(secret(byte)));
        tenants.insert(format!("sub-{byte}"), [key]).unwrap();
    }
    let scheme = StandardWebhooks::builder().keys(tenants).build().unwrap();
    let layer = layer(Arc::new(scheme)).handshake(challenge);
    let send = |subscription: &str, byte: u8, body: &'static str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret(byte));
        let tag = hmac::sign(&key, format!("msg_7.{NOW}.{body}").as_bytes());
        Request::post("/hook")
            .header("x-mcp-subscription-id", subscription)
            .header("webhook-id", "msg_7")
            .header("webhook-timestamp", NOW)
            .header("webhook-signature", format!("v1,{}", BASE64_STANDARD.encode(tag.as_ref())))
            .body(Full::<Bytes>::from(body))
            .unwrap()
    };
    let body = r#"{"type":"verification","challenge":"c-7"}"#;
    for byte in [1, 2] {
        let outcome = deliver(&layer, send(&format!("sub-{byte}"), byte, body)).await;
        assert_eq!((outcome.status, &*outcome.body), (StatusCode::OK, &br#"{"challenge":"c-7"}"#[..]));
    }
    let event = deliver(&layer, send("sub-2", 2, r#"{"type":"event","name":"changed"}"#)).await;
    assert_eq!(event.delivery().tenant(), Some("sub-2"));
    for (subscription, byte) in [("sub-1", 2), ("sub-3", 1), ("", 1)] {
        assert_eq!(deliver(&layer, send(subscription, byte, body)).await.status, 401, "{subscription}");
    }
}

#[tokio::test]
async fn unsigned_challenges_are_answered_by_the_head() {
    let (token, kept) = (TOKEN, Arc::new(Mutex::new(Vec::new())));
    let function = {
        let kept = Arc::clone(&kept);
        move |_: &http::request::Parts, secret: tower_webhook::json::SecretString| {
            kept.lock().unwrap().push(secret.expose_secret().to_owned());
        }
    };
    let ring_central = described!(
        Challenge::unsigned(Method::POST)
            .in_header("validation-token")
            .answer_header("validation-token", Value::Challenge)
    );
    let asana = Challenge::unsigned(Method::POST)
        .in_header("x-hook-secret")
        .answer_header("x-hook-secret", Value::Challenge)
        .on_challenge(function);
    let redox = described!(
        Challenge::unsigned(Method::GET)
            .in_query("challenge")
            .token_in_header("verification-token", token)
            .answer_text()
    );
    let mailchimp = described!(Challenge::unsigned(Method::GET).token_in_query("token", token));
    let request = |method: Method, uri: String, header: Option<(&str, &str)>| {
        let request = Request::builder().method(method).uri(uri);
        let request = header.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        request.body(Full::<Bytes>::default()).unwrap()
    };
    let (row, challenge) = of_page(ring_central);
    let ring_central = layer(line_of(&row).scheme()).handshake(challenge);
    let asana = preset::asana().key(TOKEN).raw().build().unwrap().into_layer().handshake(asana.build().unwrap());
    for (layer, name) in [(ring_central, "validation-token"), (asana, "x-hook-secret")] {
        let outcome = deliver(&layer, request(Method::POST, "/hook".into(), Some((name, "c-7")))).await;
        assert_eq!((outcome.status, &outcome.head.headers[name]), (StatusCode::OK, &"c-7".parse().unwrap()));
        // A request with a body may be an event, so the challenge does not replace the credential.
        let mut with_body = request(Method::POST, "/hook".into(), Some((name, "c-7")));
        *with_body.body_mut() = Full::from("{}");
        assert_eq!(deliver(&layer, with_body).await.status, 401, "{name}");
    }
    assert_eq!(*kept.lock().unwrap(), ["c-7"]);

    let (row, challenge) = of_page(redox);
    let redox = layer(line_of(&row).scheme()).handshake(challenge);
    for (sent, status) in [(Some(TOKEN), 200), (Some("another-token-than-ours"), 401), (None, 401)] {
        let header = sent.map(|token| ("verification-token", token));
        assert_eq!(deliver(&redox, request(Method::GET, "/hook?challenge=c-7".into(), header)).await.status, status);
    }
    let (row, challenge) = of_page(mailchimp);
    let mailchimp = layer(line_of(&row).scheme()).handshake(challenge);
    for (uri, status) in [(format!("/hook?token={TOKEN}"), 200), ("/hook?token=a-guess-of-a-stranger".into(), 401)] {
        assert_eq!(deliver(&mailchimp, request(Method::GET, uri, None)).await.status, status);
    }
}
