use std::sync::Arc;

use tokio::{
    task::{JoinHandle, yield_now},
    time::sleep,
};

use super::{Attempt, Store, layer::Settings};

/// How often a claim is renewed within its lease: two renewals may fail.
const BEATS: u32 = 3;

/// Renews the claim of an attempt until it is dropped, or until the claim is lost.
///
/// It has its own task, so that a handler which keeps its thread busy does not stop it: another thread renews.
pub(super) struct Heartbeat(JoinHandle<()>);

impl Heartbeat {
    /// `None` if the layer has none.
    pub(super) async fn start<St: Store>(settings: &Arc<Settings<St>>, attempt: Attempt) -> Option<Self> {
        if !settings.heartbeat {
            return None;
        }
        let settings = Arc::clone(settings);
        let beating = Self(tokio::spawn(async move {
            loop {
                sleep(settings.lease / BEATS).await;
                match settings.store.renew(attempt, settings.lease).await {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => settings.report(error),
                }
            }
        }));
        // A new task waits for its first run on this thread, where no other thread takes it away.
        yield_now().await;
        Some(beating)
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.0.abort();
    }
}
