use std::sync::Arc;

use tokio::{task::JoinHandle, time::sleep};

use super::{Attempt, Store, layer::Settings};

/// How often a claim is renewed within its lease: two renewals may fail.
const BEATS: u32 = 3;

/// Renews the claim of an attempt until it is dropped, or until the claim is lost.
///
/// It has its own task, so that a handler which keeps its thread busy does not stop it.
pub(super) struct Heartbeat(JoinHandle<()>);

impl Heartbeat {
    /// `None` if the layer has none.
    pub(super) fn start<St: Store>(settings: &Arc<Settings<St>>, attempt: Attempt) -> Option<Self> {
        if !settings.heartbeat {
            return None;
        }
        let settings = Arc::clone(settings);
        Some(Self(tokio::spawn(async move {
            loop {
                sleep(settings.lease / BEATS).await;
                match settings.store.renew(attempt, settings.lease).await {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => settings.report(error),
                }
            }
        })))
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.0.abort();
    }
}
