//! The paths a source file names: `use` lines with their groups expanded, and paths within code.

use std::path::Path;

/// A path, and the line it begins on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) line: usize,
    /// From the root: `crate` and a name, or an external crate and a name. `self` and `super` are
    /// resolved.
    pub(super) path: Vec<String>,
}

impl Named {
    /// The first name below the root of this crate, if the path begins there.
    pub(super) fn in_crate(&self) -> Option<&str> {
        match self.path.as_slice() {
            [root, first, ..] if root == "crate" => Some(first),
            _ => None,
        }
    }
}

/// The part of `file` below the folder `src/` of its crate.
pub(super) fn below_src(file: &Path) -> &Path {
    let mut parts = file.components();
    parts
        .find(|part| part.as_os_str() == "src")
        .expect("a file below src/");
    parts.as_path()
}

/// The module a file of `src/` is, as a path from `crate`.
pub(super) fn module_of(file: &Path) -> Vec<String> {
    let below_src = below_src(file).with_extension("");
    let names = below_src
        .components()
        .map(|name| name.as_os_str().to_str().expect("a name in UTF-8"));
    let mut module: Vec<_> = ["crate"]
        .into_iter()
        .chain(names)
        .map(str::to_owned)
        .collect();
    let last = module.last().map(String::as_str);
    if last == Some("mod") || module.len() == 2 && matches!(last, Some("lib" | "main")) {
        module.pop();
    }
    module
}

/// Every path of at least two names, and everything that `use` brings, in a file that is `module`.
pub(super) fn paths_in(text: &str, module: &[String]) -> Vec<Named> {
    let tokens = tokens(text);
    let mut walk = Walk {
        tokens: &tokens,
        at: 0,
        module: module.to_vec(),
        found: Vec::new(),
    };
    walk.file();
    walk.found
}

struct Walk<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    /// The module at this place.
    module: Vec<String>,
    found: Vec<Named>,
}

impl Walk<'_> {
    fn file(&mut self) {
        // The depths of braces at which inline modules began.
        let mut depth = 0_usize;
        let mut inline = Vec::new();
        while let Some(token) = self.text(0) {
            match token {
                "mod" if self.is_name(1) && self.text(2) == Some("{") => {
                    let name = self.text(1).unwrap_or_default().to_owned();
                    self.module.push(name);
                    inline.push(depth);
                    self.at += 2;
                }
                "{" => {
                    depth += 1;
                    self.at += 1;
                }
                "}" => {
                    depth = depth.saturating_sub(1);
                    if inline.last() == Some(&depth) {
                        inline.pop();
                        self.module.pop();
                    }
                    self.at += 1;
                }
                "use" => {
                    self.at += 1;
                    self.tree(&[]);
                }
                _ if self.is_name(0) && self.text(1) == Some("::") => self.tree(&[]),
                _ => self.at += 1,
            }
        }
    }

    /// Reads one tree of names: `a::b`, `a::*`, `a::{b, c::d}`, each below `prefix`.
    fn tree(&mut self, prefix: &[String]) {
        let line = self.tokens.get(self.at).map_or(0, |token| token.line);
        let mut path = prefix.to_vec();
        while let Some(token) = self.text(0) {
            match token {
                "::" => self.at += 1,
                "{" => {
                    self.at += 1;
                    while !matches!(self.text(0), None | Some("}")) {
                        let before = self.at;
                        self.tree(&path);
                        // Past the comma, and past what no tree can begin with.
                        if self.text(0) == Some(",") || self.at == before {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "*" => {
                    self.at += 1;
                    path.push("*".to_owned());
                    break;
                }
                name if self.is_name(0) => {
                    path.push(name.to_owned());
                    self.at += 1;
                    if self.text(0) != Some("::") {
                        break;
                    }
                }
                _ => break,
            }
        }
        if self.text(0) == Some("as") {
            self.at += 2;
        }
        if let Some(path) = self.resolve(path) {
            self.found.push(Named { line, path });
        }
    }

    /// The path from the root; `None` for one that names nothing but the place it is in.
    fn resolve(&self, path: Vec<String>) -> Option<Vec<String>> {
        let mut resolved = Vec::new();
        for (place, name) in path.into_iter().enumerate() {
            match (place, name.as_str()) {
                (0, "self") => resolved.clone_from(&self.module),
                (0, "super") => resolved = self.module.split_last()?.1.to_vec(),
                (_, "super") => {
                    resolved.pop();
                }
                (_, "self") => {}
                _ => resolved.push(name),
            }
        }
        (!resolved.is_empty()).then_some(resolved)
    }

    fn text(&self, ahead: usize) -> Option<&str> {
        self.tokens.get(self.at + ahead).map(|token| token.text)
    }

    fn is_name(&self, ahead: usize) -> bool {
        self.text(ahead)
            .is_some_and(|text| text.starts_with(is_name_start))
    }
}

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    line: usize,
    text: &'a str,
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Names, `::` and single signs; no space, comment, text or number.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let (length, is_token) = match first {
            _ if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            _ if rest.starts_with("/*") => (block_comment(rest), false),
            _ if rest.starts_with("::") => (2, true),
            _ if rest.starts_with("r#") && rest[2..].starts_with(is_name_start) => (2, false),
            '"' => (quoted(rest, '"'), false),
            '\'' => (lifetime_or_char(rest), false),
            c if is_name_start(c) => {
                let name = rest.find(|c| !is_name_part(c)).unwrap_or(rest.len());
                match raw_text(rest, name) {
                    Some(length) => (length, false),
                    None => (name, true),
                }
            }
            c if c.is_ascii_digit() => {
                (rest.find(|c| !is_name_part(c)).unwrap_or(rest.len()), false)
            }
            c if c.is_whitespace() => (c.len_utf8(), false),
            c => (c.len_utf8(), true),
        };
        let (token, after) = rest.split_at(length);
        if is_token {
            found.push(Token { line, text: token });
        }
        line += token.matches('\n').count();
        rest = after;
    }
    found
}

