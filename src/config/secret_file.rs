//! Whether a file with a secret can be used: it must be there, say something, and not be everyone's
//! to read.
//!
//! Besides the configuration itself these are the only files the loader opens. What is in them is
//! not kept.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::scalar::Wrong;
use crate::values;

/// No secret is longer, and no device file must be read to its end.
const MAX_BYTES: u64 = 64 * 1024;

/// Checks the file at `path`; `allow_world_readable` leaves out who else may read it.
pub(super) fn check(path: &Path, allow_world_readable: bool) -> Result<(), Wrong> {
    let unreadable =
        |error: std::io::Error| Wrong::new(format!("cannot be read: {}", reason(&error)));
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Wrong::new("is not a file"));
    }
    let mut content = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES).read_to_end(&mut content))
        .map_err(|error| {
            unreadable(error).suggest(format!(
                "let the user of bllvmctl read it: chown that user {}",
                path.display()
            ))
        })?;
    if content.trim_ascii().is_empty() {
        return Err(Wrong::new("is empty").suggest("put the secret into it, on one line"));
    }
    if metadata.permissions().mode() & 0o004 != 0 && !allow_world_readable {
        let fix = format!(
            "chmod 600 {}, or set node.allow_world_readable_secrets = true",
            path.display()
        );
        return Err(Wrong::new("may be read by everyone on this machine").suggest(fix));
    }
    Ok(())
}

/// What in the file at `path` is probably not meant as part of the secret.
pub(super) fn oddity(path: &Path) -> Option<&'static str> {
    let mut content = Vec::new();
    File::open(path)
        .ok()?
        .take(MAX_BYTES)
        .read_to_end(&mut content)
        .ok()?;
    values::oddity_of_secret(&content)
}

/// The system's reason without its number.
pub(super) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        std::io::ErrorKind::IsADirectory => "it is a directory".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};

    fn file(content: &str, mode: u32) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), content).unwrap();
        fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
        file
    }

    #[test]
    fn a_secret_file_is_there_filled_and_private() {
        assert_eq!(check(file("hunter2\n", 0o600).path(), false), Ok(()));
        assert_eq!(check(file("hunter2\n", 0o640).path(), false), Ok(()));
        assert!(
            check(file(" \n", 0o600).path(), false)
                .unwrap_err()
                .message
                .contains("empty")
        );
        assert!(
            check(Path::new("/nonexistent/secret"), false)
                .unwrap_err()
                .message
                .contains("no such file")
        );
        assert!(
            check(Path::new("/"), false)
                .unwrap_err()
                .message
                .contains("not a file")
        );
    }

    #[test]
    fn a_file_that_everyone_may_read_needs_leave() {
        let file = file("hunter2\n", 0o644);
        assert!(
            check(file.path(), false)
                .unwrap_err()
                .suggestion
                .unwrap()
                .starts_with("chmod 600 ")
        );
        assert_eq!(check(file.path(), true), Ok(()));
    }
}
