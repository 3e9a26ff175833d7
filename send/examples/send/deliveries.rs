//! What is sent.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    time::{Duration, SystemTime},
};

use http::Uri;
use tower_webhook::testing::{Spoil, TestDelivery, TestSender};

use crate::{
    Failure,
    args::{self, Args},
    read, senders,
};

/// How far apart the signed times are with `--out-of-order`.
const SPREAD: Duration = Duration::from_secs(60);

/// All deliveries of a run. Each is signed when it is sent.
pub(crate) struct Deliveries {
    pub(crate) sender: TestSender,
    pub(crate) event: String,
    event_sent: TestDelivery,
    spoil: Option<Spoil>,
    /// The header for the number of the retry.
    retry_header: Option<String>,
    out_of_order: bool,
    count: u32,
    copies: u32,
    run: u64,
}

impl Deliveries {
    pub(crate) fn new(args: &Args) -> Result<Self, Failure> {
        let (description, event) = senders::chosen(args)?;
        let name = description.name();
        let url = args.url.clone().unwrap_or_else(|| format!("http://127.0.0.1:3000/webhooks/{name}"));
        let without_query = check(&url, args.dry_run)?;
        let retry_header = retry_header(&description)?;
        let public_url = args.public_url.clone().unwrap_or(without_query);
        let sender = TestSender::new(description)?.to(&*url).with_public_url(public_url);
        let sender = match &args.key {
            Some(key) => sender.with_key(&**key).map_err(|error| format!("--key: {error}"))?,
            None => sender,
        };
        let delivery = match &args.body {
            Some(file) if args.form => {
                sender.form(String::from_utf8(read(file)?).map_err(|_| "the form is not UTF-8")?)
            }
            Some(file) => sender.body(read(file)?),
            None => senders::event(&sender, event)?,
        };
        let delivery = args.event_type.iter().fold(delivery, TestDelivery::event_type);
        let delivery = args.headers.iter().fold(delivery, |it, (name, value)| it.header(name.clone(), value.clone()));
        let event = delivery.name().map_or_else(|| "a body of your own".to_owned(), str::to_owned);
        let spoil = args.spoil();
        if let Some(how) = spoil.filter(|how| delivery.spoiled(*how).is_none()) {
            let name = sender.description().name();
            return Err(format!("`{event}` of {name} cannot have the fault `{}`", args::name_of(how)).into());
        }
        Ok(Self {
            sender,
            event,
            event_sent: delivery,
            spoil,
            retry_header,
            out_of_order: args.out_of_order,
            count: args.count,
            copies: u32::from(args.duplicate) + 1,
            run: RandomState::new().build_hasher().finish(),
        })
    }

    /// Those of the run, in order: the number of the event, again and again for its copies.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> {
        let copies = self.copies;
        (0..self.count).flat_map(move |number| (0..copies).map(move |_| number))
    }

    pub(crate) fn len(&self) -> u64 {
        u64::from(self.count) * u64::from(self.copies)
    }

    /// The event with this number as it is sent now, and the time of its signature.
    pub(crate) fn make(&self, number: u32, retry: u32) -> (TestDelivery, SystemTime) {
        let id = format!("evt_{:016x}_{number}", self.run);
        let age = if self.out_of_order { SPREAD * number / self.count } else { Duration::ZERO };
        let time = SystemTime::now() - age;
        let delivery = self.event_sent.clone().event_id(id).at(time);
        let delivery = match &self.retry_header {
            Some(name) if retry > 0 => delivery.header(&**name, retry.to_string()),
            _ => delivery,
        };
        (self.spoil.and_then(|how| delivery.spoiled(how)).unwrap_or(delivery), time)
    }

    /// Whether a receiver has to accept them.
    pub(crate) fn are_genuine(&self) -> bool {
        matches!(self.spoil, None | Some(Spoil::UnknownType | Spoil::UnknownValue))
    }
}

/// The header of the description that says which attempt it is.
fn retry_header(sender: &tower_webhook::provider::Sender) -> Result<Option<String>, Failure> {
    let description = serde_json::to_value(sender)?;
    let header = description.pointer("/envelope/attempt/header").and_then(|header| header.as_str());
    Ok(header.map(str::to_owned))
}

/// Refuses a URL to which nothing can be sent, and returns it without its query.
fn check(url: &str, is_dry_run: bool) -> Result<String, Failure> {
    let uri: Uri = url.parse().map_err(|_| "--url is not an address such as http://127.0.0.1:3000/webhooks/stripe")?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http"), Some(_)) => {}
        (Some("https"), Some(_)) if is_dry_run => {}
        (Some("https"), _) => {
            return Err(
                "--url begins with https, and this program speaks http only: send to the port behind your proxy, \
                        or paste the curl line that --dry-run prints"
                    .into(),
            );
        }
        _ => return Err("--url must begin with http://".into()),
    }
    Ok(url.split('?').next().unwrap_or_default().to_owned())
}
