//! Texts of date-times, and how far each goes.

use tower_webhook::{
    jiff::{SignedDuration, Timestamp, civil},
    json::DateTime,
};

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
fn each_kind_is_made_of_its_own_and_is_no_other() {
    let (instant, civil) = (Timestamp::UNIX_EPOCH, civil::date(2024, 1, 1).at(9, 30, 0, 0));
    assert_eq!((DateTime::from(instant).instant(), DateTime::from(instant).civil()), (Some(instant), None));
    assert_eq!((DateTime::from(civil).instant(), DateTime::from(civil).civil()), (None, Some(civil)));
    assert_eq!((DateTime::from("soon").instant(), DateTime::from("soon").civil()), (None, None));
}

/// With health data, a time can identify a person.
#[test]
fn a_time_is_not_shown() {
    for (text, shown) in
        [("2024-01-15T09:30:00Z", "Instant(..)"), ("2024-01-15T09:30:00", "Civil(..)"), ("soon", "Text(..)")]
    {
        assert_eq!(format!("{:?}", DateTime::from(text)), shown);
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

/// `jiff` has no instant later than 22:00:00.999999999Z of 9999-12-30, so that it has a civil time at every offset.
#[test]
fn the_first_and_last_instants_and_civil_times() {
    for text in [
        "9999-12-30T22:00:00.999999999Z",
        "9999-12-31T00:00:00.999999999+02:00",
        "-009999-01-02T01:59:59Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
    ] {
        assert!(DateTime::from(text).instant().is_some(), "{text}");
    }
    for text in ["9999-12-31T23:59:59.999999999", "-009999-01-01T00:00:00", "0000-02-29T00:00:00"] {
        assert!(DateTime::from(text).civil().is_some(), "{text}");
    }
    for text in [
        "9999-12-30T22:00:01Z",
        "9999-12-31T00:00:00Z",
        "9999-12-31T23:59:59.999Z",
        "-009999-01-02T01:59:58Z",
        "10000-01-01T00:00:00Z",
        "+010000-01-01T00:00:00Z",
        "-000000-01-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
    ] {
        assert_eq!(DateTime::from(text), DateTime::Text(text.to_owned()));
    }
}

/// No calendar says which leap seconds will come, and `jiff` has none: one is read as the second before it.
#[test]
fn a_leap_second_is_the_second_before_it() {
    for (text, expected) in [
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("2017-01-01T00:59:60+01:00", "2016-12-31T23:59:59Z"),
        ("2016-12-31T23:59:60", "2016-12-31T23:59:59"),
    ] {
        assert_eq!(DateTime::from(text), DateTime::from(expected), "{text}");
        assert_ne!(DateTime::from(text), DateTime::Text(text.to_owned()));
    }
    let leap = DateTime::from("2016-12-31T23:59:60Z");
    let after = DateTime::from("2017-01-01T00:00:00Z");
    assert_eq!(after.duration_since(&leap), Some(SignedDuration::from_secs(1)));
    assert_eq!(DateTime::from("2016-12-31T23:59:61Z"), DateTime::Text("2016-12-31T23:59:61Z".to_owned()));
}

#[test]
fn what_is_serialised_is_read_again() {
    for text in [
        "2024-01-15T10:30:00.25+01:00",
        "2024-01-01T00:00:00",
        "9999-12-30T22:00:00.999999999Z",
        "-009999-01-02T01:59:59Z",
        "9999-12-31T23:59:59.999999999",
        "-009999-01-01T00:00:00",
        "2016-12-31T23:59:60Z",
        "9999-12-31T23:59:59Z",
        "soon",
    ] {
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
    assert_eq!(between(start, start), Some(SignedDuration::ZERO));
    // From the first to the last that there is.
    let (first, last) = ("-009999-01-02T01:59:59Z", "9999-12-30T22:00:00.999999999Z");
    let instants = SignedDuration::new(631_107_230_401, 999_999_999);
    assert_eq!((between(last, first), between(first, last)), (Some(instants), Some(-instants)));
    let (first, last) = ("-009999-01-01T00:00:00", "9999-12-31T23:59:59.999999999");
    let civil = SignedDuration::new(631_107_417_599, 999_999_999);
    assert_eq!((between(last, first), between(first, last)), (Some(civil), Some(-civil)));
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
