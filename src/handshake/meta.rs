use std::borrow::Cow;

use bytes::Bytes;
use http::{Method, Response, request::Parts};

use super::{Handshake, echo, query};
use crate::{ConfigError, Rejection, auth::Secret};

/// Meta's [verification request](https://developers.facebook.com/docs/graph-api/webhooks/getting-started), which
/// WhatsApp, Instagram and Messenger send too: a `GET` with `hub.mode=subscribe`, `hub.verify_token` and
/// `hub.challenge`.
///
/// It is not signed. It proves itself by the token that you chose in Meta's dashboard, which is
/// compared as every key is. The challenge is sent back as text, if it is short and of visible ASCII.
/// A wrong token, a missing or a doubled parameter is
/// [`Unauthenticated`](crate::RejectionKind::Unauthenticated); a `GET` without any of the three is the refused
/// method that it would be otherwise.
///
/// # Examples
///
/// Meta signs what it delivers as GitHub does. The layer answers the `GET` although the route is one for `POST`.
///
/// ```
/// # #[cfg(feature = "hmac")] {
/// use axum::{Router, http::StatusCode, routing::post};
/// use tower_webhook::{auth::Hmac, handshake::MetaChallenge, json::RawJson, provider::Json};
///
/// let scheme = Hmac::sha256("x-hub-signature-256").prefix("sha256=").key("the app secret of Meta's dashboard").build()?;
/// let challenge = MetaChallenge::new("chosen-in-the-dashboard")?;
/// let layer = Json::<RawJson, _>::new("whatsapp", scheme).into_layer().handshake(challenge);
/// let app: Router = Router::new().route("/webhooks/whatsapp", post(async || StatusCode::OK).layer(layer));
/// # }
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MetaChallenge {
    verify_token: Secret,
}

impl MetaChallenge {
    /// Answers those who know this token.
    ///
    /// # Errors
    ///
    /// As for [`Secret::new`].
    pub fn new(verify_token: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Ok(Self { verify_token: Secret::new(verify_token)? })
    }
}

impl Handshake for MetaChallenge {
    fn challenge(&self, head: &Parts) -> Option<Result<Response<Bytes>, Rejection>> {
        let request = Request::of(head)?;
        Some(request.answer(&self.verify_token).ok_or_else(Rejection::unauthenticated))
    }
}

/// The three parameters, and whether one of them came twice.
#[derive(Default)]
struct Request<'a> {
    mode: Option<Cow<'a, [u8]>>,
    token: Option<Cow<'a, [u8]>>,
    challenge: Option<Cow<'a, [u8]>>,
    doubled: bool,
}

impl<'a> Request<'a> {
    /// None if it is no such request: the route's own query may hold anything else.
    fn of(head: &'a Parts) -> Option<Self> {
        let query = head.uri.query().filter(|_| head.method == Method::GET)?;
        let mut request = Self::default();
        let mut any = false;
        for (name, value) in query::parameters(query) {
            let parameter = match &*name {
                b"hub.mode" => &mut request.mode,
                b"hub.verify_token" => &mut request.token,
                b"hub.challenge" => &mut request.challenge,
                _ => continue,
            };
            any = true;
            request.doubled |= parameter.replace(value).is_some();
        }
        any.then_some(request)
    }

    fn answer(self, verify_token: &Secret) -> Option<Response<Bytes>> {
        let genuine = verify_token.matches(&self.token?) && *self.mode? == *b"subscribe" && !self.doubled;
        echo(&self.challenge?).filter(|_| genuine)
    }
}
