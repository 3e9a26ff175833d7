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
    let names: Vec<&str> = names.map(|names| names.split('.').collect()).unwrap_or_default();
    // After each step: whether so many names can be used up.
    let mut used = vec![false; names.len() + 1];
    if let Some(none) = used.first_mut() {
        *none = true;
    }
    for step in path {
        let fits = |name: &str| match step {
            Step::Name(own) => name == "*" || name == *own,
            Step::At(at) => name == at.to_string(),
        };
        let skips = matches!(step, Step::At(_));
        let next = |count: usize| {
            let before = count.checked_sub(1).and_then(|before| Some((names.get(before)?, used.get(before)?)));
            before.is_some_and(|(name, can)| *can && fits(name)) || skips && used.get(count).is_some_and(|can| *can)
        };
        used = (0..=names.len()).map(next).collect();
    }
    used.last().is_some_and(|all| *all)
}
