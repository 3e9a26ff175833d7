//! The example servers, over real sockets.

use std::{
    io::{Read, Write},
    process::Command,
};

use crate::support::{
    API_KEY,
    server::{Server, example, exchange, read_reply},
    table,
};

#[test]
fn axum() {
    all(&["axum"]);
}

#[test]
fn hyper() {
    all(&["hyper"]);
}

fn all(names: &[&str]) {
    for name in names {
        let server = Server::start(&example(name));
        table::run(&server);
        a_refusal_does_not_wait_for_the_body(&server);
        a_sender_that_hangs_up_half_way_leaves_the_server_usable(&server);
        half_sent_bodies_hold_nobody_up(&server);
        a_stalled_body_is_answered_408(&server);
        interrupted_it_ends(server);
    }
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

fn interrupted_it_ends(server: Server) {
    let mut idle = server.connect();
    Command::new("kill").args(["-INT", &server.id().to_string()]).status().unwrap();
    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest);
    assert!(server.wait().success());
}
