//! nginx in front of the layer, with the configuration of docs/deploy.md and with what goes wrong without it.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
};

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use axum::{
    Router,
    body::Bytes,
    http::HeaderMap,
    routing::{any, post},
};
use serde_json::Value;
use tower_webhook::{
    auth::{ApiKey, Part, Signature},
    provider::Custom,
};

use crate::support::{
    API_KEY, fixture,
    nginx::Nginx,
    sockets::{Reply, Server, example, exchange, read_reply},
    truemed,
};

const SESSION: &str = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;
const KEY: &str = "Zr41vw-new-and-random";
const MIB: usize = 1 << 20;

/// The line of the request and its headers, with nothing about the length.
fn head(line: &str, headers: &[(&str, &str)]) -> String {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{line} HTTP/1.1\r\nhost: x\r\n{headers}")
}

fn request(line: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    format!("{}content-length: {}\r\n\r\n{body}", head(line, headers), body.len()).into_bytes()
}

fn to_truemed(key: &str, length: usize) -> String {
    format!("{}content-length: {length}\r\n\r\n", head("POST /webhooks/truemed", &[("x-truemed-api-key", key)]))
}

/// Serves a router of the test until the process ends.
fn serve(app: Router) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), app).await })
    });
    address
}

fn is_nginxs(reply: &Reply) -> bool {
    reply.head.contains("content-type: text/html") || reply.head.contains("Content-Type: text/html")
}

