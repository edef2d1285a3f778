//! The file that `config init` writes.

use std::sync::LazyLock;

use super::paragraph::paragraphs;

/// What is said of the file as a whole.
const HEAD: &str = "\
# bllvmctl: the high-availability layer of Bitcoin nodes.
#
# The lines that are not comments are what an operator has to decide. Every other key is listed with its default;
# remove the `# ` to change one. Afterwards run: bllvmctl config check

";

static TEMPLATE: LazyLock<String> = LazyLock::new(render);

/// A complete configuration for an attached node: what an operator has to decide is written,
/// everything else is there as a comment with its default.
#[must_use]
pub fn template() -> &'static str {
    &TEMPLATE
}

fn render() -> String {
    let mut table = "";
    let mut lines = Vec::new();
    for paragraph in paragraphs() {
        if paragraph.table != table {
            table = paragraph.table;
            lines.extend([String::new(), format!("[{table}]")]);
        }
        lines.extend(comment(paragraph.help));
        lines.extend(paragraph.lines.iter().map(ToString::to_string));
    }
    format!("{HEAD}{}\n", lines.join("\n"))
}

/// `words` as lines of a comment.
fn comment(words: &str) -> Vec<String> {
    const MAX_CHARS: usize = 120;
    let mut lines = Vec::new();
    let mut line = "#".to_owned();
    for word in words.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > MAX_CHARS {
            lines.push(std::mem::replace(&mut line, "#".to_owned()));
        }
        line.push(' ');
        line += word;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_broken_between_words_before_the_line_is_too_long() {
        let words = vec!["eleven-char"; 21].join(" ");
        let lines = comment(&words);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines.iter().all(|line| line.chars().count() <= 120));
        let joined: Vec<_> = lines.iter().map(|line| &line[2..]).collect();
        assert_eq!(joined.join(" "), words);
        assert_eq!(comment(&"x".repeat(118)).len(), 1, "it fills the line");
    }
}
