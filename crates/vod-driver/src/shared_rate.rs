//! The rate that all processes of a machine share: a locked file with the state of each provider's limit.

use crate::disk::{create_directory, has_name, private};
use crate::{named, now};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tracing::warn;
use vod_core::call::Shared;
use vod_core::operation::Provider;
use vod_core::rate::RateState;
use vod_core::{Accounts, Timestamp};

/// The rate limits that a client shares with other processes of this machine, in a file: the providers count
/// the calls of an IP address, not of a process.
///
/// For each decision the file is locked, read, written and unlocked, which takes about ten microseconds.
/// Nothing is locked while a call waits or is sent. A process that ends while it has the lock, in whatever
/// way, loses it; the lock of one that is stopped is passed over after two seconds. Calls are let through one
/// by one, none in advance, so the limit holds for all processes together as it does for one.
///
/// The file has 2056 bytes: eight that say what it is, and room for 32 states. Each is that of one provider
/// at one endpoint (its own hosts, or the host and port of
/// [`with_endpoint`](vod_core::polyv::Credentials::with_endpoint)), so an emulator takes nothing from the
/// provider's limit; the one that was not used for the longest time makes room for another. A damaged state
/// counts as empty. Times are those of the machine's clock; if that is
/// set back, no wait becomes longer. Nothing is flushed to the disk: after a power failure the limits may
/// start empty.
///
/// The file contains no secret. It and its directory are made if they are missing, for this user alone. It
/// must be on a local file system. A symbolic link is not followed, and a file of another kind is not
/// changed.
///
/// A file that cannot be used is no error: the client keeps to the limits alone, logs one warning, and
/// [`problem`](Self::problem) says why.
#[derive(Debug)]
pub struct SharedRate {
    path: PathBuf,
    keys: [(Provider, Key); Provider::ALL.len()],
    turn: Mutex<Turn>,
    problem: OnceLock<String>,
}

/// What the threads of this process take turns with. The system's lock does not keep them apart, as it
/// belongs to the open file.
#[derive(Debug, Default)]
struct Turn {
    /// `None` once it turned out to be unusable.
    file: Option<File>,
    /// Since when another process has the lock.
    busy: Option<Instant>,
}

/// What a state in the file is found by: the first bytes of a hash of provider and endpoint.
type Key = [u8; 16];

/// How long a call waits before it asks again while another process decides.
pub(crate) const BUSY: Duration = Duration::from_millis(1);
/// How often the lock is tried at once before the call waits. Decisions are so short that one is enough for
/// most.
const TRIES: u32 = 4;
/// How long a lock is respected. A process decides in microseconds, unless it is stopped.
const PATIENCE: Duration = Duration::from_secs(2);

/// How the file begins, its version included.
const MAGIC: [u8; 8] = *b"vodrate1";
const SLOTS: usize = 32;
const SLOT: usize = size_of::<Key>() + RateState::SIZE;
const SIZE: usize = MAGIC.len() + SLOTS * SLOT;
const _: () = assert!(SIZE == 2056, "as the docs say");

impl SharedRate {
    /// Opens the file. It does not fail: see [`problem`](Self::problem).
    pub(crate) fn open(path: PathBuf, accounts: &Accounts) -> Self {
        let keys = Provider::ALL.map(|provider| (provider, key(provider, accounts)));
        let (turn, problem) = (Mutex::default(), OnceLock::new());
        let rate = Self { path, keys, turn, problem };
        match open(&rate.path) {
            Ok(file) => rate.turn.lock().unwrap_or_else(PoisonError::into_inner).file = Some(file),
            Err(error) => rate.report(&error),
        }
        rate
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why the file is not used, for people: then this process keeps to the limits alone. `None` while all is
    /// well.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.get().map(String::as_str)
    }

