//! The requests as text.

use std::{
    io::Write,
    time::{SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, Request};
use serde_json::{Map, Value, json};

use crate::{Failure, args::Args, curl::curl_line, deliveries::Deliveries, run::show_key};

pub(crate) fn print(args: &Args, deliveries: &Deliveries, out: &mut impl Write) -> Result<(), Failure> {
    if !args.json {
        show_key(args, deliveries, out)?;
    }
    for number in deliveries.numbers() {
        let (delivery, time) = deliveries.make(number, 0);
        let request: Request<Vec<u8>> = delivery.request();
        let line = if args.json { in_json(deliveries, &request, time)? } else { curl_line(&request)? };
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn in_json(deliveries: &Deliveries, request: &Request<Vec<u8>>, time: SystemTime) -> Result<String, Failure> {
    let line = json!({
        "sender": deliveries.sender.description().name(),
        "event": deliveries.event,
        "method": request.method().as_str(),
        "url": request.uri().to_string(),
        "headers": headers(request.headers())?,
        "body": std::str::from_utf8(request.body()).map_err(|_| "the body is not UTF-8")?,
        "key": deliveries.sender.key_text(),
        "public_url": deliveries.sender.public_url(),
        "time": time.duration_since(UNIX_EPOCH)?.as_secs(),
    });
    Ok(line.to_string())
}

/// A header that is there twice is an array.
fn headers(headers: &HeaderMap) -> Result<Map<String, Value>, Failure> {
    let mut object = Map::new();
    for name in headers.keys() {
        let values = headers.get_all(name).iter().map(|value| value.to_str().map(Value::from));
        let mut values = values.collect::<Result<Vec<_>, _>>()?;
        let value = if values.len() == 1 { values.remove(0) } else { Value::Array(values) };
        object.insert(name.to_string(), value);
    }
    Ok(object)
}
