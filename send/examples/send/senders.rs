//! Which sender is meant, and what there is.

use std::{fs, io::Write};

use tower_webhook::{
    provider::Sender,
    testing::{TestDelivery, TestSender},
};

use crate::{
    Failure,
    args::{self, Args},
};

/// How alike two names are where one was meant.
const ALIKE: f64 = 0.75;

/// The sender, and the name of the event.
pub(crate) fn chosen(args: &Args) -> Result<(Sender, Option<&str>), Failure> {
    let event = args.event.as_deref();
    let Some(file) = &args.sender_file else {
        let name = args.sender.as_deref().ok_or("which sender? `--list` shows all, and `--help` how to send")?;
        return Ok((named(name)?, event));
    };
    // There is no name of a sender, so the first one is that of the event.
    let event = match (args.sender.as_deref(), event) {
        (Some(_), Some(_)) => return Err("with --sender FILE, say the event alone".into()),
        (first, _) => first,
    };
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok((Sender::from_json(&text).map_err(|error| format!("{}: {error}", file.display()))?, event))
}

fn named(name: &str) -> Result<Sender, Failure> {
    // As people write it: `box-com`, `Box.com`.
    let plain = plain(name).replace('-', "_");
    Sender::named(&plain).ok_or_else(|| {
        let alike = |other: &&str| strsim::jaro_winkler(&plain, other) >= ALIKE;
        let mut meant: Vec<_> = args::names().filter(alike).collect();
        meant.sort_by(|a, b| strsim::jaro_winkler(&plain, b).total_cmp(&strsim::jaro_winkler(&plain, a)));
        meant.truncate(3);
        let meant = if meant.is_empty() { String::new() } else { format!(": did you mean `{}`?", meant.join("`, `")) };
        format!("there is no sender `{name}`{meant}\nAll senders: {}", args::names().collect::<Vec<_>>().join(", "))
            .into()
    })
}

/// The sample with this name, or one that differs in capitals and punctuation, so that no shell needs a quote.
pub(crate) fn event(sender: &TestSender, name: Option<&str>) -> Result<TestDelivery, Failure> {
    let description = sender.description();
    let Some(name) = name else {
        let first = description.samples().next().ok_or("the description has no sample: say a --body")?;
        return Ok(sender.event(first)?);
    };
    let is_exact = description.samples().any(|sample| sample == name);
    let meant = description.samples().find(|sample| !is_exact && plain(sample) == plain(name));
    Ok(sender.event(meant.unwrap_or(name))?)
}

fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

pub(crate) fn list(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    if args.sender.is_none() && args.sender_file.is_none() {
        for sender in args::names().filter_map(Sender::named) {
            writeln!(out, "{:20} {}: {}", sender.name(), sender.title(), sender.page())?;
        }
        return Ok(());
    }
    let (sender, _) = chosen(args)?;
    sender.samples().try_for_each(|name| writeln!(out, "{name}"))?;
    Ok(())
}
