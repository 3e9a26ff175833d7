//! Keys that are replaced while deliveries arrive over real connections.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use aws_lc_rs::hmac;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header::HOST};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tower::{Layer, service_fn};
use tower_webhook::{
    WebhookBody,
    auth::{
        Keys,
        keys::{KeySource, Tenants},
    },
    provider::preset,
};

use super::{NEW, OLD};
use crate::support::wait::until;

const CONNECTIONS: usize = 8;

/// A server of GitHub's deliveries with these keys.
async fn serve(keys: impl KeySource) -> SocketAddr {
    let layer = preset::github().keys(keys).build().unwrap().into_layer();
    let service = layer.layer(service_fn(async |_: Request<WebhookBody>| {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await
            });
        }
    });
    address
}

/// Deliveries over some connections until they are told to stop: each is signed with the key of the moment.
struct Senders {
    key: Arc<AtomicUsize>,
    /// How many were accepted with each key.
    accepted: Arc<[AtomicUsize; 2]>,
    stop: Arc<AtomicBool>,
    tasks: JoinSet<()>,
}

impl Senders {
    fn start(address: SocketAddr) -> Self {
        let key = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for sender in 0..CONNECTIONS {
            let (key, accepted, stop) = (Arc::clone(&key), Arc::clone(&accepted), Arc::clone(&stop));
            tasks.spawn(async move {
                let stream = TcpStream::connect(address).await.unwrap();
                let (mut connection, driver) =
                    hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
                tokio::spawn(driver);
                for number in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let body = format!(r#"{{"sender":{sender},"number":{number}}}"#);
                    let which = key.load(Ordering::SeqCst);
                    let request = Request::post("/webhooks/north")
                        .header(HOST, "localhost")
                        .header("x-hub-signature-256", signature([OLD, NEW][which], &body))
                        .body(Full::<Bytes>::from(body))
                        .unwrap();
                    connection.ready().await.unwrap();
                    let response = connection.send_request(request).await.unwrap();
                    assert_eq!(response.status(), StatusCode::OK, "sender {sender}, number {number}, key {which}");
                    response.into_body().collect().await.unwrap();
                    accepted[which].fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        Self { key, accepted, stop, tasks }
    }

    /// Returns once so many more were accepted with this key.
    async fn more(&self, which: usize, count: usize) {
        let goal = self.accepted[which].load(Ordering::SeqCst) + count;
        until("deliveries", || self.tasks.len() < CONNECTIONS || self.accepted[which].load(Ordering::SeqCst) >= goal)
            .await;
    }

    async fn stop(mut self) -> [usize; 2] {
        self.stop.store(true, Ordering::SeqCst);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        [0, 1].map(|which| self.accepted[which].load(Ordering::SeqCst))
    }
}

fn signature(key: &str, body: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), body.as_bytes());
    tag.as_ref().iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

async fn rotate(source: impl KeySource, replace: impl Fn(&[&str])) {
    let senders = Senders::start(serve(source).await);
    senders.more(0, 1_000).await;
    replace(&[OLD, NEW]);
    senders.more(0, 500).await;
    senders.key.store(1, Ordering::SeqCst);
    // Each sender has at most one delivery under way that it has signed with the old key.
    senders.more(1, 1_000 + CONNECTIONS).await;
    replace(&[NEW]);
    senders.more(1, 1_000).await;
    let [old, new] = senders.stop().await;
    assert!(old >= 1_500 && new >= 2_000, "{old} {new}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_loses_no_delivery() {
    let keys = Keys::new([OLD]);
    rotate(keys.clone(), |live| keys.replace(live.iter().copied()).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_does_the_rotation_of_a_tenant() {
    let clinics = Tenants::by_path_segment(1);
    clinics.insert("north", [OLD]).unwrap();
    rotate(clinics.clone(), |live| clinics.insert("north", live.iter().copied()).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_stays_is_always_there() {
    let keys = Keys::new([OLD]);
    let clinics = Tenants::by_path_segment(1);
    clinics.insert("north", [OLD]).unwrap();
    let senders = [Senders::start(serve(keys.clone()).await), Senders::start(serve(clinics.clone()).await)];
    while senders.iter().any(|senders| senders.accepted[0].load(Ordering::SeqCst) < 1_000) {
        keys.replace([OLD, NEW]).unwrap();
        clinics.replace([("north", OLD), ("south", NEW)]).unwrap();
        keys.replace(["another-key-of-this-provider", OLD]).unwrap();
        clinics.replace([("north", NEW), ("north", OLD)]).unwrap();
        assert!(senders.iter().all(|senders| senders.tasks.len() == CONNECTIONS));
        tokio::task::yield_now().await;
    }
    for senders in senders {
        senders.stop().await;
    }
}
