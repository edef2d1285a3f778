//! The embedded node and bcoin, a second implementation, as peers of each other.

use std::time::Duration;

use serde_json::json;

use crate::support::bcoin::{self, Bcoin};
use crate::support::inside::Inside;
use crate::support::skip::or_skip;
use crate::support::surroundings::eventually;

const LONG: Duration = Duration::from_mins(2);

/// From then on segwit is active there, which it is here from the beginning.
const SEGWIT: u32 = 440;

fn same_tip(inside: &Inside, bcoin: &Bcoin) {
    let tips = || {
        (
            inside.rpc("getbestblockhash", json!([])),
            bcoin.rpc("getbestblockhash", json!([])),
        )
    };
    eventually("the same tip", LONG, tips, |(one, other)| one == other);
}

#[test]
fn the_two_sync_from_each_other_and_follow_each_others_tip() {
    let program = or_skip!(
        bcoin::program(),
        "BCOIN_DIR names no directory into which npm has installed bcoin (.ci/run does)"
    );
    let bcoin = Bcoin::start(&program, None);
    bcoin.mine(SEGWIT);
    let inside = Inside::start(&[bcoin.p2p_addr()]);
    same_tip(&inside, &bcoin);
    assert_eq!(inside.rpc("getblockcount", json!([])), SEGWIT);
    inside.mine(5);
    same_tip(&inside, &bcoin);
    bcoin.mine(3);
    same_tip(&inside, &bcoin);

    // One that has nothing gets it all from here.
    let late = Bcoin::start(&program, Some(&inside.p2p_addr()));
    same_tip(&inside, &late);
    inside.mine(2);
    same_tip(&inside, &late);
    same_tip(&inside, &bcoin);
    assert_eq!(late.rpc("getblockcount", json!([])), SEGWIT + 10);
}
