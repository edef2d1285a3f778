//! The configuration: what it may say, where each value came from, and everything that is wrong
//! with it.
//!
//! Layers (the file, the environment, the flags) give values to known keys. A reader takes keys out
//! of them one at a time, section by section, and collects what is wrong. Only what is wholly right
//! becomes a [`Config`]. No secret is ever in a [`Problem`], an [`Entry`] or what [`to_toml`]
//! shows.

mod across;
mod address;
mod advice;
mod bursts;
mod draft;
mod entry;
mod env_layer;
mod explain;
mod file;
mod foreign;
mod hook;
mod item;
mod keys;
mod layer;
mod list;
mod load;
mod nearest;
mod node_list;
mod node_url;
mod notation;
mod paragraph;
mod place;
mod plain_text;
mod problem;
mod reader;
mod redacted;
mod repeated;
mod scalar;
pub mod schema;
mod secret_file;
mod sections;
mod show;
mod shown_value;
mod statement;
mod suggestion;
mod template;
// They hold to the defaults of a build with the embedded node; `tests/attached_only` has the other.
#[cfg(test)]
#[cfg(feature = "embedded")]
mod tests;
mod trial;
pub mod units;

pub use crate::values::Secret;
pub use entry::Entry;
pub use env_layer::Flags;
pub use explain::{ExplainedValue, KeyExplanation, explain, explain_all, key_names};
pub use item::Origin;
pub use load::{Loaded, find_file, is_missing, load, load_text, places};
pub use paragraph::{KeyParagraph, ParagraphLine, paragraphs};
pub use problem::{Problem, Severity};
pub use schema::Config;
#[cfg(test)]
pub(crate) use sections::{default_fleet, default_health, default_rpc};
pub use show::to_toml;
pub(crate) use suggestion::quoted;
pub use template::template;
