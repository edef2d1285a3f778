//! The keys of the configuration for bllvmctl.toml(5).

use roff::{Inline, Roff, bold, italic, roman};

use crate::config::{self, KeyParagraph, ParagraphLine};
use crate::daemon::restart_keys;

/// Adds a subsection for each table, with a paragraph for each text about keys.
pub(super) fn add_keys(page: &mut Roff) {
    let mut table = "";
    page.control("SS", ["Top of the file"]);
    for paragraph in config::paragraphs() {
        if paragraph.table != table {
            table = paragraph.table;
            page.control("SS", [format!("[{table}]").as_str()]);
        }
        add_paragraph(page, &paragraph);
    }
}

/// The keys, what they mean, examples, and which of them only a restart changes.
fn add_paragraph(page: &mut Roff, paragraph: &KeyParagraph) {
    let keys: Vec<_> = keys(paragraph).collect();
    if keys.is_empty() {
        page.control("PP", []);
    }
    for (index, (name, default)) in keys.iter().enumerate() {
        page.control(if index == 0 { "TP" } else { "TQ" }, []);
        page.text([bold(*name), roman(format!(" = {default}"))]);
    }
    let mut text: Vec<Inline> = vec![roman(paragraph.help.replace('…', "..."))];
    let fixed: Vec<&str> = keys
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| restart_keys().any(|key| key == path(paragraph.table, name)))
        .collect();
    if !fixed.is_empty() {
        text.push(roman(format!(
            " A change of {} needs a restart.",
            fixed.join(", ")
        )));
    }
    page.text(text);
    add_examples(page, paragraph);
}

/// The names of the keys in `paragraph`, and their defaults.
fn keys(paragraph: &KeyParagraph) -> impl Iterator<Item = (&'static str, &'static str)> {
    paragraph.lines.iter().filter_map(|line| match line {
        ParagraphLine::Key { name, default, .. } => Some((*name, *default)),
        ParagraphLine::Example(_) => None,
    })
}

fn add_examples(page: &mut Roff, paragraph: &KeyParagraph) {
    let mut examples = paragraph
        .lines
        .iter()
        .filter_map(|line| match line {
            ParagraphLine::Example(example) => Some(example.as_str()),
            ParagraphLine::Key { .. } => None,
        })
        .peekable();
    if examples.peek().is_none() {
        return;
    }
    page.control("RS", []);
    page.control("nf", []);
    for example in examples {
        page.text([italic(example)]);
    }
    page.control("fi", []);
    page.control("RE", []);
}

fn path(table: &str, name: &str) -> String {
    if table.is_empty() {
        name.to_owned()
    } else {
        format!("{table}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_key_and_says_which_need_a_restart() {
        let mut page = Roff::new();
        add_keys(&mut page);
        let text = page.render();
        let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        let keys = config::paragraphs().map(|paragraph| keys(&paragraph).count());
        assert_eq!(count("\\fB"), keys.sum::<usize>());
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
