//! What a configuration says of one key.

use serde::Serialize;

use super::hook;
use super::item::{Item, Origin};
use super::keys;
use super::place::{self, Items};
use super::redacted::REDACTED;
use super::shown_value;

/// A key with its effective value and where that came from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// From the root: `rpc.listen`; in a repeated section with the entry, `rpc.auth.users[0].rate`.
    pub key: String,
    /// As a user would write it; `null` if there is none. Secrets are `[redacted]`.
    pub value: serde_json::Value,
    /// Where it came from.
    pub origin: Origin,
}

impl Entry {
    fn new(key: String, item: Option<&Item>) -> Self {
        let is_secret = shown_value::is_secret(&key);
        let is_hook = hook::is_url_of_entry(&key);
        let json = |item: &Item| {
            if is_secret {
                REDACTED.into()
            } else if is_hook {
                hook::to_json(item.as_text())
            } else {
                item.to_json()
            }
        };
        Self {
            value: item.map_or(serde_json::Value::Null, json),
            origin: item.map_or(Origin::Default, |item| item.origin.clone()),
            key,
        }
    }

    /// Whether it is within an entry of a repeated section, which as a whole is an entry too.
    #[must_use]
    pub fn is_within_another(&self) -> bool {
        keys::find(&self.key).is_none()
    }
}

/// Every key with its value in `items`, and behind a repeated section the keys in its entries.
pub(super) fn all(items: &Items) -> Vec<Entry> {
    let mut entries = Vec::new();
    for key in keys::single() {
        entries.push(Entry::new(key.path.into(), items.get(key.path)));
        for (place, item) in keys::repeated(key.path)
            .map(|section| place::within(items, section))
            .unwrap_or_default()
        {
            entries.push(Entry::new(place.unique(items), Some(&item)));
        }
    }
    entries
}
