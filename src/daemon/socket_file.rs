//! The file of a Unix socket: a stale one of a dead daemon gives way, that of a live one does not.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use nix::sys::stat::{Mode, fchmod};
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::UnixListener;

/// The daemon's user, and its group.
const MODE: u32 = 0o660;

/// A file that is removed when this is dropped, if it is still the same.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl SocketFile {
    /// Listens at `path`. Nobody but the daemon's user and its group can connect at any time.
    pub(super) fn listen(path: &Path, backlog: i32) -> io::Result<(UnixListener, Self)> {
        remove_stale(path)?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        // The file begins with what of this the mask of the process leaves, and never with more.
        fchmod(&socket, Mode::from_bits_truncate(MODE))?;
        socket.bind(&SockAddr::unix(path)?)?;
        fs::set_permissions(path, Permissions::from_mode(MODE))?;
        let file = Self {
            path: path.to_owned(),
            inode: fs::symlink_metadata(path)?.ino(),
        };
        socket.listen(backlog)?;
        socket.set_nonblocking(true)?;
        Ok((UnixListener::from_std(socket.into())?, file))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|now| now.ino() == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether somebody listens at `path`.
pub(super) fn is_alive(path: &Path) -> bool {
    UnixStream::connect(path).is_ok()
}

fn remove_stale(path: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !metadata.file_type().is_socket() {
        let message = "there is a file that is no socket";
        return Err(io::Error::new(ErrorKind::AlreadyExists, message));
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(io::Error::new(
            ErrorKind::AddrInUse,
            "another program listens there",
        )),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stale_socket_gives_way_and_a_live_one_or_a_file_does_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rpc.sock");
        // What a daemon that was killed leaves behind.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let (first, file) = SocketFile::listen(&path, 8).unwrap();
        assert!(is_alive(&path));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        let error = SocketFile::listen(&path, 8).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        drop((first, file));
        assert!(!path.exists());
        fs::write(&path, "").unwrap();
        let error = SocketFile::listen(&path, 8).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    }

    #[tokio::test]
    async fn a_file_that_another_daemon_has_put_there_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rpc.sock");
        let (_first, file) = SocketFile::listen(&path, 8).unwrap();
        fs::remove_file(&path).unwrap();
        let _second = std::os::unix::net::UnixListener::bind(&path).unwrap();
        drop(file);
        assert!(path.exists());
    }
}
