//! The families that describe the node.

use super::families as family;
use super::page::{Page, flag, number};
use super::{FleetScrape, NodeScrape};
use crate::health::{Check, Level, State};
use crate::node::{Direction, Peer, Usage};
use crate::watch::{Link, Topic};

impl NodeScrape<'_> {
    /// A value that is not too old to be reported.
    pub(super) fn fresh<'a, T>(&self, topic: Topic, value: Option<&'a T>) -> Option<&'a T> {
        self.snapshot
            .fresh(topic, value, self.plan.stale_after(topic), self.now)
    }
}

pub(super) fn node(page: &mut Page, scrape: &NodeScrape<'_>) {
    let snapshot = scrape.snapshot;
    let node = scrape.node;
    let link = snapshot.link(scrape.plan.timeout, scrape.now);
    if link != Link::Unasked {
        page.add(
            &family::NODE_UP,
            &[node],
            flag(matches!(link, Link::Up | Link::Starting(_))),
        );
    }
    states(page, scrape);
    if let Some(identity) = scrape
        .fresh(Topic::Network, snapshot.network.as_deref())
        .map(|network| &network.identity)
    {
        let chain = snapshot
            .chain
            .as_ref()
            .map_or("", |chain| chain.chain.as_str());
        let labels = [
            node,
            &identity.version_text,
            &identity.subversion,
            chain,
            identity.dialect().name,
        ];
        page.add(&family::NODE_INFO, &labels, 1.0);
    }
    // It does not grow any more, or nobody knows whether it does.
    let uptime = scrape
        .fresh(Topic::Uptime, snapshot.uptime.as_ref())
        .filter(|_| link == Link::Up);
    page.add(
        &family::NODE_UPTIME,
        &[node],
        uptime.map(std::time::Duration::as_secs_f64),
    );
}

fn states(page: &mut Page, scrape: &NodeScrape<'_>) {
    for state in State::ALL {
        page.add(
            &family::NODE_STATE,
            &[scrape.node, state.as_str()],
            flag(state == scrape.verdict.state),
        );
    }
    for (state, changes) in State::ALL.into_iter().zip(scrape.state_changes) {
        page.add(
            &family::NODE_STATE_CHANGES,
            &[scrape.node, state.as_str()],
            number(changes),
        );
    }
}

pub(super) fn collectors(page: &mut Page, scrape: &NodeScrape<'_>) {
    let used = || {
        Topic::ALL.into_iter().filter(|topic| {
            scrape.plan.asks(*topic) && scrape.snapshot.collector(*topic).is_in_use()
        })
    };
    for topic in used() {
        let up = scrape.snapshot.is_up(topic, scrape.plan, scrape.now);
        page.add(
            &family::COLLECTOR_UP,
            &[scrape.node, topic.as_str()],
            flag(up),
        );
    }
    for topic in used() {
        let age = scrape.snapshot.collector(topic).age(scrape.now);
        page.add(
            &family::COLLECTOR_AGE,
            &[scrape.node, topic.as_str()],
            age.map(|age| age.as_secs_f64()),
        );
    }
}

pub(super) fn health(page: &mut Page, scrape: &NodeScrape<'_>) {
    for check in &scrape.verdict.checks {
        health_check(page, scrape.node, check);
    }
}

/// What is of several nodes together.
pub(super) fn fleet(page: &mut Page, fleet: &FleetScrape<'_>) {
    for check in &fleet.verdict.checks {
        if check.name.is_of_several_nodes() {
            health_check(page, "", check);
        }
    }
    page.add(&family::CHAIN_FORK, &[], number(fleet.fork_depth));
}

fn health_check(page: &mut Page, node: &str, check: &Check) {
    let value = match check.level {
        Level::Good => Some(1.0),
        Level::Warning => Some(0.5),
        Level::Bad => Some(0.0),
        Level::Unknown => None,
    };
    let labels = [node, check.name.as_str()];
    page.add(&family::HEALTH_CHECK, &labels, value);
}

pub(super) fn rotation(page: &mut Page, scrape: &NodeScrape<'_>) {
    let Some(facts) = scrape.facts else { return };
    let node = &[scrape.node];
    page.add(
        &family::NODE_IN_ROTATION,
        node,
        flag(facts.is_in_rotation()),
    );
    page.add(&family::NODE_LAG, node, facts.lag_blocks.map(number));
    page.add(&family::NODE_DRAINED, node, flag(facts.drained));
}

