//! Made-up keys for the presets, and an event of each, signed as its provider would.

#![allow(clippy::expect_used, reason = "the demonstration makes up its own data")]

use std::{
    collections::HashMap,
    net::SocketAddr,
    time::{SystemTime, UNIX_EPOCH},
};

use super::demo::made_up_key;
use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_STANDARD as BASE64};

/// Keys for all presets, with their private halves.
pub(crate) struct MadeUp {
    address: SocketAddr,
    keys: HashMap<&'static str, String>,
    discord: Ed25519KeyPair,
    sendgrid: EcdsaKeyPair,
}

impl MadeUp {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let discord = Ed25519KeyPair::generate().expect("a key pair");
        let sendgrid = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key pair");
        let der: PublicKeyX509Der<'_> = sendgrid.public_key().as_der().expect("the public key");
        let plain = ["github", "stripe", "slack", "shopify", "gitlab", "linear", "metriport", "terra", "twilio"];
        let mut keys: HashMap<_, _> = plain.into_iter().map(|name| (name, made_up_key())).collect();
        for name in ["standard", "svix"] {
            keys.insert(name, format!("whsec_{}", BASE64.encode(made_up_key())));
        }
        keys.insert("discord", hex(discord.public_key().as_ref()));
        keys.insert("sendgrid", BASE64.encode(der.as_ref()));
        Self { address, keys, discord, sendgrid }
    }

    pub(crate) fn key(&self, name: &str) -> &str {
        self.keys.get(name).expect("a key for every preset")
    }

    pub(crate) fn url(&self, name: &str) -> String {
        format!("http://{}/webhooks/{name}", self.address)
    }

    /// A command for one event of each provider.
    pub(crate) fn curl_lines(&self, now: SystemTime) -> Vec<String> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = now.as_secs();
        let mac = |name: &str, message: &str| sign(hmac::HMAC_SHA256, self.key(name).as_bytes(), message);
        let curl = |name: &str, headers: &[(&str, &str)], body: &str| {
            let headers: String = headers.iter().map(|(name, value)| format!(" -H '{name}: {value}'")).collect();
            format!("curl -i '{}'{headers} -d '{body}'", self.url(name))
        };
        let json = ("content-type", "application/json");
        let mut lines = Vec::new();

        let body = r#"{"zen":"Keep it logically awesome.","hook_id":1}"#;
        let signature = format!("sha256={}", hex(&mac("github", body)));
        let headers =
            [json, ("x-hub-signature-256", &signature), ("x-github-event", "ping"), ("x-github-delivery", "d-1")];
        lines.push(curl("github", &headers, body));

        let body = r#"{"id":"evt_1","object":"event","type":"invoice.paid"}"#;
        let signature = format!("t={time},v1={}", hex(&mac("stripe", &format!("{time}.{body}"))));
        lines.push(curl("stripe", &[json, ("stripe-signature", &signature)], body));

        let body = r#"{"type":"event_callback","event":{"type":"app_mention"},"event_id":"Ev1"}"#;
        let signature = format!("v0={}", hex(&mac("slack", &format!("v0:{time}:{body}"))));
        let seconds = time.to_string();
        let headers = [json, ("x-slack-signature", &signature), ("x-slack-request-timestamp", &seconds)];
        lines.push(curl("slack", &headers, body));

        let body = r#"{"id":820982911946154508}"#;
        let signature = BASE64.encode(mac("shopify", body));
        let headers = [json, ("x-shopify-hmac-sha256", &signature), ("x-shopify-topic", "orders/create")];
        lines.push(curl("shopify", &headers, body));

        let body = r#"{"type":"contact.created","data":{}}"#;
        for (name, family) in [("standard", "webhook"), ("svix", "svix")] {
            let key = BASE64.decode(self.key(name).trim_start_matches("whsec_")).expect("base64");
            let signature = sign(hmac::HMAC_SHA256, &key, &format!("msg_1.{time}.{body}"));
            let signature = format!("v1,{}", BASE64.encode(signature));
            let names = ["id", "timestamp", "signature"].map(|name| format!("{family}-{name}"));
            let headers = [json, (&names[0], "msg_1"), (&names[1], &seconds), (&names[2], &signature)];
            lines.push(curl(name, &headers, body));
        }

        let headers = [json, ("x-gitlab-token", self.key("gitlab")), ("x-gitlab-event", "Push Hook")];
        lines.push(curl("gitlab", &headers, r#"{"object_kind":"push"}"#));

        let body = format!(r#"{{"action":"create","type":"Comment","webhookTimestamp":{}}}"#, now.as_millis());
        let signature = hex(&mac("linear", &body));
        lines.push(curl("linear", &[json, ("linear-signature", &signature), ("linear-delivery", "d-1")], &body));

        let body = r#"{"meta":{"messageId":"m-1","type":"medical.consolidated-data"},"patients":[]}"#;
        lines.push(curl("metriport", &[json, ("x-metriport-signature", &hex(&mac("metriport", body)))], body));
        let body = r#"{"ping":"is answered with a pong"}"#;
        lines.push(curl("metriport", &[json, ("x-metriport-signature", &hex(&mac("metriport", body)))], body));

        let body = r#"{"status":"success","type":"auth"}"#;
        let signature = format!("t={time},v1={}", hex(&mac("terra", &format!("{time}.{body}"))));
        lines.push(curl("terra", &[json, ("terra-signature", &signature)], body));

        let message = format!("{}From+15551234567MessageSidSM1", self.url("twilio"));
        let signature = sign(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.key("twilio").as_bytes(), &message);
        let headers = [("x-twilio-signature", &*BASE64.encode(signature))];
        lines.push(curl("twilio", &headers, "From=%2B15551234567&MessageSid=SM1"));

        let body = r#"{"version":1,"application_id":"1","type":1,"event":{"type":"APPLICATION_AUTHORIZED"}}"#;
        let signature = hex(self.discord.sign(format!("{time}{body}").as_bytes()).as_ref());
        let headers = [json, ("x-signature-ed25519", &signature), ("x-signature-timestamp", &seconds)];
        lines.push(curl("discord", &headers, body));

        let body = r#"[{"event":"delivered","sg_event_id":"e-1"}]"#;
        let signature =
            self.sendgrid.sign(&SystemRandom::new(), format!("{time}{body}").as_bytes()).expect("a signature");
        let signature = BASE64.encode(signature.as_ref());
        let headers = [
            json,
            ("x-twilio-email-event-webhook-signature", &*signature),
            ("x-twilio-email-event-webhook-timestamp", &seconds),
        ];
        lines.push(curl("sendgrid", &headers, body));
        lines
    }
}

fn sign(algorithm: hmac::Algorithm, key: &[u8], message: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, key), message.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
