//! Texts of date-times, and how far each goes.

use tower_webhook::json::DateTime;

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
    assert!(serde_json::from_str::<DateTime>("7").is_err());
}
