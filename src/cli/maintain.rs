//! `bllvmctl nodes maintain`: drains a node at one or several daemons, waits until no call is in
//! flight, runs a command, and undrains the node once every daemon sees it ready again.
//!
//! The command is run here, as the caller and on the caller's terminal: no daemon runs commands.
//! Invariant: a node whose command failed, or that is not ready again, stays drained.

use std::ffi::OsString;
use std::process::Command;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use reqwest::Method;

use super::args::examples;
use super::client::Client;
use super::drain;
use super::exit::{CommandResult, Exit, Failure};
use super::interrupt::Interrupt;
use super::node_names::no_such_node;
use super::output::{Output, print_error};
use crate::api::{DrainRequest, NodeSummary, RotationState};
use crate::clock;
use crate::config::units;

const POLL_INTERVAL: Duration = Duration::from_millis(300);

/// What the drain of a maintenance begins with: the next maintenance may end it.
const REASON_PREFIX: &str = "maintenance: ";

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    (
        "bllvmctl nodes maintain b --wait 30m -- systemctl restart bitcoind",
        "Restart b without a failed call",
    ),
]))]
pub(super) struct NodesMaintain {
    /// Drain the node with this name
    #[arg(value_name = "NAME")]
    name: String,
    /// Wait at most this long until no call is in flight, and as long until the node is ready
    /// again
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = units::parse_duration)]
    wait: Duration,
    /// Run this command, with its arguments, on this terminal
    #[arg(last = true, required = true, num_args = 1.., value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(super) fn run(args: &NodesMaintain, clients: &[Client], output: Output) -> CommandResult {
    let interrupt = Interrupt::watch()?;
    let maintenance = Maintenance {
        name: &args.name,
        wait: args.wait,
        clients,
        output,
    };
    let foreign = maintenance.foreign_drain()?;
    if foreign.is_none() {
        maintenance.drain(&args.command)?;
    }
    if let Some(end) = maintenance.wait_until_idle(&interrupt)? {
        if foreign.is_none() {
            maintenance.undrain()?;
        }
        return end;
    }
    let answered = maintenance.chain_answers()?;
    run_command(&args.command).map_err(|failure| maintenance.stays_drained(failure))?;
    maintenance.wait_until_ready(&answered, &interrupt)?;
    if let Some(reason) = foreign {
        maintenance.say(&format!(
            "{} stays drained, as it was before: {reason}",
            args.name
        ));
        return Ok(Exit::Yes);
    }
    maintenance.undrain()?;
    Ok(Exit::Yes)
}

/// The maintenance of one node.
struct Maintenance<'a> {
    name: &'a str,
    wait: Duration,
    clients: &'a [Client],
    output: Output,
}

