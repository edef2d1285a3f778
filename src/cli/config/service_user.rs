//! The user that the packages and the unit run the daemon as: what it may read, and how it is let read
//! what is written for it.

use std::ffi::CString;
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Group, Uid, User, geteuid};

/// The user, and the group that has its name.
const NAME: &str = "bllvmctl";
/// The files of services are here.
const SYSTEM_DIRECTORY: &str = "/etc";

/// The user of the service, on a machine that has it.
pub(super) struct ServiceUser {
    id: Uid,
    groups: Vec<Gid>,
    /// The one that has its name.
    group: Gid,
}

impl ServiceUser {
    /// The user whom a file at `path` is written for: root writes it for the service.
    pub(super) fn of_file(path: &Path) -> Option<Self> {
        let is_of_system = is_of_system(path) && geteuid().is_root();
        is_of_system.then(Self::find).flatten()
    }

    fn find() -> Option<Self> {
        let user = User::from_name(NAME).ok()??;
        let group = Group::from_name(NAME).ok()??;
        Some(Self {
            id: user.uid,
            groups: groups_of(&user),
            group: group.gid,
        })
    }

    /// Lets it read `file`, which only we may read: by its group, as the files of packages do.
    pub(super) fn let_read(&self, file: &File) -> io::Result<()> {
        fchown(file, None, Some(self.group.as_raw()))?;
        file.set_permissions(Permissions::from_mode(0o640))
    }

    /// The directory or file that keeps it from reading `path`; `None`: nothing does, or it is not
    /// there. Modes are looked at, no lists of access control.
    pub(super) fn is_kept_out_by(&self, path: &Path) -> Option<PathBuf> {
        let mut parts: Vec<&Path> = path.ancestors().collect();
        parts.reverse();
        let has_not = |part: &&&Path| {
            let wanted = if **part == path { 0o4 } else { 0o1 };
            self.may(part, wanted) == Some(false)
        };
        parts.iter().find(has_not).map(|part| part.to_path_buf())
    }

    /// Whether the bits `wanted` of the mode of `path` apply to it.
    fn may(&self, path: &Path, wanted: u32) -> Option<bool> {
        let metadata = path.metadata().ok()?;
        let shift = if metadata.uid() == self.id.as_raw() {
            6
        } else if self.groups.contains(&Gid::from_raw(metadata.gid())) {
            3
        } else {
            0
        };
        Some((metadata.mode() >> shift) & wanted == wanted)
    }
}

/// Whether a file is one of the system, and no user's.
pub(super) fn is_of_system(path: &Path) -> bool {
    std::path::absolute(path).is_ok_and(|path| path.starts_with(SYSTEM_DIRECTORY))
}

#[cfg(target_os = "linux")]
fn groups_of(user: &User) -> Vec<Gid> {
    let name = CString::new(user.name.as_str()).unwrap_or_default();
    nix::unistd::getgrouplist(&name, user.gid).unwrap_or_else(|_| vec![user.gid])
}

#[cfg(not(target_os = "linux"))]
fn groups_of(user: &User) -> Vec<Gid> {
    vec![user.gid]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody who owns nothing here, but is in our group.
    fn stranger(groups: Vec<Gid>) -> ServiceUser {
        ServiceUser {
            id: Uid::from_raw(4_000_000_000),
            groups,
            group: nix::unistd::getegid(),
        }
    }

    fn set_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn whatever_keeps_it_from_a_file_is_named() {
        let directory = tempfile::tempdir().unwrap();
        set_mode(directory.path(), 0o755);
        let inner = directory.path().join("inner");
        let file = inner.join("cookie");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(&file, "").unwrap();
        set_mode(&inner, 0o710);
        set_mode(&file, 0o640);
        let member = stranger(vec![nix::unistd::getegid()]);
        assert_eq!(member.is_kept_out_by(&file), None);
        let other = stranger(Vec::new());
        assert_eq!(other.is_kept_out_by(&file), Some(inner.clone()));
        set_mode(&inner, 0o711);
        assert_eq!(other.is_kept_out_by(&file), Some(file.clone()));
        set_mode(&file, 0o604);
        assert_eq!(other.is_kept_out_by(&file), None);
        // The bits of the group count for its members, even where those of others give more.
        assert_eq!(member.is_kept_out_by(&file), Some(file));
        assert_eq!(other.is_kept_out_by(&inner.join("absent")), None);
    }

    #[test]
    fn a_file_is_read_by_the_group_and_by_nobody_else() {
        let file = tempfile::NamedTempFile::new().unwrap();
        stranger(Vec::new()).let_read(file.as_file()).unwrap();
        let mode = file.path().metadata().unwrap().mode();
        assert_eq!(mode & 0o777, 0o640);
    }

    #[test]
    fn only_files_of_the_system_are_for_the_service() {
        assert!(is_of_system(Path::new("/etc/bllvmctl/config.toml")));
        assert!(!is_of_system(Path::new("/home/x/etc/config.toml")));
        assert!(!is_of_system(Path::new("/etcetera/config.toml")));
        assert!(ServiceUser::of_file(Path::new("/home/x/config.toml")).is_none());
    }
}
