//! `bllvmctl config init`: a configuration to start from, or the one for a node that runs here.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::check::{self, ConfigCheck};
use super::service_user::{ServiceUser, is_of_system};
use crate::cli::args::{Format, examples};
use crate::cli::exit::{CommandResult, Exit, Failure};
use crate::cli::invocation::Invocation;
use crate::cli::output::Output;
use crate::config::template;
use crate::doctor::running_nodes::{self, LocalNode, NodeLogin};
use crate::doctor::{DaemonPlacement, configuration, pruning_note};

/// Where the daemon listens by default; also where a node on testnet takes calls.
const DEFAULT_PORT: u16 = 18_332;

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl config init bllvmctl.toml", "Write a configuration with every key explained"),
    (
        "bllvmctl config init /etc/bllvmctl/config.toml --from-node",
        "Write the one for the node that runs on this machine",
    ),
]))]
pub(super) struct ConfigInit {
    /// Write to this file, which must not exist yet [default: standard output]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Write what the node that runs on this machine needs, and check it; with several nodes name
    /// the directory of one
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    #[expect(
        clippy::option_option,
        reason = "the form of clap for an option that may have a value"
    )]
    from_node: Option<Option<PathBuf>>,
}

pub(super) fn run(args: &ConfigInit, invocation: &Invocation<'_>) -> CommandResult {
    let file = args.file.as_deref();
    let output = invocation.output;
    if let Some(directory) = &args.from_node {
        return from_node(file, directory.as_deref(), invocation);
    }
    write_or_print(file, template(), output)?;
    if let (Some(file), Format::Json) = (file, output.format) {
        output.json(&json!({"file": file.display().to_string()}))?;
    }
    Ok(Exit::Yes)
}

/// Writes the configuration for the node that runs on this machine, in `directory` if that is
/// given, and checks it.
fn from_node(
    file: Option<&Path>,
    directory: Option<&Path>,
    invocation: &Invocation<'_>,
) -> CommandResult {
    let output = invocation.output;
    let found = running_nodes::find(invocation.env, directory)
        .map_err(|error| Failure::new(Exit::Internal, anyhow::Error::new(error)))?;
    let node = the_only_one(found, file, directory)?;
    if let Some(file) = file.filter(|file| file.symlink_metadata().is_ok()) {
        return Err(not_written(file, ErrorKind::AlreadyExists.into()));
    }
    let password_file = password_file(file, &node)?;
    let state = Path::new("/var/lib/bllvmctl");
    let around = DaemonPlacement {
        password_file: password_file.as_deref(),
        // So that the service and the commands find the same one.
        state_dir: file.filter(|file| is_of_system(file)).map(|_| state),
        listen: free_address(),
    };
    let text = configuration(&node, around);
    let Some(file) = file else {
        write_or_print(None, &text, output)?;
        return Ok(Exit::Yes);
    };
    write(file, &text)?;
    if output.format == Format::Table {
        output.print(&described(&node, file))?;
    }
    check::run(&ConfigCheck::of_file(file), invocation)
}

/// The node that is meant.
fn the_only_one(
    mut found: Vec<LocalNode>,
    file: Option<&Path>,
    directory: Option<&Path>,
) -> Result<LocalNode, Failure> {
    match (found.len(), directory) {
        (1, _) => Ok(found.remove(0)),
        (0, Some(directory)) => {
            let text = format!("no node was found in {}", directory.display());
            let hint = "name the directory that the node's -datadir names, of a node that runs";
            Err(Failure::text(Exit::No, text).hint(hint))
        }
        (0, None) => {
            let text = "no running node was found: no bitcoind among the processes, and none that \
                        answers in the usual directories";
            let hint = "start it, or name its directory: --from-node=DIR; `bllvmctl config init` \
                        explains every key";
            Err(Failure::text(Exit::No, text).hint(hint))
        }
        (count, _) => {
            let lines: String = found.iter().map(line).collect();
            let text = format!("{count} nodes were found:\n{}", lines.trim_end());
            let file = file.map_or_else(String::new, |file| format!(" {}", file.display()));
            let example = found.first().map(LocalNode::chain_directory);
            let example = example.unwrap_or_default();
            let hint = format!(
                "choose one by its directory: bllvmctl config init{file} --from-node={}",
                example.display()
            );
            Err(Failure::text(Exit::No, text).hint(hint))
        }
    }
}

