//! The layers of the environment and of the flags.
//!
//! Only names that begin with `BLLVMCTL_` and contain `__` are configuration: `BLLVMCTL_SECTION__KEY`.

use super::file;
use super::item::{Item, Origin, Value, is_secret, presentable};
use super::keys::{self, Key, Shape};
use super::layer::Layer;
use super::load::Flags;
use super::nearest;
use super::problem::Problem;
use crate::env::Env;

/// Reads the environment.
pub(super) fn read(env: &Env) -> Layer {
    let mut layer = Layer::default();
    for (name, value) in env.with_prefix("BLLVMCTL_").filter(|(name, _)| name.contains("__")) {
        let origin = Origin::Environment(name.into());
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
            layer.problems.push(Problem::error(&origin, "is not UTF-8").key(key.path));
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
    let as_text = || Item { value: Value::Text(text.into()), origin: origin.clone(), written: written.clone() };
    if key.shape == Shape::Text {
        return layer.give(key, as_text());
    }
    match file::read_value(key, text, origin) {
        Ok(item) => layer.give(key, Item { written, ..item }),
        // What is no TOML at all is a text, and its reader says what it should be.
        Err(_) if !text.trim_start().starts_with(['[', '{', '"']) => layer.give(key, as_text()),
        Err(message) => {
            let example = if key.default.is_empty() { "30" } else { key.default };
            let problem = Problem::error(origin, format!("is not a value of TOML: {message}")).key(key.path);
            layer.problems.push(problem.value(written).suggest(format!("write it as in {example}")));
            layer.give_broken(key.path);
        }
    }
}
