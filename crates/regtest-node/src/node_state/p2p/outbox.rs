//! The outgoing queue of a peer, bounded in messages and in bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bitcoin::consensus::encode::VarInt;
use bitcoin::p2p::message::NetworkMessage;
use tokio::sync::{Notify, mpsc};

/// Messages in the queue of one peer.
const MAX_QUEUED_MESSAGES: usize = 5_000;
/// Bytes that may wait: two of the largest blocks. More only comes of what others do while the peer
/// takes nothing.
const MAX_QUEUED_BYTES: usize = 8_000_000;
/// While more wait, nothing is read from the peer and nothing made for it, as with bitcoind's
/// `-maxsendbuffer`.
const READ_PAUSE_BYTES: usize = 1_000_000;

/// What goes to a connection.
#[derive(Debug)]
pub(crate) enum OutboxItem {
    Message(Box<NetworkMessage>),
    /// The end, and why.
    Close(String),
}

/// The peer takes too little.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OutboxFull;

#[derive(Debug, Default)]
struct QueueUsage {
    bytes: AtomicUsize,
    fewer: Notify,
}

/// Where messages to a peer are put.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    sender: mpsc::Sender<(OutboxItem, usize)>,
    waiting: Arc<QueueUsage>,
}

/// Where its connection takes them.
#[derive(Debug)]
pub(crate) struct Inbox {
    receiver: mpsc::Receiver<(OutboxItem, usize)>,
    waiting: Arc<QueueUsage>,
}

/// The two ends of a queue for one peer.
pub(crate) fn outbox() -> (Outbox, Inbox) {
    let (sender, receiver) = mpsc::channel(MAX_QUEUED_MESSAGES);
    let waiting = Arc::new(QueueUsage::default());
    (
        Outbox {
            sender,
            waiting: Arc::clone(&waiting),
        },
        Inbox { receiver, waiting },
    )
}

impl Outbox {
    /// Puts `outgoing` at the end, unless too much waits already.
    pub(crate) fn push(&self, outgoing: OutboxItem) -> Result<(), OutboxFull> {
        let size = match &outgoing {
            OutboxItem::Message(message) => size(message),
            OutboxItem::Close(_) => 0,
        };
        if size > 0
            && self
                .waiting
                .bytes
                .load(Ordering::Relaxed)
                .saturating_add(size)
                > MAX_QUEUED_BYTES
        {
            return Err(OutboxFull);
        }
        // Counted before it can be taken.
        self.waiting.bytes.fetch_add(size, Ordering::Relaxed);
        self.sender.try_send((outgoing, size)).map_err(|_| {
            self.waiting.bytes.fetch_sub(size, Ordering::Relaxed);
            OutboxFull
        })
    }

    /// Waits until so little is left that more may be made.
    pub(crate) async fn drained(&self) {
        while self.waiting.bytes.load(Ordering::Relaxed) > READ_PAUSE_BYTES
            && !self.sender.is_closed()
        {
            tokio::select! {
                // A notification that comes before the wait is not lost.
                () = self.waiting.fewer.notified() => {}
                () = self.sender.closed() => {}
            }
        }
    }
}

impl Inbox {
    pub(crate) async fn recv(&mut self) -> Option<OutboxItem> {
        let (outgoing, size) = self.receiver.recv().await?;
        Some(self.taken(outgoing, size))
    }

    fn taken(&self, outgoing: OutboxItem, size: usize) -> OutboxItem {
        self.waiting.bytes.fetch_sub(size, Ordering::Relaxed);
        self.waiting.fewer.notify_one();
        outgoing
    }

    #[cfg(test)]
    pub(crate) fn try_recv(&mut self) -> Option<OutboxItem> {
        let (outgoing, size) = self.receiver.try_recv().ok()?;
        Some(self.taken(outgoing, size))
    }
}

/// Bytes of a message on the wire, about: exact for the kinds that can be large.
fn size(message: &NetworkMessage) -> usize {
    /// The frame, and the contents of the messages that are small.
    const SMALL_MESSAGE_BYTES: usize = 300;
    let list = |count: usize, each: usize| VarInt::from(count).size() + count.saturating_mul(each);
    SMALL_MESSAGE_BYTES
        + match message {
            NetworkMessage::Block(block) => block.total_size(),
            NetworkMessage::Tx(tx) => tx.total_size(),
            NetworkMessage::Headers(headers) => list(headers.len(), 81),
            NetworkMessage::Inv(items)
            | NetworkMessage::GetData(items)
            | NetworkMessage::NotFound(items) => list(items.len(), 36),
            NetworkMessage::GetHeaders(wanted) => list(wanted.locator_hashes.len(), 32),
            _ => 0,
        }
}

#[cfg(test)]
mod tests {
    use bitcoin::consensus::serialize;
    use bitcoin::constants::genesis_block;
    use bitcoin::hashes::Hash;
    use bitcoin::p2p::message_blockdata::Inventory;
    use bitcoin::{BlockHash, Network};

    use super::*;

    fn headers() -> OutboxItem {
        let header = genesis_block(Network::Regtest).header;
        OutboxItem::Message(Box::new(NetworkMessage::Headers(vec![header; 2_000])))
    }

    #[test]
    fn the_bytes_that_wait_are_counted_and_bounded() {
        let (outbox, mut inbox) = outbox();
        let taken = (0..10_000)
            .take_while(|_| outbox.push(headers()).is_ok())
            .count();
        assert_eq!(taken, 8_000_000 / (162_000 + 3 + 300));
        assert_eq!(outbox.push(headers()), Err(OutboxFull));
        assert_eq!(
            outbox.push(OutboxItem::Close("the end".to_owned())),
            Ok(()),
            "the end may always be sent"
        );
        while inbox.try_recv().is_some() {}
        assert_eq!(outbox.waiting.bytes.load(Ordering::Relaxed), 0);
        let small = || OutboxItem::Message(Box::new(NetworkMessage::Verack));
        let taken = (0..10_000)
            .take_while(|_| outbox.push(small()).is_ok())
            .count();
        assert_eq!(taken, MAX_QUEUED_MESSAGES);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_more_is_made_until_the_peer_has_taken_enough() {
        let (outbox, mut inbox) = outbox();
        outbox.drained().await;
        for _ in 0..10 {
            outbox.push(headers()).unwrap();
        }
        let waiting = outbox.clone();
        let drained = tokio::time::timeout(std::time::Duration::from_secs(60), waiting.drained());
        assert!(drained.await.is_err());
        // Six of them are below a million bytes.
        for _ in 0..4 {
            assert!(inbox.recv().await.is_some());
        }
        outbox.drained().await;
        outbox.push(headers()).unwrap();
        drop(inbox);
        outbox.drained().await;
    }

    #[test]
    fn large_messages_are_counted_as_they_are_on_the_wire() {
        let block = genesis_block(Network::Regtest);
        let hash = BlockHash::all_zeros();
        let tx = block.txdata[0].clone();
        let inventory = vec![Inventory::WitnessBlock(hash); 1_000];
        for (message, exact) in [
            (
                NetworkMessage::Inv(inventory.clone()),
                serialize(&inventory).len(),
            ),
            (NetworkMessage::Tx(tx.clone()), serialize(&tx).len()),
            (
                NetworkMessage::Block(block.clone()),
                serialize(&block).len(),
            ),
        ] {
            assert_eq!(size(&message), 300 + exact);
        }
    }
}
