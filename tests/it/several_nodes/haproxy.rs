//! HAProxy before the nodes themselves, which asks the daemon about each of them as the document
//! says, and the agent-check by itself.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::support::bitcoind::BitcoindOptions;
use crate::support::child::Background;
use crate::support::daemon::Daemon;
use crate::support::fleet::{NodeFleet, wait_in_rotation};
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::{eventually, free_port, program, repository, wait_until};

const SOON: Duration = Duration::from_mins(1);

/// The lines that the document says to write for HAProxy.
fn documented() -> String {
    let document = fs::read_to_string(repository().join("docs/GATEWAY.md")).expect("the document");
    // Every second part is within fences.
    let mut blocks = document.split("```").skip(1).step_by(2);
    let block = blocks.find(|block| block.contains("agent-check"));
    block.expect("a block for HAProxy").trim().to_owned()
}

/// HAProxy with the documented backend, whose addresses are those of the test.
struct Haproxy {
    // First, so that it is gone before its directory is.
    process: Background,
    directory: tempfile::TempDir,
}

impl Haproxy {
    fn before(
        executable: &Path,
        backend: &str,
        fleet: &NodeFleet,
        daemon: &Daemon,
        agent: SocketAddr,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let node = |index: usize| format!("127.0.0.1:{}", fleet.nodes[index].rpc_port());
        let backend = backend
            .replace("port 18332", &format!("port {}", daemon.addr().port()))
            .replace("agent-port 18334", &format!("agent-port {}", agent.port()))
            .replace("10.0.0.1:8332", &node(0))
            .replace("10.0.0.2:8332", &node(1))
            .replace("inter 2s", "inter 200ms");
        let socket = directory.path().join("stats.sock");
        let config = format!(
            "global\n  stats socket {} mode 600\n\
             defaults\n  timeout connect 5s\n  timeout client 20s\n  timeout server 20s\n\
             {backend}\n",
            socket.display(),
        );
        let file = directory.path().join("haproxy.cfg");
        fs::write(&file, config).unwrap();
        let mut command = Command::new(executable);
        command.arg("-db").arg("-f").arg(&file);
        let process = Background::start(command, &directory.path().join("haproxy.log"));
        Self { process, directory }
    }

    /// What its statistics say of the server: how it is, and what the check by HTTP found.
    fn server(&self, name: &str) -> Option<[String; 2]> {
        let mut socket = UnixStream::connect(self.directory.path().join("stats.sock")).ok()?;
        socket.write_all(b"show stat\n").ok()?;
        let mut table = String::new();
        socket.read_to_string(&mut table).ok()?;
        let mut lines = table.trim_start_matches("# ").lines();
        let names: Vec<_> = lines.next()?.split(',').collect();
        let start = format!("bitcoin_nodes,{name},");
        let line = lines.find(|line| line.starts_with(&start))?;
        let cells: Vec<_> = line.split(',').collect();
        let column = |name: &str| names.iter().position(|known| *known == name);
        let cell = |name: &str| column(name).map(|index| cells[index].to_owned());
        Some([cell("status")?, cell("check_status")?])
    }

    #[track_caller]
    fn wait_for(&self, name: &str, status: &str, check: &str) {
        let what = format!("{name} to be {status}");
        let look = || (self.server(name), self.process.log());
        eventually(&what, SOON, look, |(server, _)| {
            let is_it = |[now, of_check]: &[String; 2]| {
                now.starts_with(status) && of_check.starts_with(check)
            };
            server.as_ref().is_some_and(is_it)
        });
    }
}

/// The line that the agent answers to `sent`.
fn ask(agent: SocketAddr, sent: &str) -> String {
    let mut stream = TcpStream::connect(agent).expect("a connection");
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.write_all(sent.as_bytes()).unwrap();
    let mut line = String::new();
    stream.read_to_string(&mut line).expect("a line");
    line
}

/// Two nodes, a daemon before them, and where it answers agent-checks.
fn serve(executable: &Path) -> (NodeFleet, Daemon, SocketAddr) {
    let fleet = NodeFleet::start(executable, vec![BitcoindOptions::default(); 2], 110);
    let agent = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let more = format!(
        "[rpc]\nagent_listen = \"{agent}\"\n[fleet]\nfailback_secs = 1\nlag_grace_secs = 1"
    );
    let daemon = fleet.serve(&more);
    (fleet, daemon, agent)
}

