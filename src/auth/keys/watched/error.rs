use std::{error::Error, fmt, iter::successors};

use crate::{BoxError, ConfigError};

/// Why keys were not refreshed.
///
/// `{error}` does not show the error of your function, because that may quote a key. `{error:#}` adds it, with its
/// causes; they are in [`source`](Error::source) too.
///
/// # Examples
///
/// ```
/// use tower_webhook::auth::keys::LoadError;
///
/// let error = LoadError::Failed("the database is away".into());
/// assert_eq!(format!("{error}"), "the function that loads the keys has failed (`{error:#}` says why)");
/// assert_eq!(format!("{error:#}"), "the function that loads the keys has failed: the database is away");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// Your function has returned this error. All keys stay as they were.
    Failed(BoxError),
    /// Your function has panicked. All keys stay as they were.
    Panicked,
    /// Your function took too long. All keys stay as they were.
    TimedOut,
    /// These keys, and perhaps those of other tenants, cannot be used. They stay as they were; all others are new. A
    /// tenant is named by its number, in the order in which your function has returned them.
    Unusable(ConfigError),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => {
                f.write_str("the function that loads the keys has failed")?;
                if f.alternate() {
                    successors(Some(&**error as &dyn Error), |&error| error.source())
                        .try_for_each(|cause| write!(f, ": {cause}"))
                } else {
                    f.write_str(" (`{error:#}` says why)")
                }
            }
            Self::Panicked => f.write_str("the function that loads the keys has panicked"),
            Self::TimedOut => f.write_str("the function that loads the keys took too long"),
            Self::Unusable(error) => error.fmt(f),
        }
    }
}

impl Error for LoadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => Some(&**error),
            Self::Panicked | Self::TimedOut | Self::Unusable(_) => None,
        }
    }
}
