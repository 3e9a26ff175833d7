//! Each framework withstands the suite that attacks a receiver.

use std::time::Duration;

use example_frameworks::Effects;
use tokio::net::TcpListener;
use tower_webhook::testing::{TestSender, receiver::ReceiverSuite};

const DEADLINE: Duration = Duration::from_millis(500);

/// Port 0 is not for servers that do not say where they listen.
async fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

async fn withstands(address: &str, stripe: TestSender, effects: Effects) {
    let suite = ReceiverSuite::new(stripe).effects(move || effects.count()).deadline(Duration::from_secs(30));
    suite.run_at(&format!("http://{address}")).await.unwrap().assert();
}

#[tokio::test(flavor = "multi_thread")]
async fn poem() {
    use poem::listener::{Acceptor, Listener, TcpListener};

    let (stripe, effects) = (TestSender::named("stripe").unwrap(), Effects::default());
    let app = example_frameworks::poem::app(stripe.key(), DEADLINE, effects.clone()).unwrap();
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let address = acceptor.local_addr()[0].as_socket_addr().unwrap().to_string();
    tokio::spawn(poem::Server::new_with_acceptor(acceptor).run(app));
    withstands(&address, stripe, effects).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn salvo() {
    use salvo::conn::Listener;

    let (stripe, effects) = (TestSender::named("stripe").unwrap(), Effects::default());
    let app = example_frameworks::salvo::app(stripe.key(), DEADLINE, effects.clone()).unwrap();
    let address = free_address().await;
    let acceptor = salvo::conn::TcpListener::new(address.clone()).bind().await;
    tokio::spawn(salvo::Server::new(acceptor).serve(app));
    withstands(&address, stripe, effects).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn warp() {
    let (stripe, effects) = (TestSender::named("stripe").unwrap(), Effects::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(example_frameworks::warp::serve(listener, stripe.key(), DEADLINE, effects.clone()));
    withstands(&address, stripe, effects).await;
}
