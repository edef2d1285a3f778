//! The layer of the file: TOML, read to its end whatever is wrong with it.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::draft::{Draft, plainly};
use super::item::{FromToml, Item, Origin};
use super::keys;
use super::layer::ConfigLayer;
use super::problem::Problem;
use super::statement::join;
use super::{nearest, notation};

/// Reads `text`, which is in the file `path`.
pub(super) fn read(path: &Path, text: &str) -> ConfigLayer {
    let mut layer = ConfigLayer::default();
    let notation = if DeTable::parse(text).is_ok() {
        None
    } else {
        notation::other(text)
    };
    if let Some(notation) = notation {
        let origin = Origin::File {
            path: path.into(),
            line: 1,
            column: 1,
        };
        let problem = Problem::error(
            &origin,
            format!("this looks like {notation}; the file is TOML"),
        );
        layer
            .problems
            .push(problem.suggest("`bllvmctl config init` prints one to begin with"));
        return layer;
    }
    let mut draft = Draft::new(path, text);
    let text = draft.mend(&mut layer);
    let (document, _) = DeTable::parse_recoverable(&text);
    let origin_of = |offset| draft.origin_of(&text, offset);
    let toml = FromToml {
        text: &text,
        origin_of: &origin_of,
    };
    walk(&toml, "", document.get_ref(), &mut layer);
    layer.settle_moved();
    layer
}

/// Sorts the entries of the section `section` into those that are known and those that are not.
fn walk(toml: &FromToml<'_>, section: &str, table: &DeTable<'_>, layer: &mut ConfigLayer) {
    for (name, value) in table {
        let path = match section {
            "" => name.get_ref().to_string(),
            section => format!("{section}.{}", name.get_ref()),
        };
        let origin = (toml.origin_of)(name.span().start);
        let is_section = keys::SECTIONS.contains(&path.as_str());
        match value.get_ref() {
            DeValue::Table(table) if is_section => walk(toml, &path, table, layer),
            _ if is_section => {
                let problem = Problem::error(&origin, "is a section, not a value").key(&path);
                layer
                    .problems
                    .push(problem.suggest(format!("write [{path}] on a line of its own")));
            }
            _ => {
                let item = || toml.item(&path, origin.clone(), value.get_ref(), value.span());
                match (keys::single_at(&path), keys::moved(&path)) {
                    (Some(key), _) => layer.give(key, item()),
                    (None, Some(key)) => layer.give_moved(key, path.clone(), item()),
                    (None, None) => layer.problems.push(unknown(toml, &path, &origin, value)),
                }
            }
        }
    }
}

fn unknown(
    toml: &FromToml<'_>,
    path: &str,
    origin: &Origin,
    value: &Spanned<DeValue<'_>>,
) -> Problem {
    let written = if value.get_ref().is_table() {
        String::new()
    } else {
        toml.written(path, value.get_ref(), value.span())
    };
    let what = if written.is_empty() {
        "there is no such section"
    } else {
        "there is no such key"
    };
    let suggestion = nearest::for_key_with(
        path,
        Some(&written)
            .filter(|written| !written.is_empty())
            .map(String::as_str),
    );
    Problem {
        suggestion,
        ..Problem::error(origin, what).key(path).value(written)
    }
}

/// Reads one value of TOML that was given for `key` outside a file.
pub(super) fn read_value(key: &keys::Key, text: &str, origin: &Origin) -> Result<Item, String> {
    let (value, errors) = DeValue::parse_recoverable(text);
    if let Some(error) = errors.first() {
        return Err(plainly(error.message()));
    }
    let origin_of = |_| origin.clone();
    let toml = FromToml {
        text,
        origin_of: &origin_of,
    };
    Ok(toml.item(
        &join("", key.path),
        origin.clone(),
        value.get_ref(),
        value.span(),
    ))
}
