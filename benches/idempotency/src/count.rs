//! Counts the instructions that the idempotency layer adds to a handler that does nothing. It needs `valgrind`.

use std::{error::Error, hint::black_box};

use bench_idempotency::{delivery, handle};
use benches::{
    count::{self, Row},
    finish,
};
use tower::{Layer, Service, service_fn};
use tower_webhook::idempotency::{IdempotencyLayer, MemoryStore};

/// What is left out is the making of the request.
const ROWS: [Row; 3] = [
    ("handler alone", None, Some("request")),
    ("first", Some("handler alone"), Some("request")),
    ("duplicate", Some("handler alone"), Some("request")),
];

fn main() -> Result<(), Box<dyn Error>> {
    count::run(&ROWS, repeat)
}

fn repeat(work: &str, times: u32) -> Result<(), Box<dyn Error>> {
    let mut handler = service_fn(handle);
    let mut layered = IdempotencyLayer::new(MemoryStore::new()).layer(handler);
    finish(layered.call(delivery(0))).unwrap();
    for number in 1..=u64::from(times) {
        match work {
            "request" => drop(black_box(delivery(number))),
            "handler alone" => drop(black_box(finish(handler.call(delivery(number))).unwrap())),
            "first" => drop(black_box(finish(layered.call(delivery(number))).unwrap())),
            "duplicate" => drop(black_box(finish(layered.call(delivery(0))).unwrap())),
            other => return Err(format!("no such work: {other}").into()),
        }
    }
    Ok(())
}
