//! Whatever nodes do, no call is at two of them that the table does not allow.

use std::collections::HashMap;

use super::*;
use crate::metrics::Method;
use crate::route::{Resend, classify};

const METHODS: [&str; 8] = [
    "getblockcount",
    "getblock",
    "sendtoaddress",
    "sendrawtransaction",
    "gettxoutsetinfo",
    "nosuchmethod",
    "prioritisetransaction",
    "signmessagewithprivkey",
];

/// Numbers that look random, and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn act(&mut self, node: &str) -> Act {
        match self.below(8) {
            0 => Act::Hang,
            1 => Act::Close,
            2 => Act::HalfAnswer,
            3 => Act::Status(503, "Work queue depth exceeded\n"),
            4 => Act::Error(-28, "Loading wallet…"),
            5 => Act::Error(-1, "Block not available (pruned data)"),
            _ => Act::Result(node.into()),
        }
    }
}

/// One history: calls at nodes that do what they like, and are left and come back.
async fn history(seed: u64) {
    let mut numbers = Numbers(seed);
    let rpc = Rpc {
        queue_timeout: Duration::from_millis(20),
        ..rpc()
    };
    let mut fleet = StubFleet::start_with(3, policy_of(rpc)).await;
    fleet.change(1, |facts| facts.wallets = wallets(&[""]));
    let bodies: Vec<_> = (0..24)
        .map(|id| {
            let method = METHODS[numbers.below(METHODS.len())];
            json!({"id": id, "method": method, "params": [HASH]}).to_string()
        })
        .collect();
    for stub in &fleet.stubs {
        for method in METHODS {
            stub.set(method, numbers.act("x"));
        }
    }
    let calls = join_all(bodies.iter().map(|body| fleet.post("/", body)));
    let upheaval = async {
        let mut facts = fleet.facts.clone();
        for _ in 0..8 {
            for _ in 0..numbers.below(200) {
                tokio::task::yield_now().await;
            }
            let one = numbers.below(3);
            facts[one].rotation = match numbers.below(2) {
                0 => Rotation::Unreachable,
                _ => Rotation::Ready,
            };
            facts[one].busy = numbers.below(3) == 0;
            fleet.publish_only(&facts);
        }
        for stub in &fleet.stubs {
            stub.kill().await;
        }
    };
    while_doing(calls, upheaval).await;
    let mut runs: HashMap<String, (String, usize)> = HashMap::new();
    for stub in &fleet.stubs {
        for (call, act) in stub.acted() {
            // An error of a scan says that there was none.
            let has_failed = matches!(act, Act::Error(..)) && call.method == "gettxoutsetinfo";
            let run = runs.entry(call.id.to_string()).or_insert((call.method, 0));
            run.1 += usize::from(act.may_have_run() && !has_failed);
        }
    }
    for (id, (method, times)) in runs {
        let resend = classify(Method::of(&method).known(), None).resend;
        let most = if resend == Resend::Never { 1 } else { 3 };
        assert!(
            times <= most,
            "seed {seed}: call {id} of {method} ran {times} times"
        );
    }
}

#[tokio::test]
async fn whatever_nodes_do_a_call_that_may_have_run_is_at_no_second_one() {
    for seed in 0..40 {
        history(seed).await;
    }
}
