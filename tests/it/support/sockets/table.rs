//! One table of cases for every stack: what is sent over a socket, and what must come back.

use super::{API_KEY, SIGNATURE, Server, events, exchange, fixture};

struct Case {
    name: &'static str,
    request: Vec<u8>,
    status: u16,
    /// What the server's line about the event must hold; none if the handler must not run.
    event: Option<&'static str>,
}

fn request(line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut request = format!("{line} HTTP/1.1\r\nhost: localhost\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    [request.as_bytes(), body].concat()
}

fn chunked(line: &str, headers: &[(&str, &str)], body: &[u8], size: usize) -> Vec<u8> {
    let mut request = format!("{line} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut request = format!("{request}\r\n").into_bytes();
    for chunk in body.chunks(size) {
        request.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\nx-trailer: 1\r\n\r\n");
    request
}

const TRUEMED: &str = "POST /webhooks/truemed";
const MEDIQUO: &str = "POST /webhooks/mediquo";
const KEY: (&str, &str) = ("x-truemed-api-key", API_KEY);
const SIGNED: (&str, &str) = ("x-webhook-signature", SIGNATURE);

fn accepted() -> Vec<Case> {
    let case = |name, request, status, event| Case { name, request, status, event: Some(event) };
    let session = fixture("truemed/qualification_session_complete.json");
    let sample = fixture("truemed/item_eligibility_updated_sample.json");
    let consultation = fixture("mediquo/patient_consultation_finished.json");
    let report = fixture("mediquo/patient_report_sent.json");
    let of_truemed =
        events::TRUEMED.map(|(path, variant)| case(path, request(TRUEMED, &[KEY], &fixture(path)), 204, variant));
    let of_mediquo =
        events::MEDIQUO.map(|(path, variant)| case(path, request(MEDIQUO, &[SIGNED], &fixture(path)), 204, variant));
    let others = [
        case("sample as printed", request(TRUEMED, &[KEY], &sample), 204, "Unknown"),
        case("event of the other provider", request(TRUEMED, &[KEY], &report), 204, "Unknown"),
        case("unknown type", request(MEDIQUO, &[SIGNED], br#"{"type":"new"}"#), 204, "Unknown"),
        case("header in capitals", request(TRUEMED, &[("X-TRUEMED-API-KEY", API_KEY)], &session), 204, "qs_7f3k2"),
        case("one chunk", chunked(TRUEMED, &[KEY], &session, 1 << 20), 204, "qs_7f3k2"),
        case("chunks of one byte", chunked(MEDIQUO, &[SIGNED], &consultation, 1), 204, "id_consultation"),
        case(
            "expecting to continue",
            request(TRUEMED, &[KEY, ("content-type", "text/plain")], &session),
            204,
            "qs_7f3k2",
        ),
    ];
    of_truemed.into_iter().chain(of_mediquo).chain(others).collect()
}

fn refused() -> Vec<Case> {
    let case = |name, request, status| Case { name, request, status, event: None };
    let session = &*fixture("truemed/qualification_session_complete.json");
    let report = &*fixture("mediquo/patient_report_sent.json");
    let large = vec![b' '; 65537];
    vec![
        case("no key", request(TRUEMED, &[], session), 400),
        case("wrong key", request(TRUEMED, &[("x-truemed-api-key", "wrong")], session), 400),
        case("empty key", request(TRUEMED, &[("x-truemed-api-key", "")], session), 400),
        case("doubled key", request(TRUEMED, &[KEY, KEY], session), 400),
        case("key not ASCII", request(TRUEMED, &[("x-truemed-api-key", "schlüssel")], session), 400),
        case("key of the other provider", request(TRUEMED, &[("x-truemed-api-key", SIGNATURE)], session), 400),
        case("no signature", request(MEDIQUO, &[], report), 401),
        case("wrong signature", request(MEDIQUO, &[("x-webhook-signature", "wrong")], report), 401),
        case("GET", request("GET /webhooks/truemed", &[KEY], b""), 405),
        case("PUT", request("PUT /webhooks/mediquo", &[SIGNED], report), 405),
        case("compressed", request(TRUEMED, &[KEY, ("content-encoding", "gzip")], session), 415),
        case("event of the other provider", request(MEDIQUO, &[SIGNED], session), 400),
        case("no body", request(TRUEMED, &[KEY], b""), 400),
        case("cut off", request(TRUEMED, &[KEY], &session[..session.len() / 2]), 400),
        case("an array", request(MEDIQUO, &[SIGNED], b"[]"), 400),
        case("not UTF-8", request(MEDIQUO, &[SIGNED], b"{\"type\":\"\xff\"}"), 400),
        case("deep", request(MEDIQUO, &[SIGNED], "[".repeat(10_000).as_bytes()), 400),
        case("too large by declaration", request(TRUEMED, &[KEY], &large), 413),
        case("too large in chunks", chunked(TRUEMED, &[KEY], &large, 8192), 413),
        case("another path", request("POST /", &[KEY], session), 404),
    ]
}

/// Sends every case over a connection of its own, and all that leave it usable over one.
pub(crate) fn run(server: &Server) {
    for case in accepted().into_iter().chain(refused()) {
        check(server, &case, &mut server.connect());
    }
    let mut kept = server.connect();
    for case in refused().into_iter().filter(|case| case.request.len() < 8192 && case.status != 413).chain(accepted()) {
        check(server, &case, &mut kept);
    }
}

fn check(server: &Server, case: &Case, stream: &mut std::net::TcpStream) {
    let name = case.name;
    let reply = exchange(stream, &case.request);
    assert_eq!(reply.status, case.status, "{name}: {reply:?}");
    if let Some(event) = case.event {
        assert!(reply.body.is_empty(), "{name}");
        let line = server.line();
        assert!(line.starts_with(event) || line.contains(&format!("{event:?}")), "{name}: {line}");
    } else if case.status != 404 {
        assert!(reply.head.to_lowercase().contains("content-type: application/problem+json"), "{name}: {}", reply.head);
    }
    assert_eq!(server.line_by_now(), None, "{name}");
}
