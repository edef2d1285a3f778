//! The chart as Helm renders it, and the manifests that are committed.

use std::fs;
use std::process::Command;

use serde_json::json;

use super::{CHART, LONG, MANIFESTS, helm_or_skip, manifest, object, objects, render, shipped};
use crate::support::child;
use crate::support::skip::promtool_or_skip;
use crate::support::surroundings::{env, repository};

#[test]
fn the_manifests_are_what_helm_makes_of_the_chart() {
    let helm = helm_or_skip!();
    let folder = tempfile::tempdir().unwrap();
    let rules = format!("{CHART}/files/bllvmctl.rules.yml");
    if env("BLESS").is_some() {
        fs::write(
            repository().join(rules),
            shipped("prometheus/bllvmctl.rules.yml"),
        )
        .unwrap();
        let output = render(&helm, &repository().join("contrib/kubernetes"), None);
        assert_eq!(output.code, Some(0), "{output:?}");
        return;
    }
    let of_chart = fs::read_to_string(repository().join(rules)).unwrap();
    assert!(
        of_chart == shipped("prometheus/bllvmctl.rules.yml"),
        "run it with BLESS=1"
    );
    let output = render(&helm, folder.path(), None);
    assert_eq!(output.code, Some(0), "{output:?}");
    for name in MANIFESTS {
        let rendered = fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(rendered == manifest(name), "{name}: run it with BLESS=1");
    }
}

#[test]
fn values_that_mean_nothing_are_refused() {
    let helm = helm_or_skip!();
    for values in [
        json!({"nodes": 3}),
        json!({"chain": "mainnet"}),
        json!({"node": {"terminationGracePeriodSeconds": 30}}),
        json!({"node": {"args": ["txindex"]}}),
        json!({"gateway": {"users": [{"name": "alice", "rpcauth": "secret"}]}}),
        json!({"gateway": {"env": {"rpc.listen": "x"}}}),
    ] {
        let output = render(&helm, std::path::Path::new("/"), Some(&values));
        assert!(output.code == Some(1), "{values}: {output:?}");
        assert!(
            output.stderr.contains("HelmValuesError"),
            "{values}: {output:?}"
        );
    }
}

#[test]
fn the_rules_for_the_operator_are_those_of_prometheus() {
    let helm = helm_or_skip!();
    let promtool = promtool_or_skip!();
    let objects = super::documents(&helm, &manifest("monitoring.yaml"));
    let rules = object(&objects, "PrometheusRule", "bitcoin");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.json");
    fs::write(&file, rules["spec"].to_string()).unwrap();
    let mut command = Command::new(promtool);
    command.args(["check", "rules"]).arg(&file);
    let output = child::run(command, b"", LONG);
    assert_eq!(output.code, Some(0), "{output:?}");
    let count = shipped("prometheus/bllvmctl.rules.yml")
        .matches("- alert: ")
        .count();
    assert!(
        output.stdout.contains(&format!("{count} rules found")),
        "{output:?}"
    );
    // The rules look for this job.
    let monitor = object(&objects, "ServiceMonitor", "bitcoin");
    let labels = &monitor["spec"]["endpoints"][0]["relabelings"];
    assert_eq!(
        labels[0],
        json!({"targetLabel": "job", "replacement": "bllvmctl"})
    );
}

/// The port that the monitor names is one of a service that it selects, for each layout.
#[test]
fn the_monitor_finds_a_port_of_every_pod() {
    let helm = helm_or_skip!();
    for (gateways, services) in [
        (false, vec!["bitcoin-node"]),
        (true, vec!["bitcoin-node", "bitcoin-gateway-metrics"]),
    ] {
        let objects = objects(&helm, &json!({"gateway": {"enabled": gateways}}));
        let wanted =
            &object(&objects, "ServiceMonitor", "bitcoin")["spec"]["selector"]["matchLabels"];
        let is_selected = |labels: &serde_json::Value| {
            let mut wanted = wanted.as_object().expect("labels").iter();
            wanted.all(|(key, value)| labels[key] == *value)
        };
        let has_metrics = |service: &serde_json::Value| {
            let ports = service["spec"]["ports"].as_array().expect("ports").iter();
            ports.filter(|port| port["name"] == "metrics").count() == 1
        };
        let found: Vec<_> = objects
            .iter()
            .filter(|object| object["kind"] == "Service")
            .filter(|service| is_selected(&service["metadata"]["labels"]) && has_metrics(service))
            .map(|service| service["metadata"]["name"].as_str().expect("a name"))
            .collect();
        assert_eq!(
            found.iter().collect::<std::collections::BTreeSet<_>>(),
            services.iter().collect()
        );
    }
}
