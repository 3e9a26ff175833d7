//! Which form a value has, and what its fake has of it.

use std::{collections::HashSet, iter::zip};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tower_webhook::testing::{Scrubber, scrub};

use super::{fake, scrubbed};

/// The fakes of one text by many scrubbers.
fn fakes(text: &str) -> Vec<String> {
    (0..60).map(|_| fake(text)).collect()
}

/// `9` stands for a digit, `x` and `X` for a letter, and any other character for itself.
fn has_form(form: &str, fake: &str) -> bool {
    let fits = |(wanted, sign): (char, char)| match wanted {
        '9' => sign.is_ascii_digit(),
        'x' => sign.is_ascii_lowercase(),
        'X' => sign.is_ascii_uppercase(),
        _ => sign == wanted,
    };
    form.chars().count() == fake.chars().count() && zip(form.chars(), fake.chars()).all(fits)
}

/// The characters that are in this place of some fake.
fn drawn_in(place: usize, fakes: &[String]) -> HashSet<char> {
    fakes.iter().filter_map(|fake| fake.chars().nth(place)).collect()
}

#[test]
fn a_text_has_a_fake_of_its_form_of_which_every_place_is_drawn() {
    let letters = "x".repeat(24);
    let camel_case = format!("X{}", "x".repeat(23));
    for (text, form) in [
        ("EUR", "XXX"),
        ("QX7-zz", "XX9-xx"),
        ("5000000", "9999999"),
        ("0.75", "0.99"),
        ("08001", "09999"),
        ("+34 612-345", "+99 999-999"),
        // No dates.
        ("2024-+5-01", "9999-+9-99"),
        ("2024-13-45", "9999-99-99"),
        // Hex digits are eight or more, one of them a digit, and of one case.
        ("9f2c0a1", "9x9x9x9"),
        ("9F2c0a11bb", "9X9x9x99xx"),
        ("9f2c0a1g00", "9x9x9x9x99"),
        ("deadbeef", &letters[..12]),
        // Base64 has 20 characters or more, of both cases, and one that is no letter.
        ("aB3dE6gH", "xX9xX9xX"),
        ("QWJjZGVmZ2hpamtsbW4", "XXXxXXXxX9xxxxxxxX9"),
        ("ABCDEFGHIJ1234567890", "XXXXXXXXXX9999999999"),
        ("abcdefghij1234567890", "xxxxxxxxxx9999999999"),
        ("InternationalPsychiatryX", &camel_case),
        // No addresses.
        ("@clinic.test", &letters[..12]),
        ("jane@clinic", &letters[..12]),
        ("<jane@clinic.test", &letters),
        ("jane@clinic.test>", &letters),
        ("(-)", "xxx"),
        ("Asthma", "Xxxxxx"),
        ("DIABETES", "XXXXXXXXXXXX"),
        ("né", "xx"),
        ("日本語", "xxx"),
    ] {
        let fakes = fakes(text);
        for (place, wanted) in form.chars().enumerate() {
            let drawn = drawn_in(place, &fakes);
            assert_eq!(drawn.len() > 1, "9xX".contains(wanted), "{text}: {drawn:?} in place {place}");
        }
        let other = fakes.iter().find(|fake| !has_form(form, fake));
        assert_eq!(other, None, "{text}");
    }
    // No date has such a month.
    assert!(fakes("2024-13-45").iter().any(|fake| fake[5..7] > *"12"));
    let mail = fake(&format!("{}@clinic.test", "j".repeat(88)));
    assert!(has_form(&format!("person-{}@example.com", "9".repeat(77)), &mail), "{mail}");
}

#[test]
fn several_words_become_several_of_two_letters_or_more() {
    for (text, len) in [
        ("Room 5 b", 12),
        ("a b@clinic.test", 12),
        ("jane@clinic.test or so", 24),
        ("Jane <jane@clinic.test>", 24),
        ("+34 612 345 678, +34 612 345 679", 48),
        ("34 612 345 678 + 34 612 345 679 - 1", 48),
    ] {
        for fake in fakes(text) {
            let words: Vec<_> = fake.split(' ').collect();
            assert!(words.len() > 1 && words.iter().all(|word| word.len() >= 2), "{text}: {fake}");
            assert!(words.concat().bytes().all(|letter| letter.is_ascii_alphabetic()), "{text}: {fake}");
            assert_eq!(fake.len(), len, "{text}: {fake}");
        }
    }
    let lens: HashSet<Vec<usize>> = fakes("Jo Li").iter().map(|fake| fake.split(' ').map(str::len).collect()).collect();
    assert_eq!(lens, HashSet::from([vec![2, 3], vec![3, 2]]));
}

