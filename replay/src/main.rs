//! Lists, shows and sends again what a `Directory` of tower-webhook has kept.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program, not a library")]

mod files;
mod send;

use std::{env, error::Error, path::Path, process::ExitCode};

use tower_webhook::{
    dead_letters::{OpenLetter, PrivateKey, Receipt},
    jiff::Timestamp,
};

const USAGE: &str = "\
replay keygen KEY_FILE               make a private key, and print the public key
replay list DIRECTORY                show what is kept, without a key
replay show LETTER                   show the receipt of one letter, without a key
replay body LETTER KEY_FILE          print the decrypted body of one letter
replay send [--route NAME] URL KEY_FILE LETTER...
                                     send letters again, the oldest first: files, or directories of them

A letter that is answered 2xx is accepted, and moved into the directory `sent` beside it. Any other stays where it is,
and the exit status is 1: one that still cannot be decoded is answered 400. URL is an http:// address of your app:
run this beside it. The app accepts the letters if its layer has `replays`, each on the route that kept it: `list` shows
the name of that route. With --route, all other letters are left where they are.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match &*arguments {
        ["keygen", file] => keygen(file.as_ref()),
        ["list", directory] => list(directory.as_ref()),
        ["show", letter] => show(letter.as_ref()),
        ["body", letter, key] => body(letter.as_ref(), key.as_ref()),
        ["send", "--route", route, url, key, letters @ ..] if !letters.is_empty() => {
            send_all(Some(route), url, key.as_ref(), letters).await
        }
        ["send", url, key, letters @ ..] if *url != "--route" && !letters.is_empty() => {
            send_all(None, url, key.as_ref(), letters).await
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well.
type Done = Result<bool, Box<dyn Error>>;

fn keygen(file: &Path) -> Done {
    let key = PrivateKey::generate();
    files::write_secret(file, &key.to_secret_text())?;
    println!("{}", key.public_key());
    Ok(true)
}

fn list(directory: &Path) -> Done {
    let (letters, unreadable) = files::letters([directory])?;
    for (path, letter) in &letters {
        println!("{}: {} {}", facts(letter.receipt()), reason(letter.receipt()), path.display());
    }
    unreadable.iter().for_each(|error| eprintln!("{error}"));
    Ok(unreadable.is_empty())
}

fn show(path: &Path) -> Done {
    let letter = files::letter(path)?;
    let receipt = letter.receipt();
    println!("id          {}", receipt.id());
    println!("route       {}", receipt.route().escape_debug());
    println!("provider    {}", receipt.provider().escape_debug());
    println!("scheme      {}", receipt.scheme().unwrap_or("-").escape_debug());
    println!("key label   {}", receipt.key_label().unwrap_or("-").escape_debug());
    println!("covers body {}", receipt.covers_body());
    println!("signed at   {}", receipt.signed_at().map_or_else(|| "-".to_owned(), shown));
    println!("received at {}", shown(receipt.received_at()));
    println!("event type  {}", receipt.event_type().unwrap_or("-").escape_debug());
    println!("body        {} bytes", receipt.body_len());
    println!("reason      {}", receipt.reason().escape_debug());
    Ok(true)
}

fn body(path: &Path, key: &Path) -> Done {
    let open = open(path, &files::private_key(key)?)?;
    std::io::Write::write_all(&mut std::io::stdout().lock(), open.body())?;
    Ok(true)
}

async fn send_all(route: Option<&str>, url: &str, key: &Path, letters: &[&str]) -> Done {
    let key = files::private_key(key)?;
    let target = send::Target::parse(url)?;
    let (mut letters, unreadable) = files::letters(letters.iter().map(Path::new))?;
    letters.retain(|(_, letter)| route.is_none_or(|route| route == letter.receipt().route()));
    unreadable.iter().for_each(|error| eprintln!("{error}"));
    let mut all_taken = unreadable.is_empty();
    for (path, letter) in letters {
        // One bad letter, or one of an older key, does not keep the others back.
        let open = match letter.open(&key) {
            Ok(open) => open,
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                all_taken = false;
                continue;
            }
        };
        let status = send::send(&target, &open).await.map_err(|error| format!("{}: {error}", path.display()))?;
        let (answer, receipt) = (if status.is_success() { "accepted" } else { "not taken" }, open.receipt());
        println!("{} {answer} | {} | was kept because: {}", status.as_u16(), facts(receipt), reason(receipt));
        if status.is_success() {
            files::set_aside(&path)?;
        } else {
            all_taken = false;
        }
    }
    Ok(all_taken)
}

fn open(path: &Path, key: &PrivateKey) -> Result<OpenLetter, Box<dyn Error>> {
    Ok(files::letter(path)?.open(key).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// A receipt without its reason. Whoever can write to the directory can write a receipt, so its texts are escaped.
fn facts(receipt: &Receipt) -> String {
    let (id, route, provider) = (receipt.id(), receipt.route().escape_debug(), receipt.provider().escape_debug());
    format!("{} {id} {route} {provider} {} bytes", shown(receipt.received_at()), receipt.body_len())
}

/// Why the delivery was kept, as opposed to how it is answered now.
fn reason(receipt: &Receipt) -> impl std::fmt::Display {
    receipt.reason().escape_debug()
}

fn shown(time: std::time::SystemTime) -> String {
    Timestamp::try_from(time).unwrap_or(Timestamp::MAX).to_string()
}
