//! Lines of headers in a file: `Name: value`, one a line.

use super::Secret;

/// One line; its value may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderLine {
    /// The name.
    pub name: String,
    /// The value, without blanks around it.
    pub value: Secret,
}

/// What is wrong with the lines. Nothing of them is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {0} is not `Name: value`")]
pub struct InvalidHeaderLine(usize);

/// Reads `text`; lines with nothing in them are left out.
pub fn header_lines(text: &str) -> Result<Vec<HeaderLine>, InvalidHeaderLine> {
    let text = text.trim_start_matches('\u{feff}');
    let lines = text.lines().enumerate();
    let filled = lines.filter(|(_, line)| !line.trim().is_empty());
    filled
        .map(|(number, line)| header_line(line).ok_or(InvalidHeaderLine(number + 1)))
        .collect()
}

fn header_line(line: &str) -> Option<HeaderLine> {
    let (name, value) = line.split_once(':')?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_name = !name.is_empty() && name.bytes().all(is_token);
    let value = value.trim();
    let is_value = !value.is_empty()
        && value
            .bytes()
            .all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    (is_name && is_value).then(|| HeaderLine {
        name: name.to_owned(),
        value: Secret::new(value.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_name_and_a_value() {
        let lines = header_lines("Authorization: Bearer a:b\r\n\nX-Priority:5\n").unwrap();
        let shown: Vec<_> = lines
            .iter()
            .map(|line| (line.name.as_str(), line.value.expose()))
            .collect();
        assert_eq!(
            shown,
            [("Authorization", "Bearer a:b"), ("X-Priority", "5")]
        );
    }

    #[test]
    fn what_is_no_line_is_named_by_its_number_and_not_shown() {
        for (text, line) in [
            ("hunter2", 1),
            ("A: b\nA b: c", 2),
            ("A:", 1),
            ("A: \u{1}", 1),
        ] {
            let error = header_lines(text).unwrap_err();
            assert_eq!(error, InvalidHeaderLine(line), "{text}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
