//! `[limits]`

use super::credentials;
use crate::config::item::Item;
use crate::config::reader::Reader;
use crate::config::scalar::{Wrong, boolean, choice, count, filled, milliseconds, text};
use crate::config::schema::{LimitStore, Limits, StoreAwayMode};
use crate::config::suggestion::quoted;
use crate::values::{StoreAddress, StoreAddressError};

const STORES: [(&str, LimitStore); 1] = [("redis", LimitStore::Redis)];
const AWAY: [(&str, StoreAwayMode); 3] = [
    ("share", StoreAwayMode::Share),
    ("open", StoreAwayMode::Open),
    ("closed", StoreAwayMode::Closed),
];

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Limits> {
    let may_read = reader.get("node.allow_world_readable_secrets", boolean);
    let store = reader.optional("limits.store", |item| choice(item, &STORES));
    let url = reader.get("limits.url", address);
    let url_password_file =
        credentials::secret(reader, "limits.url_password_file".into(), may_read);
    let secret_file = credentials::secret(reader, "limits.secret_file".into(), may_read);
    let namespace = reader.get("limits.namespace", namespace);
    let replicas = reader.get("limits.replicas", count);
    let timeout = reader.get("limits.timeout_ms", milliseconds);
    let when_away = reader.get("limits.when_away", |item| choice(item, &AWAY));
    Some(Limits {
        store: store?,
        url: url?,
        url_password_file: url_password_file?,
        secret_file: secret_file?,
        namespace: namespace?,
        replicas: replicas?,
        timeout: timeout?,
        when_away: when_away?,
    })
}

fn address(item: &Item) -> Result<StoreAddress, Wrong> {
    let text = text(item)?;
    StoreAddress::parse(&text).map_err(|error| {
        let wrong = Wrong::new(error.to_string());
        match error {
            // A value that is suggested is shown.
            StoreAddressError::Password => wrong,
            StoreAddressError::Scheme if !text.contains("://") && !text.is_empty() => {
                wrong.suggest(format!("write {}", quoted(&format!("redis://{text}"))))
            }
            _ => wrong.suggest("write \"redis://127.0.0.1:6379/0\", say"),
        }
    })
}

/// It is part of the names of keys, within braces.
fn namespace(item: &Item) -> Result<String, Wrong> {
    const MAX_LETTERS: usize = 64;
    let name = filled(item)?;
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.len() <= MAX_LETTERS && name.bytes().all(is_letter) {
        Ok(name)
    } else {
        Err(Wrong::new(
            "must be 1 to 64 of A-Z, a-z, 0-9, '-', '_' and '.'",
        ))
    }
}
