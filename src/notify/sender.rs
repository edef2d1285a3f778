//! One attempt to send a message, whichever way.

use std::ffi::OsString;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::time::timeout;

use super::command;
use super::delivery_queue::DeliveryQueue;
use super::entry::{NotifyEntry, NotifyTarget};
use super::message::Message;
use super::webhook::Webhook;

/// Why a message was not sent. No secret of its target is in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// There is no client for webhooks.
    #[error("cannot make an HTTP client: {0}")]
    Client(String),
    /// A file with the URL or with headers cannot be used.
    #[error("cannot use {file}: {reason}")]
    File { file: String, reason: String },
    /// The server cannot be reached, or breaks off.
    #[error("cannot reach {target}: {reason}")]
    Reach { target: String, reason: String },
    /// It answered something else than a success.
    #[error("{target} answered {status}")]
    Refused { target: String, status: u16 },
    /// The program cannot be started, or fails.
    #[error("cannot run {program}: {reason}")]
    Command { program: String, reason: String },
    /// It took too long.
    #[error("{target} took longer than {} s", DeliveryQueue::TRY_TIMEOUT.as_secs())]
    Late { target: String },
}

/// What a command finds in its environment, beside what it is told.
#[derive(Clone, Debug, Default)]
pub struct CommandEnv {
    /// `PATH`
    pub path: Option<OsString>,
    /// `LANG`
    pub lang: Option<OsString>,
}

/// Sends messages.
pub(super) struct Sender {
    webhook: Webhook,
    env: CommandEnv,
    /// Commands run one at a time.
    commands: Mutex<()>,
}

impl Sender {
    pub(super) fn new(env: CommandEnv) -> Self {
        Self {
            webhook: Webhook::default(),
            env,
            commands: Mutex::default(),
        }
    }

    /// Sends `message` to the target of `entry`, once.
    pub(super) async fn send(
        self: Arc<Self>,
        entry: Arc<NotifyEntry>,
        message: Message,
    ) -> Result<(), SendError> {
        let body = message.body(entry.template.as_ref());
        match &entry.target {
            NotifyTarget::Webhook { url, header_file } => {
                let sent = self.webhook.post(url, header_file.as_deref(), body);
                let sent = timeout(DeliveryQueue::TRY_TIMEOUT, sent).await;
                sent.unwrap_or_else(|_| Err(late(&entry.target)))
            }
            NotifyTarget::Command { program, arguments } => {
                // The time of those before it is not counted.
                let _one_at_a_time = self.commands.lock().await;
                let run = command::run((program, arguments), &message, body, &self.env);
                let ran = timeout(DeliveryQueue::TRY_TIMEOUT, run).await;
                ran.unwrap_or_else(|_| Err(late(&entry.target)))
            }
        }
    }
}

fn late(target: &NotifyTarget) -> SendError {
    SendError::Late {
        target: target.to_string(),
    }
}
