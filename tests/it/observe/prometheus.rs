//! A real Prometheus scrapes the example, and evaluates the alerts and the dashboard.

use super::pages::{ALERTS, expressions};
use crate::support::{
    fixture,
    prometheus::Prometheus,
    sockets::{API_KEY, SIGNATURE, Server, example, exchange},
    wait::block_until,
};

fn post(target: &str, header: &str, key: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("POST {target} HTTP/1.1\r\nhost: x\r\n{header}: {key}\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[test]
fn it_scrapes_the_example_and_the_alert_for_failed_signatures_fires() {
    let server = Server::start(&example("axum"));
    // Ten minutes of a service are two seconds of this test.
    let rules = ALERTS.replace("[10m]", "[2s]").replace("for: 10m", "for: 1s");
    let Some(prometheus) = Prometheus::start(server.address(), &rules) else { return };
    let mut stream = server.connect();
    let mut send = |target: &str, header: &str, key: &str, body: &[u8]| {
        exchange(&mut stream, &post(target, header, key, body)).status
    };
    let session = fixture("truemed/qualification_session_complete.json");
    let [truemed, mediquo] = [("/webhooks/truemed", "x-truemed-api-key"), ("/webhooks/mediquo", "x-webhook-signature")];
    for _ in 0..20 {
        assert_eq!(send(truemed.0, truemed.1, API_KEY, &session), 204);
    }
    assert_eq!(send(truemed.0, truemed.1, API_KEY, br#"{"event_type":"new"}"#), 204);
    assert_eq!(send(truemed.0, truemed.1, API_KEY, b"[]"), 400);
    assert_eq!(send(mediquo.0, mediquo.1, SIGNATURE, &fixture("mediquo/patient_message_received.json")), 204);

    let handled = r#"sum by (event) (webhook_deliveries_total{provider="truemed",ending="handled"})"#;
    let mut seen = Vec::new();
    block_until("the deliveries in Prometheus", || {
        seen = prometheus.query(handled);
        seen.sort_by_key(|series| series["metric"]["event"].to_string());
        seen.len() == 2
    });
    let values: Vec<_> = seen.iter().map(|series| (&series["metric"]["event"], &series["value"][1])).collect();
    assert_eq!(values, [(&"qualification_session_complete".into(), &"20".into()), (&"unknown".into(), &"1".into())]);

    assert!(!prometheus.firing().contains(&"WebhookCredentialsFail".to_owned()));
    block_until("the alert", || {
        assert_eq!(send(truemed.0, truemed.1, "a-key-of-somebody-else", &session), 400);
        prometheus.firing().contains(&"WebhookCredentialsFail".to_owned())
    });

    for (panel, expression) in expressions() {
        let expression = expression.replace("$provider", ".*").replace("$__rate_interval", "1m");
        // The example has no idempotency layer.
        assert_eq!(prometheus.query(&expression).is_empty(), panel == "Idempotency", "{panel}: {expression}");
    }
}
