//! What is common to all commands, or to many.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::config::units;

// Texts with names that a doc comment would have to set in backticks, which a terminal shows.
const CONFIG_HELP: &str = "Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, \
                           ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]";
const URL_HELP: &str = "The daemon's address [env: BLLVMCTL_URL; else the listener of the configuration]";
const TOKEN_HELP: &str =
    "File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon's cookie in its state directory]";

/// What every command knows.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct Common {
    #[arg(long, value_name = "FILE", help = CONFIG_HELP)]
    pub(in crate::cli) config: Option<PathBuf>,
    #[arg(long, value_name = "URL", help = URL_HELP)]
    pub(in crate::cli) url: Option<String>,
    #[arg(long, value_name = "FILE", help = TOKEN_HELP)]
    pub(in crate::cli) token_file: Option<PathBuf>,
    /// Longest time to wait for the daemon, such as 10s
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration)]
    pub(in crate::cli) timeout: Option<Duration>,
    /// Say nothing but errors
    #[arg(short, long)]
    pub(in crate::cli) quiet: bool,
    #[arg(long, value_name = "WHEN", value_enum, help = "When to use colours; NO_COLOR is honoured")]
    pub(in crate::cli) color: Option<Color>,
}

impl Common {
    /// These, and for what is not given here, those given further out.
    pub(super) fn within(self, outer: Self) -> Self {
        Self {
            config: self.config.or(outer.config),
            url: self.url.or(outer.url),
            token_file: self.token_file.or(outer.token_file),
            timeout: self.timeout.or(outer.timeout),
            quiet: self.quiet || outer.quiet,
            color: self.color.or(outer.color),
        }
    }
}

/// How a result is written.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(in crate::cli) struct FormatArg {
    /// Form of the result
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub(super) output: Option<Format>,
}

/// What the commands of a group know, beside the group itself.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct Inner {
    #[command(flatten)]
    pub(in crate::cli) common: Common,
    #[command(flatten)]
    pub(in crate::cli) format: FormatArg,
}

/// Repetition, for what lists.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(in crate::cli) struct WatchArg {
    /// Repeat every so many seconds
    #[arg(short, long, value_name = "SECONDS", value_parser = watch_seconds)]
    pub(in crate::cli) watch: Option<Duration>,
}

#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    pub(in crate::cli) inner: Inner,
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArg,
}

fn watch_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number of seconds, such as 2".to_owned())?;
    let allowed = 0.1..=86_400.0;
    if !allowed.contains(&seconds) {
        return Err("write between 0.1 and 86400 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Color {
    /// On a terminal
    Auto,
    /// Also into a pipe
    Always,
    /// Not at all
    Never,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people
    #[default]
    Table,
    /// One document, for programs
    Json,
    /// Tab-separated, for scripts
    Tsv,
}

/// The options of a command, from the outermost.
#[derive(Default)]
pub(super) struct Options<'a> {
    pub(super) common: Vec<&'a Common>,
    pub(super) format: Vec<FormatArg>,
}

impl<'a> Options<'a> {
    pub(super) fn of(common: &'a Common, format: Option<FormatArg>) -> Self {
        Self { common: vec![common], format: format.into_iter().collect() }
    }

    /// These, and those of the command within it.
    pub(super) fn and(mut self, inner: Option<Self>) -> Self {
        if let Some(inner) = inner {
            self.common.extend(inner.common);
            self.format.extend(inner.format);
        }
        self
    }
}

impl Inner {
    pub(super) fn options(&self) -> Options<'_> {
        Options::of(&self.common, Some(self.format))
    }
}
