//! The control socket: made at the start, and again where it is missing or is to be for another
//! group.
//!
//! Without one the commands use the listener and the control token, so a failure is a warning.

use std::error::Error;

use tokio::sync::mpsc;
use tracing::{info, warn};

use super::Daemon;
use crate::http::BoundSocket;
use crate::state::{StateDir, StateError};

/// Where the control socket is served, and what was said of it.
pub(super) struct ControlSocketBinding {
    serve: mpsc::Sender<BoundSocket>,
    /// Why there is none, as it was last logged.
    logged: Option<String>,
}

impl ControlSocketBinding {
    /// What is bound goes to `serve`.
    pub(super) fn new(serve: mpsc::Sender<BoundSocket>) -> Self {
        Self {
            serve,
            logged: None,
        }
    }

    fn log_failure(&mut self, error: &StateError) {
        let cause = error.source().map(ToString::to_string);
        let trouble = cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
        // It is tried again and again.
        if self.logged.as_ref() != Some(&trouble) {
            warn!(
                trouble,
                "there is no control socket: commands use the listener and the control token"
            );
            self.logged = Some(trouble);
        }
    }
}

impl Daemon {
    /// Makes the control socket unless it is there.
    pub(super) fn ensure_control_socket(&mut self, binding: &mut ControlSocketBinding) {
        if !self.state.has_socket() {
            self.bind_control_socket(binding);
        }
    }

    /// Makes the control socket, in place of the one that is there. What is asked of that one is
    /// answered still.
    pub(super) fn bind_control_socket(&mut self, binding: &mut ControlSocketBinding) {
        let group = self.config.rpc.control_cookie_group.as_deref();
        match self.state.bind_socket(group) {
            Ok(socket) => {
                binding.logged = None;
                let path = self.config.state_dir.join(StateDir::SOCKET);
                info!(path = %path.display(), role = "control", "listening");
                if binding.serve.try_send(socket).is_err() {
                    warn!("the control socket is not served: its task is gone");
                }
            }
            Err(error) => binding.log_failure(&error),
        }
    }
}
