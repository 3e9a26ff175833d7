mod date;
mod draw;
mod known;
mod number;
mod place;
mod shape;
mod text;
mod words;

use std::fmt;

use zeroize::Zeroizing;

use self::{
    draw::Draw,
    place::{Step, leads},
};
use crate::{
    idempotency::random,
    json::{DecodeError, tree::Tree},
};

/// Turns captured bodies into fixtures: of the same structure, with a fake in place of each value.
///
/// It knows Truemed's and MediQuo's events: their types and the documented values of their enums stay, so that a body
/// decodes to the same variant as before. For other senders, [`keep`](Self::keep) says what stays.
///
/// | captured | in the fixture |
/// |---|---|
/// | objects and arrays, `null`, `true`, `false` | the same, in the same order, a repeated member too |
/// | names of members | the same if they are words of letters, `_`, `-` and at most two digits; others are faked as strings are, and so are the names of MediQuo's `reports` |
/// | an integer, also as a string | as many digits, the same sign, in the same range of Unix times and of 32 to 64 bits; zero stays |
/// | a fraction, also as a string | as many digits before and after the point, the same sign; an exponent stays, up to three digits |
/// | a date or a date-time as in RFC 3339 | another, from 2002 to 2035, with an offset and a fraction where there was one |
/// | an address of mail | `person-73920184@example.com` |
/// | a URL | `https://example.com/` and letters; `http` stays `http` |
/// | an IP address | one of `10.0.0.0/8` or `2001:db8::/32` |
/// | a UUID | one of the same version |
/// | base64 | base64 of other bytes: as many up to 64, else a number of the same class |
/// | hex digits, a phone number, an id: a word with a digit, or of three letters | digits for digits and letters for letters; of a prefix such as `evt_` the ones that are well-known stay |
/// | any other text | letters: of the same class of length, one word for a word and several for several. A blank one stays |
///
/// Two lengths are of one class if they lie between the same powers of two, as 32 and 63 do. The fake of a text of 4
/// characters or more has the length in the middle of its class, such as 48.
///
/// Equal values have equal fakes in all bodies that one scrubber has scrubbed, so ids still refer to each other. Unequal
/// ids, UUIDs and numbers of the same form have unequal fakes. The fakes depend on a random key that is dropped with the
/// scrubber: nobody can test a guess against a fixture, and two scrubbers have different fakes. What a reader of the
/// fixture still learns is the structure, the form of ids and numbers, and which values are equal.
///
/// A fixture is not signed, and its times are not in order. A word that is the name of a member, such as `{"Jane": 1}`,
/// stays: read the names before you commit a fixture.
///
/// # Examples
///
/// ```
/// use tower_webhook::{json, provider::truemed::{Event, Status}, testing::Scrubber};
///
/// let captured = br#"{"qualification_session_id": "qs_7f3k2", "status": "approved", "email": "jane@clinic.example"}"#;
/// let fixture = Scrubber::new().scrub(captured)?;
///
/// let text = String::from_utf8_lossy(&fixture);
/// assert!(!text.contains("7f3k2") && !text.contains("jane"));
/// assert!(text.starts_with(r#"{"qualification_session_id":"qs_"#) && text.ends_with(r#"@example.com"}"#));
///
/// let Event::QualificationSessionComplete(session) = json::decode(&fixture)? else { panic!() };
/// assert_eq!(session.status, Status::Approved);
/// # Ok::<_, json::DecodeError>(())
/// ```
pub struct Scrubber {
    // Boxed so that moving it leaves no copy behind.
    key: Box<Zeroizing<[u8; 32]>>,
    kept: Vec<String>,
}

impl Scrubber {
    /// A scrubber with a random key of its own.
    #[must_use]
    pub fn new() -> Self {
        Self { key: Box::new(Zeroizing::new(random())), kept: Vec::new() }
    }

