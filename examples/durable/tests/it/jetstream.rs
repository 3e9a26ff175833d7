//! The hand-over to NATS JetStream.

use std::net::SocketAddr;

use example_durable::jetstream::{self, STREAM};

use crate::support::{
    eventually,
    nats::Nats,
    place::{idempotency, mediquo, serve, truemed},
    sender::{deliver, deliver_to, session},
};

/// A new server is what a new process would be: an empty memory.
async fn server(nats: &Nats) -> SocketAddr {
    let stream = jetstream::open(&nats.url()).await.unwrap();
    serve(jetstream::router(stream, idempotency(), truemed(), mediquo())).await
}

async fn messages(nats: &Nats) -> u64 {
    let stream = jetstream::open(&nats.url()).await.unwrap();
    stream.get_stream(STREAM).await.unwrap().info().await.unwrap().state.messages
}

#[tokio::test]
async fn an_event_that_comes_again_is_one_message_also_after_restarts_of_both() {
    let Some(mut nats) = Nats::start() else { return };
    for _ in 0..3 {
        assert_eq!(deliver(server(&nats).await, &session(1)).await, Some(204));
    }
    let mut deliveries = Vec::new();
    for _ in 0..50 {
        let server = server(&nats).await;
        deliveries.push(tokio::spawn(async move { deliver(server, &session(2)).await }));
    }
    for delivery in deliveries {
        assert_eq!(delivery.await.unwrap(), Some(204));
    }
    assert_eq!(messages(&nats).await, 2);

    nats.restart();
    assert_eq!(deliver(server(&nats).await, &session(1)).await, Some(204));
    let unknown = r#"{"type":"patient_moved","payload":{"to":"Bern"}}"#;
    assert_eq!(deliver_to(server(&nats).await, "mediquo", unknown).await, Some(204));
    assert_eq!(messages(&nats).await, 3);
}

#[tokio::test]
async fn a_message_is_the_job_under_the_key_of_its_event() {
    let Some(nats) = Nats::start() else { return };
    assert_eq!(deliver(server(&nats).await, &session(1)).await, Some(204));
    let stream = jetstream::open(&nats.url()).await.unwrap();
    let message = stream.get_stream(STREAM).await.unwrap().get_raw_message(1).await.unwrap();
    assert_eq!(message.subject.as_str(), "webhooks.truemed");
    assert_eq!(message.headers.get("Nats-Msg-Id").unwrap().as_str().len(), 32);
    let job: example_durable::queue::Job = serde_json::from_slice(&message.payload).unwrap();
    assert_eq!(job.body, session(1));
}

#[tokio::test]
async fn there_is_no_204_while_the_stream_cannot_be_reached() {
    let Some(mut nats) = Nats::start() else { return };
    let server = server(&nats).await;
    nats.kill();
    assert_eq!(deliver(server, &session(1)).await, Some(503));
    nats.restart();
    eventually("204", async || (deliver(server, &session(1)).await == Some(204)).then_some(())).await;
    assert_eq!(messages(&nats).await, 1, "what was sent late is the same message");
}
