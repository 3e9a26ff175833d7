//! What a user's job looks like that has a value of ours as a part, and the formats that it waits in.

use std::{collections::BTreeMap, fmt::Debug};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Whatever can be written, read and compared.
pub(crate) trait Part: Clone + PartialEq + Debug + Serialize + DeserializeOwned {}

impl<T: Clone + PartialEq + Debug + Serialize + DeserializeOwned> Part for T {}

// The other fields are strings: with `arbitrary_precision` of `serde_json`, no number is read where `serde` buffers.

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Field<T> {
    pub(crate) before: String,
    pub(crate) part: T,
    pub(crate) after: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum External<T> {
    Run(T),
    Stop,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job", content = "what")]
pub(crate) enum Adjacent<T> {
    Run(T),
    Stop,
}

/// Where keys are sorted, the content comes before its tag, and is buffered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", content = "job")]
pub(crate) enum AdjacentEarly<T> {
    Run(T),
    Stop,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job")]
pub(crate) enum InternalField<T> {
    Run { part: T, queue: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Untagged<T> {
    Other { nothing: u8 },
    Run(T),
}

/// For parts that are objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job")]
pub(crate) enum Internal<T> {
    Run(T),
    Stop,
}

/// For parts that are objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flattened<T> {
    pub(crate) queue: String,
    #[serde(flatten)]
    pub(crate) part: T,
    pub(crate) note: String,
}

/// What checks one job in one or more formats.
pub(crate) trait Formats: Copy {
    fn check<J: Part>(self, job: &J);
}

/// JSON text, CBOR, and MessagePack in both of its forms.
#[derive(Clone, Copy)]
pub(crate) struct Texts;

/// [`Texts`], and `serde_json::Value`, through which a raw text is written anew.
#[derive(Clone, Copy)]
pub(crate) struct TextsAndValues;

impl Formats for Texts {
    fn check<J: Part>(self, job: &J) {
        survives(job);
    }
}

impl Formats for TextsAndValues {
    fn check<J: Part>(self, job: &J) {
        survives(job);
        survives_as_value(job);
    }
}

pub(crate) fn survives<J: Part>(job: &J) {
    for text in [serde_json::to_string(job).unwrap(), serde_json::to_string_pretty(job).unwrap()] {
        assert_eq!(&serde_json::from_str::<J>(&text).expect(&text), job, "{text}");
        assert_eq!(&serde_json::from_reader::<_, J>(text.as_bytes()).expect(&text), job, "{text}");
    }
    let read: Result<J, _> = ciborium::from_reader(cbor(job).as_slice());
    assert_eq!(&read.unwrap_or_else(|error| panic!("CBOR of {job:?}: {error}")), job);
    for packed in [rmp_serde::to_vec(job).unwrap(), rmp_serde::to_vec_named(job).unwrap()] {
        let read: Result<J, _> = rmp_serde::from_slice(&packed);
        assert_eq!(&read.unwrap_or_else(|error| panic!("MessagePack of {job:?}: {error}")), job);
    }
}

fn survives_as_value<J: Part>(job: &J) {
    let value = serde_json::to_value(job).unwrap();
    assert_eq!(&serde_json::from_value::<J>(value.clone()).unwrap(), job, "{value}");
    assert_eq!(&J::deserialize(&value).unwrap(), job, "{value}");
}

pub(crate) fn cbor(value: &impl Serialize) -> Vec<u8> {
    let mut cbor = Vec::new();
    ciborium::into_writer(value, &mut cbor).unwrap();
    cbor
}

/// Checks the part in every job that can have it.
pub(crate) fn survives_in_every_job<T: Part>(part: &T, formats: impl Formats) {
    let part = || part.clone();
    formats.check(&part());
    formats.check(&Field { before: "a".into(), part: part(), after: None });
    formats.check(&vec![part(), part()]);
    formats.check(&(part(), "a".to_owned(), part()));
    formats.check(&BTreeMap::from([("a".to_owned(), part())]));
    formats.check(&External::Run(part()));
    formats.check(&Adjacent::Run(part()));
    formats.check(&AdjacentEarly::Run(part()));
    formats.check(&InternalField::Run { part: part(), queue: "a".into() });
    formats.check(&Untagged::Run(part()));
    formats.check(&Untagged::Run(Internal::Run(Field { before: "a".into(), part: part(), after: None })));
}

/// Checks the part also where `serde` adds members to it: it is an object.
pub(crate) fn object_survives_in_every_job<T: Part>(part: &T, formats: impl Formats) {
    survives_in_every_job(part, formats);
    let part = || part.clone();
    formats.check(&Internal::Run(part()));
    formats.check(&Flattened { queue: "a".into(), part: part(), note: "b".into() });
    formats.check(&Untagged::Run(Flattened { queue: "a".into(), part: part(), note: "b".into() }));
    formats.check(&Adjacent::Run(Internal::Run(Flattened { queue: "a".into(), part: part(), note: "b".into() })));
}

/// Reads the part with each of its values replaced by others, and looks for them in the errors.
pub(crate) fn errors_quote_nothing<T: Part>(part: &T) {
    let whole = serde_json::to_value(part).unwrap();
    for pointer in pointers(&whole) {
        for wrong in [
            json!("canary"),
            json!(77777),
            json!(-77777),
            json!(77777.25),
            json!(true),
            json!(null),
            json!(["canary", 77777]),
            json!({"canary": 77777}),
            json!({"a": "canary", "b": 77777}),
        ] {
            let mut value = whole.clone();
            *value.pointer_mut(&pointer).unwrap() = wrong;
            let text = value.to_string();
            quotes_nothing(&text, serde_json::from_str::<T>(&text));
            quotes_nothing(&text, serde_json::from_reader::<_, T>(text.as_bytes()));
            quotes_nothing(&text, T::deserialize(&value));
            quotes_nothing(&text, ciborium::from_reader::<T, _>(cbor(&value).as_slice()));
            quotes_nothing(&text, rmp_serde::from_slice::<T>(&rmp_serde::to_vec(&value).unwrap()));
            quotes_nothing(&text, serde_json::from_value::<T>(value.clone()));
            quotes_nothing(&text, serde_json::from_value::<External<T>>(json!({"Run": value})));
            quotes_nothing(&text, serde_json::from_value::<Internal<T>>(json!({"job": "Run", "canary": value})));
        }
    }
}

fn quotes_nothing<T, E: std::error::Error>(text: &str, read: Result<T, E>) {
    let Err(error) = read else { return };
    let shown = format!("{error} {error:?} {:?}", error.source());
    assert!(!shown.contains("canary") && !shown.contains("77777") && !shown.contains("true"), "{text}: {shown}");
}

/// The places of all values below this one, itself included.
fn pointers(value: &Value) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut add = |step: &str, below: &Value| {
        all.extend(
            pointers(below)
                .into_iter()
                .map(|pointer| format!("/{}{pointer}", step.replace('~', "~0").replace('/', "~1"))),
        );
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, below)| add(name, below)),
        Value::Array(elements) => elements.iter().enumerate().for_each(|(at, below)| add(&at.to_string(), below)),
        _ => {}
    }
    all
}

/// Whether numbers of `serde_json` are texts, which any crate may turn on. The checks run some tests so.
pub(crate) fn has_arbitrary_precision() -> bool {
    "1e999".parse::<serde_json::Number>().is_ok()
}
