//! Dead letters: keeps authentic deliveries that would be lost, encrypted, until you send them again.
//!
//! A delivery would be lost if it cannot be decoded, or if its handler has [`FailedForGood`]. A [`Keeper`] asks a sink
//! to keep it *before* the sender is answered. Only what is durably kept is answered 2xx; otherwise the sender tries
//! again. Only authentic deliveries are kept.
//!
//! | sink | where letters are kept |
//! |---|---|
//! | [`Directory`] | in files, one each |
//! | `PostgresLetters` (feature `postgres`) | in a table of PostgreSQL |
//! | your own [`DeadLetters`] | where you choose |
//!
//! A letter has two parts. The [`Receipt`] can be read without a key: route, provider, scheme, key label, what was
//! proven, times, length, and why it was kept. Body, headers, tenant and the event's id are encrypted to a
//! [`PublicKey`] by RFC 9180 (HPKE: X25519, HKDF-SHA256, ChaCha20-Poly1305), so that the server cannot read what it has
//! kept. The kept headers are those that the layer reads, and never a credential.
//!
//! The receipt is sealed with a MAC over all of it, and over a digest of what is encrypted. Days later,
//! [`OpenLetter::verify`] shows that these bytes are those that were authenticated. When you send a letter again, the
//! receipt takes the place of the signature, which is stale by then: see
//! [`WebhookLayer::replays`](crate::WebhookLayer::replays). Only the route that kept a letter accepts it. The program
//! `replay` of the repository lists, shows and sends the letters of a directory.
//!
//! What it needs of tokio: a runtime with its timer enabled.
//!
//! # Examples
//!
//! ```
//! use tower_webhook::{
//!     dead_letters::{Directory, Keeper, PublicKey, ReceiptKey, Replays},
//!     provider::truemed::Truemed,
//! };
//!
//! # fn secret(name: &str) -> String { match name {
//! #     "DEAD_LETTERS_PUBLIC_KEY" => tower_webhook::dead_letters::PrivateKey::generate().public_key().to_string(),
//! #     _ => "1f0c6f3c9d7e58b4b1d8b2bb5e4e2f3f".to_owned(),
//! # } }
//! # let directory = std::env::temp_dir().join(format!("tower-webhook-letters-{}", std::process::id()));
//! let public_key = PublicKey::new(secret("DEAD_LETTERS_PUBLIC_KEY"))?;
//! let receipt_key = ReceiptKey::new("truemed", secret("RECEIPT_KEY"))?;
//! let keeper = Keeper::new(Directory::open(&directory)?, public_key, receipt_key.clone())
//!     .on_error(|error| eprintln!("a dead letter is not kept: {error}"));
//! let layer = Truemed::builder()
//!     .api_key("tm_live_8Jq2vXw9Lr5t")
//!     .build()?
//!     .into_layer()
//!     .dead_letters(keeper)
//!     .replays(Replays::new(receipt_key));
//! # std::fs::remove_dir(&directory)?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod content;
mod directory;
mod encryption;
mod error;
mod keeper;
mod letter;
#[cfg(feature = "postgres")]
mod postgres;
mod receipt;
mod replays;
mod sink;
mod time;
mod token;

#[cfg(feature = "postgres")]
pub use self::postgres::PostgresLetters;
pub use self::{
    directory::Directory,
    encryption::{PrivateKey, PublicKey},
    error::LetterError,
    keeper::{FailedForGood, Keeper},
    letter::{DeadLetter, OpenLetter},
    receipt::{Receipt, ReceiptKey},
    replays::Replays,
    sink::{DeadLetters, Kept},
};
