//! The example servers, over real sockets. The tonic example has the same test in its own package.

use crate::support::sockets::{Server, example, scenarios};

#[test]
fn axum() {
    scenarios::run(Server::start(&example("axum")));
}

#[test]
fn hyper() {
    scenarios::run(Server::start(&example("hyper")));
}
