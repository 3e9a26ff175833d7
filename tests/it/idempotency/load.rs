//! Two replicas on one server that hangs, dies and comes back under load.

#![allow(clippy::print_stdout, reason = "the count of what is documented to run again is to be read")]

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Extension, Router, extract::State, http::StatusCode, middleware::map_response_with_state, response::Response,
    routing::post,
};
use bytes::Bytes;
use deadpool_postgres::{Manager, Pool};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinSet, block_in_place},
    time::timeout,
};
use tokio_postgres::NoTls;
use tower_webhook::idempotency::{EventKey, IdempotencyLayer, Outcome, Pepper};

use super::A_LEASE;
use crate::support::{from_truemed, place::PEPPER, postgres::Postgres, redis::Redis, shared::Shared, truemed};

const SENDERS: usize = 64;
/// So many are refused in each failure of the server: each sender comes twice at least.
const REFUSALS: usize = 3 * SENDERS;
const ROUNDS: usize = 20;

/// What all replicas did with the events.
#[derive(Default)]
struct Tally {
    effects: HashMap<EventKey, usize>,
    /// How often the commit of an effect failed: what is documented to run again.
    uncommitted: HashMap<EventKey, usize>,
}

type Tallied = Arc<Mutex<Tally>>;

async fn replica<S: Shared>(server: &S, tally: &Tallied, pool: Option<Pool>) -> SocketAddr {
    let layer = IdempotencyLayer::with_pepper(server.store(S::TIMEOUT).await, Pepper::new(PEPPER).unwrap());
    let effects = Arc::clone(tally);
    let handler = async move |Extension(key): Extension<EventKey>| {
        tokio::task::yield_now().await;
        match &pool {
            Some(pool) => match timeout(S::TIMEOUT, settle(pool, key)).await {
                Ok(Ok(())) => StatusCode::NO_CONTENT,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            },
            None => {
                *effects.lock().unwrap().effects.entry(key).or_default() += 1;
                StatusCode::NO_CONTENT
            }
        }
    };
    let app: Router = Router::new()
        .route("/webhooks/truemed", post(handler).layer((truemed(), layer)))
        .layer(map_response_with_state(Arc::clone(tally), count));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

/// The effect in one transaction with its key.
async fn settle(pool: &Pool, key: EventKey) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    if key.insert_in(&transaction).await? {
        transaction.execute("INSERT INTO effects VALUES ($1)", &[&key.as_bytes().as_slice()]).await?;
    }
    Ok(transaction.commit().await?)
}

async fn count(State(tally): State<Tallied>, response: Response) -> Response {
    let extensions = response.extensions();
    if extensions.get() == Some(&Outcome::Uncommitted) {
        let key = *extensions.get::<EventKey>().expect("a key beside the outcome");
        *tally.lock().unwrap().uncommitted.entry(key).or_default() += 1;
    }
    response
}

