use http::{HeaderMap, HeaderName};

use crate::{ConfigError, ConfigErrorKind};

/// Where in a delivery a provider states a fact: in a header, or in a member of its JSON body.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::Place;
///
/// let in_the_head = Place::header("x-github-event")?;
/// let in_the_body = Place::body("data.object.id");
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Place(pub(super) Kind);

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Header(HeaderName),
    Body(Box<[Box<str>]>),
}

impl Place {
    /// A header, by its name in any letter case. A header that occurs twice states nothing.
    ///
    /// # Errors
    ///
    /// The name is no header name.
    pub fn header(name: &str) -> Result<Self, ConfigError> {
        let name = HeaderName::try_from(name);
        let name = name.map_err(|_| ConfigError::new(ConfigErrorKind::HeaderName, "the name of a place's header"))?;
        Ok(Self(Kind::Header(name)))
    }

    /// A header of a provider that this crate knows, by its name in small letters.
    pub(in crate::provider) fn known_header(name: &'static str) -> Self {
        Self(Kind::Header(HeaderName::from_static(name)))
    }

    /// A member of the body's object, by the names that lead to it with dots between them: `id`,
    /// `data.object.id`. It must be a string or a whole number. A member that occurs twice states nothing.
    #[must_use]
    pub fn body(path: &str) -> Self {
        Self(Kind::Body(path.split('.').map(Box::from).collect()))
    }

    pub(super) fn path(&self) -> Option<&[Box<str>]> {
        match &self.0 {
            Kind::Header(_) => None,
            Kind::Body(path) => Some(path),
        }
    }
}

/// The text of a header that occurs once.
pub(super) fn only_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        // Not `to_str`, which takes ASCII only.
        (Some(value), None) => std::str::from_utf8(value.as_bytes()).ok(),
        _ => None,
    }
}
