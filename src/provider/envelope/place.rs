use http::{HeaderMap, HeaderName};

/// Where in a delivery a provider states a fact: in a header, or in a member of its JSON body.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::Place;
///
/// let in_the_head = Place::header("x-github-event");
/// let in_the_body = Place::body("data.object.id");
/// ```
#[derive(Clone, Debug)]
pub struct Place(pub(super) Kind);

#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// None if the text is no name of a header, which then is never there.
    Header(Option<HeaderName>),
    Body(Box<[Box<str>]>),
}

impl Place {
    /// A header, by its name in any letter case. A header that occurs twice states nothing, and a name that
    /// is no header name is never found.
    #[must_use]
    pub fn header(name: &str) -> Self {
        Self(Kind::Header(HeaderName::try_from(name).ok()))
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
