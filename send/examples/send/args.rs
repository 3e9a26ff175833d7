//! The arguments.

use std::{ffi::OsStr, path::PathBuf};

use clap::{
    Arg, Command, Error, Parser,
    builder::{PossibleValue, TypedValueParser},
    error::ErrorKind,
};
use clap_complete::Shell;
use http::{HeaderName, HeaderValue};
use tower_webhook::{provider::preset, testing::Spoil};

const EXAMPLES: &str = "\
Examples:
  send --list stripe
  send stripe invoice.paid --key whsec_.. --url http://127.0.0.1:3000/webhooks/stripe
  send github push --key .. --url .. --count 10000 --concurrency 32
  send stripe --key .. --url .. --tamper             # is refused: exit status 0
  send --sender acme.json paid --dry-run             # a curl line
  send slack --key .. --body event.json --retry --max-delay 1

The exit status is 0 if all was answered as expected: a genuine delivery with 2xx, a spoiled one with 4xx. It is 1 if
not, and 2 if the arguments are wrong.";

/// Sends what a sender of webhooks would send, genuine or spoiled, to a service under test.
#[derive(Parser)]
#[command(name = "send", after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Args {
    /// The name of the sender, such as `stripe`: `--list` shows all
    #[arg(value_parser = SenderName, hide_possible_values = true)]
    pub(crate) sender: Option<String>,

    /// The event, such as `invoice.paid`: `--list SENDER` shows all [default: the first one]
    #[arg(conflicts_with = "body")]
    pub(crate) event: Option<String>,

    /// A description of the sender in JSON, instead of a name
    #[arg(long = "sender", value_name = "FILE")]
    pub(crate) sender_file: Option<PathBuf>,

    /// Where to send it: http only, no https [default: http://127.0.0.1:3000/webhooks/<SENDER>]
    #[arg(long)]
    pub(crate) url: Option<String>,

    /// The URL that you gave to a sender that signs it, such as Twilio [default: that of --url]
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,

    /// The secret as the sender shows it, or the private key of a sender that has one, as PEM or in base64.
    /// Without it, one is made up, and shown
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) key: Option<String>,

    /// The body: a file, or `-` for the standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) body: Option<PathBuf>,

    /// The body is a form, not JSON
    #[arg(long, requires = "body")]
    pub(crate) form: bool,

    /// The type of the event, where the sender has it
    #[arg(long, value_name = "TYPE")]
    pub(crate) event_type: Option<String>,

    /// A header more, such as 'x-github-event: push'
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,

    /// So many deliveries, each with an id of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,

    /// So many at a time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) concurrency: u16,

    /// Sends each delivery so many times more, with the same id
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) duplicate: u16,

    /// Sends the newest first: the signed times go back, by a minute in all
    #[arg(long)]
    pub(crate) out_of_order: bool,

    /// Signed with another key
    #[arg(long, group = "fault")]
    wrong_key: bool,

    /// Without a credential
    #[arg(long, group = "fault")]
    missing_key: bool,

    /// Signed 25 hours ago
    #[arg(long, group = "fault")]
    stale: bool,

    /// With a body that was changed after it was signed
    #[arg(long, group = "fault")]
    tamper: bool,

    /// With this fault. `unknown-type` and `unknown-value` are genuine, and must be answered with 2xx
    #[arg(long, value_name = "FAULT", group = "fault", value_parser = SpoilName)]
    spoil: Option<Spoil>,

    /// Sends again until the answer is 2xx, after the delays that the sender documents, or after 1, 2, 4 and so on
    /// up to 512 seconds
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) retry: bool,

    /// The longest delay before a retry
    #[arg(long, value_name = "SECONDS", requires = "retry", value_parser = seconds)]
    pub(crate) max_delay: Option<std::time::Duration>,

    /// Prints the requests, as curl lines, and sends none
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Prints JSON: the summary, or with --dry-run one line per delivery
    #[arg(long)]
    pub(crate) json: bool,

    /// Lists all senders, or the events of one
    #[arg(long)]
    pub(crate) list: bool,

    /// Prints a fixture: this captured body with a fake in place of each value
    #[arg(long, value_name = "FILE")]
    pub(crate) scrub: Option<PathBuf>,

    /// What --scrub leaves as it is, such as `data.*.currency`
    #[arg(long, value_name = "PATH", requires = "scrub")]
    pub(crate) keep: Vec<String>,

    /// Prints the completions for a shell
    #[arg(long, value_name = "SHELL")]
    pub(crate) completions: Option<Shell>,
}

impl Args {
    pub(crate) fn spoil(&self) -> Option<Spoil> {
        let flags = [
            (self.wrong_key, Spoil::WrongKey),
            (self.missing_key, Spoil::MissingCredential),
            (self.stale, Spoil::Stale),
            (self.tamper, Spoil::AlteredBody),
        ];
        self.spoil.or_else(|| flags.into_iter().find_map(|(is_set, how)| is_set.then_some(how)))
    }
}

/// The names of the senders of the library.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ["mediquo", "truemed"].into_iter().chain(preset::NAMES.iter().copied())
}

/// The name of a fault, such as `wrong-key`.
pub(crate) fn name_of(how: Spoil) -> String {
    let mut name = String::new();
    for letter in format!("{how:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// Any text, as the first name is that of an event where the sender is in a file. Completions have the names.
#[derive(Clone)]
struct SenderName;

impl TypedValueParser for SenderName {
    type Value = String;

    fn parse_ref(&self, command: &Command, _: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        value.to_str().map(str::to_owned).ok_or_else(|| Error::new(ErrorKind::InvalidUtf8).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(names().map(PossibleValue::new)))
    }
}

#[derive(Clone)]
struct SpoilName;

impl TypedValueParser for SpoilName {
    type Value = Spoil;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Spoil, Error> {
        let names = clap::builder::PossibleValuesParser::new(Spoil::ALL.iter().copied().map(name_of));
        let name = names.parse_ref(command, arg, value)?;
        let spoil = Spoil::ALL.iter().copied().find(|how| name_of(*how) == name);
        spoil.ok_or_else(|| Error::new(ErrorKind::InvalidValue).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Spoil::ALL.iter().copied().map(name_of).map(PossibleValue::new)))
    }
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("a header is `NAME: VALUE`")?;
    let name = HeaderName::try_from(name.trim()).map_err(|error| error.to_string())?;
    Ok((name, HeaderValue::try_from(value.trim()).map_err(|error| error.to_string())?))
}

fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let seconds = text.parse().map_err(|_| "not a number of seconds")?;
    std::time::Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
