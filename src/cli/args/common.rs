//! Options that all commands, or several, have.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::config::units;

// Help texts that are not doc comments: clippy would ask for backticks, which a terminal shows.
const CONFIG_HELP: &str = "Read this configuration file [env: BLLVMCTL_CONFIG; else \
                           ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, \
                           /etc/bllvmctl/config.toml]";
const URL_HELP: &str = "Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in \
                        state_dir, then rpc.ops_listen or rpc.listen of the configuration]; \
                        several times for nodes drain, undrain and maintain";
const NODE_HELP: &str = "Select the node with this name in the configuration [default: the only \
                         one; what only shows, shows all]";
const CA_HELP: &str = "Trust the CA in this file alone, with a --url that begins with https:// \
                       [default: those of the system]";
const TOKEN_HELP: &str = "Read the control token from this file, and ask the listener [env: \
                          BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in \
                          state_dir]";

/// Options of every command, before or after the subcommand; the innermost wins.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(in crate::cli) struct Common {
    #[arg(long, global = true, value_name = "FILE", help = CONFIG_HELP)]
    pub(in crate::cli) config: Option<PathBuf>,
    #[arg(long, global = true, value_name = "URL", help = URL_HELP)]
    pub(in crate::cli) url: Vec<String>,
    #[arg(long, global = true, value_name = "FILE", help = CA_HELP)]
    pub(in crate::cli) ca_file: Option<PathBuf>,
    #[arg(long, global = true, value_name = "FILE", help = TOKEN_HELP)]
    pub(in crate::cli) token_file: Option<PathBuf>,
    #[arg(long, global = true, value_name = "NAME", help = NODE_HELP)]
    pub(in crate::cli) node: Option<String>,
    /// Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub(in crate::cli) timeout: Option<Duration>,
    /// Print errors only
    #[arg(short, long, global = true)]
    pub(in crate::cli) quiet: bool,
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        help = "Use colours [default: auto, unless NO_COLOR is set]"
    )]
    pub(in crate::cli) color: Option<Color>,
    /// Print the result in this format [default: table]
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT")]
    pub(in crate::cli) output: Option<FormatName>,
}

/// Repetition, for commands that list something.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(in crate::cli) struct WatchArg {
    /// Repeat at this interval, such as 2 or 0.5, until interrupted
    #[arg(short, long, value_name = "SECONDS", value_parser = watch_seconds)]
    pub(in crate::cli) watch: Option<Duration>,
}

impl WatchArg {
    /// This one if it is given, else the one of the outer command.
    pub(in crate::cli) fn or(self, outer: Self) -> Self {
        Self {
            watch: self.watch.or(outer.watch),
        }
    }
}

/// A command that only lists.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArg,
}

fn watch_seconds(text: &str) -> Result<Duration, String> {
    let every = seconds(text)?;
    let allowed = Duration::from_millis(100)..=Duration::from_hours(24);
    if allowed.contains(&every) {
        Ok(every)
    } else {
        Err("write between 0.1 and 86400 seconds".to_owned())
    }
}

/// Seconds, `2` or `2s`, or a duration with another unit.
fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || "write a number of seconds, such as 2 or 2s".to_owned();
    match text.strip_suffix('s').unwrap_or(text).parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).map_err(|_| wrong()),
        Err(_) => units::parse_duration(text).map_err(|_| wrong()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Color {
    /// Colours on a terminal
    Auto,
    /// Colours into a pipe too
    Always,
    /// No colours
    Never,
}

/// An output format, as `--output` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FormatName {
    /// Columns for people, cut at the width of the terminal
    #[default]
    Table,
    /// Every column, none cut
    Wide,
    /// One JSON document
    Json,
    /// Tab-separated values with a header line
    Tsv,
}

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Format {
    Table,
    Json,
    Tsv,
}

impl FormatName {
    /// The format, and whether a table has every column uncut.
    pub(in crate::cli) fn format(self) -> (Format, bool) {
        match self {
            Self::Table => (Format::Table, false),
            Self::Wide => (Format::Table, true),
            Self::Json => (Format::Json, false),
            Self::Tsv => (Format::Tsv, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_a_number_with_or_without_their_unit() {
        for (text, millis) in [
            ("2", 2_000),
            ("2s", 2_000),
            ("0.5", 500),
            ("0.5s", 500),
            ("2m", 120_000),
        ] {
            assert_eq!(seconds(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "-1", "x", "2x", "nan", "inf", "1e300"] {
            assert!(seconds(text).is_err(), "{text}");
        }
        assert!(watch_seconds("0").is_err() && watch_seconds("90000").is_err());
    }
}
