//! What the suite's own client writes and reads, seen from the other end of the connection.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use tower_webhook::testing::receiver::ReceiverSuite;

use super::{only, own::acme, sockets::by_the_head, told};

fn length(head: &str) -> Option<usize> {
    head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
}

/// What still comes until the sender closes its side, or for as long as the timeout of the connection.
fn rest(connection: &mut TcpStream) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let is_closed = connection.read_to_end(&mut bytes).is_ok();
    (bytes, is_closed)
}

fn answer(connection: &mut TcpStream, answer: &str) {
    let _ = connection.write_all(answer.as_bytes()).and_then(|()| connection.shutdown(Shutdown::Write));
}

const REFUSED: &str = "HTTP/1.1 413 No\r\ncontent-length: 0\r\n\r\n";

async fn happened(case: &str, suite: ReceiverSuite, url: &str) -> String {
    told(case, &only(case, suite).run_at(url).await.unwrap())
}

/// It takes nothing for longer than the sender waits at once, and then all of it.
#[tokio::test]
async fn a_slow_receiver_gets_all_of_a_body_and_nothing_after_it() {
    let (sender, endings) = mpsc::channel();
    let url = by_the_head(move |head, mut connection| {
        // What nobody sends: the buffers of the system fill meanwhile.
        let (_nobody, nothing) = mpsc::channel::<()>();
        let _ = nothing.recv_timeout(Duration::from_millis(400));
        connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut body = vec![0; length(head).unwrap_or(0)];
        let is_whole = if head.contains("chunked") {
            while !body.ends_with(b"\r\n0\r\n\r\n") {
                let mut more = vec![0; 1 << 16];
                let Ok(read @ 1..) = connection.read(&mut more) else { break };
                body.extend_from_slice(&more[..read]);
            }
            body.ends_with(b"\r\n0\r\n\r\n")
        } else {
            connection.read_exact(&mut body).is_ok()
        };
        answer(&mut connection, REFUSED);
        sender.send((is_whole, rest(&mut connection).0.len())).unwrap();
    });
    let happened = happened("oversized", ReceiverSuite::new(acme()), &url).await;
    let taken = format!("the receiver took all of a body of {} bytes with its length", 25 << 20);
    assert_eq!(happened, taken);
    assert_eq!(endings.iter().take(2).collect::<Vec<_>>(), [(true, 0), (true, 0)]);
}

#[tokio::test]
async fn the_rest_of_a_large_body_is_not_sent_after_the_answer() {
    let url = by_the_head(|_, mut connection| {
        let _ = connection.write_all(REFUSED.as_bytes());
        rest(&mut connection);
    });
    assert_eq!(happened("oversized", ReceiverSuite::new(acme()), &url).await, "as expected");
}

#[tokio::test]
async fn half_of_a_slow_body_is_sent_and_the_deadline_ends_it() {
    let (sender, sent) = mpsc::channel();
    let url = by_the_head(move |head, mut connection| {
        // Longer than the deadline, and shorter than the patience with other answers.
        connection.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        sender.send((length(head), rest(&mut connection).0.len())).unwrap();
        answer(&mut connection, REFUSED);
    });
    let suite = ReceiverSuite::new(acme()).deadline(Duration::from_millis(50));
    let late = "to a body that stops, the receiver did not answer in time";
    assert_eq!(happened("slow", suite, &url).await, late);
    let (length, sent) = sent.recv().unwrap();
    assert_eq!(sent, length.unwrap() / 2);
}

#[tokio::test]
async fn what_is_left_of_a_refused_body_is_not_sent_on_a_connection_that_ends() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let (sender, sent) = mpsc::channel();
    let url = by_the_head(move |head, mut connection| {
        seen.lock().unwrap().push(head.to_owned());
        if head.contains("x-tower-webhook: refused") {
            connection.read_exact(&mut [0; 10]).unwrap();
            answer(&mut connection, "HTTP/1.1 401 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            sender.send(rest(&mut connection).0.len()).unwrap();
        } else {
            answer(&mut connection, "HTTP/1.1 204 Yes\r\n\r\n");
            rest(&mut connection);
        }
    });
    // A busy machine may answer later than the suite waits for an early answer.
    let mut more = Vec::new();
    while more.len() < 10 && !more.contains(&0) {
        let suite = ReceiverSuite::new(acme()).body_limit(5_000);
        assert_eq!(happened("after-a-refusal", suite, &url).await, "as expected");
        more.push(sent.recv().unwrap());
    }
    assert!(more.contains(&0), "{more:?}");
    // The body that is refused for its key must not be refused for its length.
    let lengths: Vec<_> = heads.lock().unwrap().iter().filter_map(|head| length(head)).collect();
    assert!(lengths.iter().all(|length| *length < 5_000) && lengths[0] > 2_000, "{lengths:?}");
}

#[tokio::test]
async fn the_first_of_two_on_a_connection_must_be_refused() {
    let url = by_the_head(|_, mut connection| {
        answer(&mut connection, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        rest(&mut connection);
    });
    let accepted = "to an event with a wrong key, the receiver answered 200 OK";
    assert_eq!(happened("after-a-refusal", ReceiverSuite::new(acme()), &url).await, accepted);
}

#[tokio::test]
async fn a_host_is_sent_once() {
    let (sender, heads) = mpsc::channel();
    let url = by_the_head(move |head, mut connection| {
        sender.send(head.to_owned()).unwrap();
        answer(&mut connection, "HTTP/1.1 204 Yes\r\n\r\n");
        rest(&mut connection);
    });
    let event = acme().event("lab.ready").unwrap();
    let authority = url.trim_start_matches("http://");
    for (event, host) in [(event.clone(), authority), (event.header("host", "acme.test"), "acme.test")] {
        assert_eq!(happened("genuine", ReceiverSuite::new(acme()).events([event]), &url).await, "as expected");
        let head = heads.recv().unwrap();
        let hosts: Vec<_> = head.lines().filter_map(|line| line.strip_prefix("host: ")).collect();
        assert_eq!(hosts, [host]);
    }
}

#[tokio::test]
async fn the_longest_answer_is_still_read() {
    let url = by_the_head(|_, mut connection| {
        answer(&mut connection, &format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(16 << 20)));
        rest(&mut connection);
    });
    assert_eq!(happened("genuine", ReceiverSuite::new(acme()), &url).await, "as expected");
}
