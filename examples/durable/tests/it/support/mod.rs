pub mod nats;
pub mod place;
#[allow(dead_code, reason = "the tests of the crate use the rest")]
#[path = "../../../../../tests/it/support/postgres.rs"]
pub mod postgres;
pub mod program;
#[path = "../../../../../tests/it/support/programs.rs"]
mod programs;
pub mod sender;
#[allow(dead_code, reason = "the tests of the crate use the rest")]
#[path = "../../../../../tests/it/support/wait.rs"]
mod wait;
pub mod window;

/// Asks until the answer is `Some`, and for no longer than a minute.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            match ask().await {
                Some(answer) => return answer,
                None => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        }
    };
    let minute = std::time::Duration::from_secs(60);
    tokio::time::timeout(minute, asking).await.unwrap_or_else(|_| panic!("it never came to this: {what}"))
}
