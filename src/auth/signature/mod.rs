//! What the schemes that sign the body share: where signatures are, what they cover, and when they expire.

mod body_time;
mod builder;
mod candidates;
mod check;
mod content;
mod encoding;
mod layout;
mod message;
mod part;
mod signed;
mod tolerance;

pub use self::{
    builder::SignedBuilder,
    content::Pending,
    encoding::Encoding,
    part::Part,
    signed::{Algorithm, Signed},
};
pub(super) use self::{
    candidates::Candidates,
    content::{Content, TimestampSource},
    layout::{Layout, Signatures},
    message::Message,
    signed::Sealed,
    tolerance::ToleranceBuilder,
};
