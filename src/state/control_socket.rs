//! The file of the control socket: there with its final owner and mode, or not at all.
//!
//! A socket takes connections only once it listens, and it listens only when nobody but those who
//! may open it can: its file gets owner and mode under another name, and is then renamed.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, lchown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use nix::sys::stat::{Mode, fchmod};
use nix::unistd::Gid;
use socket2::{Domain, SockAddr, Socket, Type};

use super::regular_file::FileIdentity;

/// Connections that wait to be accepted; a command makes one at a time.
const BACKLOG: i32 = 128;

/// The file of a socket that we listen on. It goes when this is dropped, unless another one is in
/// its place.
pub(super) struct ControlSocketFile {
    path: PathBuf,
    identity: FileIdentity,
}

impl ControlSocketFile {
    /// Listens at `path`, for us alone, or for `group` too. What a dead daemon left there is
    /// replaced; what somebody answers at, or is no socket, is not.
    pub(super) fn bind(path: &Path, group: Option<Gid>) -> io::Result<(Self, UnixListener)> {
        ensure_replaceable(path)?;
        // No longer than the final name, whose length the system limits.
        let temporary = path.with_file_name("socket.new");
        remove_if_there(&temporary)?;
        let socket = listening(&temporary, group).and_then(|socket| {
            fs::rename(&temporary, path)?;
            Ok(socket)
        });
        let socket = socket.inspect_err(|_| {
            let _ = fs::remove_file(&temporary);
        })?;
        let identity = FileIdentity::of(path).ok_or(io::ErrorKind::NotFound)?;
        let path = path.to_path_buf();
        Ok((Self { path, identity }, socket.into()))
    }

    /// Whether the file is there still.
    pub(super) fn is_there(&self) -> bool {
        FileIdentity::of(&self.path) == Some(self.identity)
    }
}

impl Drop for ControlSocketFile {
    fn drop(&mut self) {
        if self.is_there() {
            // If it stays, the next start replaces it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A socket that listens at `path`, where nothing is yet.
fn listening(path: &Path, group: Option<Gid>) -> io::Result<Socket> {
    let mode = if group.is_some() { 0o660 } else { 0o600 };
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // Linux gives the file the mode of the socket, less the umask. Elsewhere this may fail.
    let _ = fchmod(&socket, Mode::from_bits_truncate(0o600));
    socket.bind(&SockAddr::unix(path)?)?;
    if let Some(group) = group {
        lchown(path, None, Some(group.as_raw()))?;
    }
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    socket.set_nonblocking(true)?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

/// The address of a socket at `path`, whose length the system limits.
pub(super) fn socket_address(path: &Path) -> io::Result<SockAddr> {
    SockAddr::unix(path).map_err(|error| {
        let length = path.as_os_str().len();
        let text = format!("its path has {length} bytes, which is too long for a socket");
        io::Error::new(error.kind(), text)
    })
}

/// Fails unless `path` is free, or has a socket at which nobody listens any more.
fn ensure_replaceable(path: &Path) -> io::Result<()> {
    let address = socket_address(path)?;
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(io::Error::other("something else has its name"));
        }
        Ok(_) => {}
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // One whose queue is full would keep us waiting.
    socket.set_nonblocking(true)?;
    match socket.connect(&address) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound
            ) =>
        {
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(error),
        _ => Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "another process listens on it",
        )),
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn it_is_for_us_alone_and_goes_with_us() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.sock");
        let (file, listener) = ControlSocketFile::bind(&path, None).unwrap();
        assert_eq!(mode(&path), 0o600);
        UnixStream::connect(&path).unwrap();
        listener.accept().unwrap();
        assert!(file.is_there());
        drop(file);
        assert!(!path.exists());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_group_may_be_let_in() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.sock");
        let own = nix::unistd::getgid();
        let (_file, _listener) = ControlSocketFile::bind(&path, Some(own)).unwrap();
        assert_eq!(mode(&path), 0o660);
        assert_eq!(fs::symlink_metadata(&path).unwrap().gid(), own.as_raw());
    }

    #[test]
    fn that_of_a_dead_daemon_is_replaced_and_that_of_a_live_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.sock");
        let live = UnixListener::bind(&path).unwrap();
        let refused = ControlSocketFile::bind(&path, None).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse, "{refused}");
        UnixStream::connect(&path).unwrap();
        drop(live);
        assert!(path.exists());
        let (_file, _listener) = ControlSocketFile::bind(&path, None).unwrap();
        UnixStream::connect(&path).unwrap();
    }

    #[test]
    fn one_whose_queue_is_full_is_live() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.sock");
        let busy = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        busy.bind(&SockAddr::unix(&path).unwrap()).unwrap();
        busy.listen(0).unwrap();
        let _waits = UnixStream::connect(&path).unwrap();
        let refused = ControlSocketFile::bind(&path, None).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse, "{refused}");
    }

    #[test]
    fn what_is_no_socket_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.sock");
        fs::write(&path, "kept").unwrap();
        assert!(ControlSocketFile::bind(&path, None).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/nowhere", &path).unwrap();
        assert!(ControlSocketFile::bind(&path, None).is_err());
        assert!(path.is_symlink());
    }

    #[test]
    fn a_path_that_is_too_long_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        let directory = dir.path().join("d".repeat(120));
        fs::create_dir(&directory).unwrap();
        let error = ControlSocketFile::bind(&directory.join("control.sock"), None);
        let error = error.err().unwrap().to_string();
        assert!(error.contains("too long for a socket"), "{error}");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
    }

    #[test]
    fn one_that_took_its_place_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.sock");
        let (first, _listener) = ControlSocketFile::bind(&path, None).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(!first.is_there());
        let _other = UnixListener::bind(&path).unwrap();
        drop(first);
        assert!(path.exists());
    }
}
