//! Asks nodes how their tips stand to each other: the I/O of `fork`.

use std::sync::Arc;

use super::fork_point::{ForkPointSearch, common_height_of};
use super::loops::AskedNode;
use super::roster::Members;
use super::tip_relations::{TipAnswer, TipPair, TipQuestion, TipQuestionKind};
use crate::node::NodeResult;
use crate::watch::Topic;

/// Asks `question` of `members`, however long that takes.
pub(super) async fn ask(question: &TipQuestion, members: &Members) -> TipAnswer {
    let node = |name: &Option<Arc<str>>| members.get(name.as_ref()?)?.asked_node();
    let at_lower = node(&question.at_lower);
    let at_upper = node(&question.at_upper);
    let pair = &question.pair;
    match question.asks {
        TipQuestionKind::IsOneChain => match at_upper {
            Some(upper) => is_one_chain(pair, &upper).await,
            None => TipAnswer::Failed,
        },
        TipQuestionKind::CommonHeight => {
            let found = common_height(pair, at_lower.as_ref(), at_upper.as_ref()).await;
            found.map_or(TipAnswer::Failed, TipAnswer::CommonHeight)
        }
    }
}

/// Has the members called `names` say their tips again.
pub(super) fn hurry(names: &[Arc<str>], members: &Members) {
    for name in names {
        if let Some(member) = members.get(name) {
            member.board().hurry(Topic::Chain);
        }
    }
}

async fn is_one_chain(pair: &TipPair, upper: &AskedNode) -> TipAnswer {
    match hash_at(upper, pair.lower.height).await {
        Ok(hash) => TipAnswer::IsOneChain(*hash == *pair.lower.hash),
        Err(_) => TipAnswer::Failed,
    }
}

/// A node that knows the other branch lists it. Where neither does, their hashes are compared.
async fn common_height(
    pair: &TipPair,
    lower: Option<&AskedNode>,
    upper: Option<&AskedNode>,
) -> Option<u64> {
    for (asked, foreign) in [(lower, &pair.upper), (upper, &pair.lower)] {
        let Some(asked) = asked else { continue };
        let worker = asked.workers.borrow().await;
        let tips = asked.node.chain_tips().await;
        drop(worker);
        if let Some(height) = tips
            .ok()
            .and_then(|tips| common_height_of(&tips, &foreign.hash))
        {
            return Some(height);
        }
    }
    let lower = lower?;
    let upper = upper?;
    let mut search = ForkPointSearch::below(pair.lower.height);
    while let Some(height) = search.next_height() {
        let own = hash_at(lower, height).await.ok()?;
        let others = hash_at(upper, height).await.ok()?;
        search.compared(height, own == others);
    }
    search.found()
}

async fn hash_at(asked: &AskedNode, height: u64) -> NodeResult<String> {
    let _worker = asked.workers.borrow().await;
    asked
        .node
        .block_hash(u32::try_from(height).unwrap_or(u32::MAX))
        .await
}
