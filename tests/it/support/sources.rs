//! Every kind of source of keys.

use std::{convert::Infallible, sync::Arc};

use tower_webhook::{
    ConfigError,
    auth::{
        Head, Key, Keys,
        keys::{KeyForm, KeySource, Tenants, Watched},
    },
};

/// A source with its name, and the tenant whose keys it has.
type Named = (&'static str, Arc<dyn KeySource>, Option<&'static str>);

/// Sources of these keys for all deliveries.
pub(crate) async fn sources(keys: &[Key]) -> Vec<Named> {
    let live = || keys.to_vec();
    let pairs = || live().into_iter().map(|key| ("north", key)).collect::<Vec<_>>();
    let (own, another) = (live(), pairs());
    let tenants = Tenants::by(|_| Some("north".into()));
    tenants.insert("north", live()).unwrap();
    let watched = Watched::keys(move || std::future::ready(Ok::<_, Infallible>(own.clone())));
    let watched_tenants = Watched::tenants(Tenants::by(|_| Some("north".into())), move || {
        std::future::ready(Ok::<_, Infallible>(another.clone()))
    });
    vec![
        ("fixed", Arc::new(Keys::new(live())), None),
        ("replaced", Arc::new(Late(Keys::new(keys.iter().take(1).cloned()), live())), None),
        ("tenants", Arc::new(tenants), Some("north")),
        ("late tenants", Arc::new(Late(Tenants::by(|_| Some("north".into())), pairs())), Some("north")),
        ("watched", Arc::new(watched.start().await.unwrap()), None),
        ("watched tenants", Arc::new(watched_tenants.start().await.unwrap()), Some("north")),
        ("not attached", Arc::new(Plain(Keys::new(live()).of_tenant("own"))), Some("own")),
    ]
}

/// A source of a user who has not written `attach`.
struct Plain(Keys);

impl KeySource for Plain {
    fn keys(&self, _: &Head<'_>) -> Option<Keys> {
        Some(self.0.clone())
    }
}

/// Keys that come after the scheme was built.
struct Late<S, T>(S, Vec<T>);

impl KeySource for Late<Keys, Key> {
    fn keys(&self, head: &Head<'_>) -> Option<Keys> {
        self.0.keys(head)
    }

    fn attach(&self, form: &KeyForm) -> Result<(), ConfigError> {
        self.0.attach(form)?;
        self.0.replace(self.1.clone())
    }
}

impl KeySource for Late<Tenants, (&'static str, Key)> {
    fn keys(&self, head: &Head<'_>) -> Option<Keys> {
        self.0.keys(head)
    }

    fn attach(&self, form: &KeyForm) -> Result<(), ConfigError> {
        self.0.attach(form)?;
        self.0.replace(self.1.clone())
    }
}
