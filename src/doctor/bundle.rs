//! The support archive: a tar file that only its owner may read.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;
use tar::{Builder, Header};

/// The directory within the archive.
const DIRECTORY: &str = "bllvmctl-doctor";
const MODE: u32 = 0o600;

/// An archive that is being written.
pub struct Bundle {
    archive: Builder<File>,
    /// Seconds since 1970.
    written_at: u64,
}

impl Bundle {
    /// Makes the file at `path`, where nothing may be yet.
    pub fn create(path: &Path, now: Timestamp) -> io::Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(path)?;
        Ok(Self {
            archive: Builder::new(file),
            written_at: u64::try_from(now.as_second()).unwrap_or_default(),
        })
    }

    /// Adds a file with `text`.
    pub fn add(&mut self, name: &str, text: &str) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_size(u64::try_from(text.len()).unwrap_or(u64::MAX));
        header.set_mode(MODE);
        header.set_mtime(self.written_at);
        let path = format!("{DIRECTORY}/{name}");
        self.archive.append_data(&mut header, path, text.as_bytes())
    }

    /// Writes the end, and waits for the disk.
    pub fn finish(self) -> io::Result<()> {
        self.archive.into_inner()?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_for_its_owner_and_never_over_another_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("b.tar");
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let mut bundle = Bundle::create(&path, now).unwrap();
        bundle.add("a.txt", "text").unwrap();
        bundle.finish().unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let refused = Bundle::create(&path, now).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);

        let mut archive = tar::Archive::new(File::open(&path).unwrap());
        let mut entries = archive.entries().unwrap();
        let mut entry = entries.next().unwrap().unwrap();
        assert_eq!(entry.path().unwrap(), Path::new("bllvmctl-doctor/a.txt"));
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        assert_eq!(text, "text");
        assert!(entries.next().is_none());
    }
}
