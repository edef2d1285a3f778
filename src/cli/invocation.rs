//! What a command is run with: the global options, the environment, the output, and the daemon.

use super::args::Common;
use super::client::Client;
use super::exit::Failure;
use super::output::Output;
use crate::env::Env;

/// One run of the program.
#[derive(Clone, Copy)]
pub(super) struct Invocation<'a> {
    pub(super) common: &'a Common,
    pub(super) env: &'a Env,
    pub(super) output: Output,
}

impl<'a> Invocation<'a> {
    pub(super) fn new(common: &'a Common, env: &'a Env) -> Self {
        Self {
            common,
            env,
            output: Output::new(common, env),
        }
    }

    /// The client of the daemon.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        Client::new(self.common, self.env)
    }

    /// The client of each daemon that `--url` names, else of the one that there is.
    pub(super) fn clients(&self) -> Result<Vec<Client>, Failure> {
        Client::all(self.common, self.env)
    }
}
