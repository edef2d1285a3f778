//! The failures of a daemon that does not answer, and of another server in its place.

use super::answer::Answer;
use super::exit::{Exit, Failure};
use super::local_daemon::Transport;
use crate::tls::handshake_failure;

/// The failure for an answer of another server.
pub(super) fn not_bllvmctl(transport: &Transport<'_>, answer: &Answer) -> Failure {
    let text = format!(
        "the server at {} is not bllvmctl (HTTP {})",
        transport.address,
        answer.status.as_u16()
    );
    let hint = "the daemon listens at its rpc.listen, 127.0.0.1:18332 by default";
    Failure::text(Exit::Unreachable, text).hint(hint)
}

/// The failure for no answer of the daemon at `address`.
pub(super) fn unreachable(address: &str, error: reqwest::Error) -> Failure {
    // The text of reqwest repeats the URL; the innermost cause says what happened.
    let error = error.without_url();
    let timed_out = error.is_timeout();
    let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    let cause = causes
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string);
    let failed_handshake = handshake_failure(&error);
    let hint = if failed_handshake.is_some() {
        "--ca-file names the CA that issued its certificate, or the certificate itself"
    } else {
        "is it running? `bllvmctl serve` starts it; --url or --config names another"
    };
    let cause = match failed_handshake {
        Some(failure) => format!("the daemon {failure}"),
        None if timed_out => "no answer within the timeout".to_owned(),
        None => cause,
    };
    let what = anyhow::Error::msg(cause).context(format!("cannot reach the daemon at {address}"));
    Failure::new(Exit::Unreachable, what).hint(hint)
}
