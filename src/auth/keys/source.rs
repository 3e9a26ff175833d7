//! Where a scheme has its keys: in itself, or in a source.

use std::{fmt, ops::Deref, sync::Arc};

use super::{KeyForm, KeySource, Keys, live::Live};
use crate::{
    ConfigError, ConfigErrorKind, Rejection, RejectionReason,
    auth::{Head, Key, Verified},
};

/// The keys of a builder.
#[derive(Clone, Default)]
pub(crate) struct KeySettings {
    fixed: Vec<Key>,
    sources: Vec<Arc<dyn KeySource>>,
}

impl KeySettings {
    pub(crate) fn add(&mut self, key: Key) {
        self.fixed.push(key);
    }

    pub(crate) fn look_up(&mut self, source: impl KeySource) {
        self.sources.push(Arc::new(source));
    }

    #[cfg(feature = "mediquo")]
    pub(crate) fn is_empty(&self) -> bool {
        self.fixed.is_empty() && self.sources.is_empty()
    }

    pub(in crate::auth) fn fixed(&self) -> &[Key] {
        &self.fixed
    }

    /// Checks the keys that are there now.
    pub(in crate::auth) fn build(&self, form: KeyForm) -> Result<Source, ConfigError> {
        self.build_with(form, |form| form.prepare(&self.fixed))
    }

    /// As [`build`](Self::build), with another way to prepare fixed keys.
    pub(in crate::auth) fn build_with(
        &self,
        form: KeyForm,
        fixed: impl FnOnce(&KeyForm) -> Result<Live, ConfigError>,
    ) -> Result<Source, ConfigError> {
        match (self.fixed.is_empty(), self.sources.as_slice()) {
            (_, []) => Ok(Source::Fixed(fixed(&form)?)),
            (true, [source]) => {
                source.attach(&form)?;
                let decoy = Arc::new(form.decoy()?);
                let nobody = Keys::of_nobody(&form, Arc::clone(&decoy));
                Ok(Source::Looked(Arc::new(Looked { source: Arc::clone(source), form, decoy, nobody })))
            }
            _ => Err(ConfigError::new(ConfigErrorKind::Conflict, format!("the source of the keys ({})", form.noun()))),
        }
    }
}

/// Shows the labels of fixed keys.
impl fmt::Debug for KeySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sources.is_empty() { self.fixed.fmt(f) } else { f.write_str("looked up") }
    }
}

/// The keys of a scheme.
#[derive(Clone)]
pub(in crate::auth) enum Source {
    Fixed(Live),
    Looked(Arc<Looked>),
}

/// Keys that are looked up for each delivery.
pub(in crate::auth) struct Looked {
    source: Arc<dyn KeySource>,
    form: KeyForm,
    /// Key material that accepts nothing, in the place of the keys of an unknown tenant.
    decoy: Arc<Live>,
    /// A handle to the decoy, as a source would return one.
    nobody: Keys,
}

impl Source {
    /// The keys for a delivery.
    #[cfg(feature = "signatures")]
    pub(in crate::auth) fn find(&self, head: &Head<'_>) -> Found<'_> {
        match self {
            Self::Fixed(live) => Found { keys: Held::Own(live), tenant: None, decoy: None, is_known: true },
            Self::Looked(looked) => looked.find(head),
        }
    }

    /// The keys, if they are the same for all deliveries and never change.
    #[cfg(feature = "signatures")]
    pub(in crate::auth) fn fixed(&self) -> Option<&Live> {
        match self {
            Self::Fixed(live) => Some(live),
            Self::Looked(_) => None,
        }
    }

    /// Compares what a sender offers with the keys for its delivery.
    pub(in crate::auth) fn compare(&self, head: &Head<'_>, offered: &[u8]) -> Result<Verified, Rejection> {
        match self {
            Self::Fixed(live) => live.compare(offered).map(Verified::by).ok_or(RejectionReason::NoKeyMatched.into()),
            Self::Looked(looked) => {
                let found = looked.find(head);
                let label = found.keys.compare(offered);
                found.proven(label, || RejectionReason::NoKeyMatched)
            }
        }
    }
}

/// Shows the labels of fixed keys.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(live) => live.labels().fmt(f),
            Self::Looked(_) => f.write_str("looked up"),
        }
    }
}

impl Looked {
    fn find(&self, head: &Head<'_>) -> Found<'_> {
        // The decoy is read through a handle too, so that an unknown tenant takes no less time than a known one.
        let (keys, is_known) = match self.source.keys(head) {
            Some(keys) => (keys, true),
            None => (self.nobody.clone(), false),
        };
        let decoy = Some(&*self.decoy);
        match keys.live(&self.form) {
            Some(live) => Found { keys: Held::Shared(live), tenant: keys.tenant().cloned(), decoy, is_known },
            None => Found { keys: Held::Own(&self.decoy), tenant: None, decoy, is_known: false },
        }
    }
}

/// The keys for one delivery, or a decoy.
pub(in crate::auth) struct Found<'a> {
    pub(in crate::auth) keys: Held<'a>,
    tenant: Option<Arc<str>>,
    #[cfg_attr(not(feature = "signatures"), expect(dead_code, reason = "of a scheme of that feature"))]
    pub(in crate::auth) decoy: Option<&'a Live>,
    is_known: bool,
}

pub(in crate::auth) enum Held<'a> {
    Own(&'a Live),
    Shared(Arc<Live>),
}

impl Deref for Held<'_> {
    type Target = Live;

    fn deref(&self) -> &Live {
        match self {
            Self::Own(live) => live,
            Self::Shared(live) => live,
        }
    }
}

impl Found<'_> {
    /// What a match of the key with this label proves. A decoy proves nothing.
    pub(in crate::auth) fn proven(
        self,
        label: Option<Arc<str>>,
        no_match: impl FnOnce() -> RejectionReason,
    ) -> Result<Verified, Rejection> {
        if !self.is_known {
            return Err(RejectionReason::UnknownTenant.into());
        }
        let verified = Verified::by(label.ok_or_else(no_match)?);
        Ok(self.tenant.into_iter().fold(verified, Verified::with_tenant))
    }
}
