//! Writes the control cookie: whole, with its final owner and mode, or not at all.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use nix::fcntl::OFlag;
use nix::unistd::Gid;

use super::free_space::is_full;

/// Writes `text` to `path`, readable by us and by `group`. On a full volume it overwrites what an
/// earlier daemon left there.
pub(super) fn write(path: &Path, text: &str, group: Option<Gid>) -> io::Result<()> {
    match replace(path, text, group) {
        Err(error) if is_full(&error) => overwrite(path, text, group).or(Err(error)),
        result => result,
    }
}

/// Writes a temporary file, sets its owner and mode, syncs it, and renames it to `path`.
fn replace(path: &Path, text: &str, group: Option<Gid>) -> io::Result<()> {
    let temporary = path.with_extension("new");
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            let what = format!("cannot remove {}: {error}", temporary.display());
            return Err(io::Error::new(error.kind(), what));
        }
        _ => {}
    }
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&temporary)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| set_owner_and_mode(&file, group))
        .and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Half of one takes the room that the next try needs.
        let _ = std::fs::remove_file(&temporary);
        return Err(error);
    }
    std::fs::rename(&temporary, path)
}

/// Overwrites a file of the same length, which takes no room and leaves no half of the old text.
fn overwrite(path: &Path, text: &str, group: Option<Gid>) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .custom_flags(OFlag::O_NOFOLLOW.bits())
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() != u64::try_from(text.len()).unwrap_or(u64::MAX) {
        return Err(io::ErrorKind::StorageFull.into());
    }
    set_owner_and_mode(&file, group)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn set_owner_and_mode(file: &File, group: Option<Gid>) -> io::Result<()> {
    let Some(group) = group else {
        return file.set_permissions(Permissions::from_mode(0o600));
    };
    fchown(file, None, Some(group.as_raw()))?;
    file.set_permissions(Permissions::from_mode(0o640))
}
