//! The layers of the environment and of the flags.
//!
//! Only names that begin with `BLLVMCTL_` and contain `__` are configuration:
//! `BLLVMCTL_SECTION__KEY`. Others that begin so are options of the command line, or set by
//! Kubernetes, or a slip.

use super::file;
use super::item::{Item, Origin, Value, is_secret, presentable};
use super::keys::{self, Key, Shape};
use super::layer::Layer;
use super::load::Flags;
use super::nearest;
use super::problem::Problem;
use crate::env::Env;

const PREFIX: &str = "BLLVMCTL_";

/// Variables that are options of the command line.
const OPTIONS: [&str; 3] = ["BLLVMCTL_CONFIG", "BLLVMCTL_URL", "BLLVMCTL_TOKEN_FILE"];

/// Kubernetes tells each pod of the services there are by variables of these names, here of one
/// called bllvmctl.
const OF_KUBERNETES: [&str; 2] = ["BLLVMCTL_SERVICE_", "BLLVMCTL_PORT"];

/// Reads the environment.
pub(super) fn read(env: &Env) -> Layer {
    let mut layer = Layer::default();
    for (name, value) in env.with_prefix(PREFIX) {
        let origin = Origin::Environment(name.into());
        if !name.contains("__") {
            let is_known = OPTIONS.contains(&name)
                || OF_KUBERNETES.iter().any(|prefix| name.starts_with(prefix));
            let problem = (!is_known).then(|| {
                let problem =
                    Problem::error(&origin, "is no option and no key, and has no effect").warning();
                problem.suggest(nearest::for_variable(name).unwrap_or_else(|| {
                    "a key has two underscores behind its section, as in BLLVMCTL_RPC__LISTEN"
                        .to_owned()
                }))
            });
            layer.problems.extend(problem);
            continue;
        }
        let Some(key) = keys::ALL.iter().find(|key| key.variable() == name) else {
            let mut problem = Problem::error(&origin, "there is no such variable");
            if !is_secret(name) {
                problem.value = value.to_str().map(|text| presentable(name, text));
            }
            problem.suggestion = nearest::for_variable(name);
            layer.problems.push(problem);
            continue;
        };
        if let Some(text) = value.to_str() {
            give(&mut layer, key, text, &origin);
        } else {
            layer
                .problems
                .push(Problem::error(&origin, "is not UTF-8").key(key.path));
            layer.give_broken(key.path);
        }
    }
    layer
}

/// The keys that flags give.
pub(super) fn flags(flags: &Flags) -> Layer {
    let mut layer = Layer::default();
    if let (Some(text), Some(key)) = (&flags.listen, keys::find("rpc.listen")) {
        give(&mut layer, key, text, &Origin::Flag("--listen"));
    }
    layer
}

fn give(layer: &mut Layer, key: &'static Key, text: &str, origin: &Origin) {
    let written = presentable(key.path, text);
    let as_text = || Item {
        value: Value::Text(text.into()),
        origin: origin.clone(),
        written: written.clone(),
    };
    if key.shape == Shape::Text {
        return layer.give(key, as_text());
    }
    // Nothing is an empty list or table, and not a text without letters.
    let is_empty = text.trim().is_empty() && key.default.starts_with(['[', '{']);
    let value = match key.default.get(..1) {
        Some("[") if is_empty => "[]",
        Some("{") if is_empty => "{}",
        _ => text,
    };
    match file::read_value(key, value, origin) {
        Ok(item) => layer.give(key, Item { written, ..item }),
        // What is no TOML at all is a text, and its reader says what it should be.
        // So is what is meant as a list of texts without quotes.
        Err(_) if key.default.starts_with('[') && !text.contains('{') => layer.give(key, as_text()),
        Err(_) if key.shape == Shape::Either || !text.trim_start().starts_with(['[', '{']) => {
            layer.give(key, as_text());
        }
        Err(message) => {
            let example = if key.default.is_empty() {
                "30"
            } else {
                key.default
            };
            let problem =
                Problem::error(origin, format!("is not a value of TOML: {message}")).key(key.path);
            layer.problems.push(
                problem
                    .value(written)
                    .suggest(format!("write it as in {example}")),
            );
            layer.give_broken(key.path);
        }
    }
}
