//! Whether this machine keeps its clock synchronised, as `timedatectl` reads it from the kernel: the
//! call itself (`adjtimex`) has no safe binding.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::runtime::Builder;
use tokio::time::timeout;

/// The service behind it is started when it is asked.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether the clock is kept synchronised; `None`: there is no systemd that says so. Waits for the
/// answer.
#[must_use]
pub fn is_clock_synchronised() -> Option<bool> {
    let runtime = Builder::new_current_thread().enable_all().build().ok()?;
    let output = runtime.block_on(async {
        let asked = Command::new("timedatectl")
            .args(["show", "--property=NTPSynchronized", "--value"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .output();
        timeout(ANSWER_TIMEOUT, asked).await
    });
    let output = output.ok()?.ok()?;
    match output.stdout.trim_ascii() {
        b"yes" => Some(true),
        b"no" => Some(false),
        _ => None,
    }
}
