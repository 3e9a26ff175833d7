use std::{error::Error, fmt};

use crate::ConfigError;

/// Why keys were not refreshed.
///
/// # Examples
///
/// See [`Watched`](super::Watched).
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// Your function has returned this error, or has panicked. All keys stay as they were.
    Failed(Box<dyn Error + Send + Sync>),
    /// Your function took too long. All keys stay as they were.
    TimedOut,
    /// These keys, and perhaps those of other tenants, cannot be used. They stay as they were; all others are new. A
    /// tenant is named by its number, in the order in which your function has returned them.
    Unusable(ConfigError),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(_) => f.write_str("the source of the keys has failed"),
            Self::TimedOut => f.write_str("the source of the keys took too long"),
            Self::Unusable(error) => error.fmt(f),
        }
    }
}

impl Error for LoadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => Some(&**error),
            Self::TimedOut | Self::Unusable(_) => None,
        }
    }
}
