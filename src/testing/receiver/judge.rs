//! Whether what happened is what was expected.

use http::{
    HeaderMap,
    header::{CONNECTION, DATE},
};

use super::shot::{Answer, Got, Shot};

/// Which answers are right.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Answers {
    Success,
    /// At least one success, and otherwise what a sender tries again.
    SuccessOrLater,
    Refusal,
    RefusalOrClosed,
    RefusalBeforeTheEnd,
    RefusalThenSuccess,
    NoSuccess,
    Same,
    Private,
}

/// How many effects are right.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Effects {
    Any,
    None,
    OneInAll,
    AtMostOneEach,
    SomeAtMostOneEach,
}

/// A delivery, for the judge.
pub(super) struct Sent {
    what: String,
    secrets: Vec<(&'static str, String)>,
}

impl From<&Shot> for Sent {
    fn from(shot: &Shot) -> Self {
        Self { what: shot.what.clone(), secrets: shot.secrets.clone() }
    }
}

impl Answers {
    /// What happened if it is not what was expected.
    pub(super) fn check(self, sent: &[Sent], answers: &[Answer]) -> Result<(), String> {
        let all = || sent.iter().zip(answers);
        let each = |is_right: fn(&Answer) -> bool| {
            let wrong = all().find(|(_, answer)| !is_right(answer));
            wrong.map_or(Ok(()), |(sent, answer)| Err(format!("to {}, the receiver {}", sent.what, answer.told())))
        };
        let is_answered = |answer: &Answer| matches!(answer.got, Got::Response { .. });
        if matches!(self, Self::Same | Self::Private) && !answers.iter().any(is_answered) {
            return Err("there was no answer".to_owned());
        }
        match self {
            Self::Success => each(is_success),
            Self::SuccessOrLater => {
                each(|answer| is_success(answer) || is_later(answer))?;
                let none = || "no copy of the event was accepted".to_owned();
                answers.iter().any(is_success).then_some(()).ok_or_else(none)
            }
            Self::Refusal => each(is_refusal),
            Self::RefusalOrClosed => each(|answer| is_refusal(answer) || is_closed(answer)),
            Self::RefusalBeforeTheEnd => {
                each(|answer| is_refusal(answer) || is_closed(answer))?;
                let whole = all().find(|(_, answer)| answer.took_all);
                whole.map_or(Ok(()), |(sent, _)| Err(format!("the receiver took all of {}", sent.what)))
            }
            Self::NoSuccess => {
                // A proxy may answer for a receiver that is gone.
                each(|answer| !is_success(answer) && !matches!(answer.got, Got::Failed(_)))
            }
            Self::RefusalThenSuccess => match answers {
                [refused, next] if is_refusal(refused) => {
                    let told = || format!("behind the refusal, the receiver {}", next.told());
                    is_success(next).then_some(()).ok_or_else(told)
                }
                _ => each(is_refusal).and_then(|()| Err("there was no answer".to_owned())),
            },
            Self::Same => same(sent, answers),
            Self::Private => private(sent, answers),
        }
    }
}

impl Effects {
    /// `each` has the effects of each delivery that was sent in turn.
    pub(super) fn check(self, each: &[usize]) -> Result<(), String> {
        let all: usize = each.iter().sum();
        let hint = if all == 0 { ". If it ignores these events, give others to `ReceiverSuite::events`" } else { "" };
        let told = |wanted: &str| Err(format!("the handler had {} where {wanted} was right{hint}", effects(all)));
        match self {
            Self::None if all > 0 => told("none"),
            Self::OneInAll if all != 1 => told("one"),
            Self::SomeAtMostOneEach if all == 0 => told("one for an event at least"),
            Self::AtMostOneEach | Self::SomeAtMostOneEach => {
                let most = each.iter().copied().max().unwrap_or(0);
                if most > 1 { Err(format!("one event had {} in the handler", effects(most))) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }
}

fn effects(count: usize) -> String {
    match count {
        0 => "no effect".to_owned(),
        1 => "one effect".to_owned(),
        _ => format!("{count} effects"),
    }
}

fn is_success(answer: &Answer) -> bool {
    answer.status().is_some_and(|status| status.is_success())
}

fn is_refusal(answer: &Answer) -> bool {
    answer.status().is_some_and(|status| status.is_client_error())
}

fn is_later(answer: &Answer) -> bool {
    answer.status().is_some_and(|status| matches!(status.as_u16(), 409 | 425 | 429 | 503))
}

fn is_closed(answer: &Answer) -> bool {
    matches!(answer.got, Got::Closed)
}

fn same(sent: &[Sent], answers: &[Answer]) -> Result<(), String> {
    let pairs = sent.iter().zip(answers).filter_map(|(sent, answer)| match &answer.got {
        // Another case is about what is accepted.
        Got::Response { status, headers, body } if !status.is_success() => {
            Some((sent, (status, comparable(headers), body)))
        }
        _ => None,
    });
    let pairs: Vec<_> = pairs.collect();
    let different = pairs.windows(2).find_map(|pair| match pair {
        [(first, a), (second, b)] if a != b => Some((first, second)),
        _ => None,
    });
    different.map_or(Ok(()), |(first, second)| {
        Err(format!("the answer to {} differs from the one to {}", second.what, first.what))
    })
}

/// Without what is new in each answer, or is about the connection.
fn comparable(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in [DATE, CONNECTION] {
        headers.remove(name);
    }
    for name in ["keep-alive", "x-request-id", "request-id", "x-correlation-id", "traceparent"] {
        headers.remove(name);
    }
    headers
}

fn private(sent: &[Sent], answers: &[Answer]) -> Result<(), String> {
    for (sent, answer) in sent.iter().zip(answers) {
        let Got::Response { headers, body, .. } = &answer.got else { continue };
        let mut text = String::from_utf8_lossy(body).into_owned();
        for (name, value) in headers {
            text.push_str(&format!("\n{name}: {}", String::from_utf8_lossy(value.as_bytes())));
        }
        if let Some((what, _)) = sent.secrets.iter().find(|(_, secret)| text.contains(&**secret)) {
            return Err(format!("the answer to {} contains {what}", sent.what));
        }
    }
    Ok(())
}
