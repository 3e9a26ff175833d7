//! A whole test file, as you would write it for a hyper app: the server runs on a loopback socket, and the test delivers to it
//! as a client.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::{convert::Infallible, net::SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, client::conn::http1, header::HOST};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceBuilder;
use tower_webhook::{
    ConfigError, WebhookBody,
    auth::Key,
    provider::mediquo::{Event, MediQuo},
    testing::{Spoil, TestDelivery, TestSender},
};

// The app, which would be in your library.

async fn on_mediquo(request: Request<WebhookBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let event = request.extensions().get::<Event>();
    let answer = event.map_or_else(String::new, |event| event.event_type().to_owned());
    Ok(Response::new(Full::from(answer)))
}

async fn serve(listener: TcpListener, signature: Key) -> Result<(), ConfigError> {
    let layer = MediQuo::builder().signature(signature).build()?.into_layer();
    let service = ServiceBuilder::new().layer(layer).service(tower::service_fn(on_mediquo));
    while let Ok((stream, _)) = listener.accept().await {
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
    Ok(())
}

// The tests.

async fn start(mediquo: &TestSender) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, mediquo.key()));
    address
}

async fn receive(server: SocketAddr, delivery: &TestDelivery) -> (StatusCode, Bytes) {
    let stream = TokioIo::new(TcpStream::connect(server).await.unwrap());
    let (mut client, connection) = http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let delivery = delivery.clone().header(HOST, server.to_string());
    let response = client.send_request(delivery.request::<Full<Bytes>>()).await.unwrap();
    (response.status(), response.into_body().collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn each_event_reaches_the_handler() {
    let mediquo = TestSender::named("mediquo").unwrap();
    let server = start(&mediquo).await;
    for event in mediquo.events() {
        let (status, answer) = receive(server, &event).await;
        assert_eq!((status, &*answer), (StatusCode::OK, event.name().unwrap().as_bytes()));
    }
}

#[tokio::test]
async fn a_forged_delivery_does_not() {
    let mediquo = TestSender::named("mediquo").unwrap();
    let server = start(&mediquo).await;
    let event = mediquo.event("patient_consultation_created").unwrap();
    for how in [Spoil::WrongKey, Spoil::MissingCredential, Spoil::RepeatedCredential] {
        let (status, answer) = receive(server, &event.spoiled(how).unwrap()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{how:?}: {answer:?}");
    }
}
