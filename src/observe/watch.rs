//! One observed delivery, from its arrival to its end.

use std::{sync::Arc, time::SystemTime};

use http::Response;

use super::{Ending, Observation, Observer};
use crate::clock::Clock;

/// Tells the observer of the end, once: also when it is dropped before.
pub(crate) struct Watch {
    observer: Arc<dyn Observer>,
    clock: Arc<dyn Clock>,
    provider: Arc<str>,
    arrived_at: SystemTime,
    is_finished: bool,
}

impl Watch {
    pub(crate) fn start(observer: &Arc<dyn Observer>, clock: &Arc<dyn Clock>, provider: &Arc<str>) -> Self {
        observer.arrived(provider);
        Self {
            observer: Arc::clone(observer),
            clock: Arc::clone(clock),
            provider: Arc::clone(provider),
            arrived_at: clock.now(),
            is_finished: false,
        }
    }

    pub(crate) fn finish<B>(&mut self, ending: Ending, response: Option<&Response<B>>) {
        self.is_finished = true;
        let extensions = response.map(Response::extensions);
        let rejection = extensions.and_then(|extensions| extensions.get());
        self.observer.finished(&Observation {
            provider: &self.provider,
            ending: if rejection.is_some() { Ending::Rejected } else { ending },
            arrived_at: self.arrived_at,
            elapsed: self.clock.now().duration_since(self.arrived_at).unwrap_or_default(),
            status: response.map(Response::status),
            rejection,
            delivery: extensions.and_then(|extensions| extensions.get()),
            extensions,
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.is_finished {
            self.finish(Ending::Abandoned, None::<&Response<()>>);
        }
    }
}
