use std::{borrow::Cow, fmt, sync::Arc};

use bytes::Bytes;
use http::{Method, Response, StatusCode, request::Parts};
use serde_json::value::RawValue;

use super::{
    Handshake, MAX_UNSIGNED_BODY, Redacted,
    answer::{Answer, Facts},
    body::{self, Others},
    place::Place,
};
#[cfg(feature = "testing")]
use crate::auth::signing::Draft;
use crate::{
    Rejection, RejectionReason,
    auth::Secrets,
    delivery::RawDelivery,
    headers::NotOne,
    json::{SecretString, Str, members::Path},
};

/// The longest challenge that is sent back, in bytes.
const MAX_CHALLENGE: usize = 1 << 10;

/// The longest signed body that is looked at, in bytes, so that larger events cost nothing.
const MAX_SIGNED_BODY: usize = 16 << 10;

/// An endpoint verification, described by settings: where the challenge is, which conditions hold, and what the answer
/// is.
///
/// The [module](super) lists the ready-made ones. For any other, begin with [`signed`](Self::signed) or
/// [`unsigned`](Self::unsigned). Add several to one layer by calling
/// [`WebhookLayer::handshake`](crate::WebhookLayer::handshake) for each.
///
/// # Examples
///
/// See [`signed`](Self::signed) and [`unsigned`](Self::unsigned).
#[derive(Clone)]
pub struct Challenge {
    /// The first that recognises a request answers it.
    any: Arc<[Description]>,
    methods: Vec<Method>,
}

/// One form of a request, and its answer.
#[derive(Clone)]
pub(super) struct Description {
    /// The method of an unsigned request. `None` if it goes through the scheme first.
    pub(super) unsigned: Option<Method>,
    pub(super) challenge: Option<Place>,
    pub(super) may_have_blanks: bool,
    pub(super) conditions: Vec<(Place, Expected)>,
    pub(super) others: Others,
    pub(super) answer: Answer,
    /// The status for an endpoint verification that fails a condition. `None`: it is rejected.
    pub(super) mismatch: Option<StatusCode>,
    pub(super) hook: Option<Arc<Hook>>,
}

pub(super) type Hook = dyn Fn(&Parts, SecretString) + Send + Sync;

/// What a value must be.
#[derive(Clone)]
pub(super) enum Expected {
    OneOf(Vec<Box<str>>),
    Token(Secrets),
    Json(serde_json::Value),
    /// Anything but null.
    Present,
}

impl Challenge {
    pub(super) fn of(any: impl Into<Arc<[Description]>>) -> Self {
        let any = any.into();
        let methods = any.iter().filter_map(|description| description.unsigned.clone()).collect();
        Self { any, methods }
    }
}

#[cfg(feature = "testing")]
impl Challenge {
    /// Makes a request of this kind from an empty one, with this challenge and token. Returns whether it is signed.
    pub(crate) fn ask(&self, draft: &mut Draft, challenge: &str, token: &str) -> bool {
        let Some(description) = self.any.first() else { return false };
        draft.method = description.unsigned.clone().unwrap_or(Method::POST);
        if description.is_in_body() {
            draft.body = Bytes::from_static(b"{}");
        }
        if let Some(place) = &description.challenge {
            place.put(draft, &challenge.into());
        }
        for (place, expected) in &description.conditions {
            let value = match expected {
                Expected::OneOf(texts) => texts.first().map(|text| (**text).into()),
                Expected::Token(_) => Some(token.into()),
                Expected::Json(json) => Some(json.clone()),
                Expected::Present => Some("made-up".into()),
            };
            place.put(draft, &value.unwrap_or_default());
        }
        description.unsigned.is_none()
    }
}

impl Handshake for Challenge {
    fn answer_signed(&self, delivery: RawDelivery<'_>) -> Option<Response<Bytes>> {
        self.any.iter().find_map(|description| description.by_body(delivery.head(), delivery.body(), Some(delivery)))
    }

    fn answer_unsigned(&self, head: &Parts) -> Option<Result<Response<Bytes>, Rejection>> {
        self.any.iter().find_map(|description| description.by_head(head))
    }

    fn answer_unsigned_body(&self, head: &Parts, body: &Bytes) -> Option<Response<Bytes>> {
        let unsigned = self.any.iter().filter(|description| description.unsigned.is_some());
        unsigned.filter_map(|description| description.by_body(head, body, None)).next()
    }

    fn max_unsigned_body(&self) -> usize {
        let reads = |description: &Description| description.unsigned.is_some() && description.is_in_body();
        if self.any.iter().any(reads) { MAX_UNSIGNED_BODY } else { 0 }
    }

    fn methods(&self) -> &[Method] {
        &self.methods
    }
}

impl Description {
    /// Whether the body decides.
    fn is_in_body(&self) -> bool {
        self.places().any(|place| place.path().is_some())
    }

    fn places(&self) -> impl Iterator<Item = &Place> {
        self.challenge.iter().chain(self.conditions.iter().map(|(place, _)| place))
    }

