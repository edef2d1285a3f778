//! `bllvmctl prune`: shows the plan, asks, starts the job, follows it to its end.

use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::args::{Common, Format, Prune, PruneCommand};
use super::client::{Answer, Client, problem_detail, unexpected};
use super::exit::{Exit, Failure, Outcome};
use super::interrupt::Interrupt;
use super::output::Output;
use super::prune_status::{self, Job, bytes};
use super::{status, wait};
use crate::clock;

/// A plan as the daemon tells it.
#[derive(Deserialize)]
struct Plan {
    action: String,
    why: String,
    aim: Option<String>,
    target_bytes: Option<u64>,
    target_height: Option<u32>,
    to_height: Option<u32>,
    about_bytes: Option<u64>,
    held_by: Option<String>,
    usage_bytes: Option<u64>,
}

pub(super) fn run(
    args: &Prune,
    common: &Common,
    client: impl Fn() -> Result<Client, Failure>,
    output: Output,
) -> Outcome {
    let bare = args.to.is_none() && args.to_height.is_none() && args.keep_blocks.is_none();
    if let Some(command) = &args.command {
        if !bare || args.dry_run || args.yes || args.no_wait {
            let (name, does) = match command {
                PruneCommand::Status(_) => ("status", "shows"),
                PruneCommand::Cancel => ("cancel", "cancels"),
            };
            let text =
                format!("`prune {name}` only {does}: it takes none of the options of `prune`");
            return Err(Failure::text(Exit::Usage, text)
                .hint(format!("leave them out, or leave out `{name}`")));
        }
        let client = client()?;
        return match command {
            PruneCommand::Status(status) => wait::repeat(status.watch.watch, output, || {
                prune_status::show(&client, output)
            }),
            PruneCommand::Cancel => cancel(&client, output),
        };
    }
    let terminal = std::io::stdin().is_terminal();
    if bare && !terminal && !args.yes && !args.dry_run {
        let text = "without a terminal, `prune` to the configured target needs --yes";
        return Err(Failure::text(Exit::Usage, text)
            .hint("write `bllvmctl prune --yes`, or how far: --to 80G"));
    }
    let (client, request) = (client()?, request(args));
    if args.dry_run {
        return show_plan(&plan(&client, &request)?, output);
    }
    if terminal && !args.yes {
        let document = plan(&client, &request)?;
        let plan: Plan = understood(&document)?;
        if plan.action == "prune" && !agreed(&plan)? {
            return Err(Failure::text(Exit::No, "nothing was pruned"));
        }
    }
    begin(args, common, &client, &request, output)
}

/// Has the running job send no further call.
fn cancel(client: &Client, output: Output) -> Outcome {
    let answer = client.control(Method::POST, "/api/v1/prune/cancel")?;
    if answer.status == StatusCode::NOT_FOUND {
        return Err(Failure::text(
            Exit::No,
            problem_detail(&answer).unwrap_or_default(),
        ));
    }
    let document = answer.granted()?;
    let job: Job = understood(&document)?;
    match output.format {
        Format::Json => output.json(&document)?,
        Format::Tsv => output.rows(&["key", "value"], &status::flatten(&document))?,
        Format::Table => output.print(&format!(
            "job {} is cancelled: no further call is sent; the one that the node is working on goes on to its end. No run \
             starts by itself for an hour\n",
            job.id
        ))?,
    }
    Ok(Exit::Yes)
}

fn request(args: &Prune) -> Value {
    match (args.to, args.to_height, args.keep_blocks) {
        (Some(size), _, _) => json!({"to_bytes": size.bytes()}),
        (_, Some(height), _) => json!({"to_height": height}),
        (_, _, Some(blocks)) => json!({"keep_blocks": blocks}),
        _ => json!({}),
    }
}

fn plan(client: &Client, request: &Value) -> Result<Value, Failure> {
    let answer = client.ask("/api/v1/prune/plan", request)?;
    if answer.status == StatusCode::OK {
        answer.json()
    } else {
        Err(unexpected(&answer))
    }
}

fn understood<T: serde::de::DeserializeOwned>(document: &Value) -> Result<T, Failure> {
    T::deserialize(document).map_err(|error| {
        let error = anyhow::Error::new(error)
            .context("cannot understand the daemon's answer; is it of another version?");
        Failure::new(Exit::Internal, error)
    })
}

