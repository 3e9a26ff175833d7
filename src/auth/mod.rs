//! How a delivery proves where it is from.
//!
//! | scheme | proof |
//! |---|---|
//! | [`Header`] | a key in a header of the provider's choice |
//! | [`Basic`] | user name and password in `Authorization` (RFC 7617) |
//! | [`Bearer`] | a token in `Authorization` (RFC 6750): configured ones, or your own check |
//! | `Hmac` (feature `hmac`) | a signature with a shared key: hash, header, encoding and what is signed are data |
//! | `Ed25519`, `EcdsaP256` (feature `asymmetric`) | the same with a public key |
//! | `StandardWebhooks` (feature `standard-webhooks`) | the signatures of standardwebhooks.com and Svix, of both kinds |
//! | `Twilio` (feature `hmac`) | Twilio's signature of the URL and a form |
//! | [`All`], [`Any`] | two schemes at once, or either of two; they nest |
//! | [`BoxScheme`] | that of the scheme within, which is chosen when the program runs |
//! | [`scheme_fn`] | whatever your own function finds in the request's head |
//! | [`DangerousAcceptAll`] | none |
//!
//! All of them refuse a credential that is missing, empty, doubled, longer, shorter, in another
//! letter case or not ASCII, and none of them tells the sender which of these it was. (Hex may be in either
//! letter case.) The schemes that sign the body refuse on the head what has no right form or is stale, and read
//! the body only then.
//!
//! # Examples
//!
//! Two keys are live while one replaces the other, and the sender shows a password as well:
//!
//! ```
//! use tower_webhook::auth::{All, Basic, Header};
//!
//! let scheme = All::new(
//!     Header::builder("x-acme-key")
//!         .labelled_key("2026-09", "kx7Gq2-old-and-random")
//!         .labelled_key("2026-11", "Zr41vw-new-and-random")
//!         .build()?,
//!     Basic::builder().credentials("acme", "correct:horse:battery:staple").build()?,
//! );
//! # Ok::<_, tower_webhook::ConfigError>(())
//! ```
//!
//! A scheme of your own is a function, or an implementation of [`Scheme`]. One that is chosen when
//! the program runs is boxed:
//!
//! ```
//! use tower_webhook::{auth::{BoxScheme, Header, Scheme, scheme_fn}, provider::Json};
//!
//! # let in_the_mesh = true;
//! let scheme: BoxScheme = if in_the_mesh {
//!     scheme_fn(|head| head.extensions.get::<std::net::IpAddr>().is_some_and(|peer| peer.is_loopback())).boxed()
//! } else {
//!     Header::builder("x-acme-key").key("Zr41vw-new-and-random").build()?.boxed() // or `Hmac`, or any other
//! };
//! let layer = Json::<serde_json::Value, _>::new("acme", scheme).into_layer();
//! # Ok::<_, tower_webhook::ConfigError>(())
//! ```

mod all;
mod any;
mod authorization;
mod base64;
mod basic;
mod bearer;
mod box_scheme;
mod boxed;
mod dangerous;
#[cfg(feature = "asymmetric")]
mod ecdsa_p256;
#[cfg(feature = "asymmetric")]
mod ed25519;
mod function;
mod header;
#[cfg(feature = "hmac")]
mod hmac;
mod keys;
#[cfg(feature = "hmac")]
mod mac;
#[cfg(feature = "asymmetric")]
mod public_keys;
mod secret;
#[cfg(any(feature = "hmac", feature = "asymmetric"))]
mod signature;
#[cfg(feature = "standard-webhooks")]
mod standard_webhooks;
#[cfg(feature = "hmac")]
mod twilio;
mod verified;

use http::{HeaderMap, HeaderName, HeaderValue, request::Parts};
use jiff::Timestamp;

use crate::Rejection;

