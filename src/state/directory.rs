//! The state directory: its lock, and the control cookie and the control socket in it.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use nix::unistd::Gid;

use super::control_socket::{ControlSocketFile, socket_address};
use super::private_directory::make_directory;
use super::state_error::StateError;
use super::store::Store;
use super::token::{random_token, read_token};
use super::{cookie_file, group, regular_file};
use crate::values::Secret;

/// The state directory, ours as long as this lives.
pub struct StateDir {
    path: PathBuf,
    /// The control cookie that was written, and its token.
    cookie: Option<(PathBuf, Secret)>,
    /// The control socket that we listen on.
    socket: Option<ControlSocketFile>,
    /// A daemon has had it before.
    was_used: bool,
    /// Empty as long as its volume has had no room to make it.
    lock: Option<File>,
}

impl StateDir {
    /// The name of the control cookie's file.
    pub const COOKIE: &'static str = "control.cookie";
    /// The name of the control socket.
    pub const SOCKET: &'static str = "control.sock";
    const LOCK: &'static str = "lock";

    /// Whether a daemon has `path`. Looks only: a lock made by another user, say root, would keep
    /// the daemon out.
    #[must_use]
    pub fn is_in_use(path: &Path) -> bool {
        let lock = path.join(Self::LOCK);
        let lock = regular_file::check(&lock).and_then(|()| File::open(lock));
        lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Opens `path`, made if need be, for this process alone. Without room for that nothing is
    /// there yet: `ensure_locked` tries again.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let mut state = Self {
            path: path.to_path_buf(),
            cookie: None,
            socket: None,
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

    /// Opens the store. What an earlier version wrote is that of the only node, called `node`.
    /// Waits for the disk.
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
        let group = self.let_through(group)?;
        let path = self.path.join(Self::COOKIE);
        let written = cookie_file::write(&path, token.expose(), group);
        written.map_err(|source| StateError::Write {
            path: path.clone(),
            source,
        })?;
        self.cookie = Some((path, token.clone()));
        Ok(token)
    }

    /// Whether the cookie is there as it was written.
    #[must_use]
    pub fn has_cookie(&self) -> bool {
        self.cookie.as_ref().is_some_and(|(path, token)| {
            regular_file::check(path).is_ok() && read_token(path).is_ok_and(|found| found == *token)
        })
    }

    /// Listens on the control socket, which we may open, and `group` if there is one, which is then
    /// let through the directory. One that we listened on before is replaced. It goes with the
    /// daemon.
    pub fn bind_socket(&mut self, group: Option<&str>) -> Result<UnixListener, StateError> {
        self.ensure_locked()?;
        let group = self.let_through(group)?;
        // Ours would look like that of another daemon.
        self.socket = None;
        let path = self.path.join(Self::SOCKET);
        let (file, listener) = ControlSocketFile::bind(&path, group)
            .map_err(|source| StateError::Socket { path, source })?;
        self.socket = Some(file);
        Ok(listener)
    }

    /// Whether the system takes the path of a control socket in `directory`.
    pub fn may_have_socket(directory: &Path) -> io::Result<()> {
        socket_address(&directory.join(Self::SOCKET)).map(drop)
    }

    /// Whether the control socket is there.
    #[must_use]
    pub fn has_socket(&self) -> bool {
        self.socket
            .as_ref()
            .is_some_and(ControlSocketFile::is_there)
    }

    /// Lets `group` through the directory.
    fn let_through(&self, group: Option<&str>) -> Result<Option<Gid>, StateError> {
        let group = group.map(group::id).transpose()?;
        if let Some(group) = group {
            group::let_through(&self.path, group).map_err(|source| StateError::Write {
                path: self.path.clone(),
                source,
            })?;
        }
        Ok(group)
    }

    /// The cookie is good for nothing any more.
    pub fn remove_cookie(&mut self) {
        if let Some((cookie, _)) = self.cookie.take() {
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

/// Makes `directory` if need be, and keeps other daemons out of it.
fn lock(directory: &Path) -> Result<File, StateError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| StateError::Write { path, source }
    };
    make_directory(directory).map_err(failed(directory))?;
    let path = directory.join(StateDir::LOCK);
    let file = regular_file::open_or_create(&path).map_err(failed(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StateError::Locked {
            path: directory.to_path_buf(),
        }),
        Err(TryLockError::Error(source)) => Err(StateError::Write { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use nix::unistd::Group;

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
    fn a_cookie_that_is_not_as_it_was_written_is_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let mut state = StateDir::open(dir.path()).unwrap();
        let cookie = dir.path().join(StateDir::COOKIE);
        let other = random_token().unwrap();
        for damage in [other.expose(), ""] {
            state.write_cookie(None).unwrap();
            assert!(state.has_cookie());
            std::fs::write(&cookie, damage).unwrap();
            assert!(!state.has_cookie(), "{damage}");
        }
        state.write_cookie(None).unwrap();
        assert!(state.has_cookie());
        std::fs::remove_file(&cookie).unwrap();
        assert!(!state.has_cookie());
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
