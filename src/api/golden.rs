//! Each document as daemons have written it since before there were types for them, byte for byte.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;

/// A document is read and written again as it was.
fn kept<T: Serialize + DeserializeOwned>(name: &str, text: &str) {
    let text = text.trim_end();
    let document: T =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
    assert_eq!(serde_json::to_string(&document).unwrap(), text, "{name}");
}

macro_rules! golden {
    ($($test:ident: $document:ty = [$($name:literal),+];)+) => {
        $(#[test]
        fn $test() {
            $(kept::<$document>($name, include_str!(concat!("golden/", $name, ".json")));)+
        })+
    };
}

golden! {
    nodes: Vec<NodeSummary> = ["nodes"];
    a_node_that_is_drained: NodeDrained = ["node_drained"];
    a_node_that_is_undrained: NodeUndrained = ["node_undrained"];
    a_route_explained: RouteExplained = ["route_explained"];
    plain_health: PlainHealth = ["health", "live", "ready", "ready_warned"];
    detailed_health: DetailedHealth = ["detailed_warned"];
    status: StatusDocument = ["status"];
    leases: Vec<LeaseDocument> = ["leases"];
    a_lease_that_was_granted: LeaseGranted = ["lease_granted"];
    a_lease_that_was_released: LeaseReleased = ["lease_released"];
    queue: Vec<QueuedPeer> = ["queue"];
    a_peer_that_was_queued: QueuedPeer = ["queue_added"];
    a_peer_that_was_dropped: QueueDropped = ["queue_dropped"];
    peers_that_are_due: QueueRetried = ["queue_retried"];
    a_queue_that_was_paused: QueuePaused = ["queue_paused"];
    peers: Vec<PeerDocument> = ["peers"];
    a_peer_that_is_kept: PeerKept = ["peer_kept"];
    a_peer_that_is_kept_no_more: PeerReleased = ["peer_released"];
    limits: LimitsDocument = ["limits"];
    limits_explained: LimitsExplained = ["limits_explained"];
    limits_that_were_tried: LimitsTried = ["limits_tried"];
    prune: PruneDocument = ["prune"];
    prune_jobs: Vec<PruneJob> = ["prune_jobs"];
    a_prune_job: PruneJob = ["prune_job_begun"];
    a_prune_plan: PrunePlan = ["prune_plan"];
    the_last_lines_of_the_log: RecentLog = ["log"];
    reload: ReloadOutcome = ["reload"];
    problems: ProblemDetails = ["problem", "problem_plan", "problem_job", "problem_reload", "problem_nodes"];
}

/// What a request is on the wire.
fn sent(request: &impl Serialize) -> String {
    serde_json::to_string(request).unwrap()
}

#[test]
fn requests_are_written_as_ever() {
    let peer = PeerRequest {
        address: "a:1".to_owned(),
    };
    assert_eq!(sent(&peer), r#"{"address":"a:1"}"#);
    let drain = DrainRequest {
        reason: Some("disk".to_owned()),
        ..DrainRequest::default()
    };
    assert_eq!(
        sent(&drain),
        r#"{"reason":"disk","for_secs":null,"force":false}"#
    );
    let retry = RetryRequest {
        address: None,
        all: true,
    };
    assert_eq!(sent(&retry), r#"{"all":true}"#);
    let prune = PruneRequest {
        to_height: Some(7),
        ..PruneRequest::default()
    };
    assert_eq!(sent(&prune), r#"{"to_height":7}"#);
    let lease = LeaseRequest {
        name: "lnd".to_owned(),
        from_height: None,
        last: Some(3),
        ttl_secs: None,
    };
    assert_eq!(sent(&lease), r#"{"name":"lnd","last":3,"ttl_secs":null}"#);
}

#[test]
fn a_lease_ends_after_a_day_unless_it_says_otherwise() {
    let lease = |text: &str| serde_json::from_str::<LeaseRequest>(text).unwrap().ttl_secs;
    assert_eq!(lease(r#"{"name":"lnd"}"#), Some(86_400));
    assert_eq!(lease(r#"{"name":"lnd","ttl_secs":null}"#), None);
}

/// What any version has: the fields of the seed.
const SEED: &str = r#"{"status":"healthy","chain":{"initialized":true,"height":7,"tip_hash":"00"},
    "storage":{"available":true,"size_bytes":1},"network":{"peers_connected":2,"peers_max":null},
    "rpc":{"enabled":true,"requests_processed":3}}"#;

#[test]
fn a_reader_does_without_what_an_older_daemon_does_not_say() {
    let status: StatusDocument = serde_json::from_str(SEED).unwrap();
    assert_eq!(status.detailed.chain.height, Some(7));
    assert_eq!(status.detailed.config_reload_valid, None);
    assert_eq!((status.tasks, status.config_file), (Vec::new(), None));
    let job = r#"{"id":1,"trigger":"manual","state":"held","plan":{"action":"held","why":"x"},
        "started_at":"2026-01-01T00:00:00Z"}"#;
    assert_eq!(
        serde_json::from_str::<PruneJob>(job).unwrap().deleted_bytes,
        None
    );
}

#[test]
fn a_reader_ignores_what_a_newer_daemon_says_beside_that() {
    let newer = SEED
        .replace("\"status\"", "\"more\":[1],\"status\"")
        .replace(
            "\"chain\":{",
            "\"state\":\"dozing\",\"checks\":[{\"name\":\"fork\",\"level\":\"good\",\"text\":\"\",\"more\":1}],\"chain\":{\"more\":{},",
        );
    let status: StatusDocument = serde_json::from_str(&newer).unwrap();
    assert_eq!(status.detailed.state.as_str(), "dozing");
    let names = status
        .detailed
        .checks
        .iter()
        .map(|check| check.name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["fork"]);
}

#[test]
fn what_has_not_the_fields_of_the_seed_is_no_document_of_ours() {
    for gone in [
        "status",
        "chain",
        "storage",
        "network",
        "rpc",
        "initialized",
    ] {
        let other = SEED.replace(gone, "other");
        assert!(
            serde_json::from_str::<DetailedHealth>(&other).is_err(),
            "{gone}"
        );
    }
}
