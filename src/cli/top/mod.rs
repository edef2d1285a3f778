//! `bllvmctl top`: what is wrong, since when, what to do, and the numbers, live on the terminal.
//!
//! | file | what it does |
//! |---|---|
//! | `poll` | asks the daemon, on a thread of its own |
//! | `view` | what is shown: the last facts, what is selected, what is asked. Pure |
//! | `keys` | what a key does. Pure |
//! | `draw/` | the screen of a view. Pure |

mod draw;
#[cfg(test)]
mod golden_tests;
mod keys;
mod poll;
mod view;
#[cfg(test)]
mod view_fixture;

use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use self::keys::{TopAction, press};
use self::poll::{DrainFailure, PollAnswer, PollRequest, Poller};
use self::view::{DaemonAway, TopView};
use super::args::{Common, WatchArg, examples};
use super::client::Client;
use super::exit::{CommandResult, Exit, Failure};
use super::invocation::Invocation;
use super::node_names::unknown_node;
use super::screen::{
    Inputs, ScreenInput, TerminalScreen, Theme, require_screen, terminal_failed, theme_of,
};
use crate::clock;
use crate::overview::{Overview, OverviewLevel};

const DEFAULT_INTERVAL: Duration = Duration::from_secs(1);
/// The clock and the countdowns go on while nobody answers.
const TICK: Duration = Duration::from_secs(1);

/// An answer that takes longer is none: the screen then says so. `--timeout` may say otherwise.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl top", "Watch the daemon of this machine"),
    ("bllvmctl top --node b", "Watch several nodes, with the peers and the disk of b"),
    ("bllvmctl top --watch 5 --url https://10.0.0.5:18332", "Watch another one, and ask it every five seconds"),
]))]
pub(super) struct TopArgs {
    #[command(flatten)]
    pub(super) watch: WatchArg,
}

pub(super) fn run(args: &TopArgs, invocation: &Invocation<'_>) -> CommandResult {
    let output = invocation.output;
    require_screen("top", output)?;
    // All nodes are asked for, whichever is shown.
    let common = Common {
        node: None,
        ..invocation.common.clone()
    };
    let client = Client::new(&common, invocation.env)?.patient(ANSWER_TIMEOUT);
    let selected = invocation.common.node.clone();
    // A daemon that is not there is an error as of any command; one that goes away later is waited for.
    let (poller, overview) = Poller::start(client, selected.clone())?;
    if let Some(name) = &selected {
        require_node(name, &overview)?;
    }
    let every = args.watch.watch.unwrap_or(DEFAULT_INTERVAL);
    let mut view = TopView::new(overview, poller.access, every, clock::wall());
    view.selected = selected;
    let inputs = Inputs::of_signals().map_err(terminal_failed)?;
    let (requests, asked) = mpsc::channel();
    let answers = inputs.sender();
    let theme = theme_of(output, invocation.env);
    let screen = TerminalScreen::enter(theme.has_color).map_err(terminal_failed)?;
    // It may wait for an answer when the command ends, and ends with it.
    thread::spawn(move || poller.run(every, &asked, &answers));
    show(view, screen, &inputs, &requests, theme)
}

fn require_node(name: &str, overview: &Overview) -> Result<(), Failure> {
    let names: Vec<&str> = overview
        .nodes
        .iter()
        .map(|node| node.health.name.as_str())
        .collect();
    if names.contains(&name) {
        return Ok(());
    }
    let there_is = names.join(", ");
    Err(unknown_node(format!(
        "there is no node {name}; there is {there_is}"
    )))
}

/// Shows `view` until it is ended.
fn show(
    mut view: TopView,
    mut screen: TerminalScreen,
    inputs: &Inputs<PollAnswer>,
    requests: &Sender<PollRequest>,
    theme: Theme,
) -> CommandResult {
    inputs.read_keys();
    loop {
        view.tick(clock::wall());
        let mut lines = 0;
        let mut height = 0;
        screen
            .draw(|frame| (lines, height) = draw::draw(frame, &view, theme))
            .map_err(terminal_failed)?;
        view.scroll.drawn(lines, height);
        // What has come meanwhile is drawn together.
        let mut next = inputs.next(TICK);
        while let Some(input) = next {
            if let Some(exit) = react(input, &mut view, &mut screen, requests)? {
                return Ok(exit);
            }
            next = inputs.next(Duration::ZERO);
        }
    }
}

/// Takes an input; returns how the command ends if it does.
fn react(
    input: ScreenInput<PollAnswer>,
    view: &mut TopView,
    screen: &mut TerminalScreen,
    requests: &Sender<PollRequest>,
) -> Result<Option<Exit>, Failure> {
    match input {
        ScreenInput::Key(key) => {
            if let Some(action) = press(view, key) {
                return act(action, screen, requests);
            }
        }
        // Every frame looks at the size.
        ScreenInput::Resized => {}
        ScreenInput::Stop => screen.suspend().map_err(terminal_failed)?,
        ScreenInput::Continued => screen.resume().map_err(terminal_failed)?,
        ScreenInput::Terminated(signal) => return Ok(Some(Exit::of_signal(signal))),
        ScreenInput::Closed(error) => return Err(terminal_failed(error)),
        ScreenInput::Result(answer) => take(answer, view),
        ScreenInput::WorkerEnded => {
            let text = "the thread that asks the daemon has ended";
            return Err(Failure::text(Exit::Internal, text));
        }
    }
    Ok(None)
}

fn act(
    action: TopAction,
    screen: &mut TerminalScreen,
    requests: &Sender<PollRequest>,
) -> Result<Option<Exit>, Failure> {
    let request = match action {
        TopAction::Quit => return Ok(Some(Exit::Yes)),
        TopAction::Suspend => {
            screen.suspend().map_err(terminal_failed)?;
            return Ok(None);
        }
        TopAction::Redraw => {
            screen.forget().map_err(terminal_failed)?;
            return Ok(None);
        }
        TopAction::Pause => PollRequest::Pause,
        TopAction::Resume => PollRequest::Resume,
        TopAction::Select(node) => PollRequest::Select(node),
        TopAction::Drain(order) => PollRequest::Drain(order),
    };
    requests
        .send(request)
        .context("cannot ask the daemon")
        .map_err(|error| Failure::new(Exit::Internal, error))?;
    Ok(None)
}

fn take(answer: PollAnswer, view: &mut TopView) {
    match answer {
        PollAnswer::Overview(overview) => view.answer(*overview, clock::wall()),
        PollAnswer::Failed(failure) => {
            let causes: Vec<String> = failure.error.chain().map(ToString::to_string).collect();
            view.fail(DaemonAway {
                report: causes.join(": "),
                is_unreachable: failure.exit == Exit::Unreachable,
                hint: failure.hint.unwrap_or_default(),
            });
        }
        PollAnswer::Changed(_, Ok(text)) => view.notify(OverviewLevel::Good, text),
        PollAnswer::Changed(order, Err(DrainFailure::TooFewLeft(refusal))) => {
            // The option of the command is a key here.
            let reason = refusal.split("; --force").next().unwrap_or(&refusal);
            if view.question.is_none() {
                view.ask_to_force(order.node, reason);
            } else {
                view.notify(OverviewLevel::Bad, reason);
            }
        }
        PollAnswer::Changed(_, Err(DrainFailure::Other(failure))) => {
            view.notify(OverviewLevel::Bad, failure.error.to_string());
        }
    }
}
