//! The output of commands: tables on a terminal, plain text into a pipe, JSON or tab-separated
//! values on request.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use comfy_table::Table;
use serde::Serialize;

use super::args::{Color, Common, Format};
use super::exit::{Exit, Failure};
use crate::env::Env;

/// Whether the reader of the standard output has closed it; one flag, as there is one output.
static READER_GONE: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// What this thread has written instead of writing it to the standard output.
    static CAPTURED: RefCell<Option<String>> = const { RefCell::new(None) };
}

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
    /// The terminal can only print lines.
    dumb: bool,
}

impl Output {
    /// From the global options and the environment.
    pub(super) fn new(options: &Common, env: &Env) -> Self {
        let (format, wide) = options.output.unwrap_or_default().format();
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

    /// Whether every column is shown uncut.
    pub(super) fn is_wide(self) -> bool {
        self.wide
    }

    /// Whether the terminal cannot overwrite lines.
    pub(super) fn is_dumb(self) -> bool {
        self.dumb
    }

    /// The width of the terminal on stderr, if it is one.
    pub(super) fn stderr_width() -> Option<u16> {
        Table::new().use_stderr().width()
    }

    pub(super) fn is_terminal(self) -> bool {
        self.terminal
    }

    /// Whether text has colours.
    pub(super) fn has_color(self) -> bool {
        self.color
    }

    pub(super) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Writes `text`. A closed pipe, as by `head`, is not an error.
    pub(super) fn print(self, text: &str) -> Result<(), Failure> {
        if self.quiet {
            Ok(())
        } else {
            Self::print_always(text)
        }
    }

    /// What `work` does, and what it would have written: all of this thread.
    pub(super) fn captured<T>(work: impl FnOnce() -> T) -> (T, String) {
        CAPTURED.set(Some(String::new()));
        let done = work();
        (done, CAPTURED.take().unwrap_or_default())
    }

    /// Writes `text` despite `--quiet`, for commands whose purpose is this output.
    pub(super) fn print_always(text: &str) -> Result<(), Failure> {
        let is_captured = CAPTURED.with_borrow_mut(|captured| {
            captured
                .as_mut()
                .map(|captured| captured.push_str(text))
                .is_some()
        });
        if is_captured {
            return Ok(());
        }
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

    /// Whether the pipe is closed, so that a repeating command should stop.
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

    /// A check line with its mark in colour.
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
}

/// The lines of a table. A line longer than `width` is cut and ends with an ellipsis. Numbers are
/// right-aligned. A very long first cell, such as an onion name, does not widen its column.
fn table(header: &[&str], rows: &[Vec<String>], width: Option<usize>) -> Vec<String> {
    const GAP: &str = "  ";
    let length = |text: &str| text.chars().count();
    let widest = |column: usize| {
        let max_length = width
            .filter(|_| column == 0)
            .map_or(usize::MAX, |width| width / 2);
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| length(cell));
        let cells = cells.filter(|length| *length <= max_length);
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

/// Whether a column has only numbers, and dashes for unknown ones.
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

/// Replaces control characters: the text may come from the node or from a peer.
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

/// Writes `text` to stderr without control characters: the text may come from the node or from a
/// peer.
pub(super) fn print_error(text: &str) {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() && c != '\n' { ' ' } else { c })
        .collect();
    let _ = io::stderr().write_all(text.as_bytes());
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
    fn a_cut_line_ends_with_an_ellipsis() {
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
    fn a_column_of_numbers_is_recognised_by_its_cells() {
        let cells = rows(&[["0.52", "5 min", "-"], ["-", "-", "-"], ["3/10", "2", "-"]]);
        assert_eq!(
            [0, 1, 2].map(|column| is_of_numbers(&cells, column)),
            [true, false, false]
        );
    }
}