fn is_problem(reply: &Reply, kind: &str) -> bool {
    String::from_utf8_lossy(&reply.body).contains(&format!(r#""kind":"{kind}""#))
}

/// Whether nothing has been answered by now.
fn is_silent(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let read = stream.read(&mut [0]);
    stream.set_nonblocking(false).unwrap();
    matches!(read, Err(error) if error.kind() == ErrorKind::WouldBlock)
}

/// All that is answered until the connection is closed.
fn until_closed(stream: &mut TcpStream, sent: &str) -> String {
    stream.write_all(sent.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_delivery_that_the_provider_signed_passes_unchanged() {
    let vectors: Vec<Value> = serde_json::from_slice(&fixture("presets.json")).unwrap();
    let vector = vectors.iter().find(|vector| vector["preset"] == "stripe").unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (key, clock) = (text(&vector["key"]), vector["clock"].to_string());
    let settings = [("STRIPE_SECRET", &*key), ("WEBHOOK_CLOCK_UNIX", &*clock)];
    let server = Server::start_with(&example("signed"), &settings);
    let Some(nginx) = Nginx::start(server.address()) else { return };

    let headers = vector["headers"].as_object().unwrap();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, value.as_str().unwrap())).collect();
    let delivery = request("POST /webhooks/stripe", &headers, vector["body"].as_str().unwrap());
    // Twice over one connection, which nginx keeps.
    let mut stream = nginx.connect();
    for _ in 0..2 {
        let reply = exchange(&mut stream, &delivery);
        assert_eq!(reply.status, 204, "{reply:?}");
        assert!(server.line().contains("stripe accepted"));
    }
}

#[test]
fn the_smallest_of_three_limits_answers() {
    let handler = async |body: Bytes| body.len().to_string();
    let app = |limit| Router::new().route("/webhooks/truemed", post(handler).layer(truemed().body_limit(limit)));
    let page = "client_max_body_size  2m;";
    for (setting, limit, length, answered_by) in [
        // nginx has a limit of 1 MiB if you set none.
        ("", 8 * MIB, MIB + 1, "nginx"),
        (page, 8 * MIB, 2 * MIB + 1, "nginx"),
        (page, MIB, MIB + 1, "layer"),
        (page, MIB, 2 * MIB + 1, "nginx"),
        ("client_max_body_size 0;", 8 * MIB, 8 * MIB + 1, "layer"),
        ("client_max_body_size 9m;", 8 * MIB, 3 * MIB, "axum"),
        ("client_max_body_size 9m;", 8 * MIB, MIB, "handler"),
    ] {
        let Some(nginx) = Nginx::start_with(serve(app(limit)), &[(page, setting)]) else { return };
        let mut stream = nginx.connect();
        stream.write_all(to_truemed(API_KEY, length).as_bytes()).unwrap();
        if matches!(answered_by, "axum" | "handler") {
            let body = format!("{SESSION}{}", " ".repeat(length - SESSION.len()));
            stream.write_all(body.as_bytes()).unwrap();
        }
        let reply = read_reply(&mut stream);
        let case = format!("{setting} {limit} {length}: {reply:?}");
        assert_eq!(reply.status, if answered_by == "handler" { 204 } else { 413 }, "{case}");
        assert_eq!(is_nginxs(&reply), answered_by == "nginx", "{case}");
        assert_eq!(is_problem(&reply, "too_large"), answered_by == "layer", "{case}");
    }
}

#[test]
fn without_request_buffering_a_refusal_does_not_wait_for_the_body() {
    let server = Server::start(&example("axum"));
    let Some(nginx) = Nginx::start(server.address()) else { return };
    for _ in 0..20 {
        let mut stream = nginx.connect();
        stream.write_all(to_truemed("wrong", 60_000).as_bytes()).unwrap();
        stream.write_all(&[b' '; 1_000]).unwrap();
        let reply = read_reply(&mut stream);
        assert!(reply.status == 400 && is_problem(&reply, "unauthenticated"), "{reply:?}");
    }
}

#[test]
fn with_request_buffering_nginx_reads_the_whole_body_of_a_stranger_first() {
    let server = Server::start(&example("axum"));
    let buffering = [("proxy_request_buffering off", "proxy_request_buffering on")];
    let Some(nginx) = Nginx::start_with(server.address(), &buffering) else { return };
    let mut begun = nginx.connect();
    // Small enough for the server to read it at once: see `a_refused_large_body_may_end_in_nginxs_502`.
    begun.write_all(to_truemed("wrong", 4_000).as_bytes()).unwrap();
    begun.write_all(&[b' '; 3_999]).unwrap();
    // nginx has one thread: what it answers now, it does after what came before.
    let whole = request("POST /webhooks/truemed", &[("x-truemed-api-key", "wrong")], SESSION);
    assert_eq!(exchange(&mut nginx.connect(), &whole).status, 400);
    assert!(is_silent(&mut begun), "answered before the body was there");
    assert_eq!(exchange(&mut begun, b" ").status, 400);
}

/// The server closes the connection with the rest of the body unread, and nginx may notice that before the answer.
#[test]
fn a_refused_large_body_may_end_in_nginxs_502() {
    let server = Server::start(&example("axum"));
    let delivery = request("POST /webhooks/truemed", &[("x-truemed-api-key", "wrong")], &" ".repeat(MIB));
    for buffering in ["off", "on"] {
        let changes = [("proxy_request_buffering off", &*format!("proxy_request_buffering {buffering}"))];
        let Some(nginx) = Nginx::start_with(server.address(), &changes) else { return };
        for _ in 0..20 {
            let reply = exchange(&mut nginx.connect(), &delivery);
            assert!(reply.status == 400 || (reply.status == 502 && is_nginxs(&reply)), "{reply:?}");
        }
    }
    assert!(server.line_by_now().is_none(), "the handler has run");
}

#[test]
fn with_request_buffering_payloads_are_written_to_disk() {
    let body = format!("{SESSION}{}", " ".repeat(20_000));
    let delivery = request("POST /webhooks/truemed", &[("x-truemed-api-key", API_KEY)], &body);
    for (setting, is_written) in [
        ("proxy_request_buffering off;", false),
        ("proxy_request_buffering on;", true),
        ("proxy_request_buffering on; client_body_buffer_size 2m;", false),
    ] {
        let server = Server::start(&example("axum"));
        let changes = [("proxy_request_buffering off;", setting)];
        let Some(nginx) = Nginx::start_with(server.address(), &changes) else { return };
        assert_eq!(exchange(&mut nginx.connect(), &delivery).status, 204);
        let log = nginx.log();
        assert_eq!(
            log.contains("a client request body is buffered to a temporary file"),
            is_written,
            "{setting} {log}"
        );
    }
}

#[test]
fn over_http_1_0_to_the_server_a_chunked_body_is_buffered_all_the_same() {
    let chunked = head("POST /webhooks/truemed", &[("x-truemed-api-key", "wrong"), ("transfer-encoding", "chunked")]);
    let server = Server::start(&example("axum"));
    let Some(nginx) = Nginx::start(server.address()) else { return };
    let mut stream = nginx.connect();
    assert_eq!(exchange(&mut stream, format!("{chunked}\r\n2\r\n{{}}\r\n").as_bytes()).status, 400);

    let old = [("proxy_http_version      1.1;", "")];
    let nginx = Nginx::start_with(server.address(), &old).unwrap();
    let mut begun = nginx.connect();
    begun.write_all(format!("{chunked}\r\n2\r\n{{}}\r\n").as_bytes()).unwrap();
    let whole = request("POST /webhooks/truemed", &[("x-truemed-api-key", "wrong")], SESSION);
    assert_eq!(exchange(&mut nginx.connect(), &whole).status, 400);
    assert!(is_silent(&mut begun), "answered before the body was there");
    assert_eq!(exchange(&mut begun, b"0\r\n\r\n").status, 400);
}

#[test]
fn a_header_with_an_underscore_is_dropped_unless_nginx_is_told() {
    let scheme = ApiKey::header("x_acme_key").key(KEY).build().unwrap();
    let layer = Custom::builder("acme", scheme).raw().build().unwrap().into_layer();
    let server = serve(Router::new().route("/webhooks/acme", post(async || "handled").layer(layer)));
    let delivery = request("POST /webhooks/acme", &[("x_acme_key", KEY)], "{}");
    let Some(nginx) = Nginx::start(server) else { return };
    let reply = exchange(&mut nginx.connect(), &delivery);
    assert!(reply.status == 401 && is_problem(&reply, "unauthenticated"), "{reply:?}");
    let told = [("client_max_body_size", "underscores_in_headers on; client_max_body_size")];
    let nginx = Nginx::start_with(server, &told).unwrap();
    assert_eq!(exchange(&mut nginx.connect(), &delivery).status, 200);
}

#[test]
fn a_path_behind_proxy_pass_changes_a_signed_uri() {
    let scheme = Signature::hmac_sha256("x-acme-signature")
        .signed([Part::Uri, Part::literal("\n"), Part::Body])
        .key(KEY)
        .build()
        .unwrap();
    let layer = Custom::builder("acme", scheme).raw().build().unwrap().into_layer();
    let server = serve(Router::new().route("/{*path}", post(async || "handled").layer(layer)));
    let sign = |uri: &str| {
        let mac = hmac::sign(&hmac::Key::new(HMAC_SHA256, KEY.as_bytes()), format!("{uri}\n{{}}").as_bytes());
        mac.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let unchanged = ["/webhooks/acme", "/webhooks/a%2Fb%20c//d/../%7e?x=%2F&y=a+b"];
    let Some(nginx) = Nginx::start(server) else { return };
    let stripping = [("http://webhooks;", "http://webhooks/webhooks/;")];
    let Some(changing) = Nginx::start_with(server, &stripping) else { return };
    for (uri, survives) in unchanged.into_iter().zip([true, false]) {
        let delivery = request(&format!("POST {uri}"), &[("x-acme-signature", &sign(uri))], "{}");
        assert_eq!(exchange(&mut nginx.connect(), &delivery).status, 200, "{uri}");
        let expected = if survives { 200 } else { 401 };
        assert_eq!(exchange(&mut changing.connect(), &delivery).status, expected, "{uri}");
    }
    let shortened = [("http://webhooks;", "http://webhooks/;")];
    let nginx = Nginx::start_with(server, &shortened).unwrap();
    let delivery = request("POST /webhooks/acme", &[("x-acme-signature", &sign("/webhooks/acme"))], "{}");
    assert_eq!(exchange(&mut nginx.connect(), &delivery).status, 401);
}

#[test]
fn a_doubled_credential_passes_nginx_and_not_the_layer() {
    let server = Server::start(&example("axum"));
    let Some(nginx) = Nginx::start(server.address()) else { return };
    let twice = [("x-truemed-api-key", API_KEY), ("x-truemed-api-key", API_KEY)];
    let reply = exchange(&mut nginx.connect(), &request("POST /webhooks/truemed", &twice, SESSION));
    assert!(reply.status == 400 && is_problem(&reply, "unauthenticated"), "{reply:?}");
    // nginx itself refuses a second length.
    let lengths = [("x-truemed-api-key", API_KEY), ("content-length", "55")];
    let reply = exchange(&mut nginx.connect(), &request("POST /webhooks/truemed", &lengths, SESSION));
    assert!(reply.status == 400 && is_nginxs(&reply), "{reply:?}");
}

#[test]
fn who_expects_to_continue_hears_so_from_nginx_and_not_from_a_refusal() {
    let server = Server::start(&example("axum"));
    let Some(nginx) = Nginx::start(server.address()) else { return };
    let expecting = |key: &str| to_truemed(key, SESSION.len()).replacen("\r\n", "\r\nexpect: 100-continue\r\n", 1);
    let mut direct = server.connect();
    assert_eq!(exchange(&mut direct, expecting("wrong").as_bytes()).status, 400);
    let mut direct = server.connect();
    assert_eq!(exchange(&mut direct, expecting(API_KEY).as_bytes()).status, 100);
    assert_eq!(exchange(&mut direct, SESSION.as_bytes()).status, 204);

    let mut stream = nginx.connect();
    assert_eq!(exchange(&mut stream, expecting("wrong").as_bytes()).status, 100, "before anybody was asked");
    assert_eq!(read_reply(&mut stream).status, 400, "and still before the body");
    let mut stream = nginx.connect();
    assert_eq!(exchange(&mut stream, expecting(API_KEY).as_bytes()).status, 100);
    assert_eq!(exchange(&mut stream, SESSION.as_bytes()).status, 204);
}

#[test]
fn what_a_sender_says_of_its_address_opens_nothing_and_does_not_get_through() {
    let forged = [("x-forwarded-for", "10.0.0.1"), ("x-real-ip", "10.0.0.1"), ("forwarded", "for=10.0.0.1")];
    let server = Server::start(&example("axum"));
    let Some(nginx) = Nginx::start(server.address()) else { return };
    let wrong = |headers: &[(&str, &str)]| {
        let headers = [&[("x-truemed-api-key", "wrong")], headers].concat();
        let reply = exchange(&mut nginx.connect(), &request("POST /webhooks/truemed", &headers, SESSION));
        (reply.status, reply.body)
    };
    assert_eq!(wrong(&forged), wrong(&[]));

    let told = async |headers: HeaderMap| {
        ["x-real-ip", "x-forwarded-for"].map(|name| headers[name].to_str().unwrap().to_owned()).join(" ")
    };
    let server = serve(Router::new().route("/webhooks/told", any(told)));
    let asked = request("POST /webhooks/told", &forged, "");
    let nginx = Nginx::start(server).unwrap();
    assert_eq!(exchange(&mut nginx.connect(), &asked).body, b"127.0.0.1 127.0.0.1");
    let appending = [("X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for")];
    let nginx = Nginx::start_with(server, &appending).unwrap();
    assert_eq!(exchange(&mut nginx.connect(), &asked).body, b"127.0.0.1 10.0.0.1, 127.0.0.1", "the forged one first");
}

#[test]
fn an_address_list_counts_the_peer_unless_the_peer_is_trusted() {
    let server = Server::start(&example("axum"));
    let list = "allow 192.0.2.0/24; deny all; proxy_read_timeout";
    let trust = format!("set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For; {list}");
    let headers = [("x-truemed-api-key", API_KEY), ("x-forwarded-for", "192.0.2.7")];
    let delivery = request("POST /webhooks/truemed", &headers, SESSION);
    for (setting, status) in [(list, 403), (&*trust, 204)] {
        let Some(nginx) = Nginx::start_with(server.address(), &[("proxy_read_timeout", setting)]) else { return };
        assert_eq!(exchange(&mut nginx.connect(), &delivery).status, status, "{setting}");
    }
}

#[test]
fn a_body_that_stalls_is_cut_off_by_nginx_without_a_word() {
    let server = Server::start(&example("axum"));
    for buffering in ["off", "on"] {
        let changes = [
            ("client_body_timeout   10s", "client_body_timeout 100ms"),
            ("proxy_request_buffering off", &*format!("proxy_request_buffering {buffering}")),
        ];
        let Some(nginx) = Nginx::start_with(server.address(), &changes) else { return };
        let begun = format!("{}{{", to_truemed(API_KEY, 100));
        assert_eq!(until_closed(&mut nginx.connect(), &begun), "", "{buffering}");
    }
}

#[test]
fn so_is_a_head_that_stalls() {
    let server = Server::start(&example("axum"));
    let hasty = [("client_header_timeout 10s", "client_header_timeout 100ms")];
    let Some(nginx) = Nginx::start_with(server.address(), &hasty) else { return };
    assert_eq!(until_closed(&mut nginx.connect(), "POST /webhooks/truemed HTTP/1.1\r\nhost: x\r\n"), "");
}

#[test]
fn a_handler_that_is_slower_than_nginx_waits_is_answered_504() {
    let handler = async || std::future::pending::<()>().await;
    let server = serve(Router::new().route("/webhooks/truemed", post(handler).layer(truemed())));
    let hasty = [("proxy_read_timeout      30s", "proxy_read_timeout 100ms")];
    let Some(nginx) = Nginx::start_with(server, &hasty) else { return };
    let delivery = format!("{}{SESSION}", to_truemed(API_KEY, SESSION.len()));
    let reply = exchange(&mut nginx.connect(), delivery.as_bytes());
    assert!(reply.status == 504 && is_nginxs(&reply), "{reply:?}");
}

#[test]
fn nginx_can_answer_429_and_say_when_to_come_again() {
    let server = Server::start(&example("axum"));
    let zone = "limit_req_zone $binary_remote_addr zone=webhooks:1m rate=1r/m;\nupstream webhooks {";
    let told = format!("map $status $retry_after {{ 429 60; default \"\"; }}\n{zone}");
    let limit = "limit_req zone=webhooks; proxy_read_timeout";
    let limit_told = "limit_req zone=webhooks; limit_req_status 429; \
        add_header Retry-After $retry_after always; proxy_read_timeout";
    for (zone, limit, status) in [(zone, limit, 503), (&*told, limit_told, 429)] {
        let changes = [("upstream webhooks {", zone), ("proxy_read_timeout", limit)];
        let Some(nginx) = Nginx::start_with(server.address(), &changes) else { return };
        let delivery = request("POST /webhooks/truemed", &[("x-truemed-api-key", API_KEY)], SESSION);
        let first = exchange(&mut nginx.connect(), &delivery);
        assert!(first.status == 204 && !first.head.contains("Retry-After"), "{first:?}");
        let second = exchange(&mut nginx.connect(), &delivery);
        assert_eq!(second.status, status);
        assert_eq!(second.head.contains("Retry-After: 60"), status == 429, "{second:?}");
    }
}
