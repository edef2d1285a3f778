//! The finding that something could not be asked.

use super::exit::{Exit, Failure};
use crate::doctor::Finding;

/// The finding that something could not be asked.
pub(super) fn not_asked(check: &str, failure: &Failure) -> Finding {
    let causes: Vec<String> = failure.error.chain().map(ToString::to_string).collect();
    let cure = match failure.exit {
        Exit::Unreachable => {
            "start it: `systemctl start bllvmctl`, or `bllvmctl serve`; --url or --config names \
             another"
                .to_owned()
        }
        _ => failure
            .hint
            .clone()
            .unwrap_or_else(|| "see the causes".to_owned()),
    };
    let text = format!(
        "{}; nothing that only the daemon knows was looked at",
        causes.join(": ")
    );
    Finding::bad(check, text, cure)
}