    /// Answers by the head alone. `None` if none of the named parameters and headers is there: the route may have a
    /// query of its own.
    fn by_head(&self, head: &Parts) -> Option<Result<Response<Bytes>, Rejection>> {
        if self.unsigned.as_ref() != Some(&head.method) || self.is_in_body() {
            return None;
        }
        let is_absent = |place: &Place| matches!(place.find(head), Err(NotOne::Missing));
        if self.places().count() > 0 && self.places().all(is_absent) {
            return None;
        }
        let answer = self.answer_to_head(head);
        match (answer, self.mismatch) {
            (Err(_), Some(status)) => {
                let mut response = Response::default();
                *response.status_mut() = status;
                Some(Ok(response))
            }
            (answer, _) => Some(answer.map_err(Rejection::from)),
        }
    }

    fn answer_to_head(&self, head: &Parts) -> Result<Response<Bytes>, RejectionReason> {
        self.check_head(head)?;
        let challenge = match &self.challenge {
            Some(place) => place.find(head).ok(),
            None => Some(Cow::Borrowed(&b""[..])),
        };
        let wrong = RejectionReason::Other("the challenge is missing, repeated, too long, or not visible ASCII");
        let challenge = challenge.as_deref().and_then(|challenge| self.text(challenge)).ok_or(wrong)?;
        let answer = self.answer.fill(&Facts { challenge, mac: &|_| None });
        let answer = answer.ok_or(RejectionReason::Other("the answer to the challenge cannot be made"))?;
        self.tell(head, None, challenge);
        Ok(answer)
    }

    /// Checks the conditions on the head. The token comes last, so that its reason says that all else is right.
    fn check_head(&self, head: &Parts) -> Result<(), RejectionReason> {
        let wrong = || RejectionReason::Other("a part of the endpoint verification is missing, repeated or unexpected");
        for (place, expected) in &self.conditions {
            if let Expected::OneOf(texts) = expected {
                let found = place.find(head).map_err(|_| wrong())?;
                texts.iter().find(|text| *text.as_bytes() == *found).ok_or_else(wrong)?;
            }
        }
        for (place, expected) in &self.conditions {
            if let Expected::Token(token) = expected {
                let found = place.find(head).map_err(|_| wrong())?;
                token.find(&found).ok_or(RejectionReason::NoKeyMatched)?;
            }
        }
        Ok(())
    }

    /// Answers by the whole request, if its body is an endpoint verification and nothing else.
    /// `proven` is the delivery if it is authentic.
    fn by_body(&self, head: &Parts, body: &Bytes, proven: Option<RawDelivery<'_>>) -> Option<Response<Bytes>> {
        let max = if self.unsigned.is_some() { MAX_UNSIGNED_BODY } else { MAX_SIGNED_BODY };
        if body.len() > max || !self.is_in_body() {
            return None;
        }
        let paths: Vec<&Path> = self.places().filter_map(Place::path).collect();
        let mut values = body::read(body, &paths, &self.others)?.into_iter();
        let challenge = match &self.challenge {
            Some(Place::Body(_)) => string(values.next()??)?,
            Some(place) => Cow::Owned(String::from_utf8(place.find(head).ok()?.into_owned()).ok()?),
            None => Cow::Borrowed(""),
        };
        for (_, expected) in self.conditions.iter().filter(|(place, _)| place.path().is_some()) {
            let value = values.next()??;
            let is_right = match expected {
                Expected::Json(json) => {
                    serde_json::from_str::<serde_json::Value>(value.get()).is_ok_and(|is| is == *json)
                }
                _ => value.get() != "null",
            };
            is_right.then_some(())?;
        }
        self.check_head(head).ok()?;
        let challenge = self.text(challenge.as_bytes())?;
        let mac = |message: &[u8]| proven?.hmac_sha256(message);
        let answer = self.answer.fill(&Facts { challenge, mac: &mac })?;
        self.tell(head, proven, challenge);
        Some(answer)
    }

    /// The challenge, if it can be sent back without harm.
    fn text<'a>(&self, challenge: &'a [u8]) -> Option<&'a str> {
        let is_harmless = |byte: &u8| match byte {
            b'<' | b'>' => false,
            b' ' => self.may_have_blanks,
            byte => byte.is_ascii_graphic(),
        };
        let is_short = self.challenge.is_none() || (1..=MAX_CHALLENGE).contains(&challenge.len());
        std::str::from_utf8(challenge).ok().filter(|_| is_short && challenge.iter().all(is_harmless))
    }

    /// Calls the hook with a head that has no credential.
    fn tell(&self, head: &Parts, proven: Option<RawDelivery<'_>>, challenge: &str) {
        if let Some(hook) = &self.hook {
            let mut head = head.clone();
            let unproven = head.extensions.remove().map(|Redacted(uri)| uri);
            if let Some(uri) = proven.and_then(|delivery| delivery.redacted_uri()).or(unproven) {
                head.uri = uri;
            }
            hook(&head, challenge.into());
        }
    }
}

fn string(value: &RawValue) -> Option<Cow<'_, str>> {
    serde_json::from_str(value.get()).ok().map(|Str(text)| text)
}

/// Shows neither the values that are expected nor the token.
impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge").finish_non_exhaustive()
    }
}
