//! The check for HAProxy in the documents, by a real HAProxy in front of the daemon.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::child::Background;
use crate::support::config::{FAKE_COOKIE, attached_to_fake};
use crate::support::fake_node::FakeNode;
use crate::support::http::{self, Request};
use crate::support::ready::{healthy_node, ready_with};
use crate::support::skip::or_skip;
use crate::support::surroundings::{eventually, free_port, program, repository};

const DOCUMENT: &str = "docs/QUICKSTART.md";
const SOON: Duration = Duration::from_mins(1);

/// The lines that the document says to write for HAProxy.
fn documented() -> String {
    let document = fs::read_to_string(repository().join(DOCUMENT)).expect("the document");
    // Every second part is within fences.
    let mut blocks = document.split("```").skip(1).step_by(2);
    let block = blocks
        .find(|block| block.contains("option httpchk\n"))
        .expect("a block for HAProxy");
    block.trim().to_owned()
}

/// HAProxy with two ways to the daemon: one is checked as the document says, the other as HAProxy
/// does by itself.
struct Haproxy {
    // First, so that it is gone before its directory is.
    process: Background,
    directory: tempfile::TempDir,
    port: u16,
}

impl Haproxy {
    fn before(executable: &Path, daemon: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let socket = directory.path().join("stats.sock");
        let config = format!(
            "global\n  stats socket {socket} mode 600\n\
             defaults\n  mode http\n  timeout connect 5s\n  timeout client 20s\n  timeout server \
             20s\n\
             listen documented\n  bind 127.0.0.1:{port}\n  {snippet}\n\
             \x20 server bllvmctl {daemon} check inter 100 fall 2 rise 2\n\
             backend bare\n  option httpchk\n\
             \x20 server bllvmctl {daemon} check inter 100 fall 2 rise 2\n",
            socket = socket.display(),
            snippet = documented().replace('\n', "\n  "),
        );
        let file = directory.path().join("haproxy.cfg");
        fs::write(&file, config).unwrap();
        let mut command = Command::new(executable);
        command.arg("-db").arg("-f").arg(&file);
        let process = Background::start(command, &directory.path().join("haproxy.log"));
        Self {
            process,
            directory,
            port,
        }
    }

    /// What its stats socket says of the server behind `proxy`: `UP`, `DOWN`, and why.
    fn server(&self, proxy: &str) -> Option<(String, String)> {
        let path: PathBuf = self.directory.path().join("stats.sock");
        let mut socket = UnixStream::connect(path).ok()?;
        socket.write_all(b"show stat\n").ok()?;
        let mut table = String::new();
        socket.read_to_string(&mut table).ok()?;
        let mut lines = table.trim_start_matches("# ").lines();
        let names: Vec<_> = lines.next()?.split(',').collect();
        let column = |name: &str| names.iter().position(|known| *known == name);
        let status = column("status")?;
        let check = column("check_status")?;
        let start = format!("{proxy},bllvmctl,");
        let line = lines.find(|line| line.starts_with(&start))?;
        let cells: Vec<_> = line.split(',').collect();
        Some((cells[status].to_owned(), cells[check].to_owned()))
    }

    #[track_caller]
    fn wait_for(&self, proxy: &str, status: &str, check: &str) {
        let wanted = Some((status.to_owned(), check.to_owned()));
        let what = format!("{proxy} to be {status}");
        eventually(
            &what,
            SOON,
            || (self.server(proxy), self.process.log()),
            |seen| seen.0 == wanted,
        );
    }

    /// The status of a call that goes through it.
    fn call(&self) -> u16 {
        let credentials = http::basic(FAKE_COOKIE);
        let request = Request::post("/", br#"{"id":1,"method":"getblockcount"}"#);
        let headers = [("Authorization", credentials.as_str())];
        let addr = ([127, 0, 0, 1], self.port).into();
        http::send(addr, request.with(&headers))
            .expect("an answer of HAProxy")
            .status
    }
}

#[test]
fn haproxy_takes_a_daemon_whose_node_is_dead_out_and_in_again() {
    let executable = or_skip!(
        program("HAPROXY_EXE", "haproxy"),
        "there is no haproxy: HAPROXY_EXE is not set, and none is on the PATH"
    );
    let node = healthy_node();
    let port = node.port();
    let often = "[node]\npoll_interval_secs = 0.2\ntimeout_secs = 0.8\n";
    let daemon = ready_with(attached_to_fake(&node).with(often));
    let haproxy = Haproxy::before(&executable, &daemon.addr().to_string());
    haproxy.wait_for("documented", "UP", "L7OK");
    haproxy.wait_for("bare", "UP", "L7OK");
    assert_eq!(haproxy.call(), 200);

    drop(node);
    haproxy.wait_for("documented", "DOWN", "L7STS");
    assert_eq!(haproxy.call(), 503);
    // What the document warns of: it only says that bllvmctl runs.
    haproxy.wait_for("bare", "UP", "L7OK");

    let _back = FakeNode::from_fixtures_on(port, "core-31.99/synced-prunable");
    haproxy.wait_for("documented", "UP", "L7OK");
    assert_eq!(haproxy.call(), 200);
}
