//! The families of jvstein/bitcoin-prometheus-exporter under its own names, so that boards made for
//! it work unchanged. Only with `rpc.metrics_aliases`.
//!
//! Names, kinds and units are that exporter's, whatever the rules for ours are. What has a label
//! for each address is left out.

use std::collections::BTreeMap;

use prometheus::proto::{LabelPair, Metric, MetricFamily};

use super::NodeScrape;
use super::families::{Family, MetricKind, NODE_RPC_DURATION, NODE_RPC_ERRORS, families};
use super::page::{Page, number};
use crate::node::{BlockStats, LockedMemory};
use crate::watch::{AliasFigures, FEE_TARGETS, Link, Topic};

families! {
    BLOCKS Gauge "bitcoin_blocks" ["node"] "Height of the tip."
    DIFFICULTY Gauge "bitcoin_difficulty" ["node"] "Difficulty of the tip."
    PEERS Gauge "bitcoin_peers" ["node"] "Connections, also those whose handshake is not over."
    CONN_IN Gauge "bitcoin_conn_in" ["node"] "Connections that the peer opened."
    CONN_OUT Gauge "bitcoin_conn_out" ["node"] "Connections that the node opened."
    HASHPS_NEG1 Gauge "bitcoin_hashps_neg1" ["node"]
        "Hashes a second of the network since the last change of the difficulty, as the node \
         estimates them."
    HASHPS_1 Gauge "bitcoin_hashps_1" ["node"] "The same over the last block."
    HASHPS Gauge "bitcoin_hashps" ["node"] "The same over the last 120 blocks."
    FEE_2 Gauge "bitcoin_est_smart_fee_2" ["node"]
        "Fee rate to be in one of the next 2 blocks, BTC per 1000 virtual bytes."
    FEE_3 Gauge "bitcoin_est_smart_fee_3" ["node"] "The same for 3 blocks."
    FEE_5 Gauge "bitcoin_est_smart_fee_5" ["node"] "The same for 5 blocks."
    FEE_20 Gauge "bitcoin_est_smart_fee_20" ["node"] "The same for 20 blocks."
    WARNINGS Counter "bitcoin_warnings_total" ["node"]
        "Answers of the node's getnetworkinfo that had a warning, since the daemon's start."
    UPTIME Gauge "bitcoin_uptime" ["node"] "Seconds since the node's start."
    MEMINFO_USED Gauge "bitcoin_meminfo_used" ["node"]
        "Bytes in use of the memory that is never swapped out."
    MEMINFO_FREE Gauge "bitcoin_meminfo_free" ["node"] "Bytes of it that are free."
    MEMINFO_TOTAL Gauge "bitcoin_meminfo_total" ["node"] "Bytes of it in all."
    MEMINFO_LOCKED Gauge "bitcoin_meminfo_locked" ["node"] "Bytes of it that the system did lock."
    MEMINFO_CHUNKS_USED Gauge "bitcoin_meminfo_chunks_used" ["node"] "Allocations in it."
    MEMINFO_CHUNKS_FREE Gauge "bitcoin_meminfo_chunks_free" ["node"] "Free pieces of it."
    MEMPOOL_BYTES Gauge "bitcoin_mempool_bytes" ["node"]
        "Sum of the virtual sizes of the mempool's transactions."
    MEMPOOL_SIZE Gauge "bitcoin_mempool_size" ["node"] "Transactions in the mempool."
    MEMPOOL_USAGE Gauge "bitcoin_mempool_usage" ["node"] "Bytes of memory that the mempool takes."
    MEMPOOL_MINFEE Gauge "bitcoin_mempool_minfee" ["node"]
        "Lowest fee rate that is let into the mempool, BTC per 1000 virtual bytes."
    MEMPOOL_UNBROADCAST Gauge "bitcoin_mempool_unbroadcast" ["node"]
        "Transactions of the node itself that no peer has asked for yet."
    LATEST_BLOCK_HEIGHT Gauge "bitcoin_latest_block_height" ["node"]
        "Height of the block that the next ones are about."
    LATEST_BLOCK_WEIGHT Gauge "bitcoin_latest_block_weight" ["node"]
        "Weight of its transactions but the coinbase."
    LATEST_BLOCK_SIZE Gauge "bitcoin_latest_block_size" ["node"]
        "Bytes of its transactions but the coinbase."
    LATEST_BLOCK_TXS Gauge "bitcoin_latest_block_txs" ["node"]
        "Its transactions, with the coinbase."
    TXCOUNT Gauge "bitcoin_txcount" ["node"] "Transactions in the chain."
    NUM_CHAINTIPS Gauge "bitcoin_num_chaintips" ["node"]
        "Branches that the node knows, with the best one."
    TOTAL_BYTES_RECV Gauge "bitcoin_total_bytes_recv" ["node"]
        "Bytes received from peers since the node's start."
    TOTAL_BYTES_SENT Gauge "bitcoin_total_bytes_sent" ["node"]
        "Bytes sent to peers since the node's start."
    LATEST_BLOCK_INPUTS Gauge "bitcoin_latest_block_inputs" ["node"]
        "Inputs of that block, without the coinbase's."
    LATEST_BLOCK_OUTPUTS Gauge "bitcoin_latest_block_outputs" ["node"]
        "Outputs of that block, with the coinbase's."
    LATEST_BLOCK_VALUE Gauge "bitcoin_latest_block_value" ["node"]
        "Value of its outputs but the coinbase's, BTC."
    LATEST_BLOCK_FEE Gauge "bitcoin_latest_block_fee" ["node"] "Fees in that block, BTC."
    SERVER_VERSION Gauge "bitcoin_server_version" ["node"] "Version of the node, as its own number."
    PROTOCOL_VERSION Gauge "bitcoin_protocol_version" ["node"]
        "Version of the P2P protocol that the node speaks."
    SIZE_ON_DISK Gauge "bitcoin_size_on_disk" ["node"]
        "Bytes of block and undo files, where the node counts them exactly."
    VERIFICATION_PROGRESS Gauge "bitcoin_verification_progress" ["node"]
        "Part of the chain that is verified, as the node estimates it, from 0 to 1."
    RPC_ACTIVE Gauge "bitcoin_rpc_active" ["node"]
        "Calls that the node ran when it was asked, but for that question."
    EXPORTER_ERRORS Counter "bitcoin_exporter_errors_total" ["type"]
        "bllvmctl's own calls to its nodes that failed, by JSON-RPC code, HTTP status or kind of \
         failure."
    EXPORTER_PROCESS_TIME Counter "bitcoin_exporter_process_time_total" []
        "Seconds that bllvmctl's own calls to its nodes took."
}

