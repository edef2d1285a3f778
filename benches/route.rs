//! What the choice of a node costs.
//!
//! `cargo bench --bench route`. A choice looks at all nodes, as each call does where there are
//! several.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bllvmctl::route::{
    Class, Floor, FloorCaller, Needs, NodeFacts, NodeSet, PublishedTip, Rotation, RouteQuery,
    RouteTable, WalletClaims, choose,
};
use bllvmctl::values::Mono;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const NOW: Mono = Mono::from_start(Duration::from_secs(1));

/// Nodes that are ready, each a little worse than the one before.
fn table(nodes: u32, spread: bool) -> RouteTable {
    let facts = |index: u32| NodeFacts {
        rotation: Rotation::Ready,
        has: Needs::BLOCKS,
        tip: Some(PublishedTip {
            height: 900_000,
            hash: "0".repeat(64).into(),
            chainwork: Some("f".repeat(64).into()),
        }),
        ..NodeFacts::unknown(
            format!("node-{index}").into(),
            if spread { 10 } else { 10 + index },
            WalletClaims::Named(Arc::new([])),
        )
    };
    let mut table = RouteTable {
        nodes: (0..nodes).map(facts).collect(),
        ..RouteTable::default()
    };
    table.policy.spread = spread;
    table.policy.floor = Duration::from_secs(60);
    table
}

fn choices(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("choice of a node");
    group.throughput(Throughput::Elements(1));
    for (nodes, spread) in [(2, false), (3, false), (3, true), (8, false)] {
        let table = table(nodes, spread);
        let floor = Floor::default();
        let view = floor.publish(&table, NOW);
        for class in [Class::View, Class::ByHash] {
            let policy = if spread { "spread" } else { "primary" };
            let name = format!("{nodes} nodes, {policy}");
            group.bench_function(BenchmarkId::new(class.label(), name), |bencher| {
                let mut caller = 0;
                bencher.iter(|| {
                    caller += 1;
                    let query = RouteQuery {
                        class,
                        needs: Needs::NONE,
                        named: None,
                        wallet: None,
                        caller,
                        tried: NodeSet::default(),
                        below_floor: view.below(&table, FloorCaller { caller, class }),
                        now: NOW,
                    };
                    choose(black_box(&table), &query, |_| 3)
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, choices);
criterion_main!(benches);
