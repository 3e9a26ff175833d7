//! The example server as a process, or two of them on one Redis or PostgreSQL.

use std::{io::Write, net::TcpStream, sync::Barrier, thread, time::Duration};

use crate::support::{
    API_KEY,
    place::PEPPER,
    shared::{Shared, on_each_server},
    sockets::{Reply, Server, example, exchange},
    wait::block_until,
};

const SESSION: &str = r#"{"qualification_session_id":"qs_canary","status":"approved"}"#;
/// Long enough for all duplicates to come meanwhile, also on a busy machine.
const SLOW: (&str, &str) = ("HANDLER_DELAY_MS", "3000");

fn request(body: &str) -> String {
    let length = body.len();
    format!(
        "POST /webhooks/truemed HTTP/1.1\r\nhost: x\r\nx-truemed-api-key: {API_KEY}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

fn deliver(server: &Server, body: &str) -> Reply {
    exchange(&mut server.connect(), request(body).as_bytes())
}

/// What a server has printed of its only event.
fn lines(server: &Server) -> Vec<String> {
    deliver(server, r#"{"qualification_session_id":"the last","status":"approved"}"#);
    let key = |line: &str| line.split(' ').nth(1).map(str::to_owned);
    let mut lines = vec![server.line()];
    loop {
        let line = server.line();
        if key(&line) != key(&lines[0]) {
            return lines;
        }
        lines.push(line);
    }
}

fn count(lines: &[String], word: &str, key: &str) -> usize {
    lines.iter().filter(|line| **line == format!("{word} {key}")).count()
}

fn a_hundred_at_once(servers: &[Server]) {
    let mut streams: Vec<TcpStream> = (0..100).map(|number| servers[number % servers.len()].connect()).collect();
    let barrier = Barrier::new(streams.len());
    let replies: Vec<Reply> = thread::scope(|scope| {
        let senders: Vec<_> = streams
            .iter_mut()
            .map(|stream| {
                scope.spawn(|| {
                    barrier.wait();
                    exchange(stream, request(SESSION).as_bytes())
                })
            })
            .collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    });
    assert_eq!(replies.iter().filter(|reply| reply.status == 204).count(), 1);
    for reply in replies.iter().filter(|reply| reply.status != 204) {
        assert_eq!(reply.status, 503);
        assert!(reply.head.to_lowercase().contains("\r\nretry-after: "), "{}", reply.head);
    }

    let again: Vec<u16> = (0..10).map(|number| deliver(&servers[number % servers.len()], SESSION).status).collect();
    assert_eq!(again, [204; 10]);
    let printed: Vec<String> = servers.iter().flat_map(lines).collect();
    let key = printed.iter().find_map(|line| line.strip_prefix("effect ")).unwrap().to_owned();
    assert_eq!((count(&printed, "effect", &key), count(&printed, "replay", &key)), (1, 10), "{printed:?}");
}

#[test]
fn a_hundred_duplicates_at_once_have_one_effect_in_memory() {
    a_hundred_at_once(&[Server::start_with(&example("idempotent"), &[SLOW])]);
}

fn replica<S: Shared>(shared: &S, settings: &[(&str, &str)]) -> Server {
    let url = shared.url();
    let shared = [(S::VARIABLE, url.as_str()), ("IDEMPOTENCY_PEPPER", PEPPER)];
    Server::start_with(&example("idempotent"), &[&shared, settings].concat())
}

fn a_hundred_duplicates_at_once_have_one_effect<S: Shared>() {
    let Some(shared) = S::start() else { return };
    a_hundred_at_once(&[replica(&shared, &[SLOW])]);
}

fn a_hundred_duplicates_at_once_have_one_effect_on_two_replicas<S: Shared>() {
    let Some(shared) = S::start() else { return };
    a_hundred_at_once(&[replica(&shared, &[SLOW]), replica(&shared, &[SLOW])]);
}

#[test]
fn failures_run_again_until_one_run_succeeds() {
    let server = Server::start_with(&example("idempotent"), &[("HANDLER_FAIL_FIRST", "2")]);
    let statuses: Vec<u16> = (0..5).map(|_| deliver(&server, SESSION).status).collect();
    assert_eq!(statuses, [500, 500, 204, 204, 204]);
    let effect = server.line();
    let key = effect.strip_prefix("effect ").unwrap();
    assert_eq!([server.line(), server.line()], [format!("replay {key}"), format!("replay {key}")]);
}

/// Sends a delivery, and hangs up once its event is claimed.
fn hang_up(server: &Server, shared: &impl Shared) {
    let send = || {
        let mut stream = server.connect();
        stream.write_all(request(SESSION).as_bytes()).unwrap();
        stream.set_nonblocking(true).unwrap();
        stream
    };
    let mut stream = send();
    block_until("the event to be claimed", || {
        // A server whose store is too slow has answered 503: its sender comes again.
        if stream.peek(&mut [0]).is_ok() {
            stream = send();
        }
        shared.events() == 1
    });
}

fn a_sender_that_hangs_up_does_not_cut_the_handler_off<S: Shared>() {
    let Some(shared) = S::start() else { return };
    let server = replica(&shared, &[("HANDLER_DELAY_MS", "500")]);
    hang_up(&server, &shared);
    let effect = server.line();
    // The commit follows the effect.
    block_until("the commit", || deliver(&server, SESSION).status == 204);
    assert_eq!(server.line(), effect.replace("effect", "replay"));
}

fn a_handler_whose_sender_hung_up_is_waited_for_at_the_end<S: Shared>() {
    let Some(shared) = S::start() else { return };
    let server = replica(&shared, &[("HANDLER_DELAY_MS", "1000")]);
    hang_up(&server, &shared);
    server.interrupt();
    let effect = server.line();
    assert!(effect.starts_with("effect "), "{effect}");
    assert!(server.wait().success());
    assert_eq!(shared.state(effect.trim_start_matches("effect ")), "D204");
}

fn a_replica_that_dies_before_the_effect_leaves_the_event_to_another_one<S: Shared>() {
    let Some(shared) = S::start() else { return };
    let dying = replica(&shared, &[("HANDLER_DELAY_MS", "600000")]);
    let other = replica(&shared, &[]);
    hang_up(&dying, &shared);
    dying.kill();
    assert_eq!(deliver(&other, SESSION).status, 503, "the lease of the dead holds");
    shared.advance(Duration::from_secs(61));
    assert_eq!(deliver(&other, SESSION).status, 204);
    let effect = other.line();
    assert!(effect.starts_with("effect "), "{effect}");
    assert_eq!(deliver(&other, SESSION).status, 204);
    assert_eq!(other.line(), effect.replace("effect", "replay"), "one effect in all");
}

/// The window that no layer can close: see `docs/idempotency.md`.
fn a_replica_that_dies_between_the_effect_and_its_commit_has_the_effect_again_after_the_lease<S: Shared>() {
    let Some(mut shared) = S::start_durable() else { return };
    let dying = replica(&shared, &[SLOW]);
    hang_up(&dying, &shared);
    shared.signal("STOP");
    let effect = dying.line();
    assert!(effect.starts_with("effect "), "{effect}");
    dying.kill();
    // The commit may have been sent: it ends with the sockets of the server that never read it. The claim is on the disk.
    shared.restart();
    assert_eq!(shared.state(effect.trim_start_matches("effect ")), "P", "claimed, and not committed");

    let other = replica(&shared, &[]);
    assert_eq!(deliver(&other, SESSION).status, 503, "the lease of the dead holds");
    shared.advance(Duration::from_secs(61));
    assert_eq!(deliver(&other, SESSION).status, 204);
    assert_eq!(other.line(), effect, "the same event, a second time");
    assert_eq!(deliver(&other, SESSION).status, 204);
    assert_eq!(other.line(), effect.replace("effect", "replay"));
}

fn a_server_starts_while_its_store_is_down_and_works_when_it_is_up<S: Shared>() {
    let Some(mut shared) = S::start_durable() else { return };
    shared.kill();
    let server = replica(&shared, &[]);
    assert_eq!(deliver(&server, SESSION).status, 503);
    shared.restart();
    assert_eq!(deliver(&server, SESSION).status, 204);
}

on_each_server! {
    a_hundred_duplicates_at_once_have_one_effect
    a_hundred_duplicates_at_once_have_one_effect_on_two_replicas
    a_sender_that_hangs_up_does_not_cut_the_handler_off
    a_handler_whose_sender_hung_up_is_waited_for_at_the_end
    a_replica_that_dies_before_the_effect_leaves_the_event_to_another_one
    a_replica_that_dies_between_the_effect_and_its_commit_has_the_effect_again_after_the_lease
    a_server_starts_while_its_store_is_down_and_works_when_it_is_up
}

#[test]
fn a_shared_store_without_a_pepper_is_an_error_at_the_start() {
    for (name, url) in [("REDIS_URL", "redis://127.0.0.1:1/"), ("DATABASE_URL", "postgres://127.0.0.1:1/")] {
        let mut server = std::process::Command::new(example("idempotent"));
        let output = server.env(name, url).env_remove("IDEMPOTENCY_PEPPER").output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains("IDEMPOTENCY_PEPPER is not set"), "{error}");
    }
}
