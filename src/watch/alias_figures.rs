//! What only the families of another exporter have, asked of the node one question after the other.
//!
//! Decides what is asked again. Refuses to know what the families are called. Invariant: what the
//! node refuses takes nothing from the rest, and a method that it does not have is asked for once.

use crate::node::{BlockStats, LockedMemory, Node, NodeError, NodeResult};

/// Blocks within which a transaction is to be in the chain, by the families of fee estimates.
pub const FEE_TARGETS: [u32; 4] = [2, 3, 5, 20];

/// What the node answered; `None`: it did not, or does not know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AliasFigures {
    /// Memory that is never swapped out.
    pub memory: Option<LockedMemory>,
    /// Branches that it knows.
    pub chain_tips: Option<u64>,
    /// Transactions in the best chain.
    pub chain_transactions: Option<u64>,
    /// Calls that it runs, but for the question itself.
    pub calls_running: Option<u64>,
    /// Hashes a second of the network since the difficulty was last changed.
    pub hash_rate_of_period: Option<f64>,
    /// The same for the last block.
    pub hash_rate_of_block: Option<f64>,
    /// The same for the last 120 blocks.
    pub hash_rate: Option<f64>,
    /// Fee rates for each of `FEE_TARGETS`, BTC per 1000 virtual bytes.
    pub fees: [Option<f64>; FEE_TARGETS.len()],
    /// The tip, by its hash.
    pub tip: Option<(String, BlockStats)>,
    /// Questions that this process of the node does not answer.
    refused: Vec<FigureQuestion>,
}

/// A question by its method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FigureQuestion {
    Memory,
    ChainTips,
    Transactions,
    Calls,
    HashRate,
    Fee,
    Block,
}

impl FigureQuestion {
    const COUNT: usize = 7;
}

impl AliasFigures {
    /// Asks `node`, whose tip is `tip_hash`. `before`: what it answered the last time; a block is
    /// not asked for again, and no question that it refused is.
    pub(super) async fn ask(
        node: &dyn Node,
        tip_hash: Option<&str>,
        before: Option<&Self>,
    ) -> NodeResult<Self> {
        let mut round = Round {
            refused: before.map_or_else(Vec::new, |before| before.refused.clone()),
        };
        let mut figures = Self {
            memory: round
                .ask(FigureQuestion::Memory, node.locked_memory())
                .await?,
            chain_tips: round
                .ask(FigureQuestion::ChainTips, node.chain_tips())
                .await?
                .and_then(|tips| u64::try_from(tips.len()).ok()),
            chain_transactions: round
                .ask(FigureQuestion::Transactions, node.chain_transactions())
                .await?
                .flatten(),
            calls_running: round
                .ask(FigureQuestion::Calls, node.calls_running())
                .await?,
            hash_rate_of_period: round
                .ask(FigureQuestion::HashRate, node.hash_rate(-1))
                .await?,
            hash_rate_of_block: round
                .ask(FigureQuestion::HashRate, node.hash_rate(1))
                .await?,
            hash_rate: round
                .ask(FigureQuestion::HashRate, node.hash_rate(120))
                .await?,
            ..Self::default()
        };
        for (blocks, fee) in FEE_TARGETS.into_iter().zip(&mut figures.fees) {
            let estimate = round
                .ask(FigureQuestion::Fee, node.fee_estimate(blocks))
                .await?;
            *fee = estimate.flatten();
        }
        if let Some(hash) = tip_hash {
            figures.tip = round.tip(node, hash, before).await?;
        }
        if round.refused.len() == FigureQuestion::COUNT {
            return Err(NodeError::Unsupported {
                what: "figures for rpc.metrics_aliases",
            });
        }
        figures.refused = round.refused;
        Ok(figures)
    }
}

struct Round {
    refused: Vec<FigureQuestion>,
}

impl Round {
    /// The answer to `question`; `None` if the node refuses it, now or before.
    async fn ask<T>(
        &mut self,
        question: FigureQuestion,
        answer: impl Future<Output = NodeResult<T>>,
    ) -> NodeResult<Option<T>> {
        if self.refused.contains(&question) {
            return Ok(None);
        }
        match answer.await {
            Ok(value) => Ok(Some(value)),
            Err(NodeError::Unsupported { .. } | NodeError::Forbidden { .. }) => {
                self.refused.push(question);
                Ok(None)
            }
            // It has the method, and has no answer at the moment.
            Err(NodeError::Rpc { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn tip(
        &mut self,
        node: &dyn Node,
        hash: &str,
        before: Option<&AliasFigures>,
    ) -> NodeResult<Option<(String, BlockStats)>> {
        let known = before.and_then(|before| before.tip.as_ref());
        if let Some(known) = known.filter(|(known, _)| known == hash) {
            return Ok(Some(known.clone()));
        }
        let stats = self
            .ask(FigureQuestion::Block, node.block_stats(hash))
            .await?;
        Ok(stats.map(|stats| (hash.to_owned(), stats)))
    }
}

#[cfg(test)]
#[path = "alias_figures_tests.rs"]
mod tests;
