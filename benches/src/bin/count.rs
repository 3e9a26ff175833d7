//! Counts the instructions of one delivery, which are the same in every run but for a few, and
//! prints them as a table. It needs `valgrind`. `count <work> <times>` does the work alone, for other tools.
#![expect(clippy::print_stdout, reason = "it prints its figures")]
#![expect(clippy::unwrap_used, reason = "a measurement of deliveries that are right")]

use std::{convert::Infallible, error::Error, hint::black_box, process::Command};

use axum::Router;
use benches::{Body, Derived, KEY, MEDIQUO, WRONG_KEY, delivery, finish, mediquo, routers, samples};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, service_fn};
use tower_webhook::{
    WebhookBody,
    json::decode_tagged,
    provider::mediquo::{ConsultationFinished, Event},
};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What is counted, what it is compared with, and what is left out of both: the making of the request.
const ROWS: [(&str, Option<&str>, Option<&str>); 12] = [
    ("floor", None, None),
    ("ours", Some("floor"), None),
    ("derive", Some("floor"), None),
    ("ours", Some("derive"), None),
    ("request", None, None),
    ("bare", None, Some("request")),
    ("accepted", Some("bare"), Some("request")),
    ("refused", Some("accepted"), Some("request")),
    ("no-op route", None, Some("request")),
    ("Json handler", None, Some("request")),
    ("Bytes handler", Some("Json handler"), Some("request")),
    ("Webhook<E>", Some("Json handler"), Some("request")),
];
const TIMES: u32 = 500;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => table(),
        [work, times] => repeat(work, times.parse()?),
        _ => Err("usage: count [<work> <times>]".into()),
    }
}

fn table() -> Outcome<()> {
    println!("| work | instructions | compared with | ratio |\n|---|--:|---|--:|");
    for (work, other, without) in ROWS {
        let count = |work| Ok::<_, Box<dyn Error>>(count(work)? - without.map_or(Ok(0.0), count)?);
        let ours = count(work)?;
        let [other, ratio] = match other {
            Some(other) => [format!("`{other}`"), format!("{:.3}", ours / count(other)?)],
            None => [String::new(), String::new()],
        };
        println!("| `{work}` | {ours:.0} | {other} | {ratio} |");
    }
    Ok(())
}

/// The instructions of one piece of work. The difference of two runs leaves the program's start out.
fn count(work: &str) -> Outcome<f64> {
    let [short, long] = [instructions(work, TIMES)?, instructions(work, 2 * TIMES)?];
    Ok((long - short) / f64::from(TIMES))
}

fn instructions(work: &str, times: u32) -> Outcome<f64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(std::env::current_exe()?);
    let output = valgrind.arg(work).arg(times.to_string()).output()?;
    let report = String::from_utf8(output.stderr)?;
    let (_, collected) = report.split_once("Collected : ").ok_or("valgrind did not count")?;
    Ok(collected.lines().next().unwrap_or_default().trim().parse()?)
}

fn repeat(work: &str, times: u32) -> Outcome<()> {
    let [(_, body), ..] = samples();
    let text = || std::str::from_utf8(black_box(&body)).unwrap();
    let request = |key| black_box(delivery(MEDIQUO, key, Full::new(body.clone())));
    let mut service =
        mediquo().layer(service_fn(async |_: Request<WebhookBody>| Ok::<_, Infallible>(Response::<Body>::default())));
    let routed = |router: &mut Router| drop(black_box(finish(router.call(request(KEY))).unwrap()));
    let mut router = routers().into_iter().find(|(name, _)| *name == work).map(|(_, router)| router);
    for _ in 0..times {
        match (work, &mut router) {
            ("floor", _) => drop(black_box(serde_json::from_str::<ConsultationFinished>(text()).unwrap())),
            ("ours", _) => drop(black_box(decode_tagged::<Event>(black_box(&body)).unwrap())),
            ("derive", _) => drop(black_box(serde_json::from_str::<Derived>(text()).unwrap())),
            ("request", _) => drop(request(KEY)),
            ("bare", _) => {
                let collected = finish(request(KEY).into_body().collect()).unwrap().to_bytes();
                let text = std::str::from_utf8(&collected).unwrap();
                drop(black_box(serde_json::from_str::<ConsultationFinished>(text).unwrap()));
            }
            ("accepted", _) => drop(black_box(finish(service.call(request(KEY))).unwrap())),
            ("refused", _) => drop(black_box(finish(service.call(request(WRONG_KEY))).unwrap())),
            (_, Some(router)) => routed(router),
            (other, None) => return Err(format!("no such work: {other}").into()),
        }
    }
    Ok(())
}
