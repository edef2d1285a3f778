//! One attempt to send a message, whichever way.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::time::timeout;

use super::command::{self, CommandEnv};
use super::delivery_queue::DeliveryQueue;
use super::entry::{NotifyEntry, NotifyTarget};
use super::message::Message;
use super::send_error::SendError;
use super::webhook::Webhook;

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
                let limit = DeliveryQueue::TRY_TIMEOUT;
                let sent = self.webhook.post(url, header_file.as_deref(), body, limit);
                sent.await.unwrap_or_else(|| Err(late(&entry.target)))
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
