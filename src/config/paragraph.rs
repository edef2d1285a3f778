//! The keys as they are explained: in paragraphs, each with one text about one or a few keys. The
//! file that `config init` writes and the manual are made of them. Pure.

use std::fmt;

use super::keys::{self, Key, NamedBy};

/// A text, and the lines of TOML that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyParagraph {
    /// The table that the lines are in; empty: the top of the file.
    pub table: &'static str,
    /// What there is to say.
    pub help: &'static str,
    /// Keys with their values, and examples.
    pub lines: Vec<ParagraphLine>,
}

/// A line of TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParagraphLine {
    /// Another value than the default, or a key of an entry of a repeated section.
    Example(String),
    /// A key.
    Key {
        /// The last part of its path.
        name: &'static str,
        /// In TOML, for an attached node.
        default: &'static str,
        /// What `config init` writes; `None`: the default is a comment.
        written: Option<&'static str>,
    },
}

impl fmt::Display for ParagraphLine {
    /// As in the file that `config init` writes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Example(line) => write!(f, "# example: {line}"),
            Self::Key {
                name,
                written: Some(value),
                ..
            } => write!(f, "{name} = {value}"),
            Self::Key { name, default, .. } => write!(f, "# {name} = {default}"),
        }
    }
}

/// All keys, in the order in which they are shown. Keys that an entry of a repeated section has in
/// place of others are in none.
pub fn paragraphs() -> impl Iterator<Item = KeyParagraph> {
    explained_together().flat_map(|keys| {
        let note = keys.last().and_then(|key| {
            let (help, examples) = key.note?;
            Some(KeyParagraph {
                table: key.home(),
                help,
                lines: examples.iter().copied().map(example).collect(),
            })
        });
        std::iter::once(paragraph(keys)).chain(note)
    })
}

/// What is said of the key at `path`, alone or with the keys above it.
pub(super) fn help(path: &str) -> Option<&'static str> {
    let about = explained_together().find(|keys| keys.iter().any(|key| key.path == path))?;
    about.first().map(|key| key.help)
}

/// Runs of keys with one text, which the first of them has.
fn explained_together() -> impl Iterator<Item = &'static [Key]> {
    keys::ALL
        .chunk_by(|_, next| next.help.is_empty() && has_lines(next))
        .filter(|keys| keys.first().is_some_and(|key| !key.help.is_empty()))
}

/// Whether the key is in the file that `config init` writes.
fn has_lines(key: &Key) -> bool {
    !key.examples.is_empty() || has_line_of_its_own(key)
}

/// Whether that file has it with its value. Keys of entries are there as examples only.
fn has_line_of_its_own(key: &Key) -> bool {
    key.repeated().is_none() && !key.attached.is_empty()
}

fn paragraph(keys: &[Key]) -> KeyParagraph {
    let (table, help) = keys.first().map_or(("", ""), |key| (key.home(), key.help));
    KeyParagraph {
        table,
        help,
        lines: keys.iter().flat_map(lines).collect(),
    }
}

/// The examples of `key`, then its value, then the header of its entries if it has such.
fn lines(key: &Key) -> Vec<ParagraphLine> {
    let mut lines: Vec<_> = key.examples.iter().copied().map(example).collect();
    if has_line_of_its_own(key) {
        lines.push(ParagraphLine::Key {
            name: key.name(),
            default: key.attached,
            written: key.written,
        });
    }
    let section = keys::repeated(key.path).filter(|section| section.named_by == NamedBy::Key);
    lines.extend(section.map(|section| ParagraphLine::Example(section.header())));
    lines
}

fn example(line: &str) -> ParagraphLine {
    ParagraphLine::Example(line.to_owned())
}
