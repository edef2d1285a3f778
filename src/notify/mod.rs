//! Notifications: events that go to a webhook or a command, and heartbeats.
//!
//! | file | |
//! |---|---|
//! | `alerts` | which events are told, when, and when their ends are |
//! | `message` | what is told of an event |
//! | `delivery_queue` | what waits to be sent, and when it is tried again |
//! | `heartbeat` | when a sign of life is due |
//! | `entry` | one entry of `[[notify]]` |
//! | `sender`, `webhook`, `command` | one attempt to send |
//! | `notifier` | what the daemon wants of it |
//! | `task` | the loop that takes events in and sends |
//!
//! Invariant: nobody who records an event waits for a notification. No URL but its scheme and host,
//! and no header, is in a text that leaves this folder.

mod alerts;
mod command;
mod delivery_queue;
mod entry;
mod heartbeat;
mod message;
mod notifier;
mod sender;
mod task;
mod webhook;

pub use alerts::AlertFilter;
pub use entry::{HookUrl, NotifyEntry, NotifyRule, NotifyTarget};
pub use notifier::{Notifier, NotifierParts, NotifyTested};
pub use sender::CommandEnv;
