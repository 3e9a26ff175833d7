pub mod place;
pub mod program;
pub mod sender;

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