/// The length of a comment that may have others within.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a text in quotes with its quotes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// The length of a character in quotes, or of the quote of a lifetime.
fn lifetime_or_char(text: &str) -> usize {
    let mut following = text.chars().skip(1);
    match (following.next(), following.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted(text, '\''),
        _ => 1,
    }
}

/// The length of `r"…"`, `br#"…"#`, `b"…"` and the like, if the name of this length is its
/// beginning.
fn raw_text(text: &str, name: usize) -> Option<usize> {
    let (prefix, after) = text.split_at(name);
    if matches!(prefix, "b" | "c") && after.starts_with('"') {
        return Some(name + quoted(after, '"'));
    }
    let hashes = after.len() - after.trim_start_matches('#').len();
    if !matches!(prefix, "r" | "br" | "cr") || !after[hashes..].starts_with('"') {
        return None;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let body = name + hashes + 1;
    text[body..].find(&end).map(|at| body + at + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        paths_of("src/node/rpc/client.rs", text)
    }

    fn paths_of(file: &str, text: &str) -> Vec<String> {
        paths_in(text, &module_of(Path::new(file)))
            .iter()
            .map(|named| named.path.join("::"))
            .collect()
    }

    #[test]
    fn groups_of_a_use_line_are_expanded() {
        assert_eq!(paths("use crate::values::Size;"), ["crate::values::Size"]);
        assert_eq!(
            paths("pub use crate::{a, b::c};"),
            ["crate::a", "crate::b::c"]
        );
        assert_eq!(
            paths("use crate::{a::{self, B as C}, d::*, e::{f, g::{h, i}},};"),
            [
                "crate::a",
                "crate::a::B",
                "crate::d::*",
                "crate::e::f",
                "crate::e::g::h",
                "crate::e::g::i"
            ]
        );
        assert_eq!(paths("use {std::fs, crate::a};"), ["std::fs", "crate::a"]);
        assert_eq!(
            paths("use ::std::time::{Duration, Instant};"),
            ["std::time::Duration", "std::time::Instant"]
        );
        assert_eq!(paths("use tokio as t;"), ["tokio"]);
    }

    #[test]
    fn paths_within_code_are_found() {
        assert_eq!(
            paths("fn f(a: &crate::b::C) -> Vec<crate::d::E> { a }"),
            ["crate::b::C", "crate::d::E"]
        );
        assert_eq!(
            paths("let x = Vec::<crate::a::B>::new();"),
            ["Vec", "crate::a::B"]
        );
        assert_eq!(
            paths("#[tokio::main] fn f() { std::fs::read(x) }"),
            ["tokio::main", "std::fs::read"]
        );
        assert_eq!(
            paths("pub(crate) fn f() {} pub(in crate::a) fn g() {}"),
            ["crate::a"]
        );
        assert_eq!(
            paths("match x { crate::a::B {} => c, _ => d }"),
            ["crate::a::B"]
        );
    }

    #[test]
    fn what_is_no_code_names_nothing() {
        assert_eq!(
            paths("// crate::a\n/// [`crate::a`]\n/* crate::a /* crate::b */ crate::c */"),
            [""; 0]
        );
        assert_eq!(
            paths(r##"f("crate::a \" crate::b", r#"crate::"c"#, b"crate::d", '"', "crate::e")"##),
            [""; 0]
        );
        assert_eq!(
            paths("fn f<'a>(x: &'a str) -> char { '\\'' } use crate::b;"),
            ["crate::b"]
        );
    }

    #[test]
    fn super_and_self_are_resolved() {
        assert_eq!(paths("use super::Wire;"), ["crate::node::rpc::Wire"]);
        assert_eq!(
            paths("use super::super::super::values::Size;"),
            ["crate::values::Size"]
        );
        assert_eq!(
            paths_of(
                "src/config/mod.rs",
                "use super::values::Size; use self::schema::X;"
            ),
            ["crate::values::Size", "crate::config::schema::X"]
        );
        assert_eq!(
            paths("mod tests { use super::*; fn f() { super::g() } } use super::h;"),
            [
                "crate::node::rpc::client::*",
                "crate::node::rpc::client::g",
                "crate::node::rpc::h"
            ]
        );
    }

    #[test]
    fn a_path_has_the_line_it_begins_on() {
        let named = paths_in(
            "\n\"\n\"\nuse crate::{\n    a,\n    b,\n};\n",
            &["crate".to_owned()],
        );
        assert_eq!(
            named.iter().map(|named| named.line).collect::<Vec<_>>(),
            [5, 6]
        );
    }

    #[test]
    fn a_file_is_the_module_of_its_path() {
        let module = |file: &str| module_of(Path::new(file)).join("::");
        assert_eq!(module("src/lib.rs"), "crate");
        assert_eq!(module("src/clock.rs"), "crate::clock");
        assert_eq!(module("crates/a/src/b/mod.rs"), "crate::b");
        assert_eq!(module("src/node/mod.rs"), "crate::node");
        assert_eq!(module("src/node/rpc/client.rs"), "crate::node::rpc::client");
    }
}
