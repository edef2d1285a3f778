//! What a command prints: tables on a terminal, plain text into a pipe, JSON or tab-separated
//! values on request.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use comfy_table::Table;
use serde::Serialize;

use super::args::{Color, Common, Format};
use super::exit::{Exit, Failure};
use crate::env::Env;

/// Of the process, as the standard output is.
static READER_GONE: AtomicBool = AtomicBool::new(false);

/// The standard output, and how to write to it.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and they do not exclude each other"
)]
pub(super) struct Output {
    pub(super) format: Format,
    wide: bool,
    quiet: bool,
    color: bool,
    terminal: bool,
    /// What is a terminal can do no more than print lines.
    dumb: bool,
}

impl Output {
    /// As the options of the command say.
    pub(super) fn new(options: &Common, env: &Env) -> Self {
        let (format, wide) = options.output.unwrap_or_default().form();
        let terminal = io::stdout().is_terminal();
        let dumb = matches!(env.get("TERM"), None | Some("dumb"));
        let color = match options.color.unwrap_or(Color::Auto) {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                terminal && env.get("NO_COLOR").is_none() && env.get("TERM") != Some("dumb")
            }
        };
        Self {
            format,
            wide,
            quiet: options.quiet,
            color,
            terminal,
            dumb,
        }
    }

    /// Every column is to be shown, and whole.
    pub(super) fn is_wide(self) -> bool {
        self.wide
    }

    /// Lines cannot be written over.
    pub(super) fn is_dumb(self) -> bool {
        self.dumb
    }

    /// The width of the terminal that stderr is.
    pub(super) fn stderr_width() -> Option<u16> {
        Table::new().use_stderr().width()
    }

    pub(super) fn is_terminal(self) -> bool {
        self.terminal
    }

    pub(super) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Writes `text`. A reader that has gone, as `head` does, is no error.
    pub(super) fn print(self, text: &str) -> Result<(), Failure> {
        if self.quiet {
            Ok(())
        } else {
            Self::print_always(text)
        }
    }

    /// Writes `text` also when told to be quiet, since it is what the command is for.
    pub(super) fn print_always(text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
        {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                READER_GONE.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(Failure::new(
                Exit::Internal,
                anyhow::Error::new(error).context("cannot write the output"),
            )),
        }
    }

    /// Whether something was written that nobody will read: time to stop for what would go on
    /// writing.
    pub(super) fn reader_is_gone() -> bool {
        READER_GONE.load(Ordering::Relaxed)
    }

    /// One JSON document.
    pub(super) fn json(self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::new(Exit::Internal, error))?;
        self.print(&(text + "\n"))
    }

    /// Rows below a header, as a table or tab-separated.
    pub(super) fn rows(self, header: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
        if self.format == Format::Tsv {
            return self.print(&tsv(header, rows));
        }
        let width = Table::new()
            .width()
            .filter(|_| self.terminal && !self.wide)
            .map(usize::from);
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| printable(cell)).collect())
            .collect();
        let mut lines = table(header, &rows, width).into_iter();
        let first = lines.next().map(|line| {
            if self.color {
                format!("\u{1b}[1m{line}\u{1b}[0m")
            } else {
                line
            }
        });
        self.print(
            &first
                .into_iter()
                .chain(lines)
                .map(|line| line + "\n")
                .collect::<String>(),
        )
    }

    /// `line` with its mark in colour, if it has one.
    pub(super) fn marked(self, line: &str) -> String {
        let colour = match line.get(..3) {
            Some("[+]") => "32",
            Some("[!]") => "33",
            Some("[-]") => "31",
            _ => return printable(line),
        };
        if !self.color {
            return printable(line);
        }
        let (mark, rest) = line.split_at(3);
        format!("\u{1b}[{colour}m{mark}\u{1b}[0m{}", printable(rest))
    }

    /// Begins a new screen, where there is one.
    pub(super) fn next_screen(self) -> Result<(), Failure> {
        if self.terminal && !self.dumb && self.format == Format::Table {
            self.print("\u{1b}[H\u{1b}[2J")
        } else {
            Ok(())
        }
    }
}

