//! Texts of date-times, and how far each goes.

use tower_webhook::{jiff::SignedDuration, json::DateTime};

#[test]
fn what_has_an_offset_is_an_instant() {
    for (text, expected) in [
        ("2024-01-15T09:30:00Z", "2024-01-15T09:30:00Z"),
        ("2024-01-15T09:30:00z", "2024-01-15T09:30:00Z"),
        ("2024-01-15T10:30:00.25+01:00", "2024-01-15T09:30:00.25Z"),
        ("2024-01-15t04:30:00.123456789-05:00", "2024-01-15T09:30:00.123456789Z"),
        ("2024-01-15 09:30:00+00:00", "2024-01-15T09:30:00Z"),
    ] {
        assert_eq!(DateTime::from(text).instant().expect(text).to_string(), expected);
    }
}

#[test]
fn what_has_none_is_civil() {
    for (text, expected) in [
        ("2024-01-01T00:00:00", "2024-01-01T00:00:00"),
        ("2024-01-01 00:00:00.5", "2024-01-01T00:00:00.5"),
        ("2024-01-01T10:20", "2024-01-01T10:20:00"),
    ] {
        assert_eq!(DateTime::from(text).civil().expect(text).to_string(), expected);
    }
}

#[test]
fn anything_else_stays_a_text_so_that_nothing_is_dropped() {
    for text in [
        "",
        "string",
        "2024-01-15",
        "2024-13-01T00:00:00Z",
        "2024-01-01T00:00:00[Europe/Madrid]",
        "9999-12-31T23:59:59+00:00",
        "9999-12-31T23:59:59-12:00",
        "9999-12-31T23:59:59Z",
        "1704063600",
    ] {
        assert_eq!(DateTime::from(text), DateTime::Text(text.to_owned()));
    }
}

#[test]
fn what_is_serialised_is_read_again() {
    for text in ["2024-01-15T10:30:00.25+01:00", "2024-01-01T00:00:00", "soon"] {
        let time = DateTime::from(text);
        let json = serde_json::to_string(&time).unwrap();
        assert_eq!(serde_json::from_str::<DateTime>(&json).unwrap(), time);
    }
    let error = serde_json::from_str::<DateTime>("777").unwrap_err().to_string();
    assert!(!error.contains("777"), "{error}");
}

#[test]
fn a_duration_is_that_between_two_of_one_kind() {
    let between = |later: &str, earlier: &str| DateTime::from(later).duration_since(&DateTime::from(earlier));
    let (start, end) = ("2024-01-01T00:00:00", "2024-01-01T01:00:00.5");
    assert_eq!(between(end, start), Some(SignedDuration::from_millis(3_600_500)));
    assert_eq!(between(start, end), Some(SignedDuration::from_millis(-3_600_500)));
    assert_eq!(between("2024-01-01T01:00:00Z", "2024-01-01T01:00:00+01:00"), Some(SignedDuration::from_hours(1)));
    let years = between("9999-12-30T22:00:00Z", "-009999-01-02T02:00:00Z");
    assert!(years.is_some_and(|years| years.as_hours() > 365 * 24 * 19_990));
    for (later, earlier) in
        [(end, "2024-01-01T00:00:00Z"), ("2024-01-01T00:00:00Z", start), (end, "soon"), ("soon", "soon")]
    {
        assert_eq!(between(later, earlier), None);
    }
}

#[test]
fn annotations_and_odd_offsets() {
    for (text, expected) in [
        ("2024-01-15T10:30:00+01:00[Europe/Madrid]", "2024-01-15T09:30:00Z"),
        ("2024-01-15T09:30:00Z[Europe/Madrid]", "2024-01-15T09:30:00Z"),
        ("2024-01-15T09:30:00-00:00", "2024-01-15T09:30:00Z"),
        ("20240115T093000Z", "2024-01-15T09:30:00Z"),
        ("2024-01-15T09:30:60Z", "2024-01-15T09:30:59Z"),
    ] {
        assert_eq!(DateTime::from(text).instant().expect(text).to_string(), expected);
    }
    for text in [
        "2024-01-15T09:30:00Z ",
        " 2024-01-15T09:30:00Z",
        "2024-01-15+01:00",
        "2024-01-15[UTC]",
        "09:30:00",
        "2024-01-15T09",
    ] {
        let time = DateTime::from(text);
        assert!(time.instant().is_none(), "{text}");
    }
}
