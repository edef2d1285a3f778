//! The whole terminal for one command: `top`, and what lists with `--watch`.
//!
//! | file | what it does |
//! |---|---|
//! | `terminal_screen` | enters and leaves: alternate screen, raw mode, suspended and continued |
//! | `inputs` | keys, signals and the results of a worker, in one queue |
//! | `requirements` | what a screen needs of the terminal |
//! | `theme` | colours, or none; letters, or only those of ASCII |
//! | `lines`, `scroll` | text in lines that fit; where in it the reader is |
//!
//! Invariant: the terminal is left as it was found, after the end of the command, a panic of any
//! thread, a signal, and while the process is stopped.

mod inputs;
mod lines;
mod requirements;
mod scroll;
mod terminal_screen;
mod theme;

pub(super) use inputs::{Inputs, ScreenInput, WorkerEnd};
pub(super) use lines::{beside, clean, cut, fit, padded, width_of, wrap};
pub(super) use requirements::{require_screen, screen_is_possible, terminal_failed, theme_of};
pub(super) use scroll::ScrollPosition;
pub(super) use terminal_screen::TerminalScreen;
pub(super) use theme::Theme;
