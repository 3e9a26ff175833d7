//! Nothing authentic is lost: what would be is kept before the answer, and can be sent again.

mod answers;
mod directory;
mod example;
mod kills;
mod letters;
mod postgres;
mod replays;

use std::{
    convert::Infallible,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, request::Parts};
use http_body_util::Full;
use tower::{Layer, ServiceExt, service_fn};
use tower_webhook::{
    WebhookBody, WebhookLayer,
    dead_letters::{DeadLetter, DeadLetters, FailedForGood, Keeper, Kept, PrivateKey, PublicKey, ReceiptKey},
    provider::Provider,
};

const RECEIPT_SECRET: &str = "1f0c6f3c9d7e58b4b1d8b2bb5e4e2f3f";
const UNDECODABLE: &str = r#"{"qualification_session_id":{"canary":"canary-of-20-letters"},"status":"approved"}"#;
const DECODABLE: &str = r#"{"qualification_session_id":"qs_canary","status":"approved"}"#;

fn receipt_key() -> ReceiptKey {
    receipt_key_of("main")
}

/// The key of another route with the same secret.
fn receipt_key_of(route: &str) -> ReceiptKey {
    ReceiptKey::new(route, RECEIPT_SECRET).unwrap()
}

/// What the sink of a test does.
#[derive(Clone, Copy, Default)]
enum Mood {
    #[default]
    Keeps,
    Fails,
    Hangs,
}

/// A sink that remembers what it was asked to keep.
#[derive(Clone, Default)]
struct Memory {
    mood: Mood,
    letters: Arc<Mutex<Vec<DeadLetter>>>,
}

impl Memory {
    fn that(mood: Mood) -> Self {
        Self { mood, ..Self::default() }
    }

    fn count(&self) -> usize {
        self.letters.lock().unwrap().len()
    }

    fn only(&self) -> DeadLetter {
        let letters = self.letters.lock().unwrap();
        let [letter] = &**letters else { panic!("{} letters", letters.len()) };
        letter.clone()
    }

    fn keeper(&self, key: PublicKey) -> Keeper {
        Keeper::new(self.clone(), key, receipt_key())
    }
}

impl DeadLetters for Memory {
    fn keep(&self, letter: DeadLetter) -> Kept {
        self.letters.lock().unwrap().push(letter);
        let mood = self.mood;
        Box::pin(async move {
            match mood {
                Mood::Keeps => Ok(()),
                Mood::Fails => Err("the disk is full".into()),
                Mood::Hangs => std::future::pending().await,
            }
        })
    }
}

fn public_key() -> PublicKey {
    PrivateKey::generate().public_key()
}

/// A handler that answers as it is told.
#[derive(Clone, Default)]
struct Handling {
    status: StatusCode,
    for_good: bool,
    runs: Arc<AtomicUsize>,
    seen: Arc<Mutex<Option<Parts>>>,
}

impl Handling {
    fn that_answers(status: u16) -> Self {
        Self { status: StatusCode::from_u16(status).unwrap(), ..Self::default() }
    }

    fn that_fails_for_good(status: u16) -> Self {
        Self { for_good: true, ..Self::that_answers(status) }
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }

    fn handle(&self, request: Request<WebhookBody>) -> Response<Full<Bytes>> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        *self.seen.lock().unwrap() = Some(request.into_parts().0);
        let mut response = Response::new(Full::from("of the handler"));
        *response.status_mut() = self.status;
        if self.for_good {
            response.extensions_mut().insert(FailedForGood);
        }
        response
    }

    /// Sends a delivery through this layer to this handler.
    async fn deliver<P: Provider>(
        &self,
        layer: &WebhookLayer<P>,
        request: Request<Full<Bytes>>,
    ) -> Response<tower_webhook::ResponseBody<Full<Bytes>>> {
        let handling = self.clone();
        let handler = service_fn(move |request| {
            let response = handling.handle(request);
            async { Ok::<_, Infallible>(response) }
        });
        layer.layer(handler).oneshot(request).await.unwrap()
    }
}

/// A directory that goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tower-webhook-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        Self(path)
    }

    /// The names of all files, and what is in them.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let files = std::fs::read_dir(&self.0).unwrap().map(|file| file.unwrap().path());
        files
            .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap()))
            .collect()
    }

    /// What is kept, as opposed to what was left half written.
    fn letters(&self) -> Vec<DeadLetter> {
        let kept = self.files().into_iter().filter(|(name, _)| !name.starts_with('.'));
        kept.map(|(name, content)| {
            let letter = DeadLetter::from_bytes(content).unwrap();
            assert_eq!(name, format!("{}.letter", letter.receipt().id()));
            letter
        })
        .collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
