//! The probes of a container, run as the kubelet runs them, but for the pauses between them.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::child::Background;
use crate::support::http::{Connection, Request};
use crate::support::surroundings::poll;

/// A probe of a container at an address.
pub(super) struct Probe<'a> {
    spec: &'a Value,
    container: &'a Value,
    host: [u8; 4],
}

impl<'a> Probe<'a> {
    /// The one called `name`, such as `livenessProbe`, of a pod on this machine.
    pub(super) fn of(container: &'a Value, name: &str) -> Self {
        Self::at(container, name, [127, 0, 0, 1])
    }

    /// As `of`, of a pod with this address.
    pub(super) fn at(container: &'a Value, name: &str, host: [u8; 4]) -> Self {
        let spec = &container[name];
        assert!(spec.is_object(), "no {name} in {container}");
        Self {
            spec,
            container,
            host,
        }
    }

    /// How long it has to fail until the kubelet acts.
    pub(super) fn patience(&self) -> Duration {
        let of = |key: &str| self.spec[key].as_u64().expect("a number");
        Duration::from_secs(of("periodSeconds") * of("failureThreshold"))
    }

    /// Whether it succeeds now.
    pub(super) fn succeeds(&self) -> bool {
        let timeout = self.spec["timeoutSeconds"].as_u64().expect("a number");
        let timeout = Duration::from_secs(timeout);
        if self.spec["httpGet"].is_object() {
            self.get(timeout)
                .is_ok_and(|status| (200..400).contains(&status))
        } else {
            self.execute(timeout)
        }
    }

    /// Whether it fails as often in a row as makes the kubelet act.
    pub(super) fn fails(&self) -> bool {
        let threshold = self.spec["failureThreshold"].as_u64().expect("a number");
        (0..threshold).all(|_| !self.succeeds())
    }

    fn get(&self, timeout: Duration) -> std::io::Result<u16> {
        let get = &self.spec["httpGet"];
        let ports = self.container["ports"].as_array().expect("ports");
        let port = ports.iter().find(|port| port["name"] == get["port"]);
        let port = port.expect("a port of that name")["containerPort"].as_u64();
        let port = u16::try_from(port.expect("a port")).expect("a port");
        let path = get["path"].as_str().expect("a path");
        let mut connection = Connection::open_for(SocketAddr::from((self.host, port)), timeout)?;
        connection
            .send(Request::get(path))
            .map(|answer| answer.status)
    }

    fn execute(&self, timeout: Duration) -> bool {
        let words = self.spec["exec"]["command"].as_array().expect("a command");
        let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        let folder = tempfile::tempdir().expect("a directory");
        let mut process = Background::start(command, &folder.path().join("log"));
        let ended = poll(timeout, || process.ended());
        ended.is_some_and(|status| status.success())
    }
}
