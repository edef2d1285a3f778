use super::*;
use crate::node::Index;
use crate::watch::AskUtxos;

fn at(seconds: u64) -> Mono {
    Mono::from_start(Duration::from_secs(seconds))
}

fn chain(blocks: u32) -> ChainInfo {
    ChainInfo::bare("main", blocks, blocks)
}

#[test]
fn a_value_that_is_too_old_is_not_known_and_the_others_are() {
    let mut snapshot = Snapshot::default();
    snapshot.answered(
        PollResult::Chain {
            info: chain(7),
            reorged: false,
        },
        at(10),
    );
    snapshot.answered(
        PollResult::Traffic(Traffic {
            sent_bytes: 1,
            received_bytes: 2,
        }),
        at(20),
    );
    let known = |seconds| snapshot.without_stale(|_| Duration::from_secs(60), at(seconds));
    assert!(known(70).chain.is_some() && known(70).traffic.is_some());
    assert!(known(71).chain.is_none() && known(71).traffic.is_some());
    assert!(known(81).traffic.is_none());
}

#[test]
fn a_node_that_is_back_has_no_chain_until_it_tells_one_and_the_counters_go_on() {
    let mut snapshot = Snapshot::default();
    let uptime = |seconds| PollResult::Uptime(Some(Duration::from_secs(seconds)));
    snapshot.answered(uptime(50), at(0));
    snapshot.answered(
        PollResult::Chain {
            info: chain(7),
            reorged: false,
        },
        at(1),
    );
    snapshot.answered(uptime(51), at(1));
    snapshot.answered(
        PollResult::Chain {
            info: chain(9),
            reorged: false,
        },
        at(2),
    );
    assert!(snapshot.chain.is_some());
    snapshot.answered(uptime(1), at(2));
    assert_eq!(
        (
            snapshot.chain.clone(),
            snapshot.collector(Topic::Chain).answered
        ),
        (None, None)
    );
    snapshot.answered(
        PollResult::Chain {
            info: chain(10),
            reorged: false,
        },
        at(3),
    );
    assert_eq!(snapshot.counts.blocks(), Some(3));
}

/// A node that has reported everything.
fn known(seconds: u64) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let index = Index {
        name: "coinstatsindex".to_owned(),
        synced: true,
        height: Some(7),
    };
    let now = at(seconds);
    let mempool = MempoolInfo {
        transactions: 3,
        bytes: 9,
        usage_bytes: None,
        min_fee_btc_per_kvb: None,
        unbroadcast: None,
    };
    snapshot.answered(
        PollResult::Uptime(Some(Duration::from_secs(500 + seconds))),
        now,
    );
    snapshot.answered(
        PollResult::Chain {
            info: chain(7),
            reorged: false,
        },
        now,
    );
    snapshot.answered(PollResult::Peers(Vec::new()), now);
    snapshot.answered(
        PollResult::Traffic(Traffic {
            sent_bytes: 1,
            received_bytes: 2,
        }),
        now,
    );
    snapshot.answered(PollResult::Mempool(mempool), now);
    snapshot.answered(
        PollResult::Indexes(Indexes {
            indexes: vec![index],
            prune_locks: Vec::new(),
        }),
        now,
    );
    snapshot.answered(PollResult::Utxos(UtxoSet { outputs: 9 }), now);
    snapshot.answered(PollResult::Usage(Usage::default()), now);
    snapshot
}

/// Nothing that the node reported is known, and nothing says that it was ever asked; the disk is as
/// it was.
fn assert_forgotten(snapshot: &Snapshot) {
    let Snapshot {
        network,
        chain,
        peers,
        traffic,
        mempool,
        indexes,
        utxos,
        tip,
        ..
    } = snapshot.clone();
    assert!(
        network.is_none() && chain.is_none() && peers.is_none() && traffic.is_none(),
        "{snapshot:?}"
    );
    assert!(
        mempool.is_none() && indexes.is_none() && utxos.is_none() && tip.is_none(),
        "{snapshot:?}"
    );
    assert_eq!(*snapshot.sync_rate, SyncRate::default());
    for topic in Topic::ALL
        .into_iter()
        .filter(|topic| *topic != Topic::Uptime)
    {
        assert_eq!(
            snapshot.collector(topic).is_in_use(),
            topic == Topic::Usage,
            "{topic:?}"
        );
    }
    assert!(snapshot.usage.is_some() && snapshot.last_tip.is_some());
}

#[test]
fn nothing_that_a_former_process_reported_is_known_of_the_next_one() {
    let mut snapshot = known(10);
    let before = snapshot.epoch;
    snapshot.answered(PollResult::Uptime(Some(Duration::from_secs(2))), at(15));
    assert_forgotten(&snapshot);
    assert_eq!(
        (snapshot.uptime, snapshot.epoch),
        (Some(Duration::from_secs(2)), before + 1)
    );

    let mut snapshot = known(10);
    snapshot.failed(
        Topic::Uptime,
        NodeError::Starting {
            message: "Loading".into(),
        },
        at(15),
    );
    assert_forgotten(&snapshot);
    assert_eq!(
        snapshot.uptime, None,
        "only a process that has just begun is starting"
    );
}

#[test]
fn what_is_known_of_a_node_that_does_not_answer_is_old_at_once() {
    let mut snapshot = known(10);
    let timeout = Duration::from_secs(5);
    let old = |snapshot: &Snapshot, seconds| {
        [Topic::Peers, Topic::Usage, Topic::Volume]
            .map(|topic| snapshot.is_old(topic, timeout, at(seconds)))
    };
    assert_eq!(old(&snapshot, 11), [false, false, false]);
    snapshot.failed(
        Topic::Uptime,
        NodeError::Connect {
            address: "x:1".into(),
            reason: "refused".into(),
        },
        at(12),
    );
    assert_eq!(old(&snapshot, 12), [true, false, false]);
}

