//! Whether a question may be asked of the node now, and when the next liveness call is due. Pure.

use std::time::Duration;

use super::plan::AskUtxos;
use super::snapshot::Snapshot;
use crate::node::{Indexes, NodeError, RpcWorkers};

/// The node counts the unspent outputs without a scan.
pub(super) fn answers_from_index(indexes: &Indexes) -> bool {
    indexes.coinstats().is_some_and(|index| index.synced)
}

pub(super) fn may_ask_utxos(ask: AskUtxos, snapshot: &Snapshot) -> bool {
    match ask {
        AskUtxos::Never => false,
        AskUtxos::Counted => true,
        // A scan takes a worker for minutes, so that one of few would be missing for everything
        // else.
        AskUtxos::Always => snapshot
            .identity()
            .is_some_and(|identity| identity.dialect().rpc_workers != RpcWorkers::Few),
        AskUtxos::IfIndexed => snapshot.indexes.as_deref().is_some_and(answers_from_index),
    }
}

/// The time until the next liveness call: soon after a failure, so that a node that is back is seen
/// at once.
///
/// A node that accepts connections and closes them unanswered may be counting them: blvm-node drops
/// those past ten a minute, so a steady stream of attempts would keep it shut for ever.
pub(super) fn until_next_liveness(
    failure: Option<&NodeError>,
    streak: u32,
    interval: Duration,
) -> Duration {
    const SOON: Duration = Duration::from_secs(1);
    const UNDER_TEN_A_MINUTE: Duration = Duration::from_secs(8);
    const QUICK_TRIES: u32 = 3;
    match failure {
        Some(NodeError::Closed { .. }) if streak > QUICK_TRIES => interval.max(UNDER_TEN_A_MINUTE),
        Some(error) if error.is_starting() => interval.min(SOON),
        // It is there: one that is busy, or refuses us, is not helped by more questions.
        Some(error) if error.is_answer() => interval,
        Some(_) => interval.min(SOON),
        None => interval,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_closes_connections_is_tried_less_than_ten_times_a_minute() {
        let closed = NodeError::Closed {
            address: "x:1".into(),
            method: "uptime",
        };
        let delays =
            (1..).map(|streak| until_next_liveness(Some(&closed), streak, Duration::from_secs(1)));
        let mut elapsed = Duration::ZERO;
        let in_the_first_minute = delays.take_while(|delay| {
            elapsed += *delay;
            elapsed < Duration::from_secs(60)
        });
        assert!(in_the_first_minute.count() < 11);
    }
}
