//! The real function, on a stand-in for the runtime API of AWS Lambda.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "what fails here fails the test")]

use std::{
    convert::Infallible,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use http_body_util::BodyExt;
use lambda_http::http::{Request, Response};
use serde_json::{Value, json};
use tower_webhook::testing::{
    TestSender,
    receiver::{self, ReceiverSuite},
};

const KEY: &str = "tm_test_8Jq2vXw9Lr5t";

/// Ends with the test, also if that fails.
struct Function(Child);

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The stand-in, with the function that it runs.
struct Lambda {
    _function: Function,
    events: mpsc::Sender<Value>,
    answers: mpsc::Receiver<(String, Value)>,
}

impl Lambda {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let ((answered, answers), (events, waiting)) = (mpsc::channel(), mpsc::channel());
        let waiting = Arc::new(Mutex::new(waiting));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (waiting, answered) = (Arc::clone(&waiting), answered.clone());
                thread::spawn(move || serve(stream.unwrap(), &waiting, &answered));
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
        Self { _function: Function(function.unwrap()), events, answers }
    }

    /// What the function answers to this event.
    fn invoke(&self, event: Value) -> Value {
        self.events.send(event).unwrap();
        let (path, body) = self.answers.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!(path, "/2018-06-01/runtime/invocation/request-1/response", "{body}");
        body
    }
}

fn invoke(event: Value) -> Value {
    Lambda::start().invoke(event)
}

/// Gives out the events, and takes what comes back. A request for an event stays open until there is one.
fn serve(stream: TcpStream, events: &Mutex<mpsc::Receiver<Value>>, answers: &mpsc::Sender<(String, Value)>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some((method, path, body)) = read_request(&mut reader) {
        if method == "POST" {
            answers.send((path, serde_json::from_slice(&body).unwrap())).unwrap();
            writer.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").unwrap();
            continue;
        }
        assert_eq!((method.as_str(), path.as_str()), ("GET", "/2018-06-01/runtime/invocation/next"));
        let Ok(event) = events.lock().unwrap().recv() else { return };
        let event = event.to_string();
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

/// As API Gateway does: it takes the whole body before it invokes the function.
async fn through_the_gateway(
    lambda: &Mutex<Lambda>,
    request: Request<receiver::Body>,
) -> Result<Response<String>, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return Ok(Response::builder().status(400).body(String::new()).unwrap());
    };
    let body = body.to_bytes();
    let mut event = delivery("", "");
    let headers = head.headers.keys().map(|name| {
        let values: Vec<_> = head.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
        // Payload format 2.0 joins repeated headers.
        (name.as_str().to_owned(), values.join(",").into())
    });
    event["headers"] = Value::Object(headers.collect());
    event["requestContext"]["http"]["method"] = head.method.as_str().into();
    event["body"] = data_encoding::BASE64.encode(&body).into();
    event["isBase64Encoded"] = true.into();
    let answer = lambda.lock().unwrap().invoke(event);
    let mut response = Response::builder().status(u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap());
    for (name, value) in answer["headers"].as_object().unwrap() {
        response = response.header(name, value.as_str().unwrap());
    }
    Ok(response.body(answer["body"].as_str().unwrap_or_default().to_owned()).unwrap())
}

#[tokio::test]
async fn the_function_withstands_the_suite() {
    let lambda = Arc::new(Mutex::new(Lambda::start()));
    let service = tower::service_fn(move |request| {
        let lambda = Arc::clone(&lambda);
        async move { through_the_gateway(&lambda, request).await }
    });
    let truemed = TestSender::named("truemed").unwrap().with_key(KEY).unwrap();
    let suite =
        ReceiverSuite::new(truemed).without("oversized", "the gateway takes the body, up to a limit of its own");
    suite.run(service).await.assert();
}
