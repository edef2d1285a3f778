use super::*;
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
    snapshot.answered(Reading::Chain { info: chain(7), reorged: false }, at(10));
    snapshot.answered(Reading::Traffic(Traffic { sent_bytes: 1, received_bytes: 2 }), at(20));
    let known = |seconds| snapshot.without_stale(|_| Duration::from_secs(60), at(seconds));
    assert!(known(70).chain.is_some() && known(70).traffic.is_some());
    assert!(known(71).chain.is_none() && known(71).traffic.is_some());
    assert!(known(81).traffic.is_none());
}

#[test]
fn a_node_that_is_back_has_no_chain_until_it_tells_one_and_the_counters_go_on() {
    let mut snapshot = Snapshot::default();
    let uptime = |seconds| Reading::Uptime(Some(Duration::from_secs(seconds)));
    snapshot.answered(uptime(50), at(0));
    snapshot.answered(Reading::Chain { info: chain(7), reorged: false }, at(1));
    snapshot.answered(uptime(51), at(1));
    snapshot.answered(Reading::Chain { info: chain(9), reorged: false }, at(2));
    assert!(snapshot.chain.is_some());
    snapshot.answered(uptime(1), at(2));
    assert_eq!((snapshot.chain.clone(), snapshot.collector(Topic::Chain).answered), (None, None));
    snapshot.answered(Reading::Chain { info: chain(10), reorged: false }, at(3));
    assert_eq!(snapshot.blocks_processed, 3);
}

#[test]
fn only_a_node_that_was_away_counts_as_another_one() {
    let up = || Reading::Uptime(None);
    let busy = || NodeError::Busy { method: "uptime", status: 503 };
    let away = || NodeError::Connect { address: "x:1".into(), reason: "refused".into() };
    let starting = || NodeError::Starting { message: "Loading".into() };
    let mut snapshot = Snapshot::default();
    snapshot.failed(Topic::Uptime, away(), at(0));
    assert_eq!(snapshot.epoch, 0);
    snapshot.failed(Topic::Uptime, busy(), at(1));
    assert_eq!(snapshot.epoch, 1, "an error of its own proves that it is there");
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
    let plan = Plan {
        poll_interval: Duration::from_secs(5),
        timeout: Duration::from_secs(10),
        usage_interval: Duration::from_secs(60),
        utxos: AskUtxos::Never,
    };
    let mut snapshot = Snapshot::default();
    snapshot.answered(Reading::Uptime(None), at(0));
    snapshot.answered(Reading::Peers(Vec::new()), at(0));
    snapshot.answered(Reading::Usage(Usage::default()), at(0));
    let up = |snapshot: &Snapshot, seconds| {
        [Topic::Uptime, Topic::Peers, Topic::Usage].map(|topic| snapshot.is_up(topic, &plan, at(seconds)))
    };
    assert_eq!(up(&snapshot, 9), [true, true, true]);
    snapshot.failed(Topic::Uptime, NodeError::Connect { address: "x:1".into(), reason: "refused".into() }, at(3));
    assert_eq!(up(&snapshot, 4), [false, true, true], "it is not due yet");
    assert_eq!(up(&snapshot, 5), [false, false, true]);
}

#[test]
fn a_question_is_open_from_when_it_was_first_due_until_it_is_answered() {
    let mut snapshot = Snapshot::default();
    snapshot.asked(Topic::Peers, at(1));
    snapshot.asked(Topic::Peers, at(5));
    assert_eq!(snapshot.collector(Topic::Peers).open_since, Some(at(1)));
    snapshot.answered(Reading::Peers(Vec::new()), at(6));
    snapshot.asked(Topic::Peers, at(7));
    assert_eq!(snapshot.collector(Topic::Peers).open_since, Some(at(7)));
}
