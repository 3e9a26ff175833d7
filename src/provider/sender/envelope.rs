use serde::{Deserialize, Serialize};

use crate::{
    json::described::is_default,
    provider::{Envelope, Place, TimeFormat},
};

/// Where a delivery says what it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Places {
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) event_type: Option<At>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) event_id: Option<At>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) sent_at: Option<At>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) sent_at_written_as: TimeFormat,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) attempt: Option<At>,
}

/// A place as text, for people who write it and for a sender that fills it in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum At {
    Header(String),
    Body(String),
}

impl At {
    fn place(&self) -> Place {
        match self {
            Self::Header(name) => Place::header(name),
            Self::Body(path) => Place::body(path),
        }
    }
}

impl Places {
    pub(super) fn envelope(&self) -> Envelope {
        let place = |at: &Option<At>| at.as_ref().map(At::place);
        let envelope = place(&self.event_type).into_iter().fold(Envelope::new(), Envelope::event_type);
        let envelope = place(&self.event_id).into_iter().fold(envelope, Envelope::event_id);
        let format = self.sent_at_written_as;
        let envelope = place(&self.sent_at).into_iter().fold(envelope, |it, place| it.sent_at(place, format));
        place(&self.attempt).into_iter().fold(envelope, Envelope::attempt)
    }
}
