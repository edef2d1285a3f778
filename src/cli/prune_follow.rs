//! Follows a prune job to its end, with a progress bar on a terminal.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reqwest::{Method, StatusCode};

use super::answer::Received;
use super::args::{Common, Format};
use super::client::Client;
use super::exit::{Exit, Failure};
use super::interrupt::Interrupt;
use super::output::Output;
use super::prune_job;
use crate::api::PruneJob;
use crate::clock;
use crate::values::Size;

/// How following a job ended.
pub(super) enum FollowOutcome {
    /// The job ended; this is its document.
    Ended(Box<Received<PruneJob>>),
    /// A signal was received, and the job continues.
    Interrupted(Exit),
}

/// Polls the job until it ends or a signal is received. A restart of the daemon is tolerated for a
/// while: the daemon still knows the job afterwards.
pub(super) fn follow(
    job: &PruneJob,
    common: &Common,
    client: &Client,
    output: Output,
    interrupt: &Interrupt,
) -> Result<FollowOutcome, Failure> {
    const POLL_INTERVAL: Duration = Duration::from_millis(200);
    const UNREACHABLE_TIMEOUT: Duration = Duration::from_secs(15);
    let bar = bar(job, output);
    let path = client.path_of(&format!("prune/jobs/{}", job.id));
    let mut last_answer = clock::mono();
    let timeout = common.timeout.unwrap_or(UNREACHABLE_TIMEOUT);
    loop {
        if let Some(exit) = interrupt.exit() {
            bar.finish_and_clear();
            return Ok(FollowOutcome::Interrupted(exit));
        }
        match client.control::<PruneJob>(Method::GET, &path) {
            Ok(answer) if answer.status() == StatusCode::OK => {
                last_answer = clock::mono();
                let received = answer.document()?;
                let job = &received.document;
                bar.set_message(prune_job::progress(job));
                bar.set_position(job.freed_bytes.unwrap_or_default().bytes());
                if !prune_job::is_running(job) {
                    bar.finish_and_clear();
                    return Ok(FollowOutcome::Ended(Box::new(received)));
                }
            }
            Ok(answer) => return Err(answer.unexpected()),
            // A restarted daemon has a new cookie; the client reads it for each request.
            Err(failure)
                if clock::mono().since(last_answer) < timeout && failure.exit != Exit::Internal => {
            }
            Err(failure) => {
                let hint = format!(
                    "job {} may continue; `bllvmctl prune status` shows it once the daemon answers",
                    job.id
                );
                return Err(failure.hint(hint));
            }
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// The bar of the bytes freed; hidden unless stderr is a terminal.
fn bar(job: &PruneJob, output: Output) -> ProgressBar {
    let is_shown = output.format == Format::Table && !output.is_quiet() && !output.is_dumb();
    let visible = std::io::stderr().is_terminal() && is_shown;
    if !visible {
        return ProgressBar::hidden();
    }
    let bar = bar_on(
        ProgressDrawTarget::stderr(),
        Output::stderr_width(),
        job.plan.about_bytes.map(Size::bytes),
        prune_job::progress(job),
    );
    // A call may take minutes without progress; the spinner shows that the command is not stuck.
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
        // A bar that does not fit would start a new line at each tick.
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

    /// A terminal of a given width, with everything written to it.
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
