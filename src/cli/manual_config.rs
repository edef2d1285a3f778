//! The keys of the configuration for bllvmctl.toml(5), from the file that `config init` writes.
//!
//! A test of the configuration holds that file to every key and its default.

use roff::{Inline, Roff, bold, italic, roman};

use crate::config;
use crate::daemon::restart_keys;

/// What a comment of the template explains: the keys below it, and examples for them.
#[derive(Default)]
struct KeyParagraph {
    meaning: Vec<String>,
    examples: Vec<String>,
    /// Each key with its value.
    keys: Vec<(String, String)>,
}

/// A line of the template.
enum Line<'a> {
    Section(&'a str),
    Key { name: &'a str, value: &'a str },
    Example(&'a str),
    Comment(&'a str),
    Blank,
}

/// Adds a subsection for each table, with a paragraph for each key.
pub(super) fn add_keys(page: &mut Roff) {
    let mut section = String::new();
    let mut paragraph = KeyParagraph::default();
    // The head of the file is about the file itself.
    let lines = config::template()
        .lines()
        .skip_while(|line| !line.is_empty());
    page.control("SS", ["Top of the file"]);
    for line in lines.map(classify) {
        let continues = match &line {
            Line::Comment(_) => paragraph.keys.is_empty() && paragraph.examples.is_empty(),
            Line::Key { .. } | Line::Example(_) => true,
            Line::Section(_) | Line::Blank => false,
        };
        if !continues {
            add_paragraph(page, &section, &std::mem::take(&mut paragraph));
        }
        match line {
            Line::Section(name) => {
                page.control("SS", [format!("[{name}]").as_str()]);
                name.clone_into(&mut section);
            }
            Line::Key { name, value } => paragraph.keys.push((name.to_owned(), value.to_owned())),
            Line::Example(text) => paragraph.examples.push(text.to_owned()),
            Line::Comment(text) => paragraph.meaning.push(text.to_owned()),
            Line::Blank => {}
        }
    }
    add_paragraph(page, &section, &paragraph);
}

fn classify(line: &str) -> Line<'_> {
    if let Some(name) = line.strip_prefix('[') {
        return Line::Section(name.trim_end_matches(']'));
    }
    let text = line.strip_prefix("# ").unwrap_or(line);
    if let Some(example) = text.strip_prefix("example: ") {
        return Line::Example(example);
    }
    match text.split_once(" = ") {
        Some((name, value)) if is_key(name) => Line::Key { name, value },
        _ if text.is_empty() => Line::Blank,
        _ => Line::Comment(text),
    }
}

fn is_key(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// The keys, what they mean, examples, and which of them only a restart changes.
fn add_paragraph(page: &mut Roff, section: &str, paragraph: &KeyParagraph) {
    let KeyParagraph {
        meaning,
        examples,
        keys,
    } = paragraph;
    if meaning.is_empty() && keys.is_empty() {
        return;
    }
    if keys.is_empty() {
        page.control("PP", []);
    }
    for (index, (name, value)) in keys.iter().enumerate() {
        page.control(if index == 0 { "TP" } else { "TQ" }, []);
        let default = format!(" = {}", default_of(section, name, value));
        page.text([bold(name.as_str()), roman(default)]);
    }
    let mut text: Vec<Inline> = vec![roman(meaning.join(" ").replace('…', "..."))];
    let fixed: Vec<&str> = keys
        .iter()
        .filter(|(name, _)| restart_keys().any(|key| key == path(section, name)))
        .map(|(name, _)| name.as_str())
        .collect();
    if !fixed.is_empty() {
        text.push(roman(format!(
            " A change of {} needs a restart.",
            fixed.join(", ")
        )));
    }
    page.text(text);
    if !examples.is_empty() {
        add_examples(page, examples);
    }
}

fn add_examples(page: &mut Roff, examples: &[String]) {
    page.control("RS", []);
    page.control("nf", []);
    for example in examples {
        page.text([italic(example.as_str())]);
    }
    page.control("fi", []);
    page.control("RE", []);
}

fn path(section: &str, name: &str) -> String {
    if section.is_empty() {
        name.to_owned()
    } else {
        format!("{section}.{name}")
    }
}

/// The template's value, but for the one that it sets to something else than the default.
fn default_of<'a>(section: &str, name: &str, value: &'a str) -> &'a str {
    match (section, name) {
        ("node", "kind") => "\"embedded\"",
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_key_of_the_template_and_says_which_need_a_restart() {
        let mut page = Roff::new();
        add_keys(&mut page);
        let text = page.render();
        let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        let keys = config::template()
            .lines()
            .filter(|line| matches!(classify(line), Line::Key { .. }));
        assert_eq!(count("\\fB"), keys.count());
        for key in restart_keys() {
            let name = key.rsplit('.').next().unwrap();
            assert!(text.contains(name), "{key}");
        }
        assert_eq!(
            text.matches("restart.").count(),
            restart_keys().count(),
            "{text}"
        );
    }
}