impl Maintenance<'_> {
    /// On stderr: the standard output is the command's.
    fn say(&self, line: &str) {
        if !self.output.is_quiet() {
            print_error(&format!("{line}\n"));
        }
    }

    /// The reason of a drain by somebody else, if the node is drained at any daemon.
    fn foreign_drain(&self) -> Result<Option<String>, Failure> {
        for client in self.clients {
            let Some(drain) = drain::current(self.name, client)?.drained else {
                continue;
            };
            let reason = drain
                .reason
                .unwrap_or_else(|| "drained by an operator".to_owned());
            if !reason.starts_with(REASON_PREFIX) {
                return Ok(Some(reason));
            }
        }
        Ok(None)
    }

    fn drain(&self, command: &[OsString]) -> Result<(), Failure> {
        let request = DrainRequest {
            reason: Some(drain_reason(command)),
            ..DrainRequest::default()
        };
        drain::drain_all(self.name, &request, self.clients)?;
        self.say(&format!("{} is drained", self.name));
        Ok(())
    }

    fn undrain(&self) -> Result<(), Failure> {
        drain::undrain_all(self.name, self.clients)?;
        self.say(&format!("{} is undrained", self.name));
        Ok(())
    }

    /// The failure after which the node is left as it is.
    fn stays_drained(&self, failure: Failure) -> Failure {
        let name = self.name;
        failure.hint(format!(
            "{name} stays drained; `bllvmctl nodes undrain {name}` puts it back"
        ))
    }

    /// The node at each daemon.
    fn nodes(&self) -> Result<Vec<NodeSummary>, Failure> {
        let mut nodes = Vec::new();
        for client in self.clients {
            let all = client
                .control::<Vec<NodeSummary>>(Method::GET, "/api/v1/nodes")?
                .ok()?
                .document;
            let node = all.iter().find(|node| node.name == self.name);
            let node = node.ok_or_else(|| no_such_node(self.name, &all))?;
            nodes.push(node.clone());
        }
        Ok(nodes)
    }

    /// When the node last reported its chain, at each daemon.
    fn chain_answers(&self) -> Result<Vec<Option<Timestamp>>, Failure> {
        let nodes = self.nodes()?;
        Ok(nodes.iter().map(|node| node.chain_answered_at).collect())
    }

    /// Waits until no call is in flight; else how the maintenance ends before the command has run.
    fn wait_until_idle(&self, interrupt: &Interrupt) -> Result<Option<CommandResult>, Failure> {
        // Twice: a call that chose the node before it was drained may come to it after the first
        // look.
        const IDLE_LOOKS: usize = 2;
        let started = clock::mono();
        let mut idle = 0;
        let mut said = None;
        loop {
            if let Some(exit) = interrupt.exit() {
                return Ok(Some(Ok(exit)));
            }
            let calls = match self.nodes() {
                Ok(nodes) => in_flight(&nodes),
                Err(failure) => return Ok(Some(Err(failure))),
            };
            idle = if calls == 0 { idle + 1 } else { 0 };
            if idle == IDLE_LOOKS {
                return Ok(None);
            }
            if clock::mono().since(started) >= self.wait {
                let text = format!(
                    "nothing was run: {calls} calls are still in flight at {} after {}",
                    self.name,
                    humantime::format_duration(self.wait)
                );
                return Ok(Some(Err(Failure::text(Exit::No, text))));
            }
            if calls > 0 && said != Some(calls) {
                self.say(&format!("waiting for {calls} calls in flight"));
                said = Some(calls);
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Waits until every daemon sees the node ready, by answers that are newer than `answered`.
    fn wait_until_ready(
        &self,
        answered: &[Option<Timestamp>],
        interrupt: &Interrupt,
    ) -> Result<(), Failure> {
        let started = clock::mono();
        let mut said = None;
        loop {
            let missing = match self.nodes() {
                Ok(nodes) => not_ready(&nodes, answered),
                // The daemon may be restarted too.
                Err(failure) if failure.exit == Exit::Unreachable => {
                    Some(format!("{:#}", failure.error))
                }
                Err(failure) => return Err(self.stays_drained(failure)),
            };
            let Some(missing) = missing else {
                return Ok(());
            };
            if let Some(exit) = interrupt.exit() {
                let text = format!("interrupted while {} was not ready: {missing}", self.name);
                return Err(self.stays_drained(Failure::text(exit, text)));
            }
            if clock::mono().since(started) >= self.wait {
                let text = format!(
                    "{} is not ready again after {}: {missing}",
                    self.name,
                    humantime::format_duration(self.wait)
                );
                return Err(self.stays_drained(Failure::text(Exit::No, text)));
            }
            if said.as_ref() != Some(&missing) {
                self.say(&format!("waiting until {} is ready: {missing}", self.name));
                said = Some(missing);
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }
}

/// The reason of the drain, which the daemon takes up to a length.
fn drain_reason(command: &[OsString]) -> String {
    const MAX_CHARS: usize = 120;
    let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
    let line: String = words
        .join(" ")
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_CHARS)
        .collect();
    format!("{REASON_PREFIX}{line}")
}

/// Calls at the node, of all daemons.
fn in_flight(nodes: &[NodeSummary]) -> usize {
    nodes.iter().filter_map(|node| node.in_flight).sum()
}

/// Why a daemon does not see the node ready; `None`: all do, by answers newer than `answered`.
fn not_ready(nodes: &[NodeSummary], answered: &[Option<Timestamp>]) -> Option<String> {
    for (node, answered) in nodes.iter().zip(answered) {
        if !node.ready {
            return Some(state(node));
        }
        if node.chain_answered_at.is_none() || node.chain_answered_at <= *answered {
            return Some("it has not been asked again yet".to_owned());
        }
        match node.lag_blocks {
            Some(0) => {}
            Some(lag) => return Some(format!("{lag} blocks behind")),
            None => return Some("its height is unknown".to_owned()),
        }
    }
    None
}

/// How the node is; its reason is the drain.
fn state(node: &NodeSummary) -> String {
    match (&node.rotation, &node.reason) {
        (RotationState::Out, Some(reason)) if node.drained.is_none() => reason.clone(),
        _ => format!("its state is {}", node.state),
    }
}

/// Runs the command on this terminal; a failure of it is the answer no.
fn run_command(command: &[OsString]) -> Result<(), Failure> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Failure::text(Exit::Usage, "there is no command to run"));
    };
    let shown = program.to_string_lossy().into_owned();
    let status = Command::new(program).args(arguments).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::text(Exit::No, format!("{shown} failed: {status}"))),
        Err(error) => {
            let error = anyhow::Error::new(error).context(format!("cannot run {shown}"));
            Err(Failure::new(Exit::No, error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> NodeSummary {
        let text = include_str!("../api/golden/nodes.json");
        let nodes: Vec<NodeSummary> = serde_json::from_str(text).unwrap();
        nodes.into_iter().next().unwrap()
    }

    #[test]
    fn a_node_is_ready_again_once_every_daemon_has_asked_it_anew_and_it_lags_nowhere() {
        let before: Option<Timestamp> = Some("2025-12-31T23:59:59Z".parse().unwrap());
        let now = ready().chain_answered_at;
        assert_eq!(not_ready(&[ready(), ready()], &[before, None]), None);
        let stale = not_ready(&[ready(), ready()], &[before, now]);
        assert!(stale.unwrap().contains("not been asked again"));
        let unready = NodeSummary {
            ready: false,
            ..ready()
        };
        assert!(not_ready(&[ready(), unready], &[None, None]).is_some());
        let behind = NodeSummary {
            lag_blocks: Some(1),
            ..ready()
        };
        let reason = not_ready(&[behind], &[None]);
        assert_eq!(reason.as_deref(), Some("1 blocks behind"));
        let silent = NodeSummary {
            chain_answered_at: None,
            ..ready()
        };
        assert!(not_ready(&[silent], &[None]).is_some());
    }

    #[test]
    fn the_reason_of_the_drain_is_one_short_line() {
        let command = ["systemctl", "restart\n", &"x".repeat(500)].map(OsString::from);
        let reason = drain_reason(&command);
        assert!(reason.starts_with("maintenance: systemctl restart  xxx"));
        assert!(reason.chars().count() < 150);
    }

    #[test]
    fn a_command_that_fails_or_is_not_there_is_a_no() {
        let exit = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(OsString::from).collect();
            run_command(&words).map_err(|failure| failure.exit)
        };
        assert_eq!(exit(&["true"]), Ok(()));
        assert_eq!(exit(&["false"]), Err(Exit::No));
        assert_eq!(exit(&["/nowhere/at-all"]), Err(Exit::No));
    }
}
