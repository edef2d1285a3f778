//! What outlives a request, in the state directory: the lock that keeps a second daemon out, the
//! control cookie, and the store of documents that survive a restart.
//!
//! Refuses to know what the token is good for. Invariant: a file is there whole, with its final
//! mode, or not at all.

mod batch;
mod layout;
mod node_store;
mod store;
mod store_error;

pub use batch::{Batch, Table};
pub use layout::Keys;
pub use node_store::NodeStore;
pub use store::Store;
pub use store_error::StoreError;

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::{Gid, Group};

use crate::values::Secret;

/// Why the state directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be made or written.
    #[error("cannot write {path}")]
    Write {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another daemon has it.
    #[error("another bllvmctl uses the state directory {path}")]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// `rpc.control_cookie_group` is no group here.
    #[error("there is no group {group} on this machine")]
    Group {
        /// As configured.
        group: String,
    },
    /// The token file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What survived the last run cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gave no random bytes.
    #[error("cannot get random bytes: {0}")]
    Random(String),
}

impl StateError {
    /// Whether there was no room, which may be another time.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Write { source, .. } if is_full(source))
    }

    /// What an operator can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Store(error) => error.hint(),
            Self::Read { .. } => "rpc.control_token_file names it",
            Self::Group { .. } => "rpc.control_cookie_group names it",
            Self::Locked { .. } => "state_dir names the directory; each daemon has one of its own",
            Self::Write { .. } | Self::Random(_) => {
                "state_dir names the directory; look at its owner, its mode and the free space"
            }
        }
    }
}

/// The state directory, ours as long as this lives.
pub struct StateDir {
    path: PathBuf,
    cookie: Option<PathBuf>,
    /// A daemon has had it before.
    was_used: bool,
    /// Empty as long as its volume has had no room to make it.
    lock: Option<File>,
}

impl StateDir {
    /// The name of the control cookie's file.
    pub const COOKIE: &'static str = "control.cookie";
    const LOCK: &'static str = "lock";

    /// Whether a daemon has `path`. Looks only: a lock made by another user, say root, would keep
    /// the daemon out.
    #[must_use]
    pub fn is_in_use(path: &Path) -> bool {
        let lock = File::open(path.join(Self::LOCK));
        lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Opens `path`, made if need be, for this process alone. Without room for that nothing is
    /// there yet: `ensure_locked` tries again.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let mut state = Self {
            path: path.to_path_buf(),
            cookie: None,
            was_used: path.join(Self::LOCK).exists(),
            lock: None,
        };
        match state.ensure_locked() {
            Err(error) if !error.is_full() => Err(error),
            _ => Ok(state),
        }
    }

    /// Whether the directory is there, and locked.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    /// Makes the directory and locks it, unless that is done.
    pub fn ensure_locked(&mut self) -> Result<(), StateError> {
        if self.lock.is_none() {
            self.lock = Some(lock(&self.path)?);
        }
        Ok(())
    }

    /// Opens the store. What an earlier version wrote is that of the only node, called `node`. Waits
    /// for the disk.
    pub fn store(&self, node: &str) -> Result<Store, StateError> {
        if self.lock.is_none() {
            return Ok(Store::without_room(&self.path, node));
        }
        Ok(Store::open(&self.path, self.was_used, node)?)
    }

    /// Writes a new control cookie, readable by us, and by `group` if there is one, which is then
    /// let through the directory. It goes with the daemon.
    pub fn write_cookie(&mut self, group: Option<&str>) -> Result<Secret, StateError> {
        self.ensure_locked()?;
        let token = random_token()?;
        let group = group.map(group_id).transpose()?;
        let path = self.path.join(Self::COOKIE);
        if let Some(group) = group {
            let_through(&self.path, group).map_err(|source| StateError::Write {
                path: self.path.clone(),
                source,
            })?;
        }
        let written = write_whole(&path, token.expose(), group).or_else(|error| {
            if is_full(&error) {
                write_over(&path, token.expose(), group).or(Err(error))
            } else {
                Err(error)
            }
        });
        written.map_err(|source| StateError::Write {
            path: path.clone(),
            source,
        })?;
        self.cookie = Some(path);
        Ok(token)
    }

    /// Whether the cookie that was written is there.
    #[must_use]
    pub fn has_cookie(&self) -> bool {
        self.cookie.as_ref().is_some_and(|cookie| cookie.exists())
    }

    /// The cookie is good for nothing any more.
    pub fn remove_cookie(&mut self) {
        if let Some(cookie) = self.cookie.take() {
            // If it stays, the next start replaces it.
            let _ = std::fs::remove_file(cookie);
        }
    }
}

impl Drop for StateDir {
    fn drop(&mut self) {
        self.remove_cookie();
    }
}

/// Makes `directory`, for us alone, if it is not there.
fn make_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
}

/// Makes `directory` if need be, and keeps other daemons out of it.
fn lock(directory: &Path) -> Result<File, StateError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| StateError::Write { path, source }
    };
    make_directory(directory).map_err(failed(directory))?;
    let path = directory.join(StateDir::LOCK);
    let mut options = OpenOptions::new();
    let file = options
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path);
    let file = file.map_err(failed(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StateError::Locked {
            path: directory.to_path_buf(),
        }),
        Err(TryLockError::Error(source)) => Err(StateError::Write { path, source }),
    }
}

/// Whether `group` is a group of this machine.
#[must_use]
pub fn is_group(group: &str) -> bool {
    group_id(group).is_ok()
}