#[test]
fn bytes_of_base64_and_of_addresses_are_drawn() {
    let text = BASE64_STANDARD.encode("a key: 15 bytes");
    assert_eq!(text.len(), 20, "the shortest one");
    // Not letters for letters and digits for digits.
    let (fakes_of_text, form) = (fakes(&text), "XXXxXXx9XXX9XXX9xXXx");
    assert!(has_form(form, &text) && fakes_of_text.iter().any(|fake| !has_form(form, fake)), "{fakes_of_text:?}");
    let keys: HashSet<_> = fakes_of_text.iter().map(|fake| BASE64_STANDARD.decode(fake).unwrap()).collect();
    assert!(keys.len() == 60 && keys.iter().all(|key| key.len() == 15), "{keys:?}");
    for address in ["192.168.17.3", "fe80::1:2"] {
        let drawn: HashSet<_> = fakes(address).into_iter().collect();
        assert!(drawn.len() > 50, "{drawn:?}");
    }
}

#[test]
fn dates_are_drawn_from_all_of_those_years_months_and_days() {
    let dates: Vec<_> = (1_000..2_000).map(|year| format!("{year}-05-17")).collect();
    let fakes: Vec<String> = serde_json::from_value(scrubbed(&Scrubber::new(), &json!(dates))).unwrap();
    let drawn = |place: std::ops::Range<usize>| -> HashSet<u32> {
        fakes.iter().map(|fake| fake[place.clone()].parse().unwrap()).collect()
    };
    assert_eq!(drawn(0..4), (2002..=2035).collect());
    assert_eq!(drawn(5..7), (1..=12).collect());
    assert_eq!(drawn(8..10), (1..=28).collect());
}

#[test]
fn ids_with_one_short_prefix_in_lower_case_still_have_one() {
    for (prefix, is_one) in [("patients", true), ("ofpatient", false), ("Patients", false)] {
        let fakes = scrubbed(&Scrubber::new(), &json!([format!("{prefix}_1x2y3z"), format!("{prefix}_4u5v6w")]));
        let [one, other] = [0, 1].map(|at| fakes[at].as_str().unwrap().split_once('_').unwrap());
        assert_eq!(one.0 == other.0, is_one, "{fakes}");
        assert_ne!(one.0, prefix);
        assert_ne!(one.1, other.1);
    }
}

#[test]
fn of_all_numbers_of_two_digits_none_stays_and_none_tells_another() {
    for _ in 0..12 {
        let numbers: Vec<usize> = (10..100).collect();
        let fakes: Vec<usize> = serde_json::from_value(scrubbed(&Scrubber::new(), &json!(numbers))).unwrap();
        assert_eq!(fakes.iter().collect::<HashSet<_>>(), numbers.iter().collect());
        assert!(zip(&numbers, &fakes).all(|(number, fake)| number != fake), "{fakes:?}");
        // How far the last digit goes does not depend on the first digit alone.
        let steps = |last: usize| {
            let of_last = zip(&numbers, &fakes).filter(|(number, _)| *number % 10 == last);
            let mut steps: Vec<_> = of_last.map(|(number, fake)| (fake + 10 - number % 10) % 10).collect();
            steps.sort_unstable();
            steps
        };
        assert!((1..10).any(|last| steps(last) != steps(0)), "{fakes:?}");
    }
}

#[test]
fn numbers_at_the_end_of_the_range_of_f64_have_fakes_in_it() {
    let scrub_all =
        |numbers: &[String]| String::from_utf8(scrub(format!("[{}]", numbers.join(",")).as_bytes()).unwrap());
    // No other number of two digits fits here, and each has the fake of another one.
    let last: Vec<String> = (10..=17).map(|digits| format!("{}.{}e308", digits / 10, digits % 10)).collect();
    for _ in 0..100 {
        let fakes = scrub_all(&last).unwrap();
        let fakes: Vec<_> = fakes.trim_matches(['[', ']']).split(',').collect();
        assert_eq!(fakes.iter().copied().collect::<HashSet<_>>(), last.iter().map(String::as_str).collect());
        assert!(zip(&last, &fakes).all(|(number, fake)| number != fake), "{fakes:?}");
    }
    let longest = format!("1{}", "0".repeat(308));
    for _ in 0..20 {
        let fakes = scrub_all(std::slice::from_ref(&longest)).unwrap();
        assert!(serde_json::from_str::<Value>(&fakes).is_ok(), "{fakes}");
    }
}

#[test]
fn a_personal_name_does_not_stay_beside_paths_that_do() {
    let scrubber = Scrubber::new().keep(["type", "data.*.status"]);
    let fixture = scrubbed(&scrubber, &json!({"Ana Ruiz": 1})).to_string();
    assert!(!fixture.contains("Ana Ruiz"), "{fixture}");
}
