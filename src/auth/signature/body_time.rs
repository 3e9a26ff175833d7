use crate::{
    Rejection,
    json::members::{self, Path},
};

/// The whole number at this place of the JSON object that a body is; its field must occur once.
pub(super) fn number(body: &[u8], path: &Path) -> Result<i64, Rejection> {
    let [found] = members::find(body, [Some(path)]);
    found.and_then(members::Scalar::whole_number).ok_or_else(Rejection::unauthenticated)
}
