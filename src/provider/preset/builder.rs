use std::{fmt, time::Duration};

use http::StatusCode;

use super::Preset;
#[cfg(feature = "asymmetric")]
use crate::auth::{EcdsaP256, EcdsaP256Builder, Ed25519, Ed25519Builder};
#[cfg(feature = "hmac")]
use crate::auth::{Hmac, HmacBuilder, Twilio, TwilioBuilder};
#[cfg(feature = "standard-webhooks")]
use crate::auth::{StandardWebhooks, StandardWebhooksBuilder};
use crate::{
    ConfigError, ConfigErrorKind, RejectionKind,
    auth::{Header, HeaderBuilder},
    provider::Envelope,
};

/// Configures a [`Preset`]: all that is left is the key.
///
/// # Examples
///
/// See the [module](super).
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct PresetBuilder<B> {
    name: &'static str,
    scheme: B,
    envelope: Envelope,
    statuses: fn(RejectionKind) -> StatusCode,
    /// Whether the provider signs a time.
    timed: bool,
    tolerance: Option<Duration>,
}

impl<B> PresetBuilder<B> {
    /// A provider that signs no time, and is answered with the default statuses.
    pub(super) fn new(name: &'static str, scheme: B, envelope: Envelope) -> Self {
        Self { name, scheme, envelope, statuses: RejectionKind::default_status, timed: false, tolerance: None }
    }

    /// The provider signs the time.
    #[cfg(any(feature = "hmac", feature = "asymmetric"))]
    pub(super) fn timed(mut self) -> Self {
        self.timed = true;
        self
    }

    /// The provider's page asks for these.
    #[cfg(feature = "hmac")]
    pub(super) fn statuses(mut self, statuses: fn(RejectionKind) -> StatusCode) -> Self {
        self.statuses = statuses;
        self
    }
}

/// Writes the settings that a preset passes on to its scheme's builder.
macro_rules! settings {
    ($($builder:ty => $scheme:ty {
        $($(#[doc = $doc:literal])+ $method:ident($($argument:ident: $type:ty),*) = $passed:ident;)+
    } tolerance: $timing:ident)+) => {$(
        impl PresetBuilder<$builder> {
            $(
                $(#[doc = $doc])+
                pub fn $method(mut self, $($argument: $type),*) -> Self {
                    self.scheme = self.scheme.$passed($($argument),*);
                    self
                }
            )+

            settings! { @tolerance $timing }

            /// Checks the settings.
            ///
            /// # Errors
            ///
            /// There is no key, or a key or another setting is not fit: see the builder of the scheme.
            pub fn build(self) -> Result<Preset<$scheme>, ConfigError> {
                let Self { name, scheme, envelope, statuses, timed, tolerance } = self;
                if tolerance.is_some() && !timed {
                    let setting = "the time that the tolerance is for";
                    return Err(ConfigError::new(ConfigErrorKind::Missing, setting));
                }
                let scheme = settings! { @set $timing scheme tolerance };
                Ok(Preset { name, scheme: scheme.build()?, envelope, statuses })
            }
        }

        impl fmt::Debug for PresetBuilder<$builder> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("PresetBuilder").field("name", &self.name).field("scheme", &self.scheme).finish_non_exhaustive()
            }
        }
    )+};
    (@tolerance settable) => {
        /// How far the time of signing may be from the time of arrival, in either direction. By default
        /// 300 seconds. A provider that signs no time has none, and does not build with one.
        pub fn tolerance(mut self, tolerance: Duration) -> Self {
            self.tolerance = Some(tolerance);
            self
        }
    };
    (@tolerance none) => {};
    (@set settable $scheme:ident $tolerance:ident) => {
        match $tolerance {
            Some(tolerance) => $scheme.tolerance(tolerance),
            None => $scheme,
        }
    };
    (@set none $scheme:ident $tolerance:ident) => { $scheme };
}

settings! {
    HeaderBuilder => Header {
        /// Adds a token, labelled by its number: the first is `"1"`.
        token(token: impl AsRef<[u8]>) = key;
        /// Adds a token with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
        labelled_token(label: &str, token: impl AsRef<[u8]>) = labelled_key;
        /// Takes tokens shorter than 16 bytes, which can be guessed.
        dangerous_allow_short_keys() = dangerous_allow_short_keys;
    } tolerance: none
}

#[cfg(feature = "hmac")]
settings! {
    HmacBuilder => Hmac {
        /// Adds a secret, byte by byte as the provider shows it, labelled by its number: the first is `"1"`.
        secret(secret: impl AsRef<[u8]>) = key;
        /// Adds a secret with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
        labelled_secret(label: &str, secret: impl AsRef<[u8]>) = labelled_key;
        /// Takes secrets shorter than 16 bytes, which can be guessed.
        dangerous_allow_short_keys() = dangerous_allow_short_keys;
    } tolerance: settable

    TwilioBuilder => Twilio {
        /// Adds an auth token, labelled by its number: the first is `"1"`.
        auth_token(token: impl AsRef<[u8]>) = auth_token;
        /// Adds an auth token with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
        labelled_auth_token(label: &str, token: impl AsRef<[u8]>) = labelled_auth_token;
        /// The URL that you gave to Twilio, without a query: it is signed too. The query of the request is
        /// appended to it.
        public_url(url: &str) = public_url;
        /// Takes auth tokens shorter than 16 bytes, which can be guessed.
        dangerous_allow_short_keys() = dangerous_allow_short_keys;
    } tolerance: none
}

#[cfg(feature = "asymmetric")]
settings! {
    Ed25519Builder => Ed25519 {
        /// Adds a public key in hex or base64, labelled by its number: the first is `"1"`.
        public_key(key: &str) = public_key;
        /// Adds a public key with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
        labelled_public_key(label: &str, key: &str) = labelled_public_key;
    } tolerance: settable

    EcdsaP256Builder => EcdsaP256 {
        /// Adds a public key (DER in base64, as the provider shows it), labelled by its number: the first is `"1"`.
        public_key(key: &str) = public_key;
        /// Adds a public key with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
        labelled_public_key(label: &str, key: &str) = labelled_public_key;
    } tolerance: settable
}

#[cfg(feature = "standard-webhooks")]
settings! {
    StandardWebhooksBuilder => StandardWebhooks {
        /// Adds a secret, with `whsec_` or without. Keys are labelled by their number: the first is `"1"`.
        secret(secret: &str) = secret;
        /// Adds a secret with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
        labelled_secret(label: &str, secret: &str) = labelled_secret;
        /// Adds a public key, with `whpk_` or without.
        public_key(key: &str) = public_key;
        /// Adds a public key with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
        labelled_public_key(label: &str, key: &str) = labelled_public_key;
        /// Takes secrets shorter than 16 bytes, which can be guessed.
        dangerous_allow_short_keys() = dangerous_allow_short_keys;
    } tolerance: settable
}
