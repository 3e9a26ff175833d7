use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf, absolute},
    sync::Arc,
};

use data_encoding::HEXLOWER;
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{DeadLetter, DeadLetters, Kept};

/// Keeps each dead letter in a file of its own: `ID.letter`, readable by its owner only.
///
/// A letter is written to a hidden file, synced, and renamed, and then the directory is synced. So a file is whole or not
/// there, whenever the process or the machine stops. The work is done on tokio's threads for blocking work.
///
/// What a crash leaves half written has a name that begins with a full stop. Nothing else removes it, and it is
/// encrypted too.
///
/// # Examples
///
/// ```
/// use tower_webhook::dead_letters::Directory;
///
/// # let path = std::env::temp_dir().join(format!("tower-webhook-doc-{}", std::process::id()));
/// let sink = Directory::open(&path)?;
/// # std::fs::remove_dir(&path)?;
/// # Ok::<_, std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Directory {
    path: Arc<Path>,
    at_once: Arc<Semaphore>,
}

/// How many letters are written at once. A disk that hangs must not take all threads for blocking work.
const MAX_AT_ONCE: usize = 8;

impl Directory {
    /// Opens a directory, and creates it if it does not exist, with access for its owner only.
    ///
    /// A relative path starts where the program runs now, even if it changes its directory later.
    ///
    /// # Errors
    ///
    /// It cannot be created, or a file in it cannot be written and synced.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = absolute(path.into())?;
        create(&path)?;
        // Better now than with the first letter.
        let probe = path.join(format!(".probe.{}", random()?));
        let written = write_new(&probe, b"").and_then(|()| sync_directory(&path));
        fs::remove_file(&probe).and(written)?;
        Ok(Self { path: path.into(), at_once: Arc::new(Semaphore::new(MAX_AT_ONCE)) })
    }
}

impl DeadLetters for Directory {
    /// # Panics
    ///
    /// It panics outside of a tokio runtime.
    fn keep(&self, letter: DeadLetter) -> Kept {
        let Self { path, at_once } = self.clone();
        Box::pin(async move {
            let permit = at_once.acquire_owned().await?;
            let written = spawn_blocking(move || {
                let _permit = permit;
                write(&path, &letter)
            });
            Ok(written.await??)
        })
    }
}

fn write(directory: &Path, letter: &DeadLetter) -> io::Result<()> {
    let name = letter.receipt().id();
    let temporary = directory.join(format!(".{name}.{}", random()?));
    let place = directory.join(format!("{name}.letter"));
    let written = write_new(&temporary, &letter.to_bytes()).and_then(|()| fs::rename(&temporary, place));
    if written.is_err() {
        // It may not exist.
        drop(fs::remove_file(&temporary));
    }
    written?;
    // Without this, a power cut can take the name away again.
    sync_directory(directory)
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Creates a directory, by its absolute path, and those above it. Each is synced in the one above it, or a power cut
/// could take it away.
fn create(path: &Path) -> io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    if path.is_dir() {
        // It may be new all the same. Not everybody can open the one above it.
        drop(sync_directory(parent));
        return Ok(());
    }
    create(parent)?;
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    // Another process may have created it just now: `recursive` accepts that.
    builder.recursive(true).create(path)?;
    sync_directory(parent)
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Other systems cannot open a directory for that.
#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Two processes may write the same letter at once.
fn random() -> io::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| io::Error::other("the system has no random bytes"))?;
    Ok(HEXLOWER.encode(&bytes))
}