impl Plan {
    /// As people read it.
    fn lines(&self) -> String {
        let mut lines = Vec::new();
        match (self.action.as_str(), self.to_height) {
            ("prune", Some(height)) => {
                let about = self
                    .about_bytes
                    .map_or_else(String::new, |about| format!(", about {}", bytes(about)));
                lines.push(format!("plan    prune blocks up to height {height}{about}"));
            }
            ("prune", None) => {
                lines
                    .push("plan    prune all blocks that the node itself does not keep".to_owned());
            }
            ("idle", _) => {
                let why = self
                    .why
                    .strip_prefix("nothing to do: ")
                    .unwrap_or(&self.why);
                lines.push(format!("plan    nothing to do: {why}"));
            }
            _ => lines.push("plan    prune nothing".to_owned()),
        }
        if self.action != "idle" {
            lines.push(format!("why     {}", self.why));
        }
        let aim = match (self.aim.as_deref(), self.target_bytes, self.target_height) {
            (Some("usage"), Some(target), _) => {
                Some(format!("down to a usage of {}", bytes(target)))
            }
            (Some("free"), Some(target), _) => Some(format!("until {} are free", bytes(target))),
            (Some("height"), _, Some(height)) => Some(format!("up to height {height}")),
            (Some("all_but_kept"), _, _) => Some("down to what is kept".to_owned()),
            _ => None,
        };
        let usage = self
            .usage_bytes
            .map_or_else(String::new, |usage| format!("; usage is {}", bytes(usage)));
        lines.extend(aim.map(|aim| format!("aim     {aim}{usage}")));
        lines.extend(self.held_by.as_ref().map(|by| format!("held by {by}")));
        lines.iter().map(|line| line.clone() + "\n").collect()
    }

    /// What the run's exit code would be, as far as can be told.
    fn exit(&self) -> Exit {
        let yes = match self.action.as_str() {
            "prune" => self.held_by.is_none(),
            "idle" => true,
            _ => false,
        };
        if yes { Exit::Yes } else { Exit::No }
    }
}

fn show_plan(document: &Value, output: Output) -> Outcome {
    let plan: Plan = understood(document)?;
    match output.format {
        Format::Json => output.json(document)?,
        Format::Tsv => output.rows(&["key", "value"], &status::flatten(document))?,
        Format::Table => output.print(&plan.lines())?,
    }
    Ok(plan.exit())
}

