//! `bllvmctl limits`: what limits there are, and what they make of one caller.

use crate::support::config::attached_to_fake;
use crate::support::daemon::Daemon;
use crate::support::fake_node::FakeNode;
use crate::support::http::basic;

const LIMITS: &str = r#"
[rpc]
methods = ["*", "!stop"]
[rpc.auth]
rate_limit_rate = 0.001
rate_limit_burst = 3
rate_limit_exempt = ["192.0.2.0/24"]
[rpc.auth.per_method_limits]
getblocktemplate = { rate = 0.001, burst = 1 }
[[rpc.auth.users]]
name = "alice"
# the password is "secret"
rpcauth = "00112233445566778899aabbccddeeff$74ef20277296f0f1f1a01f8915163d687de88b01b139720c60e410c0540a0937"
methods = ["get*"]
rate = 50
burst = 100
"#;

fn daemon() -> (FakeNode, Daemon) {
    let node = FakeNode::from_fixtures("core-31.99/synced-prunable");
    let daemon = Daemon::start(attached_to_fake(&node).with(LIMITS));
    (node, daemon)
}

#[test]
fn the_limits_in_force_are_shown_for_people_and_for_programs() {
    let (_node, daemon) = daemon();
    let shown = daemon.cli(&["limits", "-o", "json"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let limits: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(
        (&limits["mode"], &limits["burst"]),
        (&"enforce".into(), &3.into()),
        "{limits}"
    );
    assert_eq!(limits["per_method"]["getblocktemplate"]["burst"], 1);
    assert_eq!(limits["users_by_name"][0]["name"], "alice");
    let table = daemon.cli(&["limits", "show"]);
    for word in [
        "enforce",
        "alice",
        "get*",
        "getblocktemplate",
        "192.0.2.0/24",
        "* !stop",
    ] {
        assert!(table.stdout.contains(word), "{word}: {}", table.stdout);
    }
    for secret in ["74ef20277296f0f1", "00112233445566778899"] {
        assert!(!shown.stdout.contains(secret) && !table.stdout.contains(secret));
    }
}

#[test]
fn an_explanation_says_whether_a_call_would_pass_and_why_and_charges_nothing() {
    let (_node, daemon) = daemon();
    let explain = |arguments: &[&str]| daemon.cli(&[&["limits", "explain"], arguments].concat());
    for _ in 0..5 {
        let reported = explain(&["--user", "alice", "--method", "getblocktemplate"]);
        assert_eq!(reported.code, Some(0), "{reported:?}");
        assert!(
            reported.stdout.contains("would pass") && reported.stdout.contains("1 of 1"),
            "{}",
            reported.stdout
        );
    }
    let reported = explain(&["--user", "alice", "--method", "help"]);
    assert_eq!(reported.code, Some(1));
    assert!(
        reported
            .stdout
            .contains("the methods of user alice do not allow help"),
        "{}",
        reported.stdout
    );
    assert!(
        explain(&["--method", "stop"])
            .stdout
            .contains("rpc.methods does not allow stop")
    );
    assert!(
        explain(&["--ip", "192.0.2.7"])
            .stdout
            .contains("rate_limit_exempt")
    );
    let reported = explain(&["--user", "bob"]);
    assert_eq!(reported.code, Some(1));
    assert!(
        reported
            .stderr
            .contains("there is no user bob; known: alice"),
        "{}",
        reported.stderr
    );
    assert_eq!(explain(&["--ip", "nonsense"]).code, Some(2));

    let header = basic("alice:secret");
    let call = br#"{"method":"getblocktemplate","id":1}"#;
    assert_ne!(
        daemon.post("/", &[("Authorization", &header)], call).status,
        429
    );
    assert_eq!(
        daemon.post("/", &[("Authorization", &header)], call).status,
        429
    );
    let reported = explain(&[
        "--user",
        "alice",
        "--method",
        "getblocktemplate",
        "-o",
        "json",
    ]);
    assert_eq!(reported.code, Some(1));
    let reported: serde_json::Value = serde_json::from_str(&reported.stdout).unwrap();
    assert_eq!(
        (&reported["passes"], &reported["layers"][2]["tokens"]),
        (&false.into(), &0.into()),
        "{reported}"
    );
    assert_eq!(reported["layers"][0]["tokens"], 2, "{reported}");
}

#[test]
fn where_the_node_checks_credentials_an_explanation_says_whose_buckets_it_has_not_looked_at() {
    let node = FakeNode::from_fixtures("core-31.99/synced-prunable");
    let limits = "[rpc.auth]\nrate_limit_rate = 0.001\nrate_limit_burst = 2\nrate_limit_exempt = \
        [\"192.0.2.0/24\"]\n";
    let daemon = Daemon::start(attached_to_fake(&node).with(limits));
    let reported = daemon.cli(&["limits", "explain"]);
    assert_eq!(reported.code, Some(0), "{reported:?}");
    let words =
        "every bucket has a token; a caller with credentials has buckets of its own beside that";
    assert!(
        reported.stdout.contains("would pass") && reported.stdout.contains(words),
        "{}",
        reported.stdout
    );
    let exempt = daemon.cli(&["limits", "explain", "--ip", "192.0.2.7"]);
    assert!(
        !exempt.stdout.contains("not looked at"),
        "{}",
        exempt.stdout
    );
}