#[cfg(any(feature = "hmac", feature = "asymmetric"))]
pub use self::signature::{Algorithm, Encoding, Part, Signed, SignedBuilder};
#[cfg(feature = "standard-webhooks")]
pub use self::standard_webhooks::{StandardWebhooks, StandardWebhooksBuilder};
pub use self::{
    all::All,
    any::Any,
    basic::{Basic, BasicBuilder},
    bearer::{Bearer, BearerBuilder},
    box_scheme::{BoxPending, BoxScheme},
    dangerous::DangerousAcceptAll,
    function::{SchemeFn, scheme_fn},
    header::{Header, HeaderBuilder},
    secret::Secret,
    verified::Verified,
};
#[cfg(feature = "asymmetric")]
pub use self::{
    ecdsa_p256::{EcdsaP256, EcdsaP256Builder, EcdsaP256Kind},
    ed25519::{Ed25519, Ed25519Builder, Ed25519Kind},
    public_keys::{PublicKeyKind, PublicKeys},
};
#[cfg(feature = "hmac")]
pub use self::{
    hmac::{Hmac, HmacBuilder},
    mac::Mac,
    twilio::{Twilio, TwilioBuilder},
};

/// The [`Pending`](Scheme::Pending) of [`Signed`]; there is nothing to be done with it but to hand it on.
#[cfg(any(feature = "hmac", feature = "asymmetric"))]
pub use self::signature::Pending as SignedPending;
/// The [`Pending`](Scheme::Pending) of [`Twilio`]; there is nothing to be done with it but to hand it on.
#[cfg(feature = "hmac")]
pub use self::twilio::Pending as TwilioPending;

/// How a delivery proves where it is from.
///
/// A scheme sees the head first. What cannot be genuine ends there, before a byte of the body has
/// been read; what only the body can settle is handed over as [`Pending`](Scheme::Pending).
///
/// # Examples
///
/// A scheme that also wants the body to end with a seal:
///
/// ```
/// use http::{HeaderMap, request::Parts};
/// use tower_webhook::{Rejection, auth::{Scheme, Verified}, jiff::Timestamp};
///
/// struct Sealed;
///
/// impl Scheme for Sealed {
///     type Pending = Vec<u8>;
///
///     fn open(&self, head: &Parts, _now: Timestamp) -> Result<Vec<u8>, Rejection> {
///         let seal = head.headers.get("x-seal").ok_or_else(Rejection::unauthenticated)?;
///         Ok(seal.as_bytes().to_vec())
///     }
///
///     fn close(&self, seal: Vec<u8>, body: &[u8]) -> Result<Verified, Rejection> {
///         if body.ends_with(&seal) { Ok(Verified::new()) } else { Err(Rejection::unauthenticated()) }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell how a delivery proves where it is from",
    note = "use a type of `tower_webhook::auth` such as `Header`, or `scheme_fn(|head| ..)`"
)]
pub trait Scheme: Send + Sync + 'static {
    /// What the head leaves for the body to settle. For a scheme that needs no body this is
    /// [`Verified`], the outcome itself.
    type Pending: Send + 'static;

    /// Looks at the head, with the time at which it arrived.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] if this head cannot belong to a genuine delivery. The body is then never read.
    fn open(&self, head: &Parts, now: Timestamp) -> Result<Self::Pending, Rejection>;

    /// Settles with the body what [`open`](Scheme::open) left pending.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] if the delivery is a forgery.
    fn close(&self, pending: Self::Pending, body: &[u8]) -> Result<Verified, Rejection>;

    /// Marks as [sensitive](HeaderValue::set_sensitive) the headers that hold the credential, so
    /// that the handler's `Debug` output and HTTP/2 header tables do not keep it.
    ///
    /// By default all headers are marked, as the scheme does not tell which it reads.
    fn conceal(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            value.set_sensitive(true);
        }
    }

    /// Adds to a refusal what it must say of the scheme, such as `WWW-Authenticate`.
    ///
    /// By default nothing is added.
    fn challenge(&self, refusal: &mut HeaderMap) {
        let _ = refusal;
    }

    /// This scheme as a [`BoxScheme`], a type that does not tell which it is.
    ///
    /// # Examples
    ///
    /// See [`BoxScheme`].
    fn boxed(self) -> BoxScheme
    where
        Self: Sized,
    {
        BoxScheme::new(self)
    }
}

/// The only value of a header that may occur once.
///
/// Two values are refused even if they are equal: another party on the way may have looked at the
/// other one.
fn only_value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a HeaderValue, Rejection> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(Rejection::unauthenticated()),
    }
}

/// Not through `HeaderMap::entry`, which panics if the sender has filled the map.
fn conceal_header(headers: &mut HeaderMap, name: &HeaderName) {
    for (header, value) in headers.iter_mut() {
        if header == name {
            value.set_sensitive(true);
        }
    }
}