async fn connect(server: SocketAddr) -> SendRequest<Full<Bytes>> {
    let (sender, connection) = handshake(TokioIo::new(TcpStream::connect(server).await.unwrap())).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn deliver(connection: &mut SendRequest<Full<Bytes>>, event: usize) -> u16 {
    let body = format!(r#"{{"qualification_session_id":"qs_{event}","status":"approved"}}"#);
    let mut request = from_truemed(Full::from(body));
    request.headers_mut().insert("host", "x".parse().unwrap());
    connection.ready().await.unwrap();
    let response = connection.send_request(request).await.unwrap();
    let status = response.status().as_u16();
    response.into_body().collect().await.unwrap();
    status
}

#[derive(Clone, Copy, Default)]
struct Progress {
    answered: usize,
    refused: usize,
}

/// Makes each of these deliveries once, and gives those that were refused.
async fn round(servers: [SocketAddr; 2], deliveries: Vec<usize>, progress: watch::Sender<Progress>) -> Vec<usize> {
    let (deliveries, next) = (Arc::new(deliveries), Arc::new(AtomicUsize::new(0)));
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (deliveries, next, progress) = (Arc::clone(&deliveries), Arc::clone(&next), progress.clone());
        senders.spawn(async move {
            let mut connection = connect(servers[sender % 2]).await;
            let mut refused = Vec::new();
            while let Some(&event) = deliveries.get(next.fetch_add(1, Ordering::Relaxed)) {
                let status = deliver(&mut connection, event).await;
                match status {
                    204 => {}
                    503 => refused.push(event),
                    other => panic!("{other}"),
                }
                progress.send_modify(|progress| {
                    progress.answered += 1;
                    progress.refused += usize::from(status == 503);
                });
            }
            refused
        });
    }
    senders.join_all().await.concat()
}

/// Lets the server hang, die, hang and then die, and die for a moment, one after the other.
async fn trouble<S: Shared>(server: &mut S, deliveries: usize, progress: &watch::Sender<Progress>) {
    let until = async |reached: &dyn Fn(Progress) -> bool| {
        let mut progress = progress.subscribe();
        timeout(Duration::from_secs(60), progress.wait_for(|now| reached(*now))).await.expect("it goes on").unwrap();
    };
    for step in 1..=4 {
        until(&|now| now.answered >= deliveries * step / 6).await;
        let refused = progress.borrow().refused;
        match step {
            2 => block_in_place(|| server.kill()),
            4 => {}
            _ => block_in_place(|| server.signal("STOP")),
        }
        if step < 4 {
            until(&|now| now.refused >= refused + REFUSALS).await;
        }
        if step == 1 {
            block_in_place(|| server.signal("CONT"));
        } else {
            block_in_place(|| server.restart());
        }
    }
}

/// Each event is delivered twice, and again until it is taken.
async fn deliver_through_trouble<S: Shared>(deliveries: usize) {
    let Some(mut server) = S::start_durable() else { return };
    deliver_to(&mut server, deliveries, None).await;
}

async fn deliver_to<S: Shared>(server: &mut S, deliveries: usize, pool: Option<Pool>) {
    let tally = Tallied::default();
    let servers = [replica(server, &tally, pool.clone()).await, replica(server, &tally, pool.clone()).await];
    let progress = watch::Sender::new(Progress::default());

    let events = deliveries / 2;
    let pairs: Vec<usize> = (0..events).flat_map(|event| [event; 2]).collect();
    let (mut refused, ()) =
        tokio::join!(round(servers, pairs, progress.clone()), trouble(server, deliveries, &progress));
    let mut rounds = 1;
    while !refused.is_empty() {
        rounds += 1;
        assert!(rounds < ROUNDS, "{} deliveries are refused for ever", refused.len());
        // What was left claimed by an answer that was lost: the sender waits for its lease.
        block_in_place(|| server.advance(A_LEASE));
        refused = round(servers, refused, progress.clone()).await;
    }
    // A duplicate of each, when no lease protects it any more.
    block_in_place(|| server.advance(A_LEASE));
    assert_eq!(round(servers, (0..events).collect(), progress.clone()).await, [] as [usize; 0]);

    let tally = tally.lock().unwrap();
    if pool.is_some() {
        let Progress { answered, refused } = *progress.borrow();
        println!("{events} events in {answered} deliveries, {refused} of them refused");
        return;
    }
    assert_eq!(tally.effects.len(), events, "each has its effect");
    for (key, effects) in &tally.effects {
        let allowed = 1 + tally.uncommitted.get(key).copied().unwrap_or_default();
        assert!(*effects <= allowed, "{effects} effects, and at most {allowed} are documented");
    }
    let again = tally.effects.values().sum::<usize>() - events;
    println!(
        "{events} events in {} deliveries, {} of them refused: {} effects without a commit, {again} of them ran again",
        progress.borrow().answered,
        progress.borrow().refused,
        tally.uncommitted.values().sum::<usize>(),
    );
}

/// The same where the handler puts the effect and its key into one transaction.
async fn transact_through_trouble(deliveries: usize) {
    let Some(mut server) = Postgres::start_alone() else { return };
    server.ask("CREATE TABLE effects (key bytea NOT NULL)");
    let pool = Pool::builder(Manager::new(server.url().parse().unwrap(), NoTls)).max_size(20).build().unwrap();
    deliver_to(&mut server, deliveries, Some(pool)).await;
    let effects = server.ask("SELECT count(*), count(DISTINCT key) FROM effects").concat();
    println!("effects, and events that have one: {effects}");
    assert_eq!(effects, format!("{0}|{0}", deliveries / 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_hangs_and_dies_under_2_000_deliveries_and_nothing_is_lost_or_done_twice_but_what_was_not_committed() {
    deliver_through_trouble::<Redis>(2_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_hangs_and_dies_under_2_000_deliveries_and_nothing_is_lost_or_done_twice_but_what_was_not_committed() {
    deliver_through_trouble::<Postgres>(2_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_hangs_and_dies_under_2_000_transactions_and_nothing_is_lost_or_done_twice() {
    transact_through_trouble(2_000).await;
}

#[ignore = "`.ci/run` does it"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_hangs_and_dies_under_20_000_deliveries_and_nothing_is_lost_or_done_twice_but_what_was_not_committed() {
    deliver_through_trouble::<Redis>(20_000).await;
}

#[ignore = "`.ci/run` does it"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_hangs_and_dies_under_20_000_deliveries_and_nothing_is_lost_or_done_twice_but_what_was_not_committed()
{
    deliver_through_trouble::<Postgres>(20_000).await;
}

#[ignore = "`.ci/run` does it"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_hangs_and_dies_under_20_000_transactions_and_nothing_is_lost_or_done_twice() {
    transact_through_trouble(20_000).await;
}
