//! What is shipped for others to run: the systemd unit, the manifest for Kubernetes, the alerting
//! rules, the boards for Grafana, files for balancers and monitors, two gateways with one limit.

mod alerts;
mod balancers;
mod compose;
mod grafana;
mod haproxy;
mod kubernetes;
mod monitors;
mod packages;
mod systemd;

use std::fs;

use crate::support::surroundings::repository;

fn shipped(path: &str) -> String {
    let path = repository().join("contrib").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
