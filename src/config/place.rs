//! Where a value stands: the path of its key and, in a repeated section, which entry. Pure.

use std::collections::BTreeMap;

use super::item::{Item, Value};
use super::keys::{self, NamedBy, RepeatedSection};

/// Where a value stands: section, entry, name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The path of the key, without the entry.
    pub(super) path: &'static str,
    /// Which entry of the repeated section, from 0.
    pub(super) entry: Option<usize>,
}

/// The values of a layer by the paths of their keys; that of a repeated section holds its entries.
pub(super) type Items = BTreeMap<&'static str, Item>;

impl From<&'static str> for Place {
    fn from(path: &'static str) -> Self {
        Self { path, entry: None }
    }
}

impl Place {
    /// The key `path` in entry `entry` of its section.
    pub(super) fn in_entry(path: &'static str, entry: usize) -> Self {
        Self {
            path,
            entry: Some(entry),
        }
    }

    /// The repeated section it is in.
    pub(super) fn repeated(self) -> Option<&'static RepeatedSection> {
        self.entry?;
        keys::find(self.path)?.repeated()
    }

    /// The value that stands here.
    pub(super) fn given(self, items: &Items) -> Option<&Item> {
        let Some(entry) = self.entry else {
            return items.get(self.path);
        };
        let section = self.repeated()?;
        let table = entries(items, section).nth(entry)?.1;
        let mut names = section.key_within(self.path)?.split('.');
        names.try_fold(table, Item::field)
    }

    /// Puts `item` here, in an entry that is there already.
    pub(super) fn put(self, items: &mut Items, item: Item) {
        let within = self
            .repeated()
            .zip(self.entry)
            .and_then(|(section, entry)| Some((section, entry, section.key_within(self.path)?)));
        let Some((section, entry, name)) = within else {
            items.insert(self.path, item);
            return;
        };
        let whole = items.get_mut(section.path);
        let table = whole.and_then(|whole| match &mut whole.value {
            Value::List(tables) => tables.get_mut(entry),
            Value::Table(tables) => tables.get_mut(entry).map(|(_, table)| table),
            _ => None,
        });
        if let Some(table) = table {
            table.put_field(name, item);
        }
    }

    /// As problems call it.
    pub(super) fn display_path(self, items: &Items) -> String {
        self.written(items, |_| None)
    }

    /// As it is among the entries of a configuration: no two are called the same.
    pub(super) fn unique(self, items: &Items) -> String {
        self.written(items, |entry| Some(format!("[{entry}]")))
    }

    fn written(self, items: &Items, number: impl FnOnce(usize) -> Option<String>) -> String {
        let within = self
            .repeated()
            .zip(self.entry)
            .and_then(|(section, entry)| Some((section, entry, section.key_within(self.path)?)));
        let Some((section, entry, name)) = within else {
            return self.path.to_owned();
        };
        let entry = match section.named_by {
            NamedBy::Key => number(entry).unwrap_or_default(),
            NamedBy::Header => entry_name(items, section, entry)
                .map_or_else(String::new, |name| format!(".{name}")),
        };
        format!("{}{entry}.{name}", section.path)
    }
}

/// The entries of a repeated section, with the names that their headers give.
pub(super) fn entries<'a>(
    items: &'a Items,
    section: &RepeatedSection,
) -> impl Iterator<Item = (Option<&'a str>, &'a Item)> + use<'a> {
    let value = items.get(section.path).map(|item| &item.value);
    let tables = match (section.named_by, value) {
        (NamedBy::Key, Some(Value::List(tables))) => tables.as_slice(),
        _ => &[],
    };
    let named = match (section.named_by, value) {
        (NamedBy::Header, Some(Value::Table(tables))) => tables.as_slice(),
        _ => &[],
    };
    let named = named.iter().map(|(name, item)| (Some(name.as_str()), item));
    tables.iter().map(|item| (None, item)).chain(named)
}

/// What an entry is called, if it is called anything.
pub(super) fn entry_name<'a>(
    items: &'a Items,
    section: &RepeatedSection,
    entry: usize,
) -> Option<&'a str> {
    let (header, table) = entries(items, section).nth(entry)?;
    match section.named_by {
        NamedBy::Header => header,
        NamedBy::Key => match &table.field("name")?.value {
            Value::Text(name) => Some(name),
            _ => None,
        },
    }
}

/// Every value that stands in an entry of a repeated section, in the order of the entries and of
/// the keys there are.
pub(super) fn within(items: &Items, section: &'static RepeatedSection) -> Vec<(Place, Item)> {
    let count = entries(items, section).count();
    let places = (0..count).flat_map(|entry| {
        section
            .keys()
            .map(move |key| Place::in_entry(key.path, entry))
    });
    places
        .filter_map(|place| Some((place, place.given(items)?.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file;
    use crate::config::item::Origin;

    fn item(path: &str, toml: &str) -> Item {
        file::read_value(keys::find(path).unwrap(), toml, &Origin::Default).unwrap()
    }

    fn items() -> Items {
        let users = "[{ name = 'a' }, { name = 'b', rate = 2 }]";
        let limits = "{ getblock = { rate = 1, burst = 2 } }";
        Items::from([
            ("rpc.auth.users", item("rpc.auth.users", users)),
            (
                "rpc.auth.per_method_limits",
                item("rpc.auth.per_method_limits", limits),
            ),
        ])
    }

    #[test]
    fn a_value_is_found_and_put_by_section_entry_and_name() {
        let mut items = items();
        let rate = |entry| Place::in_entry("rpc.auth.users.rate", entry);
        assert_eq!(rate(0).given(&items), None);
        assert_eq!(rate(1).given(&items).unwrap().value, Value::Integer(2));
        rate(0).put(&mut items, item("rpc.auth.users.rate", "7"));
        rate(1).put(&mut items, item("rpc.auth.users.rate", "8"));
        rate(2).put(&mut items, item("rpc.auth.users.rate", "9"));
        let found = [0, 1].map(|entry| rate(entry).given(&items).unwrap().value.clone());
        assert_eq!(found, [Value::Integer(7), Value::Integer(8)]);
        assert_eq!(rate(2).given(&items), None, "no entry comes of a value");
        let burst = Place::in_entry("rpc.auth.per_method_limits.burst", 0);
        assert_eq!(burst.given(&items).unwrap().value, Value::Integer(2));
    }

    #[test]
    fn a_place_is_called_by_its_entry_where_that_is_needed() {
        let items = items();
        let user = Place::in_entry("rpc.auth.users.rate", 1);
        assert_eq!(user.display_path(&items), "rpc.auth.users.rate");
        assert_eq!(user.unique(&items), "rpc.auth.users[1].rate");
        let limit = Place::in_entry("rpc.auth.per_method_limits.burst", 0);
        assert_eq!(
            limit.display_path(&items),
            "rpc.auth.per_method_limits.getblock.burst"
        );
        assert_eq!(limit.unique(&items), limit.display_path(&items));
        assert_eq!(Place::from("rpc.listen").unique(&items), "rpc.listen");
    }
}