pub(super) fn chain(page: &mut Page, scrape: &NodeScrape<'_>) {
    let node = &[scrape.node];
    let chain = scrape.fresh(Topic::Chain, scrape.snapshot.chain.as_deref());
    if let Some(chain) = chain {
        page.add(&family::CHAIN_HEIGHT, node, f64::from(chain.blocks));
        page.add(&family::CHAIN_HEADERS, node, f64::from(chain.headers));
        page.add(&family::CHAIN_DIFFICULTY, node, chain.difficulty);
        page.add(
            &family::CHAIN_TIP_TIMESTAMP,
            node,
            chain.tip_time.map(number),
        );
        page.add(&family::CHAIN_PROGRESS, node, chain.verification_progress);
        page.add(
            &family::CHAIN_IBD,
            node,
            chain.initial_block_download.map(flag),
        );
        page.add(
            &family::CHAIN_PRUNE_HEIGHT,
            node,
            chain.prune_height.map(f64::from),
        );
        if let Some(background) = chain.background {
            page.add(
                &family::CHAIN_SNAPSHOT_HEIGHT,
                node,
                f64::from(background.snapshot_height),
            );
            page.add(
                &family::CHAIN_BACKGROUND_HEIGHT,
                node,
                f64::from(background.validated_height),
            );
        }
    }
    page.add(
        &family::CHAIN_REORGS,
        node,
        scrape.snapshot.counts.reorgs().map(number),
    );
    page.add(
        &family::BLOCKS_PROCESSED,
        node,
        scrape.snapshot.counts.blocks().map(number),
    );
}

pub(super) fn network(page: &mut Page, scrape: &NodeScrape<'_>) {
    let snapshot = scrape.snapshot;
    let node = scrape.node;
    if let Some(peers) = scrape.fresh(Topic::Peers, snapshot.peers.as_deref()) {
        let directions = [
            ("inbound", Some(Direction::Inbound)),
            ("outbound", Some(Direction::Outbound)),
            ("unknown", None),
        ];
        for (name, direction) in directions {
            let count = Peer::connected(peers)
                .filter(|peer| peer.direction == direction)
                .count();
            // A node that reports directions has no peers of an unknown one.
            if direction.is_some() || count > 0 {
                let count = u64::try_from(count).unwrap_or(u64::MAX);
                page.add(&family::NETWORK_PEERS, &[node, name], number(count));
            }
        }
    }
    page.add(
        &family::NETWORK_PEERS_MAX,
        &[node],
        scrape.peers_max.map(f64::from),
    );
    if let Some(traffic) = scrape.fresh(Topic::Traffic, snapshot.traffic.as_ref()) {
        page.add(&family::NETWORK_SENT, &[node], number(traffic.sent_bytes));
        page.add(
            &family::NETWORK_RECEIVED,
            &[node],
            number(traffic.received_bytes),
        );
    }
    let network = scrape.fresh(Topic::Network, snapshot.network.as_deref());
    page.add(
        &family::NETWORK_ACTIVE,
        &[node],
        network.and_then(|network| network.active).map(flag),
    );
}

pub(super) fn storage(page: &mut Page, scrape: &NodeScrape<'_>) {
    let snapshot = scrape.snapshot;
    let node = &[scrape.node];
    let counted = scrape
        .fresh(Topic::Chain, snapshot.chain.as_deref())
        .and_then(|chain| chain.size_on_disk_bytes);
    let measured = scrape.fresh(Topic::Usage, snapshot.usage.as_ref());
    let blocks = counted.or(measured.and_then(Usage::block_files));
    page.add(&family::STORAGE_BLOCKS, node, blocks.map(number));
    page.add(
        &family::STORAGE_USAGE,
        node,
        measured
            .and_then(|_| snapshot.used_bytes())
            .or(blocks)
            .map(number),
    );
    let (threshold, target) = scrape.prune_bytes;
    page.add(&family::STORAGE_THRESHOLD, node, number(threshold));
    page.add(&family::STORAGE_TARGET, node, number(target));
    page.add(
        &family::STORAGE_DATABASE,
        node,
        measured.and_then(Usage::databases).map(number),
    );
    let utxos = scrape.fresh(Topic::Utxos, snapshot.utxos.as_ref());
    page.add(
        &family::STORAGE_UTXOS,
        node,
        utxos.map(|utxos| number(utxos.outputs)),
    );
    if let Some(volume) = scrape.fresh(Topic::Volume, snapshot.volume.as_ref()) {
        page.add(
            &family::STORAGE_VOLUME_FREE,
            node,
            number(volume.free_bytes),
        );
        page.add(
            &family::STORAGE_VOLUME_SIZE,
            node,
            number(volume.size_bytes),
        );
    }
}

pub(super) fn mempool(page: &mut Page, scrape: &NodeScrape<'_>) {
    let node = &[scrape.node];
    if let Some(mempool) = scrape.fresh(Topic::Mempool, scrape.snapshot.mempool.as_ref()) {
        page.add(
            &family::MEMPOOL_TRANSACTIONS,
            node,
            number(mempool.transactions),
        );
        page.add(&family::MEMPOOL_BYTES, node, number(mempool.bytes));
        page.add(
            &family::MEMPOOL_USAGE,
            node,
            mempool.usage_bytes.map(number),
        );
        page.add(&family::MEMPOOL_MIN_FEE, node, mempool.min_fee_btc_per_kvb);
    }
}
