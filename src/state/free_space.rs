//! Whether a volume has room for the state.

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Checks that the volume of `directory` has free space: creates a directory with a small file, and
/// removes both. If `directory` does not exist, the nearest existing ancestor is probed. Only a
/// full volume is an error; other reasons why it is not writable are ignored.
pub fn probe_free_space(directory: &Path) -> io::Result<()> {
    let there = |path: &&Path| path.is_dir();
    let Some(nearest) = directory.ancestors().find(there) else {
        return Ok(());
    };
    let trial = nearest.join(format!(".bllvmctl-room.{}", std::process::id()));
    let written = DirBuilder::new()
        .mode(0o700)
        .create(&trial)
        .and_then(|()| write_one_block(&trial.join("file")));
    let _ = std::fs::remove_dir_all(&trial);
    written.or_else(|error| if is_full(&error) { Err(error) } else { Ok(()) })
}

fn write_one_block(path: &Path) -> io::Result<()> {
    const BLOCK: [u8; 4096] = [0; 4096];
    let mut file = File::create_new(path)?;
    file.write_all(&BLOCK)?;
    file.sync_all()
}

/// Whether there was no room on the volume, or none within a quota.
pub(super) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
