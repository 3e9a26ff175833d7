//! Sends the deliveries, several at a time.

use std::{
    cell::RefCell,
    error::Error,
    io::Write,
    iter,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::time::{sleep, timeout};

use crate::{
    Failure,
    args::Args,
    body::Patient,
    deliveries::Deliveries,
    report::{Answer, Progress, Report},
};

/// How long a sender waits whose page does not say it.
const PATIENCE: Duration = Duration::from_secs(30);
/// More of an answer is not read.
const MAX_ANSWER: usize = 64 << 10;
/// The delays double from a second to 512 where the page has none.
const RETRIES: u32 = 10;

type Connections = Client<HttpConnector, Patient>;

/// Says which key a receiver needs, if it was made up.
pub(crate) fn show_key(args: &Args, deliveries: &Deliveries, out: &mut impl Write) -> Result<(), Failure> {
    if args.key.is_none() && !args.json {
        let key = deliveries.sender.key_text().unwrap_or_default();
        writeln!(out, "# the receiver needs this key, which is made up: {key}")?;
        out.flush()?;
    }
    Ok(())
}

pub(crate) async fn run(args: &Args, deliveries: &Deliveries, out: &mut impl Write) -> Result<Report, Failure> {
    show_key(args, deliveries, out)?;
    let client: Connections = Client::builder(TokioExecutor::new()).build_http();
    let delays = if args.retry { delays(args, deliveries) } else { Vec::new() };
    let numbers = RefCell::new(deliveries.numbers());
    let report = RefCell::new(Report::new(deliveries));
    let progress = Progress::new(deliveries.len(), args.json);
    // Each takes the next delivery when it has done with its last one.
    let worker = async || {
        while let Some(number) = { numbers.borrow_mut().next() } {
            let answer = until_taken(&client, deliveries, number, &delays).await;
            report.borrow_mut().add(answer);
            progress.add();
        }
    };
    join_all((0..args.concurrency).map(|_| worker())).await;
    progress.end();
    Ok(report.take())
}

/// One delivery, with its retries.
async fn until_taken(client: &Connections, deliveries: &Deliveries, number: u32, delays: &[Duration]) -> Answer {
    let mut retry = 0;
    let mut delays = delays.iter();
    loop {
        let request = deliveries.make(number, retry).0.request();
        let mut answer = attempt(client, deliveries, request).await;
        retry += 1;
        answer.attempts = retry;
        let is_taken = answer.status().is_some_and(|status| status.is_success());
        let Some(delay) = delays.next().filter(|_| !is_taken) else { return answer };
        sleep(*delay).await;
    }
}

async fn attempt(client: &Connections, deliveries: &Deliveries, request: Request<Patient>) -> Answer {
    let begun = Instant::now();
    let exchange = async {
        let (head, body) = client.request(request).await.map_err(|error| with_causes(&error))?.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        Ok::<(StatusCode, Bytes), String>((head.status, body.map(|body| body.to_bytes()).unwrap_or_default()))
    };
    let patience = deliveries.sender.description().timeout().unwrap_or(PATIENCE);
    let outcome = timeout(patience, exchange).await.unwrap_or_else(|_| Err(format!("no answer in {patience:?}")));
    Answer { outcome, took: begun.elapsed(), attempts: 1 }
}

fn delays(args: &Args, deliveries: &Deliveries) -> Vec<Duration> {
    let documented = deliveries.sender.description().retries();
    let delays = documented.unwrap_or_else(|| (0..RETRIES).map(|n| Duration::from_secs(1 << n)).collect());
    delays.into_iter().map(|delay| args.max_delay.map_or(delay, |most| delay.min(most))).collect()
}

fn with_causes(error: &dyn Error) -> String {
    let causes = iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