    /// Makes a decision with the state that is in the file and the time at which no other process decides,
    /// and writes the state back. `None` if another process is just deciding: ask again after [`BUSY`].
    pub(crate) fn decide<T>(
        &self,
        provider: Provider,
        shared: &mut Shared,
        decide: impl FnOnce(&mut Shared, Timestamp) -> T,
    ) -> Option<T> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let locked = match self.lock(&mut turn) {
            Ok(Lock::Busy) => return None,
            Ok(lock) => lock == Lock::Mine,
            Err(error) => {
                self.give_up(&mut turn, &error);
                false
            }
        };
        let Some(file) = &turn.file else { return Some(decide(shared, now())) };
        let held = Held { file, locked };
        let key =
            self.keys.iter().find(|(known, _)| *known == provider).map(|(_, key)| *key).unwrap_or_default();
        let table = Table::read(held.file).inspect(|table| {
            if let Some(state) = table.state(&key) {
                shared.set_rate_state(provider, state);
            }
        });
        let before = shared.rate_state(provider);
        let at = now();
        let decided = decide(shared, at);
        let after = shared.rate_state(provider);
        let kept = table.and_then(|mut table| match after == before {
            true => Ok(()),
            false => table.write(held.file, &key, after, at),
        });
        drop(held);
        if let Err(error) = kept {
            self.give_up(&mut turn, &named(&self.path, "use", &error));
        }
        Some(decided)
    }

    /// Locks the file, unless another process is deciding.
    fn lock(&self, turn: &mut Turn) -> io::Result<Lock> {
        let Turn { file: Some(file), busy } = turn else { return Ok(Lock::PassedOver) };
        loop {
            if !lock(file).map_err(|error| named(&self.path, "lock", &error))? {
                let since = busy.get_or_insert_with(Instant::now);
                return Ok(if since.elapsed() < PATIENCE { Lock::Busy } else { Lock::PassedOver });
            }
            *busy = None;
            if has_name(file).map_err(|error| named(&self.path, "inspect", &error))? {
                return Ok(Lock::Mine);
            }
            // It was removed or replaced, so other processes use another one.
            *file = open(&self.path)?;
        }
    }

    fn give_up(&self, turn: &mut Turn, error: &io::Error) {
        turn.file = None;
        self.report(error);
    }

    fn report(&self, error: &io::Error) {
        let problem = format!("{error}; this process keeps to the rate limits alone");
        warn!(problem, "the shared rate is not used");
        let _ = self.problem.set(problem);
    }
}

/// Who has the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    /// This process.
    Mine,
    /// Another one, which is deciding.
    Busy,
    /// Another one, for so long that it must be stopped.
    PassedOver,
}

/// The file during a decision. It is not locked if the holder of the lock was passed over: then two decisions
/// at the very same time may count as one.
struct Held<'f> {
    file: &'f File,
    locked: bool,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.locked {
            // If that fails, the end of the process does it.
            let _ = self.file.unlock();
        }
    }
}

/// Tries to lock a file, a few times.
fn lock(file: &File) -> io::Result<bool> {
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => thread::yield_now(),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(false)
}

/// The key of a provider's limit. An endpoint that is the provider's own host is no other.
fn key(provider: Provider, accounts: &Accounts) -> Key {
    let authority = accounts.endpoint(provider).map(|endpoint| endpoint.authority().to_ascii_lowercase());
    let authority = authority.filter(|authority| authority != provider.host()).unwrap_or_default();
    let hash =
        Sha256::new().chain_update(provider.name()).chain_update(b"\n").chain_update(authority).finalize();
    let mut key = Key::default();
    key.copy_from_slice(&hash[..size_of::<Key>()]);
    key
}

/// Opens the file, and makes it if it is missing.
fn open(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent().filter(|directory| !directory.exists()) {
        create_directory(directory).map_err(|error| named(directory, "create", &error))?;
    }
    let refused = |what| {
        let message = format!("cannot open {}: expected a file of the rate, got {what}", path.display());
        Err(io::Error::new(io::ErrorKind::InvalidInput, message))
    };
    let opened = |error: io::Error| named(path, "open", &error);
    let file = loop {
        match fs::symlink_metadata(path) {
            // Checked before it is opened, since opening a pipe waits for its other end.
            Ok(about) if about.is_symlink() => return refused("a symbolic link"),
            Ok(about) if !about.is_file() => return refused("something else than a file"),
            Ok(about) => {
                let file = OpenOptions::new().read(true).write(true).open(path).map_err(opened)?;
                if !is_same(&about, &file).map_err(opened)? {
                    return refused("a file that was just replaced");
                }
                break file;
            }
            // A new file is never made through a link.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match private(OpenOptions::new().read(true).write(true).create_new(true)).open(path) {
                    // Another process made it.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    made => break made.map_err(|error| named(path, "create", &error))?,
                }
            }
            Err(error) => return Err(opened(error)),
        }
    };
    if !Table::is_one(&file).map_err(|error| named(path, "read", &error))? {
        return refused("another one");
    }
    // Takes the space now. If another process is at it, it does so.
    if lock(&file).map_err(|error| named(path, "lock", &error))? {
        let held = Held { file: &file, locked: true };
        Table::read(&file)
            .and_then(|table| table.fill(&file))
            .map_err(|error| named(path, "write", &error))?;
        drop(held);
    }
    Ok(file)
}