/// The families of one node. With several, `label` is its name; else it is empty, as there.
pub(super) fn node(page: &mut Page, scrape: &NodeScrape<'_>, label: &str) {
    let label = &[label];
    let snapshot = scrape.snapshot;
    if let Some(chain) = scrape.fresh(Topic::Chain, snapshot.chain.as_deref()) {
        page.add(&BLOCKS, label, f64::from(chain.blocks));
        page.add(&DIFFICULTY, label, chain.difficulty);
        page.add(&SIZE_ON_DISK, label, chain.size_on_disk_bytes.map(number));
        page.add(&VERIFICATION_PROGRESS, label, chain.verification_progress);
    }
    network(page, scrape, label);
    let is_up = snapshot.link(scrape.plan.timeout, scrape.now) == Link::Up;
    let uptime = scrape.fresh(Topic::Uptime, snapshot.uptime.as_ref());
    let uptime = uptime.filter(|_| is_up);
    page.add(
        &UPTIME,
        label,
        uptime.map(|uptime| number(uptime.as_secs())),
    );
    if let Some(mempool) = scrape.fresh(Topic::Mempool, snapshot.mempool.as_ref()) {
        page.add(&MEMPOOL_BYTES, label, number(mempool.bytes));
        page.add(&MEMPOOL_SIZE, label, number(mempool.transactions));
        page.add(&MEMPOOL_USAGE, label, mempool.usage_bytes.map(number));
        page.add(&MEMPOOL_MINFEE, label, mempool.min_fee_btc_per_kvb);
        page.add(&MEMPOOL_UNBROADCAST, label, mempool.unbroadcast.map(number));
    }
    if let Some(figures) = scrape.fresh(Topic::AliasFigures, snapshot.alias_figures.as_deref()) {
        asked_for_them(page, figures, label);
    }
}

