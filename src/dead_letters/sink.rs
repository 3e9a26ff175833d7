use std::{pin::Pin, sync::Arc};

use super::DeadLetter;
use crate::BoxError;

/// The future of [`DeadLetters::keep`].
pub type Kept = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// Keeps dead letters durably: in a directory, a table, a bucket.
///
/// A sink gets letters that are encrypted already, so that it never sees a body.
///
/// # Examples
///
/// A sink that sends letters to storage of your own:
///
/// ```
/// use tower_webhook::dead_letters::{DeadLetter, DeadLetters, Kept};
///
/// struct Bucket;
///
/// async fn put(name: String, content: Vec<u8>) -> Result<(), std::io::Error> {
///     Ok(()) // return once the content is durable
/// }
///
/// impl DeadLetters for Bucket {
///     fn keep(&self, letter: DeadLetter) -> Kept {
///         Box::pin(async move { Ok(put(letter.receipt().id(), letter.to_bytes()).await?) })
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not keep dead letters",
    note = "use `Directory` of `tower_webhook::dead_letters`, or implement `DeadLetters`"
)]
pub trait DeadLetters: Send + Sync + 'static {
    /// Keeps a letter. Return `Ok` only once it is durable: the sender is then told that it need not send it again.
    ///
    /// Replace a letter with the same [`id`](super::Receipt::id): it has the same content, from an earlier try.
    ///
    /// The future is dropped when the [deadline](super::Keeper::deadline) passes or the sender hangs up. It must not
    /// block.
    ///
    /// # Errors
    ///
    /// The letter may not be kept. The text of the error is logged, so it must contain no secret.
    fn keep(&self, letter: DeadLetter) -> Kept;
}

impl<D: DeadLetters + ?Sized> DeadLetters for Arc<D> {
    fn keep(&self, letter: DeadLetter) -> Kept {
        (**self).keep(letter)
    }
}

impl<D: DeadLetters + ?Sized> DeadLetters for Box<D> {
    fn keep(&self, letter: DeadLetter) -> Kept {
        (**self).keep(letter)
    }
}
