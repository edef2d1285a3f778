//! What a command prints: tables on a terminal, plain text into a pipe, JSON or tab-separated values on request.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use comfy_table::{Attribute, Cell, ContentArrangement, Table, presets};
use serde::Serialize;

use super::args::{Color, Format};
use super::exit::{Exit, Failure};
use crate::env::Env;

/// Of the process, as the standard output is.
static READER_GONE: AtomicBool = AtomicBool::new(false);

/// The standard output, and how to write to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    pub(super) format: Format,
    quiet: bool,
    color: bool,
    terminal: bool,
}

impl Output {
    pub(super) fn new(format: Format, quiet: bool, color: Option<Color>, env: &Env) -> Self {
        let terminal = io::stdout().is_terminal();
        let color = match color.unwrap_or(Color::Auto) {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && env.get("NO_COLOR").is_none() && env.get("TERM") != Some("dumb"),
        };
        Self { format, quiet, color, terminal }
    }

    pub(super) fn is_terminal(self) -> bool {
        self.terminal
    }

    pub(super) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Writes `text`. A reader that has gone, as `head` does, is no error.
    pub(super) fn print(self, text: &str) -> Result<(), Failure> {
        if self.quiet { Ok(()) } else { Self::print_always(text) }
    }

    /// Writes `text` also when told to be quiet, since it is what the command is for.
    pub(super) fn print_always(text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                READER_GONE.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => {
                Err(Failure::new(Exit::Internal, anyhow::Error::new(error).context("cannot write the output")))
            }
        }
    }

    /// Whether something was written that nobody will read: time to stop for what would go on writing.
    pub(super) fn reader_is_gone() -> bool {
        READER_GONE.load(Ordering::Relaxed)
    }

    /// One JSON document.
    pub(super) fn json(self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(|error| Failure::new(Exit::Internal, error))?;
        self.print(&(text + "\n"))
    }

    /// Rows below a header, as a table or tab-separated.
    pub(super) fn rows(self, header: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
        if self.format == Format::Tsv {
            return self.print(&tsv(header, rows));
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        let width = if self.terminal { ContentArrangement::Dynamic } else { ContentArrangement::Disabled };
        table.set_content_arrangement(width);
        if self.color {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        let bold = |name: &&str| Cell::new(name).add_attribute(Attribute::Bold);
        table.set_header(header.iter().map(bold));
        for row in rows {
            table.add_row(row.iter().map(|cell| printable(cell)));
        }
        table.column_iter_mut().for_each(|column| {
            column.set_padding((0, 2));
        });
        let text: String = table.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
        self.print(&text)
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
        if self.terminal && self.format == Format::Table { self.print("\u{1b}[H\u{1b}[2J") } else { Ok(()) }
    }
}

/// What others said must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn tsv(header: &[&str], rows: &[Vec<String>]) -> String {
    let header = header.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    std::iter::once(&header)
        .chain(rows)
        .map(|row| row.iter().map(|cell| printable(cell)).collect::<Vec<_>>().join("\t") + "\n")
        .collect()
}
