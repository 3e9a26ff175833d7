use std::{borrow::Cow, fmt};

use bytes::Bytes;
use http::{Method, Response, request::Parts};

use super::{Handshake, echo};
use crate::{
    ConfigError, Rejection, RejectionReason,
    auth::{Key, Secrets},
    urlencoded,
};

/// Answers Meta's [verification request](https://developers.facebook.com/docs/graph-api/webhooks/getting-started),
/// which WhatsApp, Instagram and Messenger send too: a `GET` with `hub.mode=subscribe`, `hub.verify_token` and
/// `hub.challenge`.
///
/// The request is not signed. The token that you chose in Meta's dashboard authenticates it, and is compared like every
/// key. The challenge is sent back as text if it is short and visible ASCII. A wrong token, or a missing or repeated
/// parameter, is rejected as [`Unauthenticated`](crate::RejectionKind::Unauthenticated). A `GET` with none of the three
/// is rejected as [`MethodNotAllowed`](crate::RejectionKind::MethodNotAllowed), like any other `GET`.
///
/// # Examples
///
/// Meta signs deliveries as GitHub does. The layer answers the `GET`, although the route accepts only `POST`.
///
/// ```
/// # #[cfg(feature = "signatures")] {
/// use axum::{Router, http::StatusCode, routing::post};
/// use tower_webhook::{auth::Signature, handshake::MetaChallenge, provider::Custom};
///
/// let scheme = Signature::hmac_sha256("x-hub-signature-256")
///     .prefix("sha256=")
///     .key("the app secret of Meta's dashboard")
///     .build()?;
/// let challenge = MetaChallenge::new("chosen-in-the-dashboard")?;
/// let layer = Custom::builder("whatsapp", scheme).build()?.into_layer().handshake(challenge);
/// let app: Router = Router::new().route("/webhooks/whatsapp", post(async || StatusCode::OK).layer(layer));
/// # }
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct MetaChallenge {
    verify_token: Secrets,
}

impl MetaChallenge {
    /// Answers verification requests that contain this token.
    ///
    /// # Errors
    ///
    /// The token is blank, padded, not ASCII, one byte repeated, longer than 1,024 bytes, contains a control character,
    /// or is shorter than 16 bytes without [`Key::dangerous_short`].
    pub fn new(verify_token: impl Into<Key>) -> Result<Self, ConfigError> {
        Ok(Self { verify_token: Secrets::named("the verify token", &verify_token.into())? })
    }
}

impl Handshake for MetaChallenge {
    fn answer_unsigned(&self, head: &Parts) -> Option<Result<Response<Bytes>, Rejection>> {
        Some(Request::of(head)?.answer(&self.verify_token))
    }
}

impl fmt::Debug for MetaChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetaChallenge").finish_non_exhaustive()
    }
}

/// The three parameters, and whether one of them is repeated.
#[derive(Default)]
struct Request<'a> {
    mode: Option<Cow<'a, [u8]>>,
    token: Option<Cow<'a, [u8]>>,
    challenge: Option<Cow<'a, [u8]>>,
    repeated: bool,
}

impl<'a> Request<'a> {
    /// `None` if it is another request: the route may have its own query.
    fn of(head: &'a Parts) -> Option<Self> {
        let query = head.uri.query().filter(|_| head.method == Method::GET)?;
        let mut request = Self::default();
        let mut any = false;
        for (name, value) in urlencoded::pairs(query.as_bytes()) {
            let parameter = match &*urlencoded::decode(name) {
                b"hub.mode" => &mut request.mode,
                b"hub.verify_token" => &mut request.token,
                b"hub.challenge" => &mut request.challenge,
                _ => continue,
            };
            any = true;
            request.repeated |= parameter.replace(urlencoded::decode(value)).is_some();
        }
        any.then_some(request)
    }

    fn answer(self, verify_token: &Secrets) -> Result<Response<Bytes>, Rejection> {
        let incomplete = RejectionReason::Other("a parameter of Meta's verification request is missing or repeated");
        let (Some(mode), Some(token), Some(challenge), false) = (self.mode, self.token, self.challenge, self.repeated)
        else {
            return Err(incomplete.into());
        };
        verify_token.find(&token).ok_or(RejectionReason::NoKeyMatched)?;
        match echo(&challenge).filter(|_| *mode == *b"subscribe") {
            Some(answer) => Ok(answer),
            None => Err(RejectionReason::Other("`hub.mode` or `hub.challenge` is not what Meta documents").into()),
        }
    }
}
