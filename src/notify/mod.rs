//! Notifications: events that go to a webhook or a command, and heartbeats.
//!
//! | file | |
//! |---|---|
//! | `alerts` | which events are sent, when, and when their ends are |
//! | `message` | what a notification says of an event |
//! | `delivery_queue` | what waits to be sent, and when it is tried again |
//! | `heartbeat` | when a sign of life is due |
//! | `entry` | one entry of `[[notify]]` |
//! | `sender`, `webhook`, `command`, `send_error` | one attempt to send |
//! | `notifier` | what the daemon calls |
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
mod send_error;
mod sender;
mod task;
mod webhook;

pub use alerts::AlertFilter;
pub use command::CommandEnv;
pub use entry::{HookUrl, NotifyEntry, NotifyRule, NotifyTarget};
pub use notifier::{Notifier, NotifierParts, NotifyTested};