#[test]
fn haproxy_drains_undrains_takes_out_and_takes_in_the_nodes_as_the_daemon_says() {
    let executable = bitcoind_or_skip!();
    let haproxy = or_skip!(
        program("HAPROXY_EXE", "haproxy"),
        "there is no haproxy: HAPROXY_EXE is not set, and none is on the PATH"
    );
    let (mut fleet, daemon, agent) = serve(&executable);
    let haproxy = Haproxy::before(&haproxy, &documented(), &fleet, &daemon, agent);
    for name in ["a", "b"] {
        haproxy.wait_for(name, "UP", "L7OK");
    }
    let cli = |arguments: &[&str]| {
        let output = daemon.cli(arguments);
        assert_eq!(output.code, Some(0), "{output:?}");
    };
    cli(&["nodes", "drain", "b"]);
    wait_until("the drain", SOON, || ask(agent, "b\n") == "drain\n");
    haproxy.wait_for("b", "D", "L7STS");
    cli(&["nodes", "undrain", "b"]);
    haproxy.wait_for("b", "UP", "L7OK");

    fleet.nodes[1].kill();
    haproxy.wait_for("b", "DOWN", "L7STS");
    let down = ask(agent, "b\n");
    assert!(down.starts_with("ready down #node: "), "{down}");
    assert_eq!(ask(agent, ""), "ready up 50%\n");
    haproxy.wait_for("a", "UP", "L7OK");
    fleet.nodes[1].restart();
    fleet.connect();
    wait_in_rotation(&daemon, 2);
    haproxy.wait_for("b", "UP", "L7OK");
}

#[test]
fn the_agent_check_drains_takes_out_and_leaves_the_drain_by_itself() {
    let executable = bitcoind_or_skip!();
    let haproxy = or_skip!(
        program("HAPROXY_EXE", "haproxy"),
        "there is no haproxy: HAPROXY_EXE is not set, and none is on the PATH"
    );
    let (fleet, daemon, agent) = serve(&executable);
    let is_of_agent = |line: &&str| !line.contains("httpchk") && !line.contains("http-check");
    let text = documented();
    let lines: Vec<_> = text.lines().filter(is_of_agent).collect();
    let haproxy = Haproxy::before(&haproxy, &lines.join("\n"), &fleet, &daemon, agent);
    haproxy.wait_for("b", "UP", "");
    for _ in 0..2 {
        assert_eq!(daemon.cli(&["nodes", "drain", "b"]).code, Some(0));
        haproxy.wait_for("b", "DRAIN", "");
        assert_eq!(daemon.cli(&["nodes", "undrain", "b"]).code, Some(0));
        haproxy.wait_for("b", "UP", "");
    }
    // A node whose network is off answers, and is out once it is behind the others.
    fleet.nodes[1].rpc("setnetworkactive", json!([false]));
    // Its connections are closed a moment later: no block is to come over them.
    let count = || fleet.nodes[1].rpc("getconnectioncount", json!([]));
    eventually("no connection", SOON, count, |count| *count == 0);
    fleet.nodes[0].mine(3);
    haproxy.wait_for("b", "DOWN (agent)", "");
    let down = || ask(agent, "b\n");
    eventually("all blocks that it lacks", SOON, down, |down| {
        down.starts_with("ready down #sync: 3 blocks behind")
    });
    fleet.nodes[1].rpc("setnetworkactive", json!([true]));
    fleet.connect();
    haproxy.wait_for("b", "UP", "");
}

#[test]
fn the_agent_check_answers_one_line_and_has_bounds() {
    let executable = bitcoind_or_skip!();
    let (_fleet, _daemon, agent) = serve(&executable);
    for sent in ["a\n", "b\r\n", "b", "", "\n"] {
        assert_eq!(ask(agent, sent), "ready up 100%\n", "{sent:?}");
    }
    assert_eq!(ask(agent, "nope\n"), "ready down #there is no node nope\n");
    // Whoever sends nothing and ends its half is answered at once.
    let half = TcpStream::connect(agent).unwrap();
    half.shutdown(Shutdown::Write).unwrap();
    let mut line = String::new();
    (&half).read_to_string(&mut line).unwrap();
    assert_eq!(line, "ready up 100%\n");

    // Those that send nothing keep their places for a while. A machine that is busy may have
    // answered the first before the last has come: that is no refusal, and is tried again.
    let answers = |connections: usize| {
        let open: Vec<_> = (0..connections)
            .map(|_| TcpStream::connect(agent).unwrap())
            .collect();
        let read = |mut stream: TcpStream| {
            stream.set_read_timeout(Some(SOON)).unwrap();
            let mut line = String::new();
            let _ = stream.read_to_string(&mut line);
            line
        };
        open.into_iter().map(read).collect::<Vec<_>>()
    };
    let one_too_many = || answers(MOST + 1);
    eventually("one that is refused", SOON, one_too_many, |lines| {
        lines[MOST].is_empty()
    });
    let lines = answers(MOST);
    assert!(
        lines.iter().all(|line| line == "ready up 100%\n"),
        "{lines:?}"
    );
}

/// So many connections are answered at once.
const MOST: usize = 64;
