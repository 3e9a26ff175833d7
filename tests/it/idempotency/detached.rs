//! Senders that hang up, over real connections: inline and detached.

use std::{future::pending, sync::Arc};

use axum::{Extension, Router, http::StatusCode, routing::post};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc},
};
use tower::{Layer, ServiceExt};
use tower_webhook::{
    idempotency::{BoxStore, EventKey, IdempotencyLayer, InFlight, MemoryStore, Outcome},
    testing::FailingStore,
};

use super::{Answer, begin, deliver, delivery_of, on_each_store};
use crate::support::{
    acting::{Act, Acting},
    from_truemed,
    place::Place,
    truemed,
    wait::{until, within},
};

const SESSION: &str = r#"{"qualification_session_id":"qs_1","status":"approved"}"#;

on_each_store! {
    async fn a_detached_handler_outlives_its_future(place: Place) {
        let (in_flight, go) = (InFlight::new(), Arc::new(Notify::new()));
        let layer = place.layer().detached(&in_flight);
        let handler = Acting::new([Act::Wait(Arc::clone(&go))]);
        let dropped = begin(&layer, &handler, "e");
        assert_eq!(in_flight.count(), 1);
        drop(dropped);
        until("the handler to run", || handler.runs() == 1).await;
        assert_eq!(deliver(&layer, &handler, "e").await.outcome, Some(Outcome::InProgress));
        let mut drained = tokio_test::task::spawn(in_flight.drained());
        tokio_test::assert_pending!(drained.poll());
        go.notify_one();
        within("the end of the handlers", drained).await;
        assert_eq!(deliver(&layer, &handler, "e").await, Answer::replay(204));
        assert_eq!((handler.runs(), handler.effects().len()), (1, 1));
    }

    async fn a_detached_panic_goes_on_and_gives_the_event_back(place: Place) {
        let in_flight = InFlight::new();
        let layer = place.layer().detached(&in_flight);
        let handler = Acting::new([Act::Panic, Act::Fail]);
        let attempt = tokio::spawn(layer.layer(handler.clone()).oneshot(delivery_of("e")));
        assert_eq!(attempt.await.unwrap_err().into_panic().downcast_ref(), Some(&"as told"));
        assert_eq!(in_flight.count(), 0);
        within("the end of the claim", async {
            loop {
                let attempt = layer.layer(handler.clone()).oneshot(delivery_of("e")).await;
                match attempt {
                    Err(error) => break assert_eq!(error, "as told"),
                    Ok(response) => assert_eq!(response.status(), 503),
                }
            }
        })
        .await;
        within("the end of the handlers", in_flight.drained()).await;
    }
}

/// A server whose handler tells that it began, waits to be let go, and tells that it came to its end.
struct Served {
    address: std::net::SocketAddr,
    told: mpsc::UnboundedReceiver<&'static str>,
    go: Arc<Notify>,
}

impl Served {
    async fn hear(&mut self) -> Option<&'static str> {
        within("a word of the handler", self.told.recv()).await
    }
}

async fn serve(layer: IdempotencyLayer<FailingStore<BoxStore>>) -> Served {
    let (tell, told) = mpsc::unbounded_channel();
    let go = Arc::new(Notify::new());
    let let_go = Arc::clone(&go);
    let handler = async move |Extension(_): Extension<EventKey>| {
        let dropped = Told(tell.clone());
        tell.send("began").unwrap();
        let_go.notified().await;
        tell.send("ended").unwrap();
        std::mem::forget(dropped);
        StatusCode::NO_CONTENT
    };
    let app: Router = Router::new().route("/webhooks/truemed", post(handler).layer((truemed(), layer)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });
    Served { address, told, go }
}

/// Tells that the handler was cut off.
struct Told(mpsc::UnboundedSender<&'static str>);

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.0.send("cut off");
    }
}

#[derive(Clone, Copy)]
enum Protocol {
    Http1,
    Http2,
}