#[test]
fn a_tip_has_been_seen_since_whichever_process_showed_it_first() {
    let mut snapshot = known(10);
    snapshot.process_replaced();
    snapshot.answered(
        PollResult::Chain {
            info: chain(7),
            reorged: false,
        },
        at(70),
    );
    assert_eq!(
        snapshot
            .tip
            .as_ref()
            .map(|tip| tip.seen_for(at(70)).as_secs()),
        Some(60)
    );
    snapshot.answered(
        PollResult::Chain {
            info: chain(8),
            reorged: false,
        },
        at(80),
    );
    assert_eq!(
        snapshot
            .tip
            .as_ref()
            .map(|tip| tip.seen_for(at(81)).as_secs()),
        Some(1)
    );
    let elsewhere = snapshot.cleared(at(90));
    assert_eq!((elsewhere.tip, elsewhere.last_tip), (None, snapshot.tip));
}

#[test]
fn only_a_node_that_was_away_counts_as_another_one() {
    let up = || PollResult::Uptime(None);
    let busy = || NodeError::Busy {
        method: "uptime",
        status: 503,
    };
    let away = || NodeError::Connect {
        address: "x:1".into(),
        reason: "refused".into(),
    };
    let starting = || NodeError::Starting {
        message: "Loading".into(),
    };
    let mut snapshot = Snapshot::default();
    snapshot.failed(Topic::Uptime, away(), at(0));
    assert_eq!(snapshot.epoch, 0);
    snapshot.failed(Topic::Uptime, busy(), at(1));
    assert_eq!(
        snapshot.epoch, 1,
        "an error of its own proves that it is there"
    );
    snapshot.answered(up(), at(2));
    snapshot.failed(Topic::Uptime, busy(), at(3));
    snapshot.answered(up(), at(4));
    assert_eq!(snapshot.epoch, 1);
    for error in [away(), starting()] {
        let before = snapshot.epoch;
        snapshot.failed(Topic::Uptime, error, at(5));
        snapshot.answered(up(), at(6));
        assert_eq!(snapshot.epoch, before + 1);
    }
}

#[test]
fn what_is_due_of_a_node_that_is_away_is_not_up_though_its_last_answer_was_good() {
    let plan = PollPlan {
        poll_interval: Duration::from_secs(5),
        probe_interval: None,
        asks_private_broadcast: false,
        asks_alias_figures: false,
        timeout: Duration::from_secs(10),
        usage_interval: Duration::from_secs(60),
        utxos: AskUtxos::Never,
    };
    let mut snapshot = Snapshot::default();
    snapshot.answered(PollResult::Uptime(None), at(0));
    snapshot.answered(PollResult::Peers(Vec::new()), at(0));
    snapshot.answered(PollResult::Usage(Usage::default()), at(0));
    let up = |snapshot: &Snapshot, seconds| {
        [Topic::Uptime, Topic::Peers, Topic::Usage]
            .map(|topic| snapshot.is_up(topic, &plan, at(seconds)))
    };
    assert_eq!(up(&snapshot, 9), [true, true, true]);
    snapshot.failed(
        Topic::Uptime,
        NodeError::Connect {
            address: "x:1".into(),
            reason: "refused".into(),
        },
        at(3),
    );
    assert_eq!(up(&snapshot, 4), [false, true, true], "it is not due yet");
    assert_eq!(up(&snapshot, 5), [false, false, true]);
}

#[test]
fn a_question_is_open_from_when_it_was_first_due_until_it_is_answered() {
    let mut snapshot = Snapshot::default();
    snapshot.asked(Topic::Peers, at(1));
    snapshot.asked(Topic::Peers, at(5));
    assert_eq!(snapshot.collector(Topic::Peers).open_since, Some(at(1)));
    snapshot.answered(PollResult::Peers(Vec::new()), at(6));
    snapshot.asked(Topic::Peers, at(7));
    assert_eq!(snapshot.collector(Topic::Peers).open_since, Some(at(7)));
}

#[test]
fn a_process_that_only_starts_yet_is_another_one_from_its_first_answer_on() {
    let starting = || NodeError::Starting {
        message: "Loading".into(),
    };
    let mut snapshot = known(10);
    let process = snapshot.process;
    let epoch = snapshot.epoch;
    for seconds in [15, 16, 17] {
        snapshot.failed(Topic::Uptime, starting(), at(seconds));
        snapshot.answered(PollResult::Usage(Usage::default()), at(seconds));
        assert_eq!((snapshot.process, snapshot.epoch), (process + 1, epoch));
    }
    let uptime = |seconds| PollResult::Uptime(Some(Duration::from_secs(seconds)));
    snapshot.answered(uptime(4), at(18));
    let up = snapshot.process;
    assert!(up > process + 1);
    snapshot.answered(uptime(9), at(23));
    assert_eq!(snapshot.process, up);
    // One that was away and is still the same is back, and no other.
    let away = NodeError::Connect {
        address: "x:1".into(),
        reason: "refused".into(),
    };
    let epoch = snapshot.epoch;
    snapshot.failed(Topic::Uptime, away, at(24));
    snapshot.answered(uptime(14), at(28));
    assert_eq!((snapshot.process, snapshot.epoch), (up, epoch + 1));
}

#[test]
fn what_the_files_of_a_former_chain_took_is_not_known_while_they_may_be_anothers() {
    let mut snapshot = known(10);
    let path = "/data".to_owned();
    snapshot.failed(Topic::Usage, NodeError::SeveralChains { path }, at(15));
    assert_eq!(snapshot.usage, None);
}
