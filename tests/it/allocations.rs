//! What is done for each call allocates nothing.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bllvmctl::route::{
    Class, Floor, FloorAnswer, FloorCaller, Needs, NodeFacts, NodeSet, PublishedTip, Rotation,
    RouteQuery, RouteTable, ShownTip, WalletClaims, choose,
};
use bllvmctl::values::Mono;

const NOW: Mono = Mono::from_start(Duration::from_secs(1));

fn node(index: u32) -> NodeFacts {
    NodeFacts {
        rotation: Rotation::Ready,
        tip: Some(PublishedTip {
            height: 110,
            hash: format!("{index:064x}").into(),
            chainwork: Some("f".repeat(64).into()),
        }),
        ..NodeFacts::unknown(
            format!("n{index}").into(),
            10,
            WalletClaims::Named(Arc::new([])),
        )
    }
}

#[test]
fn the_choice_of_a_node_and_the_floor_allocate_nothing() {
    for spread in [false, true] {
        let mut table = RouteTable {
            nodes: (0..8).map(node).collect(),
            ..RouteTable::default()
        };
        table.policy.spread = spread;
        table.policy.floor = Duration::from_secs(60);
        let floor = Floor::default();
        let view = floor.publish(&table, NOW);
        let mut chosen = 0;
        let counted = allocation_counter::measure(|| {
            for caller in 0..1_000 {
                for class in Class::ALL {
                    let of = FloorCaller { caller, class };
                    let query = RouteQuery {
                        class,
                        needs: Needs::NONE,
                        named: None,
                        wallet: Some("hot"),
                        caller,
                        tried: NodeSet::default(),
                        below_floor: view.below(&table, of),
                        now: NOW,
                    };
                    let Ok(index) = black_box(choose(&table, &query, |_| 3)) else {
                        continue;
                    };
                    let answer = FloorAnswer {
                        index,
                        tip: ShownTip::Height(110),
                        sent: NOW,
                        came: NOW,
                    };
                    chosen += usize::from(floor.show((&view, &table), of, answer));
                }
            }
        });
        assert!(chosen > 1_000, "{chosen}");
        assert_eq!(counted.count_total, 0, "spread: {spread}");
    }
}