/// Lets `group` through a directory that is for us alone, to what it may read there; it cannot list
/// the directory.
fn let_through(directory: &Path, group: Gid) -> io::Result<()> {
    const GROUP_MAY_PASS: u32 = 0o010;
    const ALL_MAY_PASS: u32 = 0o001;
    let opened = File::open(directory)?;
    let mode = opened.metadata()?.permissions().mode();
    if mode & ALL_MAY_PASS != 0 {
        return Ok(());
    }
    fchown(&opened, None, Some(group.as_raw()))?;
    opened.set_permissions(Permissions::from_mode(mode | GROUP_MAY_PASS))
}

fn group_id(group: &str) -> Result<Gid, StateError> {
    let found = Group::from_name(group).ok().flatten();
    found
        .map(|found| found.gid)
        .ok_or_else(|| StateError::Group {
            group: group.to_owned(),
        })
}

/// A token that nobody knows.
pub fn random_token() -> Result<Secret, StateError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| StateError::Random(error.to_string()))?;
    Ok(Secret::new(
        bytes
            .iter()
            .fold(String::new(), |token, byte| token + &format!("{byte:02x}")),
    ))
}

/// Whether `directory` has room for a little, or, if it is not there, the nearest one that is, in
/// which it would be made: makes a directory with a small file, and takes both away again. Other
/// reasons why it cannot be written are not looked at.
pub fn try_room(directory: &Path) -> io::Result<()> {
    let there = |path: &&Path| path.is_dir();
    let Some(nearest) = directory.ancestors().find(there) else {
        return Ok(());
    };
    let trial = nearest.join(format!(".bllvmctl-room.{}", std::process::id()));
    let written = DirBuilder::new()
        .mode(0o700)
        .create(&trial)
        .and_then(|()| write_a_little(&trial.join("file")));
    let _ = std::fs::remove_dir_all(&trial);
    written.or_else(|error| if is_full(&error) { Err(error) } else { Ok(()) })
}

fn write_a_little(path: &Path) -> io::Result<()> {
    const LITTLE: [u8; 4096] = [0; 4096];
    let mut file = File::create_new(path)?;
    file.write_all(&LITTLE)?;
    file.sync_all()
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// Written over what an earlier daemon left there, which takes no room. It is of the same length,
/// so that no half of it is left.
fn write_over(path: &Path, text: &str, group: Option<Gid>) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .custom_flags(OFlag::O_NOFOLLOW.bits())
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() != u64::try_from(text.len()).unwrap_or(u64::MAX) {
        return Err(io::ErrorKind::StorageFull.into());
    }
    give_mode(&file, group)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn give_mode(file: &File, group: Option<Gid>) -> io::Result<()> {
    let Some(group) = group else {
        return file.set_permissions(Permissions::from_mode(0o600));
    };
    fchown(file, None, Some(group.as_raw()))?;
    file.set_permissions(Permissions::from_mode(0o640))
}

/// Written beside, given its owner and mode, synced, and only then put in place.
fn write_whole(path: &Path, text: &str, group: Option<Gid>) -> io::Result<()> {
    let temporary = path.with_extension("new");
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&temporary)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| give_mode(&file, group))
        .and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Half of one takes the room that the next try needs.
        let _ = std::fs::remove_file(&temporary);
        return Err(error);
    }
    std::fs::rename(&temporary, path)
}

/// The token in a file of the operator's own.
pub fn read_token(path: &Path) -> Result<Secret, StateError> {
    let text = std::fs::read_to_string(path).map_err(|source| StateError::Read {
        path: path.to_path_buf(),
        source,
    })?;
    // Some editors begin a file with a byte order mark.
    Ok(Secret::new(
        text.trim_start_matches('\u{feff}').trim().to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_32_random_bytes_for_us_alone_and_goes_with_us() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        let mut state = StateDir::open(&path).unwrap();
        let token = state.write_cookie(None).unwrap();
        let cookie = path.join("control.cookie");
        assert_eq!(read_token(&cookie).unwrap(), token);
        assert_eq!(token.expose().len(), 64);
        assert_eq!(
            std::fs::metadata(&cookie).unwrap().permissions().mode() & 0o777,
            0o600
        );
        drop(state);
        assert!(!cookie.exists());
    }

    #[test]
    fn each_start_makes_another_cookie() {
        let dir = tempfile::tempdir().unwrap();
        let first = StateDir::open(dir.path())
            .unwrap()
            .write_cookie(None)
            .unwrap();
        let second = StateDir::open(dir.path())
            .unwrap()
            .write_cookie(None)
            .unwrap();
        assert_ne!(first, second);
    }

    #[test]
    fn a_group_may_be_let_in() {
        let dir = tempfile::tempdir().unwrap();
        let mut state = StateDir::open(&dir.path().join("state")).unwrap();
        let own = Group::from_gid(nix::unistd::getgid()).unwrap().unwrap();
        state.write_cookie(Some(&own.name)).unwrap();
        let mode = std::fs::metadata(dir.path().join("state/control.cookie"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o640);
        let mode = std::fs::metadata(dir.path().join("state"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o710, "it may pass, and no more");
        assert!(matches!(
            state.write_cookie(Some("no such group")),
            Err(StateError::Group { .. })
        ));
    }

    #[test]
    fn a_second_daemon_is_kept_out() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!StateDir::is_in_use(dir.path()));
        let _first = StateDir::open(dir.path()).unwrap();
        assert!(StateDir::is_in_use(dir.path()));
        assert!(matches!(
            StateDir::open(dir.path()),
            Err(StateError::Locked { .. })
        ));
    }
}
