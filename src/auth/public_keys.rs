use std::{borrow::Cow, marker::PhantomData, ops::RangeInclusive, sync::Arc};

use aws_lc_rs::signature::{ParsedPublicKey, VerificationAlgorithm};

use super::{
    Secret,
    keys::{Flaw, Keys},
    signature::{Algorithm, Candidates, Message, Sealed, SignedBuilder},
};
use crate::{ConfigError, ConfigErrorKind, Rejection};

/// How many times one delivery is verified at most, and so how many keys there can be. Each time costs as much as a
/// hash of the whole body and more, for a sender who has proved nothing yet.
pub(super) const MOST: usize = 8;

/// A kind of public key: [`Ed25519Kind`](super::Ed25519Kind) or [`EcdsaP256Kind`](super::EcdsaP256Kind).
///
/// It is sealed, as [`Algorithm`](super::Algorithm) is.
pub trait PublicKeyKind: Kind {}

impl<K: Kind> PublicKeyKind for K {}

/// How a public key is written, and what checks with it. Its name cannot be written elsewhere, and its types are those
/// of a library that is no part of the public API.
pub trait Kind: Send + Sync + 'static {
    /// What the scheme is called in `Debug`.
    const NAME: &'static str;
    /// How many bytes a signature has.
    const LENGTHS: RangeInclusive<usize>;
    /// The library's name of it.
    const ALGORITHM: &'static dyn VerificationAlgorithm;

    /// Reads the text that a provider's page shows.
    fn decode(text: &str) -> Result<Secret, ConfigErrorKind>;
}

/// The algorithm of [`Ed25519`](super::Ed25519) and [`EcdsaP256`](super::EcdsaP256): the live public keys of one kind.
pub struct PublicKeys<K> {
    keys: Vec<(Arc<str>, ParsedPublicKey)>,
    kind: PhantomData<fn() -> K>,
}

// By hand, as the derive would ask for `K: Clone`.
impl<K> Clone for PublicKeys<K> {
    fn clone(&self) -> Self {
        Self { keys: self.keys.clone(), kind: PhantomData }
    }
}

impl<K: PublicKeyKind> PublicKeys<K> {
    pub(super) fn new(keys: &Keys) -> Result<Self, ConfigError> {
        let parse = |(label, key): (&Arc<str>, &Secret)| match ParsedPublicKey::new(K::ALGORITHM, key.bytes()) {
            Ok(parsed) => Ok((Arc::clone(label), parsed)),
            Err(_) => Err(ConfigError::new(ConfigErrorKind::Malformed, format!("{} {label}", keys.noun()))),
        };
        Ok(Self { keys: keys.iter().map(parse).collect::<Result<_, _>>()?, kind: PhantomData })
    }
}

impl<K: PublicKeyKind> Sealed for PublicKeys<K> {}

impl<K: PublicKeyKind> Algorithm for PublicKeys<K> {
    const NAME: &'static str = K::NAME;

    fn lengths(&self) -> RangeInclusive<usize> {
        K::LENGTHS
    }

    fn check_work(&self, candidates: usize) -> Result<(), Rejection> {
        if self.keys.len() * candidates <= MOST { Ok(()) } else { Err(Rejection::unauthenticated()) }
    }

    // In one piece: Ed25519 reads the message twice, and to verify a digest made elsewhere, as could be
    // done for P-256, is outside of FIPS 140.
    fn verify(&self, message: &dyn Message, candidates: &Candidates) -> Option<Arc<str>> {
        let message = message.whole().map_or_else(|| Cow::Owned(message.to_vec()), Cow::Borrowed);
        let mut found = None;
        for (label, key) in &self.keys {
            for candidate in candidates.iter() {
                if key.verify_sig(&message, candidate).is_ok() {
                    found = found.or(Some(label));
                }
            }
        }
        found.map(Arc::clone)
    }

    fn labels(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(label, _)| &**label)
    }
}

impl<K: PublicKeyKind> SignedBuilder<PublicKeys<K>> {
    pub(super) fn of_kind(header: &str) -> Self {
        let mut builder = Self::new(header, "public key", PublicKeys::new);
        builder.keys.set_most(MOST);
        builder
    }

    /// Adds the provider's public key, labelled by its number: the first is `"1"`. How it is written is
    /// told at [`Ed25519`](super::Ed25519) and [`EcdsaP256`](super::EcdsaP256). There may be 8.
    pub fn public_key(self, key: &str) -> Self {
        self.push(None, key)
    }

    /// Adds a public key with a label that [`Delivery::key_label`](crate::Delivery::key_label) gives back.
    pub fn labelled_public_key(self, label: &str, key: &str) -> Self {
        self.push(Some(label), key)
    }

    fn push(mut self, label: Option<&str>, key: &str) -> Self {
        self.keys.push_secret(label, Secret::MIN_LEN, K::decode(key).map_err(Flaw::from));
        self
    }
}
