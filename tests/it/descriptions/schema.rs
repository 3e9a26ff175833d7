//! `senders/schema.json` names what the library reads, and nothing else. (`tests/clients/run` checks each file with it.)

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};
use tower_webhook::provider::Sender;

use super::root;

/// The names that the library expects, by its own words, where this description has the unknown name `nobody`.
fn expected(description: &Value) -> BTreeSet<String> {
    let error = Sender::from_json(&description.to_string()).unwrap_err().to_string();
    let (before, names) = error.split_once("expected ").unwrap_or_else(|| panic!("{error}"));
    assert!(before.contains("`nobody`"), "{error}");
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn names(schema: &Value) -> BTreeSet<String> {
    schema.as_object().unwrap_or_else(|| panic!("{schema}")).keys().cloned().collect()
}

fn variants(schema: &Value) -> BTreeSet<String> {
    schema["oneOf"].as_array().unwrap().iter().flat_map(|variant| names(&variant["properties"])).collect()
}

fn texts(schema: &Value) -> BTreeSet<String> {
    schema["enum"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// The schema of this credential.
fn credential<'a>(schema: &'a Value, name: &str) -> &'a Value {
    let all = schema["properties"]["credential"]["oneOf"].as_array().unwrap();
    all.iter().map(|variant| &variant["properties"][name]).find(|it| !it.is_null()).unwrap()
}

fn described(member: &str, value: &Value) -> Value {
    let mut description = json!({"name": "acme", "credential": {"api_key": {"bearer": {}}}});
    description[member] = value.clone();
    description
}

#[test]
fn it_has_the_members_that_the_library_reads() {
    let schema: Value = serde_json::from_slice(&fs::read(root().join("senders/schema.json")).unwrap()).unwrap();
    let properties = &schema["properties"];
    let signature = &credential(&schema, "signature")["properties"];
    let nobody = || json!({"nobody": 1});
    let signed = |name: &str, value: Value| {
        let mut settings = json!({"algorithm": "ed25519", "at": {"header": "x-signature"}});
        settings[name] = value;
        described("credential", &json!({"signature": settings}))
    };
    let challenge = &schema["$defs"]["challenge"]["properties"];
    let verification = properties["verification"]["oneOf"].as_array().unwrap();
    let text = json!("nobody");
    for (what, description, wanted) in [
        ("root", described("nobody", &json!(1)), names(properties)),
        ("credential", described("credential", &nobody()), variants(&properties["credential"])),
        ("api key", described("credential", &json!({"api_key": nobody()})), variants(credential(&schema, "api_key"))),
        ("signature", signed("nobody", json!(1)), names(signature)),
        ("algorithm", signed("algorithm", text.clone()), texts(&signature["algorithm"])),
        ("encoding", signed("encoding", text.clone()), texts(&signature["encoding"])),
        ("key", signed("key", text.clone()), texts(&signature["key"])),
        ("time", signed("timestamp_written_as", text.clone()), texts(&signature["timestamp_written_as"])),
        ("at", signed("at", nobody()), variants(&schema["$defs"]["anywhere"])),
        ("pairs", signed("pairs", nobody()), names(&signature["pairs"]["properties"])),
        (
            "standard webhooks",
            described("credential", &json!({"standard_webhooks": nobody()})),
            names(&credential(&schema, "standard_webhooks")["properties"]),
        ),
        ("envelope", described("envelope", &nobody()), names(&properties["envelope"]["properties"])),
        (
            "place",
            described("envelope", &json!({"event_id": nobody()})),
            variants(&properties["envelope"]["properties"]["event_id"]),
        ),
        ("retries", described("retries", &nobody()), names(&properties["retries"]["properties"])),
        ("verification", described("verification", &nobody()), variants(&properties["verification"])),
        (
            "ready",
            described("verification", &json!({"ready": "nobody"})),
            texts(&verification[0]["properties"]["ready"]),
        ),
        ("challenge", described("verification", &json!({"signed": nobody()})), names(challenge)),
        ("token", described("verification", &json!({"signed": {"token": nobody()}})), variants(&challenge["token"])),
        ("sample", described("samples", &json!([nobody()])), names(&properties["samples"]["items"]["properties"])),
    ] {
        assert_eq!(expected(&description), wanted, "{what}");
    }
    let parts = signature["signed"]["items"]["oneOf"].as_array().unwrap();
    let wanted = parts[0]["enum"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned());
    let wanted = wanted.chain(parts[1..].iter().flat_map(|part| names(&part["properties"]))).collect();
    assert_eq!(expected(&signed("signed", json!(["nobody"]))), wanted, "parts");
    for kind in texts(&properties["rejection_statuses"]["propertyNames"]) {
        assert!(Sender::from_json(&described("rejection_statuses", &json!({kind: 400})).to_string()).is_ok());
    }
}