/// Sends a delivery over a connection of its own; its status.
async fn send(served: std::net::SocketAddr, protocol: Protocol) -> u16 {
    let io = TokioIo::new(TcpStream::connect(served).await.unwrap());
    let mut request: Request<Full<Bytes>> = from_truemed(Full::from(SESSION));
    let uri = format!("http://{served}/webhooks/truemed");
    *request.uri_mut() = uri.parse().unwrap();
    let response = match protocol {
        Protocol::Http1 => {
            request.headers_mut().insert("host", "x".parse().unwrap());
            let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
            // Both end where this future is dropped: the connection is closed.
            tokio::select! {
                response = sender.send_request(request) => response,
                _ = connection => pending().await,
            }
        }
        Protocol::Http2 => {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
            // The connection stays: what is dropped resets its stream.
            tokio::spawn(connection);
            let response = sender.send_request(request).await;
            drop(sender);
            response
        }
    };
    response.unwrap().status().as_u16()
}

async fn inline(place: Place, protocol: Protocol) {
    let mut served = serve(place.layer()).await;
    {
        let mut hangs_up = Box::pin(send(served.address, protocol));
        tokio::select! {
            _ = &mut hangs_up => panic!("nobody let it go"),
            began = served.hear() => assert_eq!(began, Some("began")),
        }
    }
    assert_eq!(served.hear().await, Some("cut off"));
    served.go.notify_one();
    assert_eq!(when_free(&served, protocol).await, 204, "the retry runs");
    assert_eq!([served.hear().await, served.hear().await], [Some("began"), Some("ended")]);
}

async fn detached(place: Place, protocol: Protocol) {
    let in_flight = InFlight::new();
    let mut served = serve(place.layer().detached(&in_flight)).await;
    {
        let mut hangs_up = Box::pin(send(served.address, protocol));
        tokio::select! {
            _ = &mut hangs_up => panic!("nobody let it go"),
            began = served.hear() => assert_eq!(began, Some("began")),
        }
    }
    assert_eq!(send(served.address, protocol).await, 503, "it is still at work");
    served.go.notify_one();
    assert_eq!(served.hear().await, Some("ended"));
    within("the end of the handlers", in_flight.drained()).await;
    assert_eq!(send(served.address, protocol).await, 204);
    assert!(served.told.try_recv().is_err(), "the retry is a replay");
}

async fn when_free(served: &Served, protocol: Protocol) -> u16 {
    within("the end of a claim, long before its lease runs out", async {
        loop {
            let status = send(served.address, protocol).await;
            if status != 503 {
                return status;
            }
        }
    })
    .await
}

macro_rules! on_each_protocol {
    ($($name:ident: $body:ident)+) => {$(
        mod $name {
            use super::{Place, Protocol, $body};

            #[tokio::test]
            async fn http1_memory() {
                $body(Place::memory(), Protocol::Http1).await;
            }

            #[tokio::test]
            async fn http2_memory() {
                $body(Place::memory(), Protocol::Http2).await;
            }

            #[tokio::test]
            async fn http1_redis() {
                if let Some(place) = Place::redis().await {
                    $body(place, Protocol::Http1).await;
                }
            }

            #[tokio::test]
            async fn http2_redis() {
                if let Some(place) = Place::redis().await {
                    $body(place, Protocol::Http2).await;
                }
            }

            #[tokio::test]
            async fn http1_postgres() {
                if let Some(place) = Place::postgres().await {
                    $body(place, Protocol::Http1).await;
                }
            }

            #[tokio::test]
            async fn http2_postgres() {
                if let Some(place) = Place::postgres().await {
                    $body(place, Protocol::Http2).await;
                }
            }
        }
    )+};
}

on_each_protocol! {
    inline_the_handler_is_cut_off_and_the_event_given_back: inline
    detached_the_handler_comes_to_its_end_and_is_committed: detached
}

#[test]
fn a_call_whose_runtime_has_ended_is_never_answered() {
    let in_flight = InFlight::default();
    let layer = IdempotencyLayer::new(MemoryStore::new()).detached(&in_flight);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let handler = Acting::new([Act::Wait(Arc::default())]);
    let entered = runtime.enter();
    let mut call = begin(&layer, &handler, "e");
    drop(entered);
    assert_eq!(format!("{in_flight:?}"), "InFlight(1)");
    drop(runtime);
    tokio_test::assert_pending!(call.poll());
    assert_eq!(in_flight.count(), 0);
}