/// The lines of a table, none longer than `width`: the last cell is cut, with an ellipsis for what
/// is gone. Numbers end below each other. A first cell that is far longer than others, such as an
/// onion name, moves only what follows it.
fn table(header: &[&str], rows: &[Vec<String>], width: Option<usize>) -> Vec<String> {
    const GAP: &str = "  ";
    let length = |text: &str| text.chars().count();
    let widest = |column: usize| {
        let most = width
            .filter(|_| column == 0)
            .map_or(usize::MAX, |width| width / 2);
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| length(cell));
        let cells = cells.filter(|length| *length <= most);
        cells
            .chain(header.get(column).map(|name| length(name)))
            .max()
            .unwrap_or(0)
    };
    let columns: Vec<_> = (0..header.len())
        .map(|column| (widest(column), is_of_numbers(rows, column)))
        .collect();
    let line = |cells: Vec<&str>| {
        let cells = cells
            .into_iter()
            .zip(&columns)
            .map(|(cell, (width, numbers))| match numbers {
                true => format!("{cell:>width$}"),
                false => format!("{cell:<width$}"),
            });
        let line = cells.collect::<Vec<_>>().join(GAP);
        let line = line.trim_end();
        match width {
            Some(width) if length(line) > width => line
                .chars()
                .take(width.saturating_sub(1))
                .chain(['…'])
                .collect(),
            _ => line.to_owned(),
        }
    };
    let rows = rows
        .iter()
        .map(|row| line(row.iter().map(String::as_str).collect()));
    std::iter::once(line(header.to_vec())).chain(rows).collect()
}

/// Whether a column has numbers, and nothing else but dashes for those that are not known.
fn is_of_numbers(rows: &[Vec<String>], column: usize) -> bool {
    let cells = || {
        rows.iter()
            .filter_map(|row| row.get(column))
            .filter(|cell| !matches!(cell.as_str(), "" | "-"))
    };
    let is_number = |cell: &String| {
        cell.bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'/' | b':' | b'-'))
    };
    cells().next().is_some() && cells().all(is_number)
}

/// What others said must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn tsv(header: &[&str], rows: &[Vec<String>]) -> String {
    let header = header
        .iter()
        .map(|name| (*name).to_owned())
        .collect::<Vec<_>>();
    std::iter::once(&header)
        .chain(rows)
        .map(|row| {
            row.iter()
                .map(|cell| printable(cell))
                .collect::<Vec<_>>()
                .join("\t")
                + "\n"
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(cells: &[[&str; 3]]) -> Vec<Vec<String>> {
        cells
            .iter()
            .map(|row| row.map(str::to_owned).to_vec())
            .collect()
    }

    #[test]
    fn a_line_is_cut_at_its_end_and_says_so() {
        let header = ["ADDRESS", "N", "LAST ERROR"];
        let cells = rows(&[
            ["10.0.0.5:8333", "1", "the connection was refused"],
            ["b", "20", "short"],
        ]);
        let whole = [
            "ADDRESS         N  LAST ERROR",
            "10.0.0.5:8333   1  the connection was refused",
            "b              20  short",
        ];
        assert_eq!(table(&header, &cells, None), whole);
        let cut = [
            "ADDRESS         N  LAST ERROR",
            "10.0.0.5:8333   1  the connec…",
            "b              20  short",
        ];
        assert_eq!(table(&header, &cells, Some(30)), cut);
    }

    #[test]
    fn a_long_first_cell_moves_only_its_own_line() {
        let onion = "a".repeat(62);
        let cells = rows(&[[&onion, "1", "refused"], ["b", "2", "short"]]);
        let lines = table(&["ADDRESS", "N", "LAST ERROR"], &cells, Some(68));
        assert_eq!(lines[1], format!("{onion}  1  …"));
        assert_eq!(lines[2], "b        2  short");
    }

    #[test]
    fn a_column_of_numbers_is_known_by_its_cells() {
        let cells = rows(&[["0.52", "5 min", "-"], ["-", "-", "-"], ["3/10", "2", "-"]]);
        assert_eq!(
            [0, 1, 2].map(|column| is_of_numbers(&cells, column)),
            [true, false, false]
        );
    }
}
