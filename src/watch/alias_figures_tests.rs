use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;

use super::*;
use crate::node::{
    ChainInfo, ChainTip, Indexes, MempoolInfo, NetworkInfo, Peer, Traffic, Usage, UtxoSet, Volume,
};

/// A node that lacks `getrpcinfo` and has no estimates of fees yet; it records what it is asked.
#[derive(Default)]
struct Asked {
    methods: Mutex<Vec<&'static str>>,
    is_away: bool,
    has_nothing: bool,
}

impl Asked {
    fn says<T>(&self, method: &'static str, value: T) -> NodeResult<T> {
        self.methods.lock().unwrap().push(method);
        if self.is_away {
            return Err(NodeError::Connect {
                address: "x:1".into(),
                reason: "refused".into(),
            });
        }
        if self.has_nothing || method == "getrpcinfo" {
            return Err(NodeError::Unsupported { what: method });
        }
        if method == "estimatesmartfee" {
            return Err(NodeError::Rpc {
                method,
                code: -32_603,
                message: "Fee estimation disabled".into(),
            });
        }
        Ok(value)
    }

    fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.methods.lock().unwrap())
    }
}

const OTHER: NodeError = NodeError::Unsupported { what: "else" };

#[async_trait]
impl Node for Asked {
    async fn uptime(&self) -> NodeResult<Option<Duration>> {
        Err(OTHER)
    }
    async fn chain(&self) -> NodeResult<ChainInfo> {
        Err(OTHER)
    }
    async fn network(&self) -> NodeResult<NetworkInfo> {
        Err(OTHER)
    }
    async fn peers(&self) -> NodeResult<Vec<Peer>> {
        Err(OTHER)
    }
    async fn traffic(&self) -> NodeResult<Traffic> {
        Err(OTHER)
    }
    async fn mempool(&self) -> NodeResult<MempoolInfo> {
        Err(OTHER)
    }
    async fn indexes(&self) -> NodeResult<Indexes> {
        Err(OTHER)
    }
    async fn utxos(&self) -> NodeResult<UtxoSet> {
        Err(OTHER)
    }
    async fn is_in_best_chain(&self, _hash: &str) -> NodeResult<bool> {
        Err(OTHER)
    }
    async fn volume(&self) -> NodeResult<Volume> {
        Err(OTHER)
    }
    async fn usage(&self) -> NodeResult<Usage> {
        Err(OTHER)
    }
    async fn chain_tips(&self) -> NodeResult<Vec<ChainTip>> {
        self.says("getchaintips", Vec::new())
    }
    async fn block_stats(&self, _hash: &str) -> NodeResult<BlockStats> {
        let stats = BlockStats {
            height: 7,
            size_bytes: 0,
            weight: 0,
            transactions: 1,
            inputs: 0,
            outputs: 2,
            output_sats: 0,
            fee_sats: 0,
        };
        self.says("getblockstats", stats)
    }
    async fn chain_transactions(&self) -> NodeResult<Option<u64>> {
        self.says("getchaintxstats", Some(8))
    }
    async fn hash_rate(&self, blocks: i32) -> NodeResult<f64> {
        self.says("getnetworkhashps", f64::from(blocks))
    }
    async fn fee_estimate(&self, _blocks: u32) -> NodeResult<Option<f64>> {
        self.says("estimatesmartfee", Some(1.0))
    }
    async fn locked_memory(&self) -> NodeResult<LockedMemory> {
        let memory = LockedMemory {
            used_bytes: 1,
            free_bytes: 2,
            total_bytes: 3,
            locked_bytes: 3,
            chunks_used: 1,
            chunks_free: 1,
        };
        self.says("getmemoryinfo", memory)
    }
    async fn calls_running(&self) -> NodeResult<u64> {
        self.says("getrpcinfo", 0)
    }
    fn forget(&self) {}
}

#[tokio::test]
async fn what_the_node_lacks_is_asked_for_once_and_takes_nothing_from_the_rest() {
    let node = Asked::default();
    let first = AliasFigures::ask(&node, Some("aa"), None).await.unwrap();
    assert!(node.asked().contains(&"getrpcinfo"));
    assert_eq!(first.calls_running, None);
    assert_eq!(first.fees, [None; 4]);
    assert_eq!(first.hash_rate_of_period, Some(-1.0));
    assert_eq!(first.hash_rate_of_block, Some(1.0));
    assert_eq!(first.hash_rate, Some(120.0));
    assert_eq!(first.chain_transactions, Some(8));
    assert_eq!(first.tip.as_ref().map(|(_, stats)| stats.height), Some(7));

    let second = AliasFigures::ask(&node, Some("aa"), Some(&first)).await;
    let asked = node.asked();
    assert!(!asked.contains(&"getrpcinfo"), "{asked:?}");
    assert!(
        asked.contains(&"estimatesmartfee"),
        "it may know one later: {asked:?}"
    );
    assert_eq!(second, Ok(first));
}

#[tokio::test]
async fn a_block_is_asked_for_once() {
    let node = Asked::default();
    let first = AliasFigures::ask(&node, Some("aa"), None).await.unwrap();
    node.asked();
    let second = AliasFigures::ask(&node, Some("aa"), Some(&first))
        .await
        .unwrap();
    assert!(!node.asked().contains(&"getblockstats"));
    assert_eq!(second.tip, first.tip);
    let third = AliasFigures::ask(&node, Some("bb"), Some(&second))
        .await
        .unwrap();
    assert!(node.asked().contains(&"getblockstats"));
    assert_eq!(third.tip.map(|(hash, _)| hash), Some("bb".to_owned()));
}

#[tokio::test]
async fn a_node_that_is_away_is_no_node_that_lacks_something() {
    let node = Asked {
        is_away: true,
        ..Asked::default()
    };
    let answer = AliasFigures::ask(&node, Some("aa"), None).await;
    assert!(
        matches!(answer, Err(NodeError::Connect { .. })),
        "{answer:?}"
    );
    assert_eq!(node.asked().len(), 1);
}

#[tokio::test]
async fn a_node_that_has_none_of_it_is_not_asked_again() {
    let node = Asked {
        has_nothing: true,
        ..Asked::default()
    };
    let answer = AliasFigures::ask(&node, Some("aa"), None).await;
    assert!(
        matches!(answer, Err(NodeError::Unsupported { .. })),
        "{answer:?}"
    );
}
