//! A look at the store of a configuration before a start.

use std::path::Path;

use super::facts::StoreFacts;
use super::store::{LimitStoreError, StoreAccess};
use crate::values::{Secret, StoreAddress};

impl StoreAccess {
    /// The way to the store at `address`, with the password in a file.
    pub fn new(
        address: &StoreAddress,
        password_file: Option<&Path>,
    ) -> Result<Self, LimitStoreError> {
        let password = match password_file {
            None => None,
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    let path = path.display();
                    LimitStoreError::Unauthorized(format!("cannot read {path}: {error}"))
                })?;
                let password = text.trim_start_matches('\u{feff}').trim();
                Some(Secret::new(password.to_owned()))
            }
        };
        Ok(Self {
            address: address.clone(),
            password,
        })
    }

    /// What the store says of itself; it changes nothing in it.
    pub async fn inspect(&self) -> Result<StoreFacts, LimitStoreError> {
        self.connect().await.map(|(_, _, facts)| facts)
    }
}
