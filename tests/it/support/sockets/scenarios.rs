//! What happens around single deliveries: senders that are slow, hang up or do not listen.

use std::io::{Read, Write};

use super::{API_KEY, SIGNATURE, Server, events, exchange, read_reply, table};

/// Runs the table and all scenarios, and ends the server.
pub(crate) fn run(server: Server) {
    table::run(&server);
    every_documented_event_has_a_curl_line_that_is_accepted(&server);
    a_refusal_does_not_wait_for_the_body(&server);
    a_sender_that_hangs_up_half_way_leaves_the_server_usable(&server);
    half_sent_bodies_hold_nobody_up(&server);
    a_stalled_body_is_answered_408(&server);
    interrupted_it_finishes_what_it_has_begun(server);
}

fn head(length: usize) -> String {
    format!(
        "POST /webhooks/truemed HTTP/1.1\r\nhost: x\r\nx-truemed-api-key: {API_KEY}\r\ncontent-length: {length}\r\n\r\n"
    )
}

const SESSION: &str = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;

fn genuine(server: &Server) {
    let request = format!("{}{SESSION}", head(SESSION.len()));
    assert_eq!(exchange(&mut server.connect(), request.as_bytes()).status, 204);
    assert!(server.line().contains("qs_1"));
}

fn every_documented_event_has_a_curl_line_that_is_accepted(server: &Server) {
    let mut variants: Vec<_> = events::TRUEMED.into_iter().chain(events::MEDIQUO).map(|(_, variant)| variant).collect();
    for line in &server.greeting {
        let (_, path) = line.split_once("/webhooks/").unwrap_or_else(|| panic!("no curl line: {line}"));
        let provider = path.split('"').next().unwrap();
        let body = line.split_once("-d '").unwrap().1.trim_end_matches('\'');
        let length = body.len();
        let request = format!(
            "POST /webhooks/{provider} HTTP/1.1\r\nhost: x\r\nx-truemed-api-key: {API_KEY}\r\n\
             x-webhook-signature: {SIGNATURE}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        assert_eq!(exchange(&mut server.connect(), request.as_bytes()).status, 204, "{line}");
        let event = server.line();
        variants.retain(|variant| !event.starts_with(&format!("{variant}(")));
    }
    assert!(variants.is_empty(), "no curl line for {variants:?}");
}

fn a_refusal_does_not_wait_for_the_body(server: &Server) {
    let mut stream = server.connect();
    let request = head(60_000).replace(API_KEY, "wrong");
    assert_eq!(exchange(&mut stream, request.as_bytes()).status, 400);
    let mut stream = server.connect();
    assert_eq!(exchange(&mut stream, head(10_000_000_000_000).as_bytes()).status, 413);
}

fn a_sender_that_hangs_up_half_way_leaves_the_server_usable(server: &Server) {
    for _ in 0..20 {
        let mut stream = server.connect();
        stream.write_all(head(SESSION.len()).as_bytes()).unwrap();
        stream.write_all(&SESSION.as_bytes()[..10]).unwrap();
    }
    genuine(server);
}

fn half_sent_bodies_hold_nobody_up(server: &Server) {
    let held: Vec<_> = (0..200)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(format!("{}{{", head(100)).as_bytes()).unwrap();
            stream
        })
        .collect();
    for _ in 0..20 {
        genuine(server);
    }
    drop(held);
}

fn a_stalled_body_is_answered_408(server: &Server) {
    let mut stream = server.connect();
    stream.write_all(format!("{}{{", head(100)).as_bytes()).unwrap();
    let reply = read_reply(&mut stream);
    assert_eq!(reply.status, 408, "{reply:?}");
}

fn interrupted_it_finishes_what_it_has_begun(server: Server) {
    let mut begun = server.connect();
    let (first, rest) = SESSION.as_bytes().split_at(10);
    begun.write_all(head(SESSION.len()).as_bytes()).unwrap();
    begun.write_all(first).unwrap();
    genuine(&server);
    server.interrupt();
    let reply = exchange(&mut begun, rest);
    assert_eq!(reply.status, 204, "{reply:?}");
    assert_eq!(begun.read(&mut [0]).unwrap_or(0), 0, "the connection stays open");
    assert!(server.wait().success());
}
