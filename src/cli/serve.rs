//! `bllvmctl serve`

use super::args::{Common, Serve};
use super::config::not_valid;
use super::exit::{Exit, Failure, Outcome};
use crate::config::Flags;
use crate::daemon::{self, ServeError, ServeOptions};
use crate::env::Env;

pub(super) fn run(args: &Serve, common: &Common, env: &Env) -> Outcome {
    let options = ServeOptions {
        config: common.config.clone(),
        flags: Flags { listen: args.listen.clone() },
        reindex: args.reindex,
    };
    let Err(error) = daemon::serve(&options, env) else { return Ok(Exit::Yes) };
    let (exit, hint) = match &error {
        ServeError::Configuration(problems) => return Err(not_valid(problems)),
        ServeError::Embedded(error) => (Exit::Internal, error.hint()),
        ServeError::Listen { .. } => {
            (Exit::Internal, Some("is another bllvmctl running? --listen or rpc.listen names another address"))
        }
        ServeError::State(_) => (Exit::Internal, Some("node.state_dir names the directory")),
        ServeError::Start(_) | ServeError::TaskDied => (Exit::Internal, None),
    };
    Err(Failure { hint: hint.map(str::to_owned), ..Failure::new(exit, error) })
}
