use std::{ops::RangeInclusive, sync::Arc};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    hmac::{self, Context, Key},
};

use super::{
    keys::Keys,
    signature::{Algorithm, Candidates, Message, Sealed},
};

/// The algorithm of [`Hmac`](super::Hmac): its live keys (RFC 2104), each with its first blocks already computed.
#[derive(Clone)]
pub struct Mac {
    keys: Vec<(Arc<str>, Key)>,
    len: usize,
}

impl Mac {
    pub(super) fn new(hash: hmac::Algorithm, keys: &Keys) -> Self {
        let keyed = keys.iter().map(|(label, secret)| (Arc::clone(label), Key::new(hash, secret.bytes())));
        Self { keys: keyed.collect(), len: hash.tag_len() }
    }
}

impl Sealed for Mac {}

impl Algorithm for Mac {
    const NAME: &'static str = "Hmac";

    fn lengths(&self) -> RangeInclusive<usize> {
        self.len..=self.len
    }

    fn verify(&self, message: &dyn Message, candidates: &Candidates) -> Option<Arc<str>> {
        let mut found = None;
        for (label, key) in &self.keys {
            let mut context = Context::with_key(key);
            message.feed(&mut |piece| context.update(piece));
            let tag = context.sign();
            for candidate in candidates.iter() {
                if verify_slices_are_equal(tag.as_ref(), candidate).is_ok() {
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
