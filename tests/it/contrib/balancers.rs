//! The files for HAProxy and nginx, by real ones before two daemons.

use std::fs;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::shipped;
use crate::support::child::Background;
use crate::support::config::{FAKE_COOKIE, attached_to_fake};
use crate::support::daemon::{Daemon, run, write_private};
use crate::support::http::{self, Request};
use crate::support::ready::{healthy_node, ready_with};
use crate::support::skip::or_skip;
use crate::support::surroundings::{eventually, free_port, program, wait_until};

const SOON: Duration = Duration::from_mins(1);

/// A proxy, which is ended before its directory is removed.
struct Proxy {
    process: Background,
    _directory: TempDir,
    port: u16,
}

impl Proxy {
    /// Starts `command`, given the file with `config` after its own arguments. The addresses in it
    /// become those of the test.
    fn start(mut command: Command, config: &str, daemons: [&Daemon; 2]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let config = config
            .replace("127.0.0.1:8331", &format!("127.0.0.1:{port}"))
            .replace("10.0.0.30:8331", &format!("127.0.0.1:{port}"))
            .replace("10.0.0.1:18332", &daemons[0].addr().to_string())
            .replace("10.0.0.2:18332", &daemons[1].addr().to_string())
            .replace("inter 1s", "inter 100ms")
            .replace("{directory}", directory.path().to_str().unwrap());
        let file = directory.path().join("proxy.cfg");
        fs::write(&file, config).unwrap();
        command.arg(&file);
        let process = Background::start(command, &directory.path().join("proxy.log"));
        Self {
            process,
            _directory: directory,
            port,
        }
    }

    fn get(&self, path: &str) -> Option<u16> {
        let addr = ([127, 0, 0, 1], self.port).into();
        http::send(addr, Request::get(path))
            .ok()
            .map(|answer| answer.status)
    }

    /// The status of a call, and the height that it has as its result.
    fn call(&self) -> Option<u16> {
        let credentials = http::basic(FAKE_COOKIE);
        let request = Request::post("/", br#"{"id":1,"method":"getblockcount"}"#);
        let headers = [("Authorization", credentials.as_str())];
        let addr = ([127, 0, 0, 1], self.port).into();
        http::send(addr, request.with(&headers))
            .ok()
            .map(|answer| answer.status)
    }

    #[track_caller]
    fn wait_serving(&self) {
        let look = || (self.call(), self.process.log());
        eventually("calls to pass", SOON, look, |seen| seen.0 == Some(200));
    }
}

#[test]
fn the_configurations_of_two_gateways_are_valid() {
    for layout in ["haproxy", "keepalived"] {
        let directory = tempfile::tempdir().unwrap();
        let password = directory.path().join("node.pw");
        write_private(&password, "secret\n");
        let config = shipped(&format!("{layout}/bllvmctl.toml"))
            .replace("/etc/bllvmctl/node.pw", password.to_str().unwrap());
        let file = directory.path().join("config.toml");
        fs::write(&file, config).unwrap();
        let file = file.to_str().unwrap();
        let output = run(&["config", "check", "--offline", file], &[]);
        assert_eq!(output.code, Some(0), "{layout}: {output:?}");
    }
}

#[test]
fn haproxy_sends_calls_to_the_bllvmctl_that_is_ready() {
    let executable = or_skip!(
        program("HAPROXY_EXE", "haproxy"),
        "there is no haproxy: HAPROXY_EXE is not set, and none is on the PATH"
    );
    let often = "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.8\n";
    let nodes = [healthy_node(), healthy_node()];
    let [first, second] = nodes
        .each_ref()
        .map(|node| ready_with(attached_to_fake(node).with(often)));
    let mut command = Command::new(executable);
    command.args(["-db", "-f"]);
    let proxy = Proxy::start(command, &shipped("haproxy/haproxy.cfg"), [&first, &second]);
    proxy.wait_serving();
    let [node, _kept] = nodes;
    drop(node);
    first.wait_for_status("/health/ready", 503, SOON);
    proxy.wait_serving();
    drop(second);
    wait_until("none to be left", SOON, || proxy.call() == Some(503));
}

#[test]
fn nginx_sends_calls_to_the_second_bllvmctl_if_the_first_is_gone_and_hides_what_is_no_clients() {
    let executable = or_skip!(
        program("NGINX_EXE", "nginx"),
        "there is no nginx: NGINX_EXE is not set, and none is on the PATH"
    );
    let nodes = [healthy_node(), healthy_node()];
    let [first, second] = nodes
        .each_ref()
        .map(|node| ready_with(attached_to_fake(node)));
    let around = format!(
        "daemon off;\nmaster_process off;\npid {{directory}}/pid;\nerror_log stderr;\nevents {{}}\n\
         http {{\n  access_log off;\n  client_body_temp_path {{directory}}/body;\n  \
         proxy_temp_path {{directory}}/proxy;\n  fastcgi_temp_path {{directory}}/fastcgi;\n  \
         uwsgi_temp_path {{directory}}/uwsgi;\n  scgi_temp_path {{directory}}/scgi;\n{}}}\n",
        shipped("nginx/bllvmctl.conf")
    );
    let mut command = Command::new(executable);
    command.args(["-e", "stderr", "-c"]);
    let proxy = Proxy::start(command, &around, [&first, &second]);
    proxy.wait_serving();
    for (path, status) in [
        ("/metrics", 404),
        ("/api/v1/queue", 404),
        ("/health/ready", 200),
    ] {
        assert_eq!(proxy.get(path), Some(status), "{path}");
    }
    drop(first);
    proxy.wait_serving();
    drop(second);
    wait_until("none to be left", SOON, || proxy.call() == Some(502));
}
