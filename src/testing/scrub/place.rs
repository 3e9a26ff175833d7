//! Where in a body a value is.

/// A step on the way from the root.
#[derive(Clone, Copy)]
pub(super) enum Step<'t> {
    Name(&'t str),
    /// The position in an array.
    At(usize),
}

/// Whether these names with dots between them lead along this path. `*` is any name, and a position can be left out.
pub(super) fn leads(names: Option<&str>, path: &[Step<'_>]) -> bool {
    let (first, others) = match names.and_then(|names| names.split_once('.')) {
        Some((first, others)) => (Some(first), Some(others)),
        None => (names, None),
    };
    match path {
        [] => names.is_none(),
        [Step::Name(name), rest @ ..] => {
            first.is_some_and(|first| first == "*" || first == *name) && leads(others, rest)
        }
        [Step::At(at), rest @ ..] => {
            leads(names, rest) || first.is_some_and(|first| first == at.to_string()) && leads(others, rest)
        }
    }
}
