//! The real function, on a stand-in for the runtime API of AWS Lambda.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "what fails here fails the test")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

const KEY: &str = "tm_test_8Jq2vXw9Lr5t";

/// Ends with the test, also if that fails.
struct Function(Child);

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the function answers to this event.
fn invoke(event: Value) -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (answers, answer) = mpsc::channel();
    let event = Arc::new(Mutex::new(Some(event)));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (event, answers) = (Arc::clone(&event), answers.clone());
            thread::spawn(move || serve(stream.unwrap(), &event, &answers));
        }
    });

    let function = Command::new(env!("CARGO_BIN_EXE_example-lambda"))
        .env("TRUEMED_API_KEY", KEY)
        .env("AWS_LAMBDA_RUNTIME_API", address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "webhooks")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "webhooks")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "webhooks")
        .spawn();
    let _function = Function(function.unwrap());
    let (path, body) = answer.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(path, "/2018-06-01/runtime/invocation/request-1/response", "{body}");
    body
}

/// Gives out the event once, and takes what comes back. A request for a second event stays open.
fn serve(stream: TcpStream, event: &Mutex<Option<Value>>, answers: &mpsc::Sender<(String, Value)>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some((method, path, body)) = read_request(&mut reader) {
        if method == "POST" {
            answers.send((path, serde_json::from_slice(&body).unwrap())).unwrap();
            writer.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").unwrap();
            continue;
        }
        assert_eq!((method.as_str(), path.as_str()), ("GET", "/2018-06-01/runtime/invocation/next"));
        let Some(event) = event.lock().unwrap().take().map(|event| event.to_string()) else { continue };
        let head = format!(
            "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: request-1\r\nlambda-runtime-deadline-ms: 4000000000000\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:123456789012:function:webhooks\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            event.len()
        );
        writer.write_all(head.as_bytes()).unwrap();
        writer.write_all(event.as_bytes()).unwrap();
    }
}

/// Method, path and body of the next request; `None` once the connection has ended.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<(String, String, Vec<u8>)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        lines.push(line.trim_end().to_ascii_lowercase());
    }
    let mut request_line = lines[0].split(' ');
    let method = request_line.next().unwrap().to_ascii_uppercase();
    let path = request_line.next().unwrap().to_owned();
    let length = lines.iter().find_map(|line| line.strip_prefix("content-length:")).map(str::trim);
    assert!(!lines.iter().any(|line| line.starts_with("transfer-encoding")), "{lines:?}");
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some((method, path, body))
}

/// A delivery as API Gateway (payload format 2.0) and function URLs hand it over.
fn delivery(key: &str, body: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/webhooks/truemed",
        "rawQueryString": "",
        "headers": { "content-type": "application/json", "x-truemed-api-key": key },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.execute-api.eu-west-1.amazonaws.com",
            "domainPrefix": "api",
            "http": {
                "method": "POST",
                "path": "/webhooks/truemed",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "truemed",
            },
            "requestId": "request-1",
            "routeKey": "$default",
            "stage": "$default",
            "time": "21/Nov/2026:09:30:00 +0000",
            "timeEpoch": 1_795_253_400_000_u64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

const SESSION: &str = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;

#[test]
fn a_genuine_delivery_is_answered_with_204() {
    let answer = invoke(delivery(KEY, SESSION));
    assert_eq!(answer["statusCode"], 204, "{answer}");
}

#[test]
fn a_genuine_delivery_in_base64_is_answered_with_204() {
    let mut event = delivery(KEY, "eyJxdWFsaWZpY2F0aW9uX3Nlc3Npb25faWQiOiJxc18xIiwic3RhdHVzIjoiYXBwcm92ZWQifQ==");
    event["isBase64Encoded"] = true.into();
    assert_eq!(invoke(event)["statusCode"], 204);
}

#[test]
fn a_wrong_key_is_answered_with_400() {
    let answer = invoke(delivery("tm_test_another_key", SESSION));
    assert_eq!(answer["statusCode"], 400, "{answer}");
    assert_eq!(answer["body"], r#"{"title":"the credential is missing or wrong","kind":"unauthenticated"}"#);
}

#[test]
fn a_body_that_is_no_event_is_answered_with_400() {
    let answer = invoke(delivery(KEY, "[]"));
    assert_eq!(answer["statusCode"], 400, "{answer}");
    assert_eq!(answer["body"], r#"{"title":"the body is not a documented event","kind":"malformed"}"#);
}
