//! A pure file imports no impure file of its own folder: what that does would be done in its name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use super::document::{self, Crate, Document, PROGRAM, REGTEST_NODE};
use super::paths::{Named, module_of, paths_in};
use super::{is_within, layer_of, sources};
use crate::support::surroundings::repository;

/// Every source, by its module, with the paths it names outside of its tests.
struct Sources(BTreeMap<Vec<String>, (PathBuf, Vec<Named>)>);

impl Sources {
    fn read(of: Crate) -> Self {
        let read = |file: PathBuf| {
            let text = fs::read_to_string(repository().join(&file)).expect("a source file");
            let module = module_of(&file);
            let named = paths_in(without_tests(&text), &module);
            (module, (file, named))
        };
        Self(sources(of).into_iter().map(read).collect())
    }

    /// The file that defines what `path` names: names that a module passes on are followed.
    fn defining(&self, path: &[String]) -> Option<&PathBuf> {
        self.follow(path, &mut BTreeSet::new())
    }

    fn follow<'a>(
        &'a self,
        path: &[String],
        seen: &mut BTreeSet<&'a [String]>,
    ) -> Option<&'a PathBuf> {
        let lengths = (1..=path.len()).rev();
        let module = lengths
            .map(|length| &path[..length])
            .find(|path| self.0.contains_key(*path))?;
        let (module, (file, named)) = self.0.get_key_value(module)?;
        let Some(name) = path.get(module.len()).filter(|_| seen.insert(module)) else {
            return Some(file);
        };
        let passed_on = named
            .iter()
            .filter(|named| named.path.last() == Some(name) && named.path.len() > 1)
            .map(|named| self.rooted(module, &named.path))
            .find(|named| named.first().is_some_and(|root| root == "crate") && named != path);
        match passed_on {
            Some(named) => self.follow(&named, seen),
            None => Some(file),
        }
    }

    /// A path that `module` names may begin at one of its own modules.
    fn rooted(&self, module: &[String], path: &[String]) -> Vec<String> {
        let below = [module, &path[..1]].concat();
        if self.0.contains_key(&below) {
            [module, path].concat()
        } else {
            path.to_vec()
        }
    }
}

/// Tests that stand at the end of a file are not what others get of it.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text)
}

#[test]
fn pure_files_import_no_impure_file_of_their_own_folder() {
    let document = Document::read(PROGRAM);
    let mut needed = BTreeSet::new();
    let mut faults = Vec::new();
    for of in [PROGRAM, REGTEST_NODE] {
        check(&document, &Sources::read(of), &mut needed, &mut faults);
    }
    assert!(
        faults.is_empty(),
        "files that {} calls pure import impure ones; move what they need into a pure file:\n  {}",
        document::FILE,
        faults.join("\n  ")
    );
    let idle: Vec<_> = document
        .exceptions
        .iter()
        .filter(|arrow| !needed.contains(*arrow))
        .collect();
    assert!(
        idle.is_empty(),
        "exceptions in {} that nothing needs: {idle:?}",
        document::FILE
    );
}

/// Which exceptions `sources` need, and what is wrong in them.
fn check(
    document: &Document,
    sources: &Sources,
    needed: &mut BTreeSet<String>,
    faults: &mut Vec<String>,
) {
    let is_pure = |file: &PathBuf| document.pure.iter().any(|pure| is_within(file, pure));
    let impure: BTreeMap<&PathBuf, String> = sources
        .0
        .values()
        .filter(|(file, _)| !is_pure(file))
        .filter_map(|(file, named)| {
            let rules = &document.impure;
            let names = named
                .iter()
                .find(|named| rules.iter().any(|rule| rule.forbids(&named.path)))?;
            Some((file, names.path.join("::")))
        })
        .collect();
    for (module, (file, named)) in &sources.0 {
        // A module above this one is named by `pub(in …)`.
        let is_import =
            |named: &&Named| named.in_crate().is_some() && !module.starts_with(&named.path);
        let named = named.iter().filter(is_import);
        for named in named.filter(|_| is_pure(file)) {
            let Some(other) = sources.defining(&named.path) else {
                continue;
            };
            let Some(because) = impure
                .get(other)
                .filter(|_| layer_of(other) == layer_of(file))
            else {
                continue;
            };
            let arrow = format!("{} -> {}", file.display(), other.display());
            if !document.exceptions.contains(&arrow) {
                let line = named.line;
                faults.push(format!("{arrow} (line {line}), which names {because}"));
            }
            needed.insert(arrow);
        }
    }
}

#[test]
fn a_name_that_a_module_passes_on_is_of_the_file_that_defines_it() {
    let file = |module: &str, text: &str| {
        let module: Vec<_> = module.split("::").map(str::to_owned).collect();
        let named = paths_in(text, &module);
        (module.clone(), (PathBuf::from(module.join("/")), named))
    };
    let sources = Sources(BTreeMap::from([
        file(
            "crate::a",
            "pub use b::Thing;\npub use self::c::*;\nuse crate::a::b::Thing;",
        ),
        file("crate::a::b", "pub struct Thing;"),
    ]));
    let defining = |path: &str| {
        let path: Vec<_> = path.split("::").map(str::to_owned).collect();
        sources
            .defining(&path)
            .map(|file| file.display().to_string())
    };
    assert_eq!(defining("crate::a::b::Thing").as_deref(), Some("crate/a/b"));
    assert_eq!(defining("crate::a::Thing").as_deref(), Some("crate/a/b"));
    assert_eq!(defining("crate::a::Other").as_deref(), Some("crate/a"));
    assert_eq!(defining("std::fs"), None);
}

#[test]
fn the_tests_of_a_file_are_not_what_others_get_of_it() {
    let text = "use std::fmt;\n\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
    assert_eq!(without_tests(text), "use std::fmt;\n\n");
}
