//! The checks `sync` and `stall`.

use super::*;

#[test]
fn a_gap_of_two_hours_is_a_stall_only_if_the_node_is_to_blame() {
    let later = 7_200;
    let judged = |info: ChainInfo, peers: Vec<Peer>| {
        let mut snapshot = answering(info, peers.clone(), 1);
        snapshot.answered(running(later), at(later).mono);
        let info = ChainInfo::clone(snapshot.chain.as_ref().unwrap());
        snapshot.answered(
            PollResult::Chain {
                info,
                reorged: false,
            },
            at(later).mono,
        );
        snapshot.answered(PollResult::Peers(peers), at(later).mono);
        judge(&snapshot, &policy(), Loops::default(), at(later + 1))
    };
    let shared = judged(chain("main", 900_000, 900_000), vec![peer(900_000)]);
    assert_eq!(
        shared.check(CheckName::Stall).unwrap().level,
        Level::Warning
    );
    assert_eq!(shared.state, State::Ready);

    let alone = judged(chain("main", 900_000, 900_000), vec![peer(899_000)]);
    assert_eq!(alone.state, State::Stalled);
    assert!(alone.answer(Question::Ready, &[]).ok && !alone.answer(Question::Health, &[]).ok);

    let without_peers = judged(chain("main", 900_000, 900_000), vec![]);
    assert_eq!(without_peers.state, State::Stalled);
    let with_silent_one = judged(chain("main", 900_000, 900_000), vec![silent()]);
    assert_eq!(with_silent_one.state, State::Stalled);

    let headers_ahead = judged(chain("main", 900_000, 900_002), vec![peer(900_002)]);
    assert_eq!(headers_ahead.state, State::Stalled);

    let regtest = judged(chain("regtest", 900, 900), vec![]);
    assert_eq!(regtest.check(CheckName::Stall).unwrap().level, Level::Good);
}

#[test]
fn a_chain_on_a_snapshot_that_is_not_validated_warns_with_the_number() {
    let background = Some(BackgroundValidation {
        snapshot_height: 200,
        validated_height: 0,
    });
    let info = ChainInfo {
        background,
        ..chain("regtest", 205, 205)
    };
    let verdict = judge(
        &answering(info, vec![peer(205)], 30),
        &policy(),
        Loops::default(),
        at(31),
    );
    let sync = verdict.check(CheckName::Sync).unwrap();
    let expected = "0 blocks behind at height 205, on an assumeutxo snapshot of which 0 of 200 \
        blocks are validated";
    assert_eq!((sync.level, sync.text.as_str()), (Level::Warning, expected));
    assert!(verdict.answer(Question::Health, &[]).ok, "a warning only");
}

#[test]
fn a_gap_is_reported_by_the_tips_header_where_that_is_older_than_what_was_seen() {
    let wall_secs = 1_700_000_000;
    let reported = |age_secs: u64, seen_secs: u64| {
        let info = ChainInfo {
            tip_time: Some(wall_secs - age_secs),
            ..chain("main", 900_000, 900_000)
        };
        let mut snapshot = answering(info.clone(), vec![peer(900_000)], 1);
        snapshot.answered(running(seen_secs), at(1 + seen_secs).mono);
        snapshot.answered(
            PollResult::Chain {
                info,
                reorged: false,
            },
            at(1 + seen_secs).mono,
        );
        let verdict = judge(&snapshot, &policy(), Loops::default(), at(1 + seen_secs));
        let check = verdict.check(CheckName::Stall).unwrap();
        (check.level, check.text.clone())
    };
    let by_header = "no new block for 16 min by the time in the tip's header";
    assert_eq!(reported(960, 3), (Level::Good, by_header.to_owned()));
    assert_eq!(
        reported(100, 600),
        (Level::Good, "no new block for 10 min".to_owned())
    );
    let (level, text) = reported(50_000, 4_500);
    assert_eq!(level, Level::Warning);
    assert_eq!(
        text,
        "no new block for 13 h by the time in the tip's header, probability of the 75 min that \
         it has been seen here 5.5e-4"
    );
}
