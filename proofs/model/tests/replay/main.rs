//! Takes paths through the model on the real `IdempotencyLayer` and the real stores: whatever the model says of an answer,
//! of the layer's next step and of its outcome must be so.

#![expect(clippy::disallowed_methods, reason = "a store of PostgreSQL is used for less than a minute of real time")]

mod bytes;
mod real;
mod support;

use proof_model::{
    Planted, Window,
    paths::{Graph, Path},
    protocol::Protocol,
    store::Kind,
};

use self::real::{Place, replay};

/// Two replicas and one event, with everything that can happen.
fn protocol(store: Kind, fail_open: bool, planted: Planted) -> Protocol {
    let windows = Window::ALL.into_iter().filter(|window| fail_open || *window != Window::FailOpen).collect();
    Protocol { store, replicas: 2, events: 1, strays: 1, windows, once: false, planted }
}

async fn replay_all(protocol: &Protocol, paths: &[Path], place: &mut Place) {
    let mut steps = 0;
    for (number, path) in paths.iter().enumerate() {
        steps += path.len();
        if let Err(difference) = replay(protocol, path, number, place).await {
            panic!("{difference}\nafter {path:?}");
        }
    }
    println!("{:?}, {} windows: {} paths, {steps} steps", protocol.store, protocol.windows.len(), paths.len());
}

async fn each_kind(mut place: Place) {
    for fail_open in [false, true] {
        let protocol = protocol(place.kind(), fail_open, Planted::Nothing);
        replay_all(&protocol, &Graph::of(&protocol).of_each_kind(), &mut place).await;
    }
}

async fn all(mut place: Place) {
    for fail_open in [false, true] {
        // With copies in the network there are millions.
        let protocol = Protocol { strays: 0, ..protocol(place.kind(), fail_open, Planted::Nothing) };
        let graph = Graph::of(&protocol);
        println!("{} transitions", graph.transitions());
        replay_all(&protocol, &graph.all(60), &mut place).await;
    }
}

#[tokio::test]
async fn each_kind_of_transition_on_the_memory() {
    each_kind(Place::memory()).await;
}

#[tokio::test]
async fn each_kind_of_transition_on_redis() {
    if let Some(place) = Place::redis().await {
        each_kind(place).await;
    }
}

#[tokio::test]
async fn each_kind_of_transition_on_postgresql() {
    if let Some(place) = Place::postgres().await {
        each_kind(place).await;
    }
}

#[tokio::test]
#[ignore = "takes a minute"]
async fn every_transition_on_the_memory() {
    all(Place::memory()).await;
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn every_transition_on_redis() {
    all(Place::redis().await.expect("a Redis")).await;
}

#[tokio::test]
#[ignore = "takes many minutes"]
async fn every_transition_on_postgresql() {
    all(Place::postgres().await.expect("a PostgreSQL")).await;
}

/// Each fault makes the model differ from the code, so the replay has to notice it.
#[tokio::test]
async fn a_model_with_a_fault_is_told_from_the_code() {
    for planted in Planted::FAULTS {
        let protocol = Protocol { windows: Vec::new(), ..protocol(Kind::Memory, false, planted) };
        let mut place = Place::memory();
        let mut noticed = None;
        for (number, path) in Graph::of(&protocol).of_each_kind().iter().enumerate() {
            noticed = replay(&protocol, path, number, &mut place).await.err();
            if noticed.is_some() {
                break;
            }
        }
        println!("{planted:?}: {}", noticed.unwrap_or_else(|| panic!("{planted:?} is not noticed")));
    }
}
