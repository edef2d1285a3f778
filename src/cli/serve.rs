//! `bllvmctl serve`: runs the daemon.

use std::path::PathBuf;

use clap::{Args, value_parser};

use super::args::examples;
use super::exit::{CommandResult, Exit, Failure};
use super::invocation::Invocation;
use super::output::Output;
use super::problems::not_valid;
use crate::config::Flags;
use crate::daemon::{self, Dev, ServeError, ServeOptions};
use crate::env::Env;

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    (
        "bllvmctl serve --config /etc/bllvmctl/config.toml",
        "Run with this configuration, as the service does",
    ),
    ("bllvmctl serve --dev", "Run a temporary regtest node with miner and peers"),
    ("bllvmctl serve --dev --nodes 3", "Run three nodes behind one gateway, to watch a failover"),
]))]
pub(super) struct ServeArgs {
    /// Listen at this address instead of at rpc.listen, such as 127.0.0.1:18332
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Run a temporary regtest node with miner and peers, to try the commands; read no
    /// configuration
    #[arg(long, conflicts_with_all = ["config", "reindex"])]
    dev: bool,
    /// With --dev: run so many nodes, each of them killed by a command that is printed, and the
    /// gateway before them
    #[arg(long, value_name = "N", requires = "dev", value_parser = value_parser!(u8).range(1..=8))]
    nodes: Option<u8>,
    /// Run as one of these nodes: end with the standard input
    #[arg(long, hide = true, requires = "config", conflicts_with = "dev")]
    dev_node: bool,
    /// Rebuild the database of the embedded node from its block files
    #[arg(long)]
    reindex: bool,
}

pub(super) fn run(args: &ServeArgs, invocation: &Invocation<'_>) -> CommandResult {
    let Invocation { common, env, .. } = *invocation;
    let served = if args.dev {
        serve_dev(args, env)?
    } else {
        if args.dev_node {
            end_with_stdin();
        }
        daemon::serve(&options(args, common.config.clone()), env, || {})
    };
    let Err(error) = served else {
        return Ok(Exit::Yes);
    };
    let (exit, hint) = match &error {
        ServeError::Configuration(problems) => return Err(not_valid(problems)),
        ServeError::Embedded { hint, .. } => (Exit::Internal, *hint),
        // No key of the configuration can correct this, only the command line.
        ServeError::NoEmbeddedNode(_) => (
            Exit::Usage,
            Some(
                "attach a node of your own (`bllvmctl config init` writes a configuration), or \
                 install a build with the feature embedded",
            ),
        ),
        ServeError::Listen { .. } => (
            Exit::Internal,
            Some("is another bllvmctl running? --listen or rpc.listen names another address"),
        ),
        ServeError::Tls { hint, .. } => (Exit::Internal, Some(hint.as_str())),
        ServeError::State(error) => (Exit::Internal, Some(error.hint())),
        ServeError::Start(_) | ServeError::TaskDied => (Exit::Internal, None),
    };
    Err(Failure {
        hint: hint.map(str::to_owned),
        ..Failure::new(exit, error)
    })
}

fn options(args: &ServeArgs, config: Option<PathBuf>) -> ServeOptions {
    ServeOptions {
        config,
        flags: Flags {
            listen: args.listen.clone(),
        },
        dev: args.dev,
        dev_fleet: None,
        reindex: args.reindex,
    }
}

/// Serves from a temporary directory, without settings from the environment.
fn serve_dev(args: &ServeArgs, env: &Env) -> Result<Result<(), ServeError>, Failure> {
    let dev = match Dev::prepare(args.listen.as_deref(), args.nodes) {
        Ok(dev) => dev,
        Err(error) => return Ok(Err(error)),
    };
    let mut printed = Ok(());
    // The commands to try are printed once the daemon serves.
    let welcome = || printed = Output::print_always(&dev.welcome(env));
    // `dev` removes the directory when it is dropped, after the daemon has ended.
    let options = ServeOptions {
        dev_fleet: dev.fleet(),
        ..options(args, Some(dev.config_file()))
    };
    let served = daemon::serve(&options, &Env::default(), welcome);
    printed.map(|()| served)
}

/// Has this process shut down at the end of its standard input: the one that started it is gone.
fn end_with_stdin() {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = signal_hook::low_level::raise(signal_hook::consts::SIGTERM);
    });
}
