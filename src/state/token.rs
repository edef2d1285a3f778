//! The control token.

use std::path::Path;

use super::state_error::StateError;
use crate::values::Secret;

/// A token of 32 random bytes, in hex.
pub fn random_token() -> Result<Secret, StateError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| StateError::Random(error.to_string()))?;
    Ok(Secret::new(
        bytes
            .iter()
            .fold(String::new(), |token, byte| token + &format!("{byte:02x}")),
    ))
}

/// The token in a file of the operator's own.
pub fn read_token(path: &Path) -> Result<Secret, StateError> {
    let text = std::fs::read_to_string(path).map_err(|source| StateError::Read {
        path: path.to_path_buf(),
        source,
    })?;
    // Some editors begin a file with a byte order mark.
    Ok(Secret::new(
        text.trim_start_matches('\u{feff}').trim().to_owned(),
    ))
}
