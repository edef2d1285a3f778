//! The credential of the node's own JSON-RPC, new at each start, as bitcoind has it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::store::{DataDirectory, StorageError};
use crate::secret::CookieSecret;

/// The cookie file of a data directory. It goes with the node.
#[derive(Debug)]
pub(super) struct Cookie {
    path: PathBuf,
    secret: CookieSecret,
}

impl Cookie {
    pub(super) const NAME: &'static str = ".cookie";

    /// Writes a new one into `data_directory`, for its owner alone.
    pub(super) fn write(data_directory: &DataDirectory) -> Result<Self, StorageError> {
        let directory = data_directory.path();
        fs::create_dir_all(directory).map_err(StorageError::io("make", directory))?;
        let path = directory.join(Self::NAME);
        let mut bytes = [0_u8; 32];
        let random = |error: getrandom::Error| std::io::Error::other(error.to_string());
        getrandom::fill(&mut bytes)
            .map_err(random)
            .map_err(StorageError::io("write", &path))?;
        let token = bytes
            .iter()
            .fold(String::new(), |token, byte| token + &format!("{byte:02x}"));
        let secret = CookieSecret::new(format!("__cookie__:{token}"));
        // Nobody sees a half of it, or it with another mode.
        let unfinished = directory.join(".cookie.new");
        let written = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&unfinished);
        let written = written.and_then(|mut file| file.write_all(secret.expose().as_bytes()));
        written
            .and_then(|()| fs::rename(&unfinished, &path))
            .map_err(StorageError::io("write", &path))?;
        Ok(Self { path, secret })
    }

    pub(super) fn secret(&self) -> &CookieSecret {
        &self.secret
    }
}

impl Drop for Cookie {
    fn drop(&mut self) {
        // If it stays, the next start replaces it.
        let _ = fs::remove_file(&self.path);
    }
}
