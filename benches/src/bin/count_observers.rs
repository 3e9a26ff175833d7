//! Counts the instructions of one delivery with observers, and prints them as a table. It needs `valgrind`.

use std::{convert::Infallible, error::Error, hint::black_box, io};

use benches::{
    Body, KEY, MEDIQUO, WRONG_KEY,
    count::{self, Row},
    delivery, finish, mediquo, samples,
};
use http::{Request, Response};
use http_body_util::Full;
use metrics_exporter_prometheus::PrometheusBuilder;
use tower::{Layer, Service, service_fn};
use tower_webhook::{
    WebhookBody,
    observe::{MetricsObserver, Observation, Observer, TracingObserver},
};

/// What is left out is the making of the request.
const ROWS: [Row; 9] = [
    ("accepted", None, Some("request")),
    ("accepted, empty observer", Some("accepted"), Some("request")),
    ("accepted, tracing", Some("accepted"), Some("request")),
    ("accepted, metrics", Some("accepted"), Some("request")),
    ("accepted, metrics without drift", Some("accepted"), Some("request")),
    ("refused", None, Some("request")),
    ("refused, empty observer", Some("refused"), Some("request")),
    ("refused, tracing", Some("refused"), Some("request")),
    ("refused, tracing and metrics", Some("refused"), Some("request")),
];

/// The recorder asks the clock of the processor how fast it is, and that takes another number of instructions each time:
/// 100 of them in the figures.
const TIMES: u32 = 5_000;

struct Empty;

impl Observer for Empty {
    fn finished(&self, _: &Observation<'_>) {}
}

fn main() -> Result<(), Box<dyn Error>> {
    count::run_often(&ROWS, TIMES, repeat)
}

fn repeat(work: &str, times: u32) -> Result<(), Box<dyn Error>> {
    let (key, observer) = work.split_once(", ").unwrap_or((work, ""));
    // Lines are made, and written nowhere.
    tracing_subscriber::fmt().with_writer(io::sink).init();
    if observer.contains("metrics") {
        PrometheusBuilder::new().install_recorder()?;
    }
    let layer = match observer {
        "empty observer" => mediquo().observer(Empty),
        "tracing" => mediquo().observer(TracingObserver::new()),
        "metrics" => mediquo().observer(MetricsObserver::new()),
        "metrics without drift" => mediquo().observer(MetricsObserver::new().without_drift()),
        "tracing and metrics" => mediquo().observer((TracingObserver::new(), MetricsObserver::new())),
        _ => mediquo(),
    };
    let [(_, body), ..] = samples();
    let request = |key| black_box(delivery(MEDIQUO, key, Full::new(body.clone())));
    let mut service =
        layer.layer(service_fn(async |_: Request<WebhookBody>| Ok::<_, Infallible>(Response::<Body>::default())));
    for _ in 0..times {
        match key {
            "request" => drop(request(KEY)),
            "accepted" => drop(black_box(finish(service.call(request(KEY))).unwrap())),
            _ => drop(black_box(finish(service.call(request(WRONG_KEY))).unwrap())),
        }
    }
    Ok(())
}
