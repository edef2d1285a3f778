//! The lists in `docs/ARCHITECTURE.md`: fenced blocks named `arrows`, one for each crate, `pure`,
//! `impure` and `exceptions`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;

use crate::support::surroundings::repository;

pub(super) const FILE: &str = "docs/ARCHITECTURE.md";

/// A crate of the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crate {
    /// Its sources, from the repository's root.
    pub(super) src: &'static str,
    /// The name of the block with its arrows.
    block: &'static str,
}

pub(super) const PROGRAM: Crate = Crate {
    src: "src",
    block: "arrows",
};
pub(super) const REGTEST_NODE: Crate = Crate {
    src: "crates/regtest-node/src",
    block: "arrows regtest-node",
};

/// What the document says of one crate.
pub(super) struct Document {
    arrows: BTreeMap<String, BTreeSet<String>>,
    /// Of all crates.
    pub(super) pure: Vec<String>,
    pub(super) impure: Vec<Impure>,
    /// Pure files that import an impure one of their folder all the same: `file -> file`.
    pub(super) exceptions: Vec<String>,
}

impl Document {
    pub(super) fn read(of: Crate) -> Self {
        let text = fs::read_to_string(repository().join(FILE)).expect("the architecture");
        Self::parse(&text, of)
    }

    fn parse(text: &str, of: Crate) -> Self {
        let mut arrows = BTreeMap::<String, BTreeSet<String>>::new();
        for line in block(text, of.block) {
            let (from, to) = line
                .split_once("->")
                .unwrap_or_else(|| panic!("no arrow in {line:?} of {FILE}"));
            let to = to
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect();
            let twice = arrows.insert(from.trim().to_owned(), to);
            assert_eq!(twice, None, "{from} has two lines in {FILE}");
        }
        for (from, to) in &arrows {
            let unknown: Vec<_> = to
                .iter()
                .filter(|name| !arrows.contains_key(*name))
                .collect();
            assert!(
                unknown.is_empty(),
                "{from} -> {unknown:?} in {FILE}, but these have no line of their own"
            );
        }
        let pure = block(text, "pure").map(str::to_owned).collect();
        let impure = block(text, "impure").map(Impure::new).collect();
        let exceptions = block(text, "exceptions").map(str::to_owned).collect();
        Self {
            arrows,
            pure,
            impure,
            exceptions,
        }
    }

    /// What `layer` may name besides itself; `None` if it has no line.
    pub(super) fn allowed(&self, layer: &str) -> Option<&BTreeSet<String>> {
        self.arrows.get(layer)
    }

    /// A way along the arrows back to its beginning, if there is one.
    pub(super) fn circle(&self) -> Option<Vec<&str>> {
        self.arrows
            .keys()
            .find_map(|start| self.way_back(start, &mut vec![start]))
    }

    fn way_back<'a>(&'a self, start: &str, way: &mut Vec<&'a str>) -> Option<Vec<&'a str>> {
        for next in self.arrows.get(*way.last()?)? {
            if next == start {
                return Some(way.clone());
            }
            if !way.contains(&next.as_str()) {
                way.push(next);
                if let Some(circle) = self.way_back(start, way) {
                    return Some(circle);
                }
                way.pop();
            }
        }
        None
    }
}

/// The lines of the block that begins with three backquotes and `name`.
fn block<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let fence = format!("```{name}\n");
    let start = text
        .find(&fence)
        .unwrap_or_else(|| panic!("no block {name} in {FILE}"))
        + fence.len();
    let lines = text[start..]
        .lines()
        .take_while(|line| !line.starts_with("```"));
    lines.map(str::trim).filter(|line| !line.is_empty())
}

/// A name that pure files do not name.
pub(super) struct Impure(Vec<String>);

impl Impure {
    pub(super) fn new(rule: &str) -> Self {
        Self(rule.split("::").map(str::to_owned).collect())
    }

    /// Whether `path` is this, is in it, or is a module under whose name this could be reached
    /// unseen.
    pub(super) fn forbids(&self, path: &[String]) -> bool {
        let path = path.strip_suffix(&["*".to_owned()]).unwrap_or(path);
        self.0
            .iter()
            .zip(path)
            .all(|(rule, name)| match rule.strip_suffix('*') {
                Some(beginning) => name.starts_with(beginning),
                None => name == rule,
            })
    }
}

impl fmt::Display for Impure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("::"))
    }
}

#[test]
fn the_lists_are_read_from_their_blocks() {
    let text = "# A\n```arrows\na -> b, c\nb ->\nc -> \
        b\n```\n```pure\nsrc/b/\n```\n```impure\ntokio\n```\n```exceptions\n```\n";
    let document = Document::parse(text, PROGRAM);
    assert_eq!(
        document.allowed("a").unwrap().iter().collect::<Vec<_>>(),
        ["b", "c"]
    );
    assert!(document.allowed("b").unwrap().is_empty());
    assert_eq!(document.allowed("d"), None);
    assert_eq!(document.circle(), None);
    assert_eq!(document.pure, ["src/b/"]);
    assert_eq!(document.impure[0].to_string(), "tokio");
}

#[test]
fn each_crate_has_its_own_arrows() {
    let text = "```arrows\na ->\n```\n```arrows regtest-node\nb \
        ->\n```\n```pure\n```\n```impure\n```\n```exceptions\n```\n";
    let document = Document::parse(text, REGTEST_NODE);
    assert!(document.allowed("b").is_some());
    assert_eq!(document.allowed("a"), None);
}

#[test]
fn a_circle_of_arrows_is_found() {
    let text = "```arrows\na -> b\nb -> c\nc -> \
        b\n```\n```pure\n```\n```impure\n```\n```exceptions\n```\n";
    assert_eq!(
        Document::parse(text, PROGRAM).circle(),
        Some(vec!["b", "c"])
    );
}
