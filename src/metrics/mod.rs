//! The metrics page. Every family is declared once, in `families`.
//!
//! Decides the shape of a page. Refuses to know how a value was found out. Invariant: what is not
//! known has no series; a zero is always a count of nothing.

mod aliases;
mod call_outcome;
mod counter;
mod encode;
mod families;
mod gateway;
mod limits;
mod methods;
mod node;
#[cfg(target_os = "linux")]
mod own;
mod page;
mod process;
mod prune;
mod reconnect;
mod recorder;
mod scrape;
#[cfg(test)]
mod several_tests;
mod totals;
mod upstream;

pub use aliases::ALL as ALIASES;
pub use call_outcome::CallOutcome;
pub use encode::PageFormat;
pub use families::{ALL, Family, MetricKind};
pub use gateway::GatewayMetrics;
pub use limits::LimitsMetrics;
pub use methods::Method;
pub use process::ProcessFacts;
pub use recorder::{NotifyOutcome, Recorder};
pub use scrape::{FleetScrape, NodeScrape, PruneFacts};
pub use totals::{GatewayTotals, LimitedTotals};
pub use upstream::{UpstreamMetrics, UpstreamOutcome};

use prometheus::proto::MetricFamily;

use self::page::Page;

/// What is known at the moment of a scrape.
pub struct Scrape<'a> {
    /// The nodes, each with a name of its own.
    pub nodes: &'a [NodeScrape<'a>],
    /// Several nodes together.
    pub fleet: Option<FleetScrape<'a>>,
    /// The daemon itself.
    pub process: &'a ProcessFacts,
    /// What was counted since the start.
    pub recorder: &'a Recorder,
}

/// The page for one scrape: each family once, with the series of all nodes.
#[must_use]
pub fn render(scrape: &Scrape<'_>, format: PageFormat) -> String {
    let mut page = Page::default();
    for node in scrape.nodes {
        page.append(page_of(node));
    }
    if let Some(fleet) = &scrape.fleet {
        let mut of_fleet = Page::default();
        node::fleet(&mut of_fleet, fleet);
        page.append(of_fleet);
    }
    process::daemon(&mut page, scrape.process);
    let counted = scrape.recorder.gather();
    with_aliases(&mut page, scrape, &counted);
    let mut families = page.into_families();
    families.extend(counted);
    encode::encode(&families, format)
}

/// Adds the families of another exporter, of the nodes for which they are wanted.
fn with_aliases(page: &mut Page, scrape: &Scrape<'_>, counted: &[MetricFamily]) {
    let is_wanted = |node: &&NodeScrape<'_>| node.plan.asks_alias_figures;
    let has_several = scrape.nodes.len() > 1;
    for node in scrape.nodes.iter().filter(is_wanted) {
        let mut of_node = Page::default();
        aliases::node(&mut of_node, node, if has_several { node.node } else { "" });
        page.append(of_node);
    }
    if scrape.nodes.iter().any(|node| is_wanted(&node)) {
        aliases::exporter(page, counted);
    }
}

fn page_of(node: &NodeScrape<'_>) -> Page {
    let mut page = Page::default();
    node::node(&mut page, node);
    node::collectors(&mut page, node);
    node::health(&mut page, node);
    node::rotation(&mut page, node);
    node::chain(&mut page, node);
    node::network(&mut page, node);
    node::storage(&mut page, node);
    node::mempool(&mut page, node);
    prune::prune(&mut page, node);
    reconnect::reconnect(&mut page, node);
    page
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::health::sample;
    use crate::node::{MempoolInfo, Traffic};
    use crate::reconnect::Summary;
    use crate::values::{Mono, Now};
    use crate::watch::{AskUtxos, PollPlan, PollResult, Snapshot};

    const PLAN: PollPlan = PollPlan {
        poll_interval: Duration::from_secs(5),
        probe_interval: None,
        asks_private_broadcast: false,
        asks_alias_figures: false,
        timeout: Duration::from_secs(10),
        usage_interval: Duration::from_secs(60),
        utxos: AskUtxos::Never,
    };

    /// The page for `snapshot` so many seconds after the start.
    fn page(snapshot: &Snapshot, seconds: u64) -> String {
        let now = Mono::from_start(Duration::from_secs(seconds));
        let moment = Now {
            mono: now,
            wall: jiff::Timestamp::UNIX_EPOCH,
        };
        let verdict = sample::verdict(snapshot, PLAN.timeout, moment);
        let recorder = Recorder::new().unwrap();
        let process = ProcessFacts::default();
        let prune = PruneFacts::default();
        let node = NodeScrape {
            snapshot,
            verdict: &verdict,
            state_changes: [0; 6],
            plan: &PLAN,
            node: "main",
            peers_max: None,
            prune_bytes: (2, 1),
            lost: &Summary::default(),
            max_peers: 100,
            prune: &prune,
            facts: None,
            now,
        };
        let scrape = Scrape {
            nodes: &[node],
            fleet: None,
            process: &process,
            recorder: &recorder,
        };
        render(&scrape, PageFormat::Text)
    }

    #[test]
    fn a_value_that_is_too_old_has_no_series_and_its_age_has() {
        let mut snapshot = Snapshot::default();
        let mempool = MempoolInfo {
            transactions: 3,
            bytes: 9,
            usage_bytes: None,
            min_fee_btc_per_kvb: None,
            unbroadcast: None,
        };
        snapshot.answered(
            PollResult::Mempool(mempool),
            Mono::from_start(Duration::from_secs(10)),
        );
        let traffic = Traffic {
            sent_bytes: 5,
            received_bytes: 6,
        };
        snapshot.answered(
            PollResult::Traffic(traffic),
            Mono::from_start(Duration::from_secs(20)),
        );
        let limit = PLAN.stale_after(crate::watch::Topic::Mempool).as_secs();

        let in_time = page(&snapshot, 10 + limit);
        let too_late = page(&snapshot, 11 + limit);
        assert!(
            in_time.contains("bllvm_mempool_transactions{node=\"main\"} 3\n"),
            "{in_time}"
        );
        assert!(!too_late.contains("bllvm_mempool_"), "{too_late}");
        assert!(
            too_late.contains("bllvm_network_bytes_sent_total{node=\"main\"} 5\n"),
            "{too_late}"
        );
        let age = format!(
            "bllvm_collector_age_seconds{{node=\"main\",collector=\"mempool\"}} {}\n",
            limit + 1
        );
        assert!(too_late.contains(&age), "{too_late}");
    }

    #[test]
    fn before_the_first_answer_nothing_is_reported_of_the_node_but_its_state() {
        let page = page(&Snapshot::default(), 1);
        for prefix in [
            "bllvm_chain_",
            "bllvm_mempool_",
            "bllvm_network_",
            "bllvm_collector_",
            "bllvm_node_up",
        ] {
            assert!(
                !page.lines().any(|line| line.starts_with(prefix)),
                "{prefix}\n{page}"
            );
        }
        assert!(
            page.contains("bllvm_node_state{node=\"main\",state=\"starting\"} 1\n"),
            "{page}"
        );
    }
}
