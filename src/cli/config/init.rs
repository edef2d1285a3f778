//! `bllvmctl config init`: a commented configuration to start from.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::cli::args::{Format, examples};
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::output::Output;
use crate::config;

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl config init bllvmctl.toml", "Write a configuration with every key explained"),
]))]
pub(super) struct ConfigInit {
    /// Write to this file, which must not exist yet [default: standard output]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(super) fn run(args: &ConfigInit, output: Output) -> CommandResult {
    let Some(path) = &args.file else {
        match output.format {
            Format::Json => output.json(&json!({"file": null, "text": config::template()}))?,
            Format::Table | Format::Tsv => Output::print_always(config::template())?,
        }
        return Ok(Exit::Yes);
    };
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let written = file.and_then(|mut file| {
        file.write_all(config::template().as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| {
        let exists = error.kind() == ErrorKind::AlreadyExists;
        let error = anyhow::Error::new(error).context(format!("cannot write {}", path.display()));
        let hint =
            "an existing file is never overwritten; name another file, or none to print the text";
        if exists {
            Failure::new(Exit::No, error).hint(hint)
        } else {
            Failure::new(Exit::Internal, error)
        }
    })?;
    match output.format {
        Format::Json => output.json(&json!({"file": path.display().to_string()}))?,
        Format::Table | Format::Tsv => output.print(&format!("wrote {}\n", path.display()))?,
    }
    Ok(Exit::Yes)
}