/// Asks on the terminal. Whatever is piped elsewhere, the question is seen.
fn agreed(plan: &Plan) -> Result<bool, Failure> {
    let internal = |error: std::io::Error| Failure::new(Exit::Internal, error);
    let mut terminal = std::io::stderr().lock();
    write!(
        terminal,
        "{}Blocks that are gone can only be downloaded again. Prune? [y/N] ",
        plan.lines()
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

fn begin(
    args: &Prune,
    common: &Common,
    client: &Client,
    request: &Value,
    output: Output,
) -> Outcome {
    let interrupt = Interrupt::watch()?;
    let answer = client.ask("/api/v1/prune/jobs", request)?;
    match answer.status {
        StatusCode::ACCEPTED => {
            let document = answer.json()?;
            let job: Job = understood(&document)?;
            if job.is_running() && args.no_wait {
                return show_begun(&job, &document, output);
            }
            if !job.is_running() {
                return show_end(&document, output);
            }
            match follow(&job, common, client, output, &interrupt)? {
                Followed::Ended(document) => show_end(&document, output),
                Followed::Interrupted(exit) => {
                    let id = job.id;
                    super::complain(&format!(
                        "job {id} continues in the daemon; see bllvmctl prune status\n"
                    ));
                    Ok(exit)
                }
            }
        }
        // There is nothing to do: the plan says why.
        StatusCode::OK => show_plan_why(&answer, output),
        StatusCode::UNPROCESSABLE_ENTITY => {
            let problem = answer.json()?;
            if let (Format::Json, Some(plan)) = (output.format, problem.get("plan")) {
                output.json(plan)?;
            }
            let detail = problem_detail(&answer).unwrap_or_default();
            Err(Failure::text(
                Exit::No,
                format!("nothing was pruned: {detail}"),
            ))
        }
        StatusCode::CONFLICT => {
            let detail = problem_detail(&answer).unwrap_or_default();
            Err(Failure::text(Exit::No, detail).hint("`bllvmctl prune status` shows it"))
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            let detail = problem_detail(&answer).unwrap_or_default();
            Err(Failure::text(
                Exit::No,
                format!("nothing was pruned: {detail}"),
            ))
        }
        _ => Err(unexpected(&answer)),
    }
}

fn show_plan_why(answer: &Answer, output: Output) -> Outcome {
    let document = answer.json()?;
    let plan: Plan = understood(&document)?;
    match output.format {
        Format::Json => output.json(&document)?,
        Format::Tsv => output.rows(&["key", "value"], &status::flatten(&document))?,
        Format::Table => output.print(&format!("{}\n", plan.why))?,
    }
    Ok(plan.exit())
}

fn show_begun(job: &Job, document: &Value, output: Output) -> Outcome {
    match output.format {
        Format::Json => output.json(document)?,
        Format::Tsv => output.rows(&["key", "value"], &status::flatten(document))?,
        Format::Table => output.print(&format!(
            "job {} is running; `bllvmctl prune status` shows it\n",
            job.id
        ))?,
    }
    Ok(Exit::Yes)
}

fn show_end(document: &Value, output: Output) -> Outcome {
    let job: Job = understood(document)?;
    match output.format {
        Format::Json => output.json(document)?,
        Format::Tsv => output.rows(&["key", "value"], &status::flatten(document))?,
        Format::Table => output.print(&format!("{}\n", job.line()))?,
    }
    match job.why_not() {
        None => Ok(Exit::Yes),
        Some(why) => Err(Failure::text(Exit::No, why)),
    }
}

/// How the following of a job ended.
enum Followed {
    /// The job ended, as this document says.
    Ended(Value),
    /// A signal came, and the job goes on.
    Interrupted(Exit),
}

/// Asks for the job until it has ended, or a signal comes. A daemon that restarts meanwhile is
/// waited for a while: it knows what became of the job.
fn follow(
    job: &Job,
    common: &Common,
    client: &Client,
    output: Output,
    interrupt: &Interrupt,
) -> Result<Followed, Failure> {
    const LOOK: Duration = Duration::from_millis(200);
    const AWAY: Duration = Duration::from_secs(15);
    let bar = bar(job, output);
    let path = format!("/api/v1/prune/jobs/{}", job.id);
    let mut seen = clock::mono();
    let away = common.timeout.unwrap_or(AWAY);
    loop {
        if let Some(exit) = interrupt.exit() {
            bar.finish_and_clear();
            return Ok(Followed::Interrupted(exit));
        }
        match client.control(Method::GET, &path) {
            Ok(answer) if answer.status == StatusCode::OK => {
                seen = clock::mono();
                let document = answer.json()?;
                let job: Job = understood(&document)?;
                bar.set_message(job.progress());
                bar.set_position(job.freed_bytes.unwrap_or(0));
                if !job.is_running() {
                    bar.finish_and_clear();
                    return Ok(Followed::Ended(document));
                }
            }
            Ok(answer) => return Err(unexpected(&answer)),
            // A restarted daemon has a new cookie, which is read at each call.
            Err(failure) if clock::mono().since(seen) < away && failure.exit != Exit::Internal => {}
            Err(failure) => {
                let hint = format!(
                    "job {} may go on; `bllvmctl prune status` tells, once the daemon answers",
                    job.id
                );
                return Err(failure.hint(hint));
            }
        }
        std::thread::sleep(LOOK);
    }
}

/// Bytes freed, of about so many. Only where somebody sees it.
fn bar(job: &Job, output: Output) -> ProgressBar {
    let is_shown = output.format == Format::Table && !output.is_quiet() && !output.is_dumb();
    let visible = std::io::stderr().is_terminal() && is_shown;
    if !visible {
        return ProgressBar::hidden();
    }
    let bar = bar_on(
        ProgressDrawTarget::stderr(),
        Output::stderr_width(),
        job.plan.about_bytes,
        job.progress(),
    );
    // A call may take minutes, in which nothing is told; what moves is not stuck.
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A bar that stays on one line of a terminal of this width.
fn bar_on(
    target: ProgressDrawTarget,
    columns: Option<u16>,
    about_bytes: Option<u64>,
    message: String,
) -> ProgressBar {
    let template = match (about_bytes, columns) {
        // What does not fit would begin another line each time.
        (_, Some(0..40)) => "{spinner} {wide_msg}",
        (Some(_), _) => "{spinner} {elapsed} [{bar:16}] {wide_msg}",
        (None, _) => "{spinner} {elapsed} {wide_msg}",
    };
    let bar = ProgressBar::with_draw_target(about_bytes, target);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(message);
    bar
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    use super::*;

    #[test]
    fn a_plan_to_do_nothing_says_so_once() {
        let plan = |action: &str, why: &str| -> Plan {
            serde_json::from_value(json!({"action": action, "why": why})).unwrap()
        };
        assert_eq!(
            plan("idle", "nothing to do: all is gone").lines(),
            "plan    nothing to do: all is gone\n"
        );
        assert_eq!(
            plan("idle", "usage is low").lines(),
            "plan    nothing to do: usage is low\n"
        );
        assert_eq!(
            plan("blocked", "no mode").lines(),
            "plan    prune nothing\nwhy     no mode\n"
        );
    }

    /// A terminal of some width, with all that was written to it.
    #[derive(Clone, Debug)]
    struct Screen {
        columns: u16,
        written: Arc<Mutex<Vec<String>>>,
    }

    impl Screen {
        fn write(&self, text: &str) {
            self.written.lock().unwrap().push(text.to_owned());
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            self.columns
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write(text);
            Ok(())
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.write(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_progress_bar_fits_on_one_line_of_any_terminal() {
        let message = "1.2 GB of about 80 GB freed, call 3, up to block 812345";
        for columns in (12..100).step_by(4) {
            for about_bytes in [Some(80_000_000_000), None] {
                let screen = Screen {
                    columns,
                    written: Arc::default(),
                };
                let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
                let bar = bar_on(target, Some(columns), about_bytes, message.to_owned());
                bar.force_draw();
                let written = screen.written.lock().unwrap();
                let longest = written.iter().map(|line| line.chars().count()).max();
                assert!(
                    longest <= Some(columns.into()) && written.concat().contains("1.2"),
                    "{columns} columns: {written:?}"
                );
            }
        }
    }
}
