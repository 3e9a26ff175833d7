//! Law: what a provider's decoder makes of any body can be stored and read again, and is the same; RawJson keeps the body as
//! it was sent; the layer and `json::decode` agree; and nothing panics.

use std::{fmt::Debug, sync::LazyLock};

use bytes::Bytes;
use http::Request;
use serde::{Serialize, de::DeserializeOwned};
use tower_webhook::{
    Rejection, RejectionKind,
    auth::ApiKey,
    json::{self, RawJson},
    provider::{
        Custom,
        mediquo::{self, MediQuo},
        truemed::{self, Truemed},
    },
};

use crate::{
    send::{Receiver, Steps, receiver},
    signature::KEYS,
};

static TRUEMED: LazyLock<Box<dyn Receiver>> =
    LazyLock::new(|| receiver(Truemed::builder().api_key(KEYS[0]).build().unwrap().into_layer()));
static MEDIQUO: LazyLock<Box<dyn Receiver>> =
    LazyLock::new(|| receiver(MediQuo::builder().signature(KEYS[0]).build().unwrap().into_layer()));
static RAW: LazyLock<Box<dyn Receiver>> = LazyLock::new(|| {
    let scheme = ApiKey::header("x-key").key(KEYS[0]).build().unwrap();
    receiver(Custom::builder("acme", scheme).build().unwrap().into_layer())
});

pub fn law(input: &[u8]) {
    let (which, body) = input.split_first().unwrap_or((&0, b""));
    match which % 3 {
        0 => event::<truemed::Event>(&**TRUEMED, "x-truemed-api-key", body),
        1 => event::<mediquo::Event>(&**MEDIQUO, "x-webhook-signature", body),
        _ => {
            event::<RawJson>(&**RAW, "x-key", body);
            if let Ok(raw) = json::decode::<RawJson>(body) {
                assert_eq!(raw.get().as_bytes(), body.trim_ascii());
                assert!(serde_json::from_slice::<&serde_json::value::RawValue>(body).is_ok());
            }
        }
    }
}

fn event<E: Serialize + DeserializeOwned + Clone + Debug + PartialEq + Send + Sync + 'static>(
    receiver: &dyn Receiver,
    header: &str,
    body: &[u8],
) {
    let decoded = json::decode::<E>(body);
    let request = Request::post("/").header(header, KEYS[0]).body(Steps::whole(Bytes::copy_from_slice(body))).unwrap();
    let (response, handled) = receiver.send(request);
    let received = handled.map(|mut handled| handled.head.extensions.remove::<E>().unwrap());
    let rejection = response.extensions().get::<Rejection>();
    match &decoded {
        Ok(event) => assert_eq!(received.as_ref(), Some(event)),
        Err(error) => {
            // The whole of an error, which must not panic either.
            let _ = format!("{error} {error:?}");
            assert_eq!(rejection.map(Rejection::kind), Some(RejectionKind::Malformed));
        }
    }
    if let Ok(event) = decoded {
        let stored = serde_json::to_string(&event).unwrap();
        let again: E = serde_json::from_str(&stored).unwrap_or_else(|error| panic!("{error}: {stored}"));
        assert_eq!(again, event, "{stored}");
        assert_eq!(serde_json::to_string(&again).unwrap(), stored);
    }
}