/// A node among several.
fn line(node: &LocalNode) -> String {
    let process = node
        .process_id
        .map_or_else(String::new, |id| format!(", process {id}"));
    let agent = match (&node.answer, &node.error) {
        (Some(answer), _) => answer.user_agent.clone(),
        (None, error) => error.clone().unwrap_or_default(),
    };
    format!(
        "  {}: {}{process}, {agent}\n",
        node.chain_directory().display(),
        node.chain
    )
}

/// What was written, and for which node.
fn described(node: &LocalNode, file: &Path) -> String {
    let state = match (&node.answer, &node.error) {
        (Some(answer), _) => format!(
            "{}, {} at height {}",
            answer.user_agent, node.chain, answer.height
        ),
        (None, error) => format!(
            "on {}, which does not answer: {}",
            node.chain,
            error.as_deref().unwrap_or("unknown")
        ),
    };
    let service = ServiceUser::of_file(file);
    let readers = service
        .as_ref()
        .map_or("", |_| ", for root and the group bllvmctl");
    let kept_out = service.map_or_else(String::new, |service| kept_out(&service, node));
    format!(
        "found the node in {}: {state}\n{}wrote {}{readers}\n{kept_out}",
        node.chain_directory().display(),
        pruning_note(node),
        file.display()
    )
}

/// What keeps the user of the service from what the node lets it read.
fn kept_out(service: &ServiceUser, node: &LocalNode) -> String {
    let mut text = String::new();
    let cookie = match &node.login {
        NodeLogin::Cookie(cookie) => service.is_kept_out_by(cookie),
        NodeLogin::Password { .. } => None,
    };
    let cookie = cookie.map(|path| (path, "cookie", "cannot be asked"));
    let data = service.is_kept_out_by(&node.chain_directory());
    let data = data.map(|path| (path, "directory", "cannot be measured"));
    for (path, what, result) in cookie.into_iter().chain(data) {
        // To write to a string does not fail.
        let _ = writeln!(
            text,
            "warning: the user bllvmctl may not read {}: without the node's {what} it {result}",
            path.display()
        );
    }
    if !text.is_empty() {
        text.push_str(
            "hint: usermod -aG bitcoin bllvmctl (the group of the node), rpccookieperms=group in \
             bitcoin.conf, and find DIRECTORY -type d -exec chmod g+rx {} +\n",
        );
    }
    text
}

/// The file with the node's password, written beside `file`, where the node has no cookie.
fn password_file(file: Option<&Path>, node: &LocalNode) -> Result<Option<PathBuf>, Failure> {
    let (Some(file), NodeLogin::Password { password, .. }) = (file, &node.login) else {
        return Ok(None);
    };
    let path = file.with_extension("node-password");
    let path = std::path::absolute(&path).unwrap_or(path);
    write(&path, &format!("{}\n", password.expose()))?;
    Ok(Some(path))
}

/// Where to listen instead, if the default port is taken.
fn free_address() -> Option<SocketAddr> {
    let is_free = |address: &SocketAddr| TcpListener::bind(address).is_ok();
    let at = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if is_free(&at(DEFAULT_PORT)) {
        return None;
    }
    (18_380..18_400).map(at).find(is_free)
}

fn write_or_print(file: Option<&Path>, text: &str, output: Output) -> Result<(), Failure> {
    match (file, output.format) {
        (None, Format::Json) => output.json(&json!({"file": null, "text": text})),
        (None, Format::Table | Format::Tsv) => Output::print_always(text),
        (Some(file), format) => {
            write(file, text)?;
            if format == Format::Json {
                return Ok(());
            }
            output.print(&format!("wrote {}\n", file.display()))
        }
    }
}

/// Writes a file that only we may read, and the service that it is for, and that is not there yet.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let written = file.and_then(|mut file| {
        // Half a file would be in the way of the next attempt.
        fill(&mut file, path, text).inspect_err(|_| drop(std::fs::remove_file(path)))
    });
    written.map_err(|error| not_written(path, error))
}

fn fill(file: &mut File, path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(service) = ServiceUser::of_file(path) {
        service.let_read(file)?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn not_written(path: &Path, error: std::io::Error) -> Failure {
    let exists = error.kind() == ErrorKind::AlreadyExists;
    let error = anyhow::Error::new(error).context(format!("cannot write {}", path.display()));
    let hint =
        "an existing file is never overwritten; name another file, or none to print the text";
    if exists {
        Failure::new(Exit::No, error).hint(hint)
    } else {
        Failure::new(Exit::Internal, error)
    }
}
