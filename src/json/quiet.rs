//! Errors of `serde` without the values that they quote.

use serde::de::Error;

/// The first words of the messages of `serde` itself, and whether the expected thing ends them.
const MESSAGES: [(&str, bool); 5] = [
    ("invalid type", true),
    ("invalid value", true),
    ("invalid length", true),
    ("unknown variant", false),
    ("unknown field", false),
];

/// The same error without the value that the message of `serde` quotes, at the same place if it is one of `serde_json`.
///
/// [`decode`](super::decode) drops all messages. This is for those who read a part of an event by other means, such as
/// out of a job of theirs. Names of missing and repeated fields stay: they are those of the type.
#[cold]
pub(crate) fn quiet<E: Error>(error: E) -> E {
    let message = error.to_string();
    // A format may put words of its own around those of `serde`. A value can repeat them, but only later.
    let first = MESSAGES.into_iter().filter_map(|(words, expects)| Some((message.find(words)?, words, expects))).min();
    match first {
        None => error,
        Some((0, words, expects)) => {
            let (rest, place) = split_place(&message);
            let what = if expects { rest.rsplit_once(" expected ") } else { None };
            let (colon, what) = what.map_or(("", ""), |(_, what)| (": expected ", what));
            // `serde_json` finds the place in the message.
            match place {
                Some(place) => E::custom(format_args!("{words}{colon}{what} at line {place}")),
                None => E::custom(format_args!("{words}{colon}{what}")),
            }
        }
        // What the format puts behind them is not known.
        Some((_, words, _)) => E::custom(words),
    }
}

/// Splits off the place, as `serde_json` writes it.
fn split_place(message: &str) -> (&str, Option<&str>) {
    let split = message.rsplit_once(" at line ").filter(|(_, place)| {
        let numbers = place.split_once(" column ");
        numbers.is_some_and(|(line, column)| [line, column].iter().all(|number| number.parse::<usize>().is_ok()))
    });
    split.map_or((message, None), |(rest, place)| (rest, Some(place)))
}
