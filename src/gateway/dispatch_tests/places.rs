//! Slots of several nodes: a full one sends the next call on.

use super::*;

async fn with_one_slot(nodes: usize) -> StubFleet {
    let rpc = Rpc {
        max_in_flight: MaxInFlight::Fixed(NonZeroU32::MIN),
        ..rpc()
    };
    StubFleet::start_with(nodes, policy_of(rpc)).await
}

#[tokio::test]
async fn a_full_node_sends_the_next_call_on_and_no_node_has_more_than_its_slots() {
    let fleet = with_one_slot(2).await;
    fleet.stubs[0].set("", Act::Hang);
    let hangs = fleet.call("getblockcount");
    let others = async {
        fleet.stubs[0].wait_for(1).await;
        for _ in 0..3 {
            fleet.call("getblockcount").await.is_from("b");
        }
        fleet.stubs[0].kill().await;
    };
    while_doing(hangs, others).await.is_from("b");
    assert_eq!(fleet.counts(), [1, 4]);
}

#[tokio::test]
async fn when_all_are_full_a_slot_is_waited_for_and_503_after_that() {
    let fleet = with_one_slot(2).await;
    for stub in &fleet.stubs {
        stub.set("", Act::Hang);
    }
    let hang = join_all([fleet.call("getblockcount"), fleet.call("getblockcount")]);
    let third = async {
        fleet.stubs[0].wait_for(1).await;
        fleet.stubs[1].wait_for(1).await;
        fleet.call("getblockcount").await.is_refused(503, -32011);
        for stub in &fleet.stubs {
            stub.kill().await;
        }
    };
    for got in Box::pin(while_doing(hang, third)).await {
        got.is_refused(502, -32010);
    }
    assert_eq!(fleet.counts(), [1, 1]);
}

#[tokio::test]
async fn when_all_are_full_the_first_slot_that_comes_free_anywhere_is_taken() {
    let fleet = with_one_slot(2).await;
    for stub in &fleet.stubs {
        stub.set("", Act::Hold);
    }
    let held = join_all([fleet.call("getblockcount"), fleet.call("getblockcount")]);
    let third = async {
        fleet.stubs[0].wait_for(1).await;
        fleet.stubs[1].wait_for(1).await;
        let release = async { fleet.stubs[1].release(2) };
        let got = while_doing(fleet.call("getblockcount"), release).await;
        got.is_from("b");
        fleet.stubs[0].release(1);
    };
    Box::pin(while_doing(held, third)).await;
    assert_eq!(fleet.counts(), [1, 2]);
}

#[tokio::test]
async fn a_call_whose_node_is_left_waits_for_a_slot_of_the_others_as_long_as_a_new_one() {
    let fleet = with_one_slot(2).await;
    for stub in &fleet.stubs {
        stub.set("", Act::Hold);
    }
    let mut facts = fleet.facts.clone();
    facts[0].rotation = Rotation::Unreachable;
    let then = async {
        fleet.stubs[0].wait_for(1).await;
        let leave = async {
            fleet.stubs[1].wait_for(1).await;
            tokio::time::sleep(QUEUE_TIMEOUT + Duration::from_millis(20)).await;
            fleet.publish_only(&facts);
            fleet.stubs[1].release(2);
        };
        while_doing(fleet.call("nosuchmethod"), leave)
            .await
            .is_from("b");
    };
    let read = Box::pin(while_doing(fleet.call("getblockcount"), then)).await;
    read.is_from("b");
    assert_eq!(fleet.counts(), [1, 2]);
}

#[tokio::test]
async fn a_call_whose_node_is_left_is_told_that_the_others_are_busy() {
    let fleet = with_one_slot(2).await;
    for stub in &fleet.stubs {
        stub.set("", Act::Hold);
    }
    let mut facts = fleet.facts.clone();
    facts[0].rotation = Rotation::Unreachable;
    let read = async {
        let leave = async {
            fleet.stubs[0].wait_for(1).await;
            fleet.stubs[1].wait_for(1).await;
            fleet.publish_only(&facts);
        };
        let got = while_doing(fleet.call("getblockcount"), leave).await;
        got.is_refused(503, -32011);
        fleet.stubs[1].release(1);
    };
    let other = async {
        fleet.stubs[0].wait_for(1).await;
        fleet.call("nosuchmethod").await.is_from("b");
    };
    Box::pin(while_doing(read, other)).await;
}

#[tokio::test]
async fn who_waits_for_a_slot_is_woken_when_another_node_may_get_its_call() {
    let mut fleet = with_one_slot(2).await;
    fleet.change(1, |facts| facts.drained = true);
    fleet.stubs[0].set("", Act::Hang);
    let mut facts = fleet.facts.clone();
    facts[1].drained = false;
    let second = async {
        fleet.stubs[0].wait_for(1).await;
        let undrain = async { fleet.publish_only(&facts) };
        let got = while_doing(fleet.call("getblockcount"), undrain).await;
        got.is_from("b");
        fleet.stubs[0].kill().await;
    };
    Box::pin(while_doing(fleet.call("getblockcount"), second)).await;
    assert_eq!(fleet.counts()[0], 1);
}

