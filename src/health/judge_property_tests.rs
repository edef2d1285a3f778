//! What holds of every verdict, whatever came before it.

use super::*;

fn any_error() -> impl Strategy<Value = NodeError> {
    prop_oneof![
        Just(refused()),
        Just(NodeError::Closed {
            address: "a".into(),
            method: "uptime"
        }),
        Just(NodeError::Unauthorized {
            address: "a".into(),
            status: 401,
            detail: RefusedCredentials::Sent("b".into())
        }),
        Just(NodeError::Starting {
            message: "Loading".into()
        }),
        Just(NodeError::NotInitialized {
            code: -32603,
            message: "chain is not initialized".into()
        }),
        Just(NodeError::Busy {
            method: "uptime",
            status: 503
        }),
        Just(NodeError::Unsupported { what: "uptime" }),
        Just(NodeError::Rpc {
            method: "uptime",
            code: -1,
            message: "no".into()
        }),
        Just(NodeError::NotANode {
            address: "a".into(),
            detail: "b".into()
        }),
        Just(NodeError::TooLarge {
            address: "a".into(),
            method: "uptime",
            limit_bytes: 1
        }),
        Just(NodeError::Unexpected {
            method: "uptime",
            detail: "b".into()
        }),
    ]
}

#[derive(Clone, Debug)]
enum JudgeEvent {
    Asked(Topic),
    Failed(Topic, NodeError),
    Uptime,
    Chain(ChainInfo),
    Peers(Vec<Peer>),
    Free(u64),
    Replaced,
}

fn any_event() -> impl Strategy<Value = JudgeEvent> {
    let topic = proptest::sample::select(Topic::ALL.to_vec());
    let info = (
        proptest::sample::select(vec!["main", "regtest", "test", "odd"]),
        0..9_u32,
        0..12_u32,
        any::<bool>(),
    );
    prop_oneof![
        topic.clone().prop_map(JudgeEvent::Asked),
        (topic, any_error()).prop_map(|(topic, error)| JudgeEvent::Failed(topic, error)),
        Just(JudgeEvent::Uptime),
        info.prop_map(|(name, blocks, headers, ibd)| {
            JudgeEvent::Chain(ChainInfo {
                initial_block_download: Some(ibd),
                ..chain(name, blocks, headers)
            })
        }),
        proptest::collection::vec((0..12_u32).prop_map(peer), 0..3).prop_map(JudgeEvent::Peers),
        (0..8_000_000_000_u64).prop_map(JudgeEvent::Free),
        Just(JudgeEvent::Replaced),
    ]
}

fn apply(snapshot: &mut Snapshot, event: JudgeEvent, now: Mono) {
    match event {
        JudgeEvent::Asked(topic) => snapshot.asked(topic, now),
        JudgeEvent::Failed(topic, error) => snapshot.failed(topic, error, now),
        JudgeEvent::Uptime => {
            snapshot.answered(PollResult::Uptime(Some(Duration::from_secs(1))), now);
        }
        JudgeEvent::Chain(info) => snapshot.answered(
            PollResult::Chain {
                info,
                reorged: false,
            },
            now,
        ),
        JudgeEvent::Peers(peers) => snapshot.answered(PollResult::Peers(peers), now),
        JudgeEvent::Free(free_bytes) => {
            snapshot.answered(
                PollResult::Volume(Volume {
                    free_bytes,
                    size_bytes: 10_000_000_000,
                    rest_free_bytes: None,
                    write_failure: None,
                }),
                now,
            );
        }
        JudgeEvent::Replaced => snapshot.process_replaced(),
    }
}

proptest! {
    #[test]
    fn every_no_has_its_reason_and_state_and_answers_agree(
        events in proptest::collection::vec((any_event(), 0..90_u64), 0..40),
        draining in any::<bool>(),
        wanted in proptest::option::of(Just(Chain::Main)),
    ) {
        let policy = HealthPolicy { chain: wanted, ..policy() };
        let mut snapshot = Snapshot::default();
        let mut seconds = 0;
        for (event, later) in events {
            seconds += later;
            apply(&mut snapshot, event, at(seconds).mono);
            let verdict = judge(&snapshot, &policy, Loops { draining, ..Loops::default() }, at(seconds + 1));

            let ready = verdict.answer(Question::Ready, &[]);
            let health = verdict.answer(Question::Health, &[]);
            let able = matches!(verdict.state, State::Ready | State::Stalled);
            prop_assert_eq!(ready.ok, able && verdict.storage_available, "{:?}", verdict);
            prop_assert_eq!(health.ok, ready.ok && verdict.state != State::Stalled, "{:?}", verdict);
            prop_assert_eq!(draining, verdict.state == State::Draining);
            if able {
                prop_assert!(verdict.chain_initialized, "{:?}", verdict);
            }
            for outcome in [&ready, &health] {
                prop_assert_eq!(outcome.ok, outcome.reasons.is_empty());
                for reason in &outcome.reasons {
                    let (name, text) = reason.split_once(": ").unwrap();
                    prop_assert!(name.parse::<CheckName>().is_ok() && !text.is_empty(), "{}", reason);
                }
            }
            let names: Vec<CheckName> = verdict.checks.iter().map(|check| check.name).collect();
            let is_of_node = |name: &CheckName| {
                let is_of_daemon = matches!(name, CheckName::Tls | CheckName::Limits);
                !name.is_of_several_nodes() && !is_of_daemon
            };
            let of_a_node = CheckName::ALL.into_iter().filter(is_of_node);
            prop_assert_eq!(names, of_a_node.collect::<Vec<_>>());
            // Draining and everything about the chain leave life alone.
            let silent = seconds + 1 - snapshot.last_answer.map_or(0, |answer| answer.since_start().as_secs());
            prop_assert_eq!(verdict.answer(Question::Live, &[]).ok, silent < 120);
        }
    }
}
