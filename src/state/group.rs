//! The group that may read the control cookie.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, fchown};
use std::path::Path;

use nix::unistd::{Gid, Group};

use super::state_error::StateError;

/// Whether `group` is a group of this machine.
#[must_use]
pub fn is_group(group: &str) -> bool {
    id(group).is_ok()
}

/// The id of the group called `group`.
pub(super) fn id(group: &str) -> Result<Gid, StateError> {
    let found = Group::from_name(group).ok().flatten();
    found
        .map(|found| found.gid)
        .ok_or_else(|| StateError::Group {
            group: group.to_owned(),
        })
}

/// Lets `group` through a directory that is for us alone, to what it may read there; it cannot list
/// the directory.
pub(super) fn let_through(directory: &Path, group: Gid) -> io::Result<()> {
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
