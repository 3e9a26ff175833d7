//! One observed delivery, from its arrival to its end.

use std::{sync::Arc, time::SystemTime};

use http::Response;

use super::{Accepted, Drift, Ending, Observation, Observer};
use crate::{Delivery, clock::Clock};

/// Tells the observer of the end, once: also when it is dropped before.
pub(crate) struct Watch {
    observer: Arc<dyn Observer>,
    clock: Arc<dyn Clock>,
    provider: Arc<str>,
    arrived_at: SystemTime,
    /// Kept for an end without a response.
    delivery: Option<Delivery>,
    is_finished: bool,
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

/// As long as it lives, this thread is inside of the span. It borrows nothing, so that the [`Watch`] can end meanwhile.
pub(crate) struct Inside {
    #[cfg(feature = "tracing")]
    _span: tracing::span::EnteredSpan,
}

impl Watch {
    pub(crate) fn start(observer: &Arc<dyn Observer>, clock: &Arc<dyn Clock>, provider: &Arc<str>) -> Self {
        #[cfg(feature = "tracing")]
        let span = observer.span(provider);
        let watch = Self {
            observer: Arc::clone(observer),
            clock: Arc::clone(clock),
            provider: Arc::clone(provider),
            arrived_at: clock.now(),
            delivery: None,
            is_finished: false,
            #[cfg(feature = "tracing")]
            span,
        };
        let _inside = watch.enter();
        watch.observer.arrived(provider);
        watch
    }

    pub(crate) fn enter(&self) -> Inside {
        Inside {
            #[cfg(feature = "tracing")]
            _span: self.span.clone().entered(),
        }
    }

    pub(crate) fn accept(&mut self, delivery: &Delivery, drift: &dyn Fn() -> Vec<Drift>) {
        self.delivery = Some(delivery.clone());
        self.observer.accepted(&Accepted { delivery, drift });
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
            delivery: extensions.and_then(|extensions| extensions.get()).or(self.delivery.as_ref()),
            extensions,
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.is_finished {
            let _inside = self.enter();
            self.finish(Ending::Abandoned, None::<&Response<()>>);
        }
    }
}
