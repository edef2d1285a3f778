//! One connection: bytes in, bytes out, until one side has had enough.

use std::sync::Arc;
use std::time::Duration;

use bitcoin::p2p::Magic;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::wire;
use crate::node_state::TrafficCounters;
use crate::node_state::p2p::{
    ConnectionDirection, Inbox, NewPeer, Outbox, OutboxFull, OutboxItem, PeerId, outbox,
};
use crate::node_thread::NodeThread;

/// A peer that takes nothing for so long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);

/// What all connections share.
#[derive(Clone)]
pub(super) struct ConnectionContext {
    pub(super) thread: NodeThread,
    pub(super) magic: Magic,
    pub(super) counters: Arc<TrafficCounters>,
}

/// Speaks with a peer until the end, and returns why that came.
pub(super) async fn run(
    stream: TcpStream,
    name: String,
    direction: ConnectionDirection,
    shared: ConnectionContext,
) {
    let (Ok(address), Ok(nonce)) = (stream.peer_addr(), getrandom::u64()) else {
        return;
    };
    let local = stream.local_addr().ok();
    // Small messages go out at once.
    let _ = stream.set_nodelay(true);
    let (outbox, inbox) = outbox();
    let counters = Arc::new(TrafficCounters::default());
    let abort = CancellationToken::new();
    let new = NewPeer {
        name,
        address,
        local,
        direction,
        outbox: outbox.clone(),
        counters: Arc::clone(&counters),
        nonce,
        abort: abort.clone(),
    };
    let Ok(Some(id)) = shared
        .thread
        .request(move |state| state.peer_connected(new))
        .await
    else {
        return;
    };
    let (read, write) = stream.into_split();
    let reason = tokio::select! {
        reason = receive(read, id, &outbox, &counters, &shared) => reason,
        reason = transmit(write, inbox, &counters, &shared) => reason,
        () = abort.cancelled() => "we hung up".to_owned(),
    };
    let _ = shared
        .thread
        .request(move |state| state.peer_gone(id, &reason))
        .await;
}

async fn receive(
    mut read: OwnedReadHalf,
    id: PeerId,
    outbox: &Outbox,
    counters: &TrafficCounters,
    shared: &ConnectionContext,
) -> String {
    loop {
        // Who asks for more than it takes waits: nothing piles up for it.
        outbox.drained().await;
        let (message, bytes) = match wire::read(&mut read, shared.magic).await {
            Ok(read) => read,
            Err(error) => return error.to_string(),
        };
        let bytes = u64::try_from(bytes).unwrap_or(0);
        counters.add_received(bytes);
        shared.counters.add_received(bytes);
        let taken = shared
            .thread
            .request(move |state| state.peer_message(id, message))
            .await;
        let has_to_serve = match taken {
            Ok(has_to_serve) => has_to_serve,
            Err(stopped) => return stopped.to_string(),
        };
        // No further message is read until this one is answered, so that nothing piles up.
        if has_to_serve && let Err(reason) = serve(id, outbox, shared).await {
            return reason;
        }
    }
}

async fn serve(id: PeerId, outbox: &Outbox, shared: &ConnectionContext) -> Result<(), String> {
    const GONE: &str = "the connection is closing";
    loop {
        outbox.drained().await;
        let next = shared.thread.request(move |state| state.serve(id)).await;
        match next.map_err(|stopped| stopped.to_string())? {
            Some(message) => {
                outbox
                    .push(OutboxItem::Message(Box::new(message)))
                    .map_err(|OutboxFull| GONE)?;
            }
            None => return Ok(()),
        }
    }
}

async fn transmit(
    mut write: OwnedWriteHalf,
    mut inbox: Inbox,
    counters: &TrafficCounters,
    shared: &ConnectionContext,
) -> String {
    while let Some(outgoing) = inbox.recv().await {
        let message = match outgoing {
            OutboxItem::Message(message) => message,
            OutboxItem::Close(reason) => return reason,
        };
        let bytes = wire::write(*message, shared.magic);
        match timeout(WRITE_TIMEOUT, write.write_all(&bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return format!("the connection broke: {error}"),
            Err(_) => return "it takes nothing for 60 s".to_owned(),
        }
        let bytes = u64::try_from(bytes.len()).unwrap_or(0);
        counters.add_sent(bytes);
        shared.counters.add_sent(bytes);
    }
    "nobody has anything to say to it".to_owned()
}
