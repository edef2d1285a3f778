//! Opens files of the state directory for writing, if they are regular files.
//!
//! To open a fifo waits for whoever reads it, and a device takes what is written and keeps nothing.
//! And whether a path still leads to the file that was opened.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Opens `path`, which is made for us alone if it is not there, whatever the umask and the
/// directory say.
pub(super) fn open_or_create(path: &Path) -> io::Result<File> {
    check(path)?;
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
}

/// Checks that `path`, if anything is there, is a regular file.
pub(super) fn check(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) if !metadata.is_file() => Err(io::Error::other("it is not a regular file")),
        // Whoever opens it finds out what else is wrong.
        _ => Ok(()),
    }
}

/// Which file a path leads to: its device and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileIdentity {
    device: u64,
    inode: u64,
}

impl FileIdentity {
    /// That of the file at `path`, if there is one.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    #[test]
    fn what_is_no_regular_file_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        mkfifo(&path("fifo"), Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        std::os::unix::fs::symlink("/dev/null", path("device")).unwrap();
        for odd in ["fifo", "device", "."] {
            assert!(open_or_create(&path(odd)).is_err(), "{odd}");
        }
        std::os::unix::fs::symlink(path("file"), path("link")).unwrap();
        for regular in ["file", "link"] {
            assert!(open_or_create(&path(regular)).is_ok(), "{regular}");
        }
    }
}
