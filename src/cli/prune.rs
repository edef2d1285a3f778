//! `bllvmctl prune`: shows the plan, asks for confirmation, starts the job and follows it.

use std::io::{BufRead, IsTerminal, Write};

use clap::{Args, Subcommand};
use reqwest::{Method, StatusCode};
use serde::Deserialize;

use super::answer::{ControlAnswer, Received};
use super::args::{Common, Format, List, WatchArg, examples, height, number_of_blocks};
use super::client::Client;
use super::exit::{CommandResult, Exit, Failure};
use super::interrupt::Interrupt;
use super::invocation::Invocation;
use super::output::{Output, print_error};
use super::prune_follow::{FollowOutcome, follow};
use super::{prune_job, prune_plan, prune_status, render, wait};
use crate::api::{PlanAction, PruneJob, PrunePlan, PruneRequest};
use crate::values::Size;

#[derive(Args, Debug)]
#[command(after_long_help = examples(&[
    ("bllvmctl prune --to 80G --dry-run", "Show what would be deleted"),
    ("bllvmctl prune --quiet --to 80G", "Prune from cron, reporting failures only"),
]))]
pub(super) struct PruneArgs {
    /// Prune until the usage is at most this, such as 80G
    #[arg(
        long,
        value_name = "SIZE",
        group = "how_far",
        allow_hyphen_values = true
    )]
    to: Option<Size>,
    /// Prune the blocks up to this height
    #[arg(long, value_name = "H", group = "how_far", allow_hyphen_values = true, value_parser = height)]
    to_height: Option<u32>,
    /// Prune all but this many blocks at the tip, at least 288
    #[arg(long, value_name = "N", group = "how_far", allow_hyphen_values = true, value_parser = number_of_blocks)]
    keep_blocks: Option<u32>,
    /// Show the plan and delete nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
    /// Start the job and do not wait for its end
    #[arg(long, conflicts_with = "dry_run")]
    no_wait: bool,
    #[command(subcommand)]
    command: Option<PruneCommand>,
}

impl PruneArgs {
    /// The `--watch` of `prune status`.
    pub(super) fn watch(&mut self) -> Option<&mut WatchArg> {
        match &mut self.command {
            Some(PruneCommand::Status(status)) => Some(&mut status.watch),
            Some(PruneCommand::Cancel) | None => None,
        }
    }
}

#[derive(Debug, Subcommand)]
enum PruneCommand {
    /// Show the running and the last job, the usage and the forecast
    #[command(after_long_help = examples(&[
        ("bllvmctl prune status --watch 5", "Watch a running job"),
    ]))]
    Status(List),
    /// Cancel the running job after the call that the node is working on
    #[command(after_long_help = examples(&[
        ("bllvmctl prune cancel", "Stop the job after the current call to the node"),
    ]))]
    Cancel,
}

/// The answer to a request to start a job: the job, or a plan that has nothing to do.
#[derive(Deserialize)]
#[serde(untagged)]
enum StartOutcome {
    Job(Box<PruneJob>),
    Idle(Box<PrunePlan>),
}

pub(super) fn run(args: &PruneArgs, invocation: &Invocation<'_>) -> CommandResult {
    let Invocation { common, output, .. } = *invocation;
    let has_no_target = args.to.is_none() && args.to_height.is_none() && args.keep_blocks.is_none();
    if let Some(command) = &args.command {
        if !has_no_target || args.dry_run || args.yes || args.no_wait {
            let (name, does) = match command {
                PruneCommand::Status(_) => ("status", "shows"),
                PruneCommand::Cancel => ("cancel", "cancels"),
            };
            let text =
                format!("`prune {name}` only {does}: it takes none of the options of `prune`");
            return Err(Failure::text(Exit::Usage, text)
                .hint(format!("leave them out, or leave out `{name}`")));
        }
        let client = invocation.client()?;
        return match command {
            PruneCommand::Status(status) => {
                wait::repeat("prune status", status.watch.watch, output, || {
                    prune_status::show(&client, output)
                })
            }
            PruneCommand::Cancel => cancel(&client, output),
        };
    }
    let terminal = std::io::stdin().is_terminal();
    if has_no_target && !terminal && !args.yes && !args.dry_run {
        let text = "without a terminal, `prune` to the configured target needs --yes";
        return Err(Failure::text(Exit::Usage, text)
            .hint("write `bllvmctl prune --yes`, or how far: --to 80G"));
    }
    let client = invocation.client()?;
    let request = request(args);
    if args.dry_run {
        return prune_plan::show(&plan(&client, &request)?, output);
    }
    if terminal && !args.yes {
        let plan = plan(&client, &request)?.document;
        if plan.action == PlanAction::Prune && !confirm(&plan)? {
            return Err(Failure::text(Exit::No, "nothing was pruned"));
        }
    }
    start(args, common, &client, &request, output)
}

