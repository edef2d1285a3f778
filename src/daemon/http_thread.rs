//! The thread that serves HTTP from memory, so that nothing a node does can slow a probe.

use std::sync::mpsc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::CancellationToken;

use super::serve_error::{ServeError, start};

/// The thread that serves HTTP; it ends when this is dropped.
pub(super) struct HttpThread {
    pub(super) handle: Handle,
    stop: CancellationToken,
    ended: mpsc::Receiver<()>,
}

impl HttpThread {
    pub(super) fn start() -> Result<Self, ServeError> {
        let runtime: Runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(start("the runtime"))?;
        let handle = runtime.handle().clone();
        let stop = CancellationToken::new();
        let (ending, ended) = mpsc::sync_channel::<()>(0);
        let until = stop.clone();
        let run = move || {
            runtime.block_on(until.cancelled());
            runtime.shutdown_background();
            drop(ending);
        };
        std::thread::Builder::new()
            .name("http".to_owned())
            .spawn(run)
            .map_err(start("a thread"))?;
        Ok(Self {
            handle,
            stop,
            ended,
        })
    }
}

impl Drop for HttpThread {
    fn drop(&mut self) {
        self.stop.cancel();
        // The end of the thread closes the channel; one that is stalled ends with the process.
        let _ = self.ended.recv_timeout(Duration::from_secs(1));
    }
}
