//! Letters and keys in files.

use std::{
    error::Error,
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use tower_webhook::dead_letters::{DeadLetter, PrivateKey};

type Failure = Box<dyn Error>;
pub(crate) type Letters = Vec<(PathBuf, DeadLetter)>;

/// The letters of these files and directories, the oldest first, and what cannot be read. Files of a directory with
/// other names are left out, such as what a crash has left half written.
pub(crate) fn letters<'a>(places: impl IntoIterator<Item = &'a Path>) -> Result<(Letters, Vec<Failure>), Failure> {
    let mut letters = Vec::new();
    let mut unreadable = Vec::new();
    for place in places {
        if !place.is_dir() {
            letters.push((place.to_owned(), letter(place)?));
            continue;
        }
        for entry in fs::read_dir(place).map_err(|error| format!("{}: {error}", place.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "letter") {
                match letter(&path) {
                    Ok(letter) => letters.push((path, letter)),
                    Err(error) => unreadable.push(error),
                }
            }
        }
    }
    letters.sort_by_key(|(_, letter)| letter.receipt().received_at());
    Ok((letters, unreadable))
}

pub(crate) fn letter(path: &Path) -> Result<DeadLetter, Failure> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(DeadLetter::from_bytes(bytes).map_err(|error| format!("{}: {error}", path.display()))?)
}

pub(crate) fn private_key(path: &Path) -> Result<PrivateKey, Failure> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(PrivateKey::new(text)?)
}

/// Writes a file that its owner alone can read, and replaces none.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    writeln!(file, "{text}")?;
    Ok(file.sync_all()?)
}

/// Moves a letter that was taken into the directory `sent` beside it, durably.
pub(crate) fn set_aside(path: &Path) -> Result<(), Failure> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(format!("{} is no file in a directory", path.display()).into());
    };
    let directory = if directory == Path::new("") { Path::new(".") } else { directory };
    let sent = directory.join("sent");
    fs::create_dir_all(&sent)?;
    fs::rename(path, sent.join(name))?;
    #[cfg(unix)]
    for changed in [&*sent, directory] {
        File::open(changed)?.sync_all()?;
    }
    Ok(())
}