/// Cancels the running job: it sends no further call.
fn cancel(client: &Client, output: Output) -> CommandResult {
    let answer = client.control::<PruneJob>(Method::POST, &client.path_of("prune/cancel"))?;
    if answer.status() == StatusCode::NOT_FOUND {
        return Err(Failure::text(Exit::No, answer.detail()));
    }
    let job = answer.granted()?;
    render::show(&job.raw, output, || {
        format!(
            "job {} is cancelled: no further call is sent; the node completes the one it is \
             working on. No run starts \
             automatically for an hour\n",
            job.document.id
        )
    })?;
    Ok(Exit::Yes)
}

fn request(args: &PruneArgs) -> PruneRequest {
    PruneRequest {
        to_bytes: args.to,
        to_height: args.to_height,
        keep_blocks: args.keep_blocks,
    }
}

fn plan(client: &Client, request: &PruneRequest) -> Result<Received<PrunePlan>, Failure> {
    client.post(&client.path_of("prune/plan"), request)?.ok()
}

/// Asks for confirmation on stderr, which is visible when stdout is a pipe.
fn confirm(plan: &PrunePlan) -> Result<bool, Failure> {
    let internal = |error: std::io::Error| Failure::new(Exit::Internal, error);
    let mut terminal = std::io::stderr().lock();
    write!(
        terminal,
        "{}Pruned blocks can only be downloaded again. Prune? [y/N] ",
        prune_plan::lines(plan)
    )
    .and_then(|()| terminal.flush())
    .map_err(internal)?;
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(internal)?;
    Ok(matches!(
        answer.trim().to_ascii_lowercase().as_str(),
        "y" | "yes"
    ))
}

fn start(
    args: &PruneArgs,
    common: &Common,
    client: &Client,
    request: &PruneRequest,
    output: Output,
) -> CommandResult {
    let interrupt = Interrupt::watch()?;
    let answer = client.post::<StartOutcome>(&client.path_of("prune/jobs"), request)?;
    match answer.status() {
        StatusCode::ACCEPTED | StatusCode::OK => {}
        _ => return Err(not_started(&answer, output)?),
    }
    let Received { raw, document } = answer.document()?;
    let job = match document {
        StartOutcome::Job(job) => *job,
        StartOutcome::Idle(plan) => {
            render::show(&raw, output, || {
                format!("{}\n", prune_plan::not_started(&plan))
            })?;
            return Ok(prune_plan::exit(&plan));
        }
    };
    if !prune_job::is_running(&job) {
        return show_end(&Received { raw, document: job }, output);
    }
    if args.no_wait {
        render::show(&raw, output, || {
            format!(
                "job {} is running; `bllvmctl prune status` shows it\n",
                job.id
            )
        })?;
        return Ok(Exit::Yes);
    }
    match follow(&job, common, client, output, &interrupt)? {
        FollowOutcome::Ended(job) => show_end(&job, output),
        FollowOutcome::Interrupted(exit) => {
            let id = job.id;
            print_error(&format!(
                "job {id} continues in the daemon; see bllvmctl prune status\n"
            ));
            Ok(exit)
        }
    }
}

/// Why no job was started.
fn not_started(answer: &ControlAnswer<StartOutcome>, output: Output) -> Result<Failure, Failure> {
    let refused = || {
        let detail = answer.detail();
        Failure::text(Exit::No, format!("nothing was pruned: {detail}"))
    };
    match answer.status() {
        StatusCode::UNPROCESSABLE_ENTITY => {
            if let (Format::Json, Some(plan)) = (output.format, answer.problem()?.document.plan) {
                output.json(&plan)?;
            }
            Ok(refused())
        }
        StatusCode::SERVICE_UNAVAILABLE => Ok(refused()),
        StatusCode::CONFLICT => {
            Ok(Failure::text(Exit::No, answer.detail()).hint("`bllvmctl prune status` shows it"))
        }
        _ => Ok(answer.unexpected()),
    }
}

fn show_end(job: &Received<PruneJob>, output: Output) -> CommandResult {
    render::show(&job.raw, output, || {
        format!("{}\n", prune_job::line(&job.document))
    })?;
    match prune_job::why_not(&job.document) {
        None => Ok(Exit::Yes),
        Some(why) => Err(Failure::text(Exit::No, why)),
    }
}