fn network(page: &mut Page, scrape: &NodeScrape<'_>, label: &[&str]) {
    let snapshot = scrape.snapshot;
    if let Some(network) = scrape.fresh(Topic::Network, snapshot.network.as_deref()) {
        let connections = network.connections;
        page.add(&PEERS, label, connections.total.map(f64::from));
        page.add(&CONN_IN, label, connections.inbound.map(f64::from));
        page.add(&CONN_OUT, label, connections.outbound.map(f64::from));
        page.add(
            &SERVER_VERSION,
            label,
            network.identity.version.map(f64::from),
        );
        page.add(
            &PROTOCOL_VERSION,
            label,
            network.protocol_version.map(f64::from),
        );
    }
    page.add(&WARNINGS, label, snapshot.warned_answers.map(number));
    if let Some(traffic) = scrape.fresh(Topic::Traffic, snapshot.traffic.as_ref()) {
        page.add(&TOTAL_BYTES_RECV, label, number(traffic.received_bytes));
        page.add(&TOTAL_BYTES_SENT, label, number(traffic.sent_bytes));
    }
}

fn asked_for_them(page: &mut Page, figures: &AliasFigures, label: &[&str]) {
    page.add(&HASHPS_NEG1, label, figures.hash_rate_of_period);
    page.add(&HASHPS_1, label, figures.hash_rate_of_block);
    page.add(&HASHPS, label, figures.hash_rate);
    let families: [&Family; FEE_TARGETS.len()] = [&FEE_2, &FEE_3, &FEE_5, &FEE_20];
    for (family, fee) in families.into_iter().zip(figures.fees) {
        page.add(family, label, fee);
    }
    page.add(&TXCOUNT, label, figures.chain_transactions.map(number));
    page.add(&NUM_CHAINTIPS, label, figures.chain_tips.map(number));
    page.add(&RPC_ACTIVE, label, figures.calls_running.map(number));
    if let Some(memory) = figures.memory {
        locked_memory(page, memory, label);
    }
    if let Some((_, block)) = &figures.tip {
        latest_block(page, block, label);
    }
}

fn locked_memory(page: &mut Page, memory: LockedMemory, label: &[&str]) {
    page.add(&MEMINFO_USED, label, number(memory.used_bytes));
    page.add(&MEMINFO_FREE, label, number(memory.free_bytes));
    page.add(&MEMINFO_TOTAL, label, number(memory.total_bytes));
    page.add(&MEMINFO_LOCKED, label, number(memory.locked_bytes));
    page.add(&MEMINFO_CHUNKS_USED, label, number(memory.chunks_used));
    page.add(&MEMINFO_CHUNKS_FREE, label, number(memory.chunks_free));
}

fn latest_block(page: &mut Page, block: &BlockStats, label: &[&str]) {
    page.add(&LATEST_BLOCK_HEIGHT, label, number(block.height));
    page.add(&LATEST_BLOCK_WEIGHT, label, number(block.weight));
    page.add(&LATEST_BLOCK_SIZE, label, number(block.size_bytes));
    page.add(&LATEST_BLOCK_TXS, label, number(block.transactions));
    page.add(&LATEST_BLOCK_INPUTS, label, number(block.inputs));
    page.add(&LATEST_BLOCK_OUTPUTS, label, number(block.outputs));
    page.add(&LATEST_BLOCK_VALUE, label, btc(block.output_sats));
    page.add(&LATEST_BLOCK_FEE, label, btc(block.fee_sats));
}

/// One division of two exact numbers is the nearest number to the amount.
fn btc(sats: u64) -> f64 {
    const SATS_PER_BTC: f64 = 100_000_000.0;
    number(sats) / SATS_PER_BTC
}

/// What that exporter says of itself, of bllvmctl: made of what is `counted` of its own calls.
pub(super) fn exporter(page: &mut Page, counted: &[MetricFamily]) {
    let mut errors: BTreeMap<&str, f64> = BTreeMap::new();
    for metric in metrics_of(counted, &NODE_RPC_ERRORS) {
        let code = metric
            .get_label()
            .iter()
            .find(|label| label.name() == "code");
        *errors.entry(code.map_or("", LabelPair::value)).or_default() +=
            metric.get_counter().get_value();
    }
    for (code, count) in errors {
        page.add(&EXPORTER_ERRORS, &[code], count);
    }
    let seconds = metrics_of(counted, &NODE_RPC_DURATION)
        .map(|metric| metric.get_histogram().get_sample_sum())
        .sum::<f64>();
    page.add(&EXPORTER_PROCESS_TIME, &[], seconds);
}

fn metrics_of<'a>(
    counted: &'a [MetricFamily],
    family: &Family,
) -> impl Iterator<Item = &'a Metric> {
    let found = counted.iter().filter(|other| other.name() == family.name);
    found.flat_map(MetricFamily::get_metric)
}