#[tokio::test]
async fn who_waits_for_a_slot_keeps_its_turn_when_the_nodes_change() {
    let mut fleet = with_one_slot(2).await;
    fleet.change(1, |facts| facts.drained = true);
    fleet.stubs[0].set("", Act::Hold);
    let mut facts = fleet.facts.clone();
    facts[1].lagging = true;
    let numbered = |id: u32| json!({"id": id, "method": "getblockcount"}).to_string();
    let bodies: Vec<_> = (0..4).map(numbered).collect();
    let late = async {
        fleet.stubs[0].wait_for(1).await;
        fleet.publish_only(&facts);
        let release = async { fleet.stubs[0].release(4) };
        while_doing(fleet.post("/", &bodies[3]), release).await;
    };
    let early = join_all(bodies[..3].iter().map(|body| fleet.post("/", body)));
    Box::pin(while_doing(late, async { drop(early.await) })).await;
    let came: Vec<_> = fleet.stubs[0]
        .calls()
        .iter()
        .map(|call| call.id.clone())
        .collect();
    assert_eq!(came, [0, 1, 2, 3]);
}

#[tokio::test]
async fn who_waits_for_a_slot_of_a_node_that_is_left_goes_elsewhere() {
    let fleet = with_one_slot(2).await;
    for stub in &fleet.stubs {
        stub.set("", Act::Hang);
    }
    let hang = join_all([fleet.call("nosuchmethod"), fleet.call("nosuchmethod")]);
    let mut facts = fleet.facts.clone();
    facts[0].rotation = Rotation::Unreachable;
    let third = async {
        fleet.stubs[0].wait_for(1).await;
        fleet.stubs[1].wait_for(1).await;
        let leave = async {
            tokio::task::yield_now().await;
            fleet.publish_only(&facts);
            fleet.stubs[1].kill().await;
        };
        // Now it waits at b, which dies: nothing is left.
        let got = while_doing(fleet.call("getblockcount"), leave).await;
        got.is_refused(502, -32010);
        fleet.stubs[0].kill().await;
    };
    Box::pin(while_doing(hang, third)).await;
    assert_eq!(fleet.counts()[0], 1);
}

#[tokio::test]
async fn a_work_queue_that_is_full_sends_the_call_on_whatever_it_is() {
    let fleet = StubFleet::start(2).await;
    fleet.stubs[0].set("", Act::Status(503, "Work queue depth exceeded\n"));
    for method in ["getblockcount", "prioritisetransaction", "nosuchmethod"] {
        fleet.call(method).await.is_from("b");
    }
    assert_eq!(fleet.counts(), [3, 3]);
    fleet.stubs[1].set("", Act::Status(503, "Work queue depth exceeded\n"));
    let got = fleet.call("getblockcount").await;
    got.is_refused(503, -32011);
    // The second one's queue is waited for, not the first one's.
    assert!(fleet.counts()[0] == 4 && fleet.counts()[1] > 4);
}

/// What bitcoind answers while it shuts down.
const SHUTTING_DOWN: Act = Act::Status(
    503,
    "<HTML><HEAD>\n<TITLE>503 Service Unavailable</TITLE>\n</HEAD><BODY>\n<H1>Service \
     Unavailable</H1>\n</BODY></HTML>\n",
);

#[tokio::test]
async fn a_node_that_shuts_down_sends_a_read_on_and_nothing_that_may_not_run_twice() {
    let fleet = StubFleet::start(2).await;
    fleet.stubs[0].set("", SHUTTING_DOWN);
    fleet.call("getblockcount").await.is_from("b");
    assert_eq!(fleet.call("prioritisetransaction").await.status, 503);
    assert_eq!(fleet.counts(), [2, 1]);
    // If nobody has another answer, it is that of the first.
    fleet.stubs[1].set("", SHUTTING_DOWN);
    assert_eq!(fleet.call("getblockcount").await.status, 503);
    assert_eq!(fleet.counts(), [3, 2]);
}

#[tokio::test]
async fn a_full_work_queue_of_the_only_node_for_a_call_is_waited_for() {
    let mut fleet = StubFleet::start(2).await;
    fleet.change(0, |facts| facts.wallets = wallets(&[""]));
    fleet.stubs[0].set("", Act::Status(503, "Work queue depth exceeded\n"));
    let relief = async {
        fleet.stubs[0].wait_for(3).await;
        fleet.stubs[0].set("", Act::Result("a".into()));
    };
    while_doing(fleet.call("sendtoaddress"), relief)
        .await
        .is_from("a");
    assert_eq!(fleet.counts()[1], 0);
}

#[tokio::test]
async fn what_has_not_run_costs_nothing() {
    let limits = Some(allowance(1));
    let fleet = StubFleet::start_with(2, GatewayPolicy { limits, ..policy() }).await;
    for stub in &fleet.stubs {
        stub.set("", Act::Status(503, "Work queue depth exceeded\n"));
    }
    fleet.call("getblockcount").await.is_refused(503, -32011);
    fleet.stubs[1].set("", Act::Result("b".into()));
    fleet.call("getblockcount").await.is_from("b");
    assert_eq!(fleet.call("getblockcount").await.code(), -32005);
}
