//! The example `signed` as a process: what it prints can be pasted, and what providers signed is accepted.

use std::process::Command;

use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

use crate::support::{
    fixture,
    sockets::{Reply, Server, example, exchange},
};

fn request(target: &str, headers: &[(String, String)], body: &str) -> Vec<u8> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("POST {target} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into()
}

/// Sends what `curl -i 'url' -H 'name: value' -d 'body'` would.
fn paste(server: &Server, line: &str) -> (String, Reply) {
    let quoted: Vec<_> = line.split('\'').skip(1).step_by(2).collect();
    let [url, headers @ .., body] = &*quoted else { panic!("{line}") };
    let target = format!("/{}", url.splitn(4, '/').nth(3).unwrap());
    let mut headers: Vec<_> = headers.iter().map(|header| header.split_once(": ").unwrap()).collect();
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        headers.push(("content-type", "application/x-www-form-urlencoded"));
    }
    let headers: Vec<_> = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let reply = exchange(&mut server.connect(), &request(&target, &headers, body));
    (target.trim_start_matches("/webhooks/").to_owned(), reply)
}

#[test]
fn with_nothing_set_every_line_that_it_prints_is_accepted() {
    let server = Server::start_with(&example("signed"), &[]);
    let mut pasted = Vec::new();
    for line in &server.greeting {
        let (name, reply) = paste(&server, line);
        if line.contains(r#"{"ping":"#) {
            assert_eq!(reply.body, br#"{"pong":"is answered with a pong"}"#);
            continue;
        }
        assert_eq!(reply.status, 204, "{line}: {reply:?}");
        let shown = server.line();
        assert!(shown.starts_with(&name) && shown.contains(" accepted type="), "{shown}");
        let (_, reply) = paste(&server, &line.replace("-d '", "-d ' "));
        assert_eq!(reply.status == 204, name == "gitlab", "{name}: only a token leaves the body open");
        if name == "gitlab" {
            server.line();
        }
        pasted.push(name);
    }
    assert_eq!(pasted.len(), 13, "{pasted:?}");
}

/// In the place of published keys that are too short for a server.
const LONG_KEY: &str = "Zr41vw-new-and-random";

/// The signature of a published delivery, made with [`LONG_KEY`].
fn sign_again(preset: &str, body: &str) -> String {
    let sign =
        |algorithm, message: &str| hmac::sign(&hmac::Key::new(algorithm, LONG_KEY.as_bytes()), message.as_bytes());
    match preset {
        "github" => {
            let signature = sign(HMAC_SHA256, body);
            signature.as_ref().iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
        }
        "shopify" => BASE64_STANDARD.encode(sign(HMAC_SHA256, body)),
        "twilio" => {
            let fields = body.replace(['=', '&'], "").replace("%2B", "+");
            let message = format!("https://mycompany.com/myapp.php?foo=1&bar=2{fields}");
            BASE64_STANDARD.encode(sign(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &message))
        }
        other => panic!("the published key of {other} is too short"),
    }
}

#[test]
fn what_providers_signed_is_accepted_and_shown_with_what_is_signed() {
    let vectors: Vec<Value> = serde_json::from_slice(&fixture("presets.json")).unwrap();
    for vector in vectors {
        let preset = vector["preset"].as_str().unwrap();
        let (name, variable) = match preset {
            "github" => ("github", "GITHUB_WEBHOOK_SECRET"),
            "stripe" => ("stripe", "STRIPE_WEBHOOK_SECRET"),
            "slack" => ("slack", "SLACK_SIGNING_SECRET"),
            "shopify" => ("shopify", "SHOPIFY_WEBHOOK_SECRET"),
            "standard_webhooks" => ("standard", "STANDARD_WEBHOOKS_SECRET"),
            "svix" => ("svix", "SVIX_WEBHOOK_SECRET"),
            "gitlab" => ("gitlab", "GITLAB_WEBHOOK_TOKEN"),
            "linear" => ("linear", "LINEAR_WEBHOOK_SECRET"),
            "metriport" => ("metriport", "METRIPORT_WEBHOOK_KEY"),
            "terra" => ("terra", "TERRA_SIGNING_SECRET"),
            "twilio" => ("twilio", "TWILIO_AUTH_TOKEN"),
            "discord" => ("discord", "DISCORD_PUBLIC_KEY"),
            "sendgrid" => ("sendgrid", "SENDGRID_PUBLIC_KEY"),
            // The example demonstrates these; `presets.rs` tests them all.
            _ => continue,
        };
        let clock = vector["clock"].to_string();
        let published = vector["key"].as_str().unwrap();
        let key = if published.len() < 16 { LONG_KEY } else { published };
        let mut settings = vec![(variable, key), ("WEBHOOK_CLOCK_UNIX", &*clock)];
        settings.extend(vector["public_url"].as_str().map(|url| ("TWILIO_PUBLIC_URL", url)));
        let server = Server::start_with(&example("signed"), &settings);
        assert!(server.greeting.is_empty(), "no key is made up: {:?}", server.greeting);

        let query = vector["path"].as_str().unwrap().split_once('?').map_or("", |(_, query)| query);
        let target = format!("/webhooks/{name}?{query}");
        let headers = vector["headers"].as_object().unwrap().iter();
        let mut headers: Vec<_> =
            headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        let body = vector["body"].as_str().unwrap();
        if published.len() < 16 {
            let signature = headers.iter_mut().find(|(name, _)| name.contains("signature") || name.contains("hmac"));
            signature.unwrap().1 = sign_again(preset, body);
        }
        let reply = exchange(&mut server.connect(), &request(target.trim_end_matches('?'), &headers, body));
        assert_eq!(reply.status, 204, "{preset}: {reply:?}");

        let fact = |name: &str| match &vector["facts"][name] {
            Value::Array(fact) => format!("{} ({})", fact[1], fact[0].as_str().unwrap()),
            _ => "none".to_owned(),
        };
        let (event_type, event_id) = (fact("event_type"), fact("event_id"));
        let expected = format!("{preset} accepted type={event_type} id={event_id} bytes={}", body.len());
        assert_eq!(server.line(), expected);

        let other = if name == "github" { "/webhooks/stripe" } else { "/webhooks/github" };
        let mut stream = server.connect();
        assert_eq!(exchange(&mut stream, &request(other, &headers, body)).status, 404, "{preset}");
    }
}

#[test]
fn a_bad_setting_ends_it_with_the_name_of_the_variable() {
    for (variable, value) in [
        ("GITHUB_WEBHOOK_SECRET", ""),
        ("STRIPE_WEBHOOK_SECRET", "fifteen-letters"),
        ("TWILIO_AUTH_TOKEN", "a-token-without-a-url"),
        ("WEBHOOK_CLOCK_UNIX", "noon"),
    ] {
        let program =
            Command::new(example("signed")).env("LISTEN", "127.0.0.1:0").env(variable, value).output().unwrap();
        assert!(!program.status.success(), "{variable}");
        let error = String::from_utf8(program.stderr).unwrap();
        assert!(error.contains(variable), "{error}");
    }
}

#[test]
fn interrupted_it_ends() {
    let server = Server::start_with(&example("signed"), &[("GITHUB_WEBHOOK_SECRET", "sixteen-letters-")]);
    let mut stream = server.connect();
    let unsigned = exchange(&mut stream, &request("/webhooks/github", &[], "{}"));
    assert_eq!(unsigned.status, 401);
    drop(stream);
    server.interrupt();
    assert!(server.wait().success());
}
