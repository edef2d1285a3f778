//! What is shipped for others to run: the systemd unit, the manifest for Kubernetes, the alerting
//! rules, the check for HAProxy.

mod alerts;
mod haproxy;
mod kubernetes;
mod systemd;

use std::fs;

use crate::support::surroundings::repository;

fn shipped(path: &str) -> String {
    let path = repository().join("contrib").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
