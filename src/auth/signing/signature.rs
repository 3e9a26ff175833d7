use std::time::SystemTime;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use http::HeaderName;
use jiff::Timestamp;

use super::{Change, Draft, SigningKey};
use crate::{
    auth::{Encoding, Part, SignatureSettings},
    delivery::TimeFormat,
    json::members,
};

/// Signs as these settings say.
///
/// A header that is signed and missing gets a made-up value, and a member too.
pub(crate) fn sign(settings: &SignatureSettings, draft: &mut Draft, key: &SigningKey, change: Change<'_>) {
    let time = time(settings, draft);
    if let Some(Ok(name)) = &settings.timestamp_header {
        draft.set_header(name, &time);
    }
    if let Some(path) = &settings.timestamp_in_body {
        let is_text = settings.timestamp_written_as == TimeFormat::Rfc3339 || is_text(draft, path);
        draft.set_member(path, &if is_text { format!("\"{time}\"") } else { time.clone() });
    }
    if let Some(Ok(name)) = &settings.id_header {
        draft.set_header(name, &draft.id.clone());
    }
    let message = settings.signed.iter().fold(Vec::new(), |mut message, part| {
        message.extend(value(part, draft, &time));
        message
    });
    let tag = key.sign(settings.algorithm, &message);
    let tag = match settings.encoding {
        Encoding::Hex => HEXLOWER.encode(&tag),
        Encoding::Base64 => BASE64.encode(&tag),
        Encoding::Base64Url => BASE64URL_NOPAD.encode(&tag),
    };
    let entry = match (&settings.pairs, settings.list) {
        (Some(pairs), _) => {
            let name = pairs.signatures.first().map(String::as_str).unwrap_or_default();
            format!("{}={time}{}{name}={tag}", pairs.timestamp, pairs.separator)
        }
        (None, Some(separator)) if settings.timestamp_first => format!("{time}{separator}{}{tag}", settings.prefix),
        (None, _) => format!("{}{tag}", settings.prefix),
    };
    settings.at.put(draft, &change(entry));
}

fn time(settings: &SignatureSettings, draft: &Draft) -> String {
    let since = draft.unix_time();
    match settings.timestamp_written_as {
        TimeFormat::UnixSeconds => since.as_secs().to_string(),
        TimeFormat::UnixMilliseconds => since.as_millis().to_string(),
        TimeFormat::Rfc3339 => {
            Timestamp::try_from(SystemTime::UNIX_EPOCH + since).map_or_else(|_| String::new(), |time| time.to_string())
        }
    }
}

fn is_text(draft: &Draft, path: &str) -> bool {
    let path: Vec<Box<str>> = path.split('.').map(Box::from).collect();
    let [found] = members::find(&draft.body, [Some(&*path)]);
    found.is_some_and(|scalar| scalar.whole_number().is_none())
}

/// The bytes of a part.
fn value(part: &Part, draft: &mut Draft, time: &str) -> Vec<u8> {
    match part {
        Part::Literal(bytes) => bytes.to_vec(),
        Part::Timestamp => time.as_bytes().to_vec(),
        Part::Id => draft.id.clone().into_bytes(),
        Part::Body => draft.body.to_vec(),
        Part::Method => draft.method.as_str().as_bytes().to_vec(),
        Part::Uri => draft.path_and_query().as_bytes().to_vec(),
        Part::PublicUrl => draft.public_url.clone().into_bytes(),
        Part::Query => draft.query().as_bytes().to_vec(),
        Part::Header(name) => {
            let Ok(name) = HeaderName::try_from(&**name) else { return Vec::new() };
            if !draft.headers.contains_key(&name) {
                draft.set_header(&name, "made-up");
            }
            draft.headers.get(&name).map(|value| value.as_bytes().to_vec()).unwrap_or_default()
        }
        Part::Member(path) => {
            let names: Vec<Box<str>> = path.split('.').map(Box::from).collect();
            if members::find(&draft.body, [Some(&*names)])[0].is_none() {
                draft.set_member(path, "\"made-up\"");
            }
            let [found] = members::find(&draft.body, [Some(&*names)]);
            found.and_then(members::Scalar::text).map(|text| text.into_owned().into_bytes()).unwrap_or_default()
        }
    }
}
