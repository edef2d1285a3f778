//! Notifications: what is sent, to whom, when, and what is never shown.

mod commands;
mod heartbeat;
mod secrets;
mod services;
mod webhooks;

use std::time::Duration;

use serde_json::Value;

use crate::support::daemon::Daemon;
use crate::support::fake_node::FakeNode;
use crate::support::hook::{Hook, HookRequest};
use crate::support::ready::{healthy_node, ready_beside};

const SOON: Duration = Duration::from_mins(1);
const QUICK: &str = "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.8\n";

/// A daemon beside a healthy node, with these entries of `[[notify]]`.
#[track_caller]
fn notifying(entries: &str) -> (FakeNode, Daemon) {
    let node = healthy_node();
    let daemon = ready_beside(&node, &format!("{QUICK}{entries}"));
    (node, daemon)
}

/// An entry that sends everything at once to `url`.
fn all_to(name: &str, url: &str) -> String {
    format!(
        "[[notify]]\nname = \"{name}\"\nurl = \"{url}\"\nmin_severity = \"info\"\nhold_secs = 0\n\
         on = [\"state\", \"check\", \"prune\", \"reconnect\", \"fork\", \"reload\"]\n"
    )
}

/// The documents that `hook` took.
fn documents(taken: &[HookRequest]) -> Vec<Value> {
    taken.iter().map(HookRequest::json).collect()
}

/// Waits until `hook` took a document with these members.
#[track_caller]
fn wait_told(hook: &Hook, members: &[(&str, &str)]) -> Value {
    let is_it = |told: &Value| members.iter().all(|(name, value)| told[name] == *value);
    let taken = hook.wait(&format!("{members:?}"), |taken| {
        documents(taken).iter().any(is_it)
    });
    let mut told = documents(&taken).into_iter();
    told.find(is_it).expect("it was there")
}
