//! How long a certificate is valid: the check, the metric, `config check`.

use super::curl;
use crate::support::config::attached_to_fake;
use crate::support::daemon::Daemon;
use crate::support::ready::healthy_node;
use crate::support::tls::Authority;

#[test]
fn the_day_on_which_it_expires_is_a_check_and_a_metric_and_no_probe_fails_for_it() {
    let authority = Authority::new("ours");
    let node = healthy_node();
    for (year, level, metric) in [
        (2090, "good", "3.786912e+09"),
        (2020, "warning", "1.577836e+09"),
    ] {
        let issued = authority.issue_until("server", &["127.0.0.1"], (year, 1, 1));
        let daemon = Daemon::start(attached_to_fake(&node).with(&issued.listeners()));
        let url = format!("https://{}", daemon.addr());
        let get = |path: &str| curl(&["--insecure", &format!("{url}{path}")]);
        crate::support::surroundings::eventually(
            "readiness",
            super::SOON,
            || get("/health/ready").0,
            |status| status == "200",
        );
        let detailed = get("/health/detailed").1.stdout;
        let document: serde_json::Value =
            serde_json::from_str(detailed.rsplit_once('\n').unwrap().0).unwrap();
        let checks = document["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == "tls").unwrap();
        assert_eq!(check["level"], level, "{check}");
        assert!(
            check["text"]
                .as_str()
                .unwrap()
                .contains(&format!("{year}-01-01")),
            "{check}"
        );
        let page = get("/metrics").1.stdout;
        let line = page
            .lines()
            .find_map(|line| line.strip_prefix("bllvm_tls_certificate_expiry_timestamp_seconds "));
        let seconds: f64 = line.unwrap().parse().unwrap();
        assert!(
            (seconds / metric.parse::<f64>().unwrap() - 1.0).abs() < 1e-3,
            "{seconds}"
        );
    }
}

#[test]
fn config_check_says_when_it_expires_and_for_which_names_it_is_not() {
    let authority = Authority::new("ours");
    let node = healthy_node();
    let expired = authority.issue_until("old", &["127.0.0.1", "node.example"], (2020, 1, 1));
    let good = authority.issue("good", &["other.example"]);
    for (issued, expected) in [
        (&expired, &["expired on 2020-01-01", "config reload"][..]),
        (
            &good,
            &["is not for 127.0.0.1, node.example; it is for other.example"],
        ),
    ] {
        let config = attached_to_fake(&node)
            .with(&issued.listeners())
            .with("[rpc]\nallowed_hosts = [\"node.example\"]");
        let daemon = Daemon::start(config);
        for arguments in [&["config", "check"][..], &["config", "check", "--offline"]] {
            let output = daemon.cli(arguments);
            // Warnings do not fail.
            assert_eq!(output.code, Some(0), "{output:?}");
            let said = output.stdout.clone() + &output.stderr;
            for expected in expected {
                assert!(said.contains(expected), "{expected}: {output:?}");
            }
        }
    }
}

#[test]
fn without_tls_there_is_neither_check_nor_metric() {
    let node = healthy_node();
    let daemon = Daemon::start(attached_to_fake(&node));
    assert!(!daemon.get("/metrics").text().contains("bllvm_tls_"));
    assert!(!daemon.get("/health/detailed").text().contains("\"tls\""));
}