    /// Keeps the strings and numbers at these paths as they are: whatever is there, so do not name a personal member. The
    /// default is none. Call it again to add more.
    ///
    /// A path is the names of members from the root, with dots between them: `type`, `data.object.status`. `*` is any
    /// member. An array on the way is passed over, or entered at a position, as in `entry.0.id`. Objects at the end of a
    /// path are scrubbed, and a name on it stays.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_webhook::testing::Scrubber;
    ///
    /// let scrubber = Scrubber::new().keep(["type", "data.*.currency"]);
    /// let fixture = scrubber.scrub(br#"{"type": "invoice.paid", "data": {"object": {"currency": "eur", "total": 1250}}}"#)?;
    ///
    /// let text = String::from_utf8_lossy(&fixture);
    /// assert!(text.starts_with(r#"{"type":"invoice.paid","data":{"object":{"currency":"eur","total":"#));
    /// assert!(!text.contains("1250"));
    /// # Ok::<_, tower_webhook::json::DecodeError>(())
    /// ```
    #[must_use]
    pub fn keep<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.kept.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Makes the fixture of this body: JSON without white space, never with a value of the body that is not to stay.
    ///
    /// # Errors
    ///
    /// The body is not JSON, as a form or several documents in a row are not, is nested more than 127 levels deep, or
    /// has a number beyond the range of `f64`. The error quotes nothing.
    ///
    /// # Examples
    ///
    /// Two deliveries of one consultation still have its id:
    ///
    /// ```
    /// use tower_webhook::testing::Scrubber;
    ///
    /// let scrubber = Scrubber::new();
    /// let booked = scrubber.scrub(br#"{"id": "c-1042"}"#)?;
    /// assert_eq!(scrubber.scrub(br#"{"id": "c-1042"}"#)?, booked);
    /// assert_ne!(scrubber.scrub(br#"{"id": "c-1043"}"#)?, booked);
    /// # Ok::<_, tower_webhook::json::DecodeError>(())
    /// ```
    pub fn scrub(&self, body: &[u8]) -> Result<Vec<u8>, DecodeError> {
        let mut fixture = String::with_capacity(body.len());
        self.write(&Tree::read(body)?, &mut Vec::new(), &mut fixture);
        Ok(fixture.into_bytes())
    }

    fn write<'t>(&self, tree: &'t Tree<'_>, path: &mut Vec<Step<'t>>, to: &mut String) {
        match tree {
            Tree::Object(members) => {
                to.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    to.push_str(if at == 0 { "" } else { "," });
                    path.push(Step::Name(name));
                    if known::is_name(path) || self.names(name) {
                        write_string(name, to);
                    } else {
                        write_string(&text::fake(self, name), to);
                    }
                    to.push(':');
                    self.write(value, path, to);
                    path.pop();
                }
                to.push('}');
            }
            Tree::Array(elements) => {
                to.push('[');
                for (at, element) in elements.iter().enumerate() {
                    to.push_str(if at == 0 { "" } else { "," });
                    path.push(Step::At(at));
                    self.write(element, path, to);
                    path.pop();
                }
                to.push(']');
            }
            Tree::Text(text) if self.keeps(path) || known::is_value(path, text) => write_string(text, to),
            Tree::Text(text) => write_string(&text::fake(self, text), to),
            Tree::Number(number) if self.keeps(path) => to.push_str(number),
            Tree::Number(number) => to.push_str(&number::fake(self, number).unwrap_or_else(|| "0".to_owned())),
            Tree::Word(word) => to.push_str(word),
        }
    }

    fn keeps(&self, path: &[Step<'_>]) -> bool {
        self.kept.iter().any(|kept| leads(Some(kept), path))
    }

    fn names(&self, name: &str) -> bool {
        self.kept.iter().any(|kept| kept.split('.').any(|kept| kept == name))
    }

    /// What stands in for this value, drawn by the key.
    fn draw(&self, kind: &str, value: &[u8]) -> Draw {
        Draw::new(&self.key, kind, value)
    }
}

/// Scrubs one body, with fakes that no other has: like [`Scrubber::scrub`] of a new [`Scrubber`].
///
/// # Errors
///
/// Those of [`Scrubber::scrub`].
///
/// # Examples
///
/// ```
/// let fixture = tower_webhook::testing::scrub(br#"{"patient": {"name": "Ana Ruiz", "born": "1980-05-17"}}"#)?;
/// assert!(fixture.starts_with(br#"{"patient":{"name":""#));
/// assert!(!String::from_utf8_lossy(&fixture).contains("Ruiz"));
/// # Ok::<_, tower_webhook::json::DecodeError>(())
/// ```
pub fn scrub(body: &[u8]) -> Result<Vec<u8>, DecodeError> {
    Scrubber::new().scrub(body)
}

fn write_string(text: &str, to: &mut String) {
    to.push_str(&serde_json::Value::from(text).to_string());
}

impl Default for Scrubber {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrubber").field("kept", &self.kept).finish_non_exhaustive()
    }
}