/// Whether an open file is the one that was looked at before, and not what a link points to that took its
/// place.
#[cfg(unix)]
fn is_same(about: &fs::Metadata, file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let opened = file.metadata()?;
    Ok((about.dev(), about.ino()) == (opened.dev(), opened.ino()))
}

#[cfg(not(unix))]
fn is_same(_: &fs::Metadata, file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.is_file())
}

/// What is in the file.
struct Table {
    bytes: [u8; SIZE],
    /// Whether the file has all of it, so that one state can be written alone.
    whole: bool,
}

impl Table {
    /// Whether a file is empty or has a table, which may be cut or damaged.
    fn is_one(file: &File) -> io::Result<bool> {
        let mut bytes = Vec::with_capacity(SIZE + 1);
        let mut start = file;
        start.seek(SeekFrom::Start(0))?;
        start.take(SIZE as u64 + 1).read_to_end(&mut bytes)?;
        let magic = &bytes[..bytes.len().min(MAGIC.len())];
        Ok(bytes.len() <= SIZE && (MAGIC.starts_with(magic) || magic.iter().all(|byte| *byte == 0)))
    }

    /// What is missing is read as zeros, and so are states without a header.
    fn read(mut file: &File) -> io::Result<Self> {
        let mut bytes = [0; SIZE];
        file.seek(SeekFrom::Start(0))?;
        let mut length = 0;
        while length < SIZE {
            match file.read(&mut bytes[length..]) {
                Ok(0) => break,
                Ok(more) => length += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let whole = length == SIZE && bytes.starts_with(&MAGIC);
        if !bytes.starts_with(&MAGIC) {
            bytes = [0; SIZE];
            bytes[..MAGIC.len()].copy_from_slice(&MAGIC);
        }
        Ok(Self { bytes, whole })
    }

    /// Writes all of it, unless it is there.
    fn fill(&self, mut file: &File) -> io::Result<()> {
        if self.whole {
            return Ok(());
        }
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&self.bytes)
    }

    fn slots(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.bytes[MAGIC.len()..].chunks_exact(SLOT).map(|slot| slot.split_at(size_of::<Key>()))
    }

    /// The state of this key; `None` if there is none or it is damaged.
    fn state(&self, key: &Key) -> Option<RateState> {
        parsed(self.slots().find(|(known, _)| known == key)?.1)
    }

    /// Writes the state of this key, if need be in the place of another.
    fn write(&mut self, mut file: &File, key: &Key, state: RateState, now: Timestamp) -> io::Result<()> {
        let known = self.slots().position(|(known, _)| known == key);
        let at = MAGIC.len() + SLOT * known.unwrap_or_else(|| self.oldest(now));
        let slot = &mut self.bytes[at..at + SLOT];
        slot[..size_of::<Key>()].copy_from_slice(key);
        slot[size_of::<Key>()..].copy_from_slice(&state.to_bytes());
        if !self.whole {
            return self.fill(file);
        }
        file.seek(SeekFrom::Start(at as u64))?;
        file.write_all(&self.bytes[at..at + SLOT])
    }

    /// The first slot that is free, otherwise the one that was not used for the longest time.
    fn oldest(&self, now: Timestamp) -> usize {
        let age = |state| match parsed(state) {
            None => Duration::MAX,
            // A time that is yet to come was written before the clock was set back.
            Some(state) if state.last_used() > now => Duration::MAX.saturating_sub(Duration::from_secs(1)),
            Some(state) => now.since(state.last_used()),
        };
        let ages: Vec<_> = self.slots().map(|(_, state)| age(state)).collect();
        (0..SLOTS).rev().max_by_key(|&slot| ages[slot]).unwrap_or_default()
    }
}

fn parsed(state: &[u8]) -> Option<RateState> {
    RateState::from_bytes(state.try_into().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vod_core::rate::Rate;
    use vod_core::{Endpoint, polyv};

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn accounts(endpoint: Option<&str>) -> Accounts {
        let account = polyv::Credentials::new("d41c0b6f2a", "key");
        match endpoint {
            Some(url) => account.with_endpoint(Endpoint::parse(url).unwrap()).into(),
            None => account.into(),
        }
    }

    #[test]
    fn a_limit_is_that_of_a_provider_at_an_endpoint() {
        let polyv = |endpoint| key(Provider::Polyv, &accounts(endpoint));
        assert_eq!(polyv(None), polyv(Some("https://API.polyv.net/")));
        let emulator = polyv(Some("http://127.0.0.1:8787"));
        assert_eq!(emulator, polyv(Some("http://127.0.0.1:8787/prefix")), "a path is no other address");
        for other in [None, Some("http://127.0.0.1:8788"), Some("http://gateway.example.com")] {
            assert_ne!(polyv(other), emulator, "{other:?}");
        }
        assert_ne!(key(Provider::QingCloud, &accounts(None)), polyv(None));
    }

    /// A state that was last used at this time.
    fn used(at: Timestamp) -> RateState {
        let mut state = RateState::default();
        state.take(Rate::new(1, Duration::from_secs(1)), at).unwrap();
        state
    }

    #[test]
    fn the_state_not_used_for_longest_makes_room() {
        let file = tempfile::tempfile().unwrap();
        let put = |key: u8, at: Timestamp| {
            Table::read(&file).unwrap().write(&file, &[key; 16], used(at), NOW).unwrap();
        };
        let known = || {
            let table = Table::read(&file).unwrap();
            (0..100).filter(|&key| table.state(&[key; 16]).is_some()).collect::<Vec<_>>()
        };
        (0..SLOTS as u8).for_each(|key| put(key, NOW.plus_millis(i64::from(key) - 1_000)));
        assert_eq!(known(), (0..32).collect::<Vec<_>>());
        // Used again, and written in its own place.
        put(0, NOW);
        put(50, NOW);
        assert_eq!(known(), [0].into_iter().chain(2..32).chain([50]).collect::<Vec<_>>());
        // What was used at a time that is yet to come is not kept forever.
        put(7, NOW.plus_millis(3_600_000));
        put(51, NOW);
        assert!(!known().contains(&7) && known().contains(&51));
        assert_eq!(file.metadata().unwrap().len(), SIZE as u64);
    }

    #[test]
    fn a_damaged_table_is_an_empty_one_and_its_other_states_are_kept() {
        let file = tempfile::tempfile().unwrap();
        let (one, other) = ([1; 16], [2; 16]);
        for key in [one, other] {
            Table::read(&file).unwrap().write(&file, &key, used(NOW), NOW).unwrap();
        }
        let write = |at: u64, bytes: &[u8]| {
            let mut start = &file;
            start.seek(SeekFrom::Start(at)).unwrap();
            start.write_all(bytes).unwrap();
        };
        write((MAGIC.len() + 30) as u64, b"torn");
        assert_eq!(Table::read(&file).unwrap().state(&one), None);
        assert_eq!(Table::read(&file).unwrap().state(&other), Some(used(NOW)));
        Table::read(&file).unwrap().write(&file, &one, used(NOW), NOW).unwrap();
        assert_eq!(Table::read(&file).unwrap().state(&one), Some(used(NOW)));
        // Cut in the middle of a state, and then its beginning lost.
        file.set_len((MAGIC.len() + SLOT + 10) as u64).unwrap();
        assert!(Table::is_one(&file).unwrap());
        assert_eq!(Table::read(&file).unwrap().state(&one), Some(used(NOW)));
        assert_eq!(Table::read(&file).unwrap().state(&other), None);
        write(0, &[0; 8]);
        assert!(Table::is_one(&file).unwrap());
        assert_eq!(Table::read(&file).unwrap().state(&one), None);
        Table::read(&file).unwrap().write(&file, &other, used(NOW), NOW).unwrap();
        assert_eq!(Table::read(&file).unwrap().state(&other), Some(used(NOW)));
        assert!(Table::read(&file).unwrap().whole);
        write(0, b"a letter");
        assert!(!Table::is_one(&file).unwrap());
    }
}
