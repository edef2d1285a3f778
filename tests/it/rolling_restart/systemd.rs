//! The shipped units under a real systemd: an upgrade, a death, a reload, and a configuration that is
//! no good.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::{BETWEEN, CALL, Clients, RESTARTS};
use crate::support::bitcoind::BitcoindOptions;
use crate::support::config::{Config, FAKE_COOKIE, attached_to_fake};
use crate::support::fake_node::FakeNode;
use crate::support::fleet::{NodeFleet, alice};
use crate::support::http::{self, Request, basic};
use crate::support::network::in_own_network;
use crate::support::ready::healthy_node;
use crate::support::skip::{bitcoind_or_skip, or_skip};
use crate::support::surroundings::wait_until;
use crate::support::systemd::Systemd;

const SOON: Duration = Duration::from_secs(30);
const RPC: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 18332);
const OPS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9332);
const WHY: &str = "no systemd can be started here: that takes root, systemd, unshare and ip";
/// A package puts the next version in the place of the one that runs.
const NEXT_VERSION: &str =
    r#"cp "$PROGRAM" /usr/bin/.bllvmctl.new; mv -f /usr/bin/.bllvmctl.new /usr/bin/bllvmctl"#;

/// Of the password "secret".
const RPCAUTH: &str = "00112233445566778899aabbccddeeff$74ef20277296f0f1f1a01f8915163d687de88b01b139720c60e410c0540a0937";

/// A configuration at the addresses of the socket units.
fn config(node: &FakeNode, more: &str) -> String {
    let config: Config = attached_to_fake(node).with(
        r#"
        state_dir = "/var/lib/bllvmctl"
        [node]
        rpc_cookie_file = "/etc/bllvmctl/node.cookie"
        [rpc]
        listen = "127.0.0.1:18332"
        [rpc.auth]
        rate_limit_enabled = false
        "#,
    );
    config.without("node", "state_dir").with(more).to_string()
}

/// Does `work` beside a systemd with a configuration for `more`; `None` where there can be none.
fn under_systemd<T: Send>(more: &str, work: impl FnOnce(&Systemd) -> T + Send) -> Option<T> {
    in_own_network(|| {
        let node = healthy_node();
        let files = [
            ("config.toml", config(&node, more)),
            ("node.cookie", FAKE_COOKIE.to_owned()),
        ];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        Systemd::boot(&files).map(|systemd| work(&systemd))
    })
    .flatten()
}

/// The process of the service is another one than `before`.
#[track_caller]
fn wait_for_another(systemd: &Systemd, before: &str) {
    wait_until("another process", SOON, || {
        let now = systemd.property("MainPID");
        now != "0" && now != before
    });
}

#[test]
fn an_upgrade_under_systemd_refuses_no_connection_where_its_socket_units_hold_the_ports() {
    let measured = under_systemd("[rpc]\nops_listen = \"127.0.0.1:9332\"", |systemd| {
        let authorization = basic(FAKE_COOKIE);
        // Without them a restart is felt, so that clients who feel none prove something.
        systemd.succeed(&["systemctl", "start", "bllvmctl"]);
        let clients = Clients::start(RPC, &authorization);
        clients.wait_for(BETWEEN, || systemd.log());
        systemd.succeed(&["systemctl", "restart", "bllvmctl"]);
        let refused = clients.stop().failures;
        let is_refused = |failure: &String| failure.contains("refused");
        assert!(refused.iter().any(is_refused), "{refused:#?}");

        // As the unit has it.
        systemd.succeed(&["systemctl", "stop", "bllvmctl"]);
        let sockets = ["bllvmctl.socket", "bllvmctl-ops.socket"];
        systemd.succeed(&[&["systemctl", "enable", "--now"], &sockets[..]].concat());
        // The first connection starts it.
        let clients = Clients::start(RPC, &authorization);
        for _ in 0..RESTARTS {
            clients.wait_for(BETWEEN, || systemd.log());
            let before = systemd.property("MainPID");
            systemd.succeed(&["sh", "-ec", NEXT_VERSION]);
            systemd.succeed(&["systemctl", "restart", "bllvmctl"]);
            wait_for_another(systemd, &before);
        }
        clients.wait_for(BETWEEN, || systemd.log());
        let answered = clients.answered();
        let calls = clients.stop();
        assert!(calls.failures.is_empty(), "{:#?}", calls.failures);
        let metrics = http::send(OPS, Request::get("/metrics")).expect("metrics");
        assert_eq!(metrics.status, 200);
        let waited = calls.slowest;
        format!("{RESTARTS} upgrades, {answered} calls, none refused, the longest wait {waited:?}")
    });
    println!("{}", or_skip!(measured, WHY));
}

/// The configuration of one bllvmctl before all nodes of `fleet`, whose cookies are not its to read.
fn before(fleet: &NodeFleet) -> String {
    let mut text = String::from(
        r#"
        state_dir = "/var/lib/bllvmctl"
        [node]
        chain = "regtest"
        poll_interval_secs = 1
        [rpc.auth]
        rate_limit_enabled = false
        [fleet]
        pass_through = true
        "#,
    );
    for (index, node) in fleet.nodes.iter().enumerate() {
        let entry = format!(
            r#"
            [[nodes]]
            name = "{}"
            rpc_url = "http://127.0.0.1:{}"
            rpc_user = "bllvmctl"
            rpc_password_file = "/etc/bllvmctl/node.pw"
            "#,
            NodeFleet::name(index),
            node.rpc_port(),
        );
        text.push_str(&entry);
    }
    text
}

#[test]
fn four_bitcoinds_behind_one_service_fail_no_read_while_a_node_dies_and_the_service_is_upgraded() {
    let bitcoind = bitcoind_or_skip!();
    let measured = in_own_network(|| {
        let options = BitcoindOptions::default()
            .with(format!("-rpcauth=bllvmctl:{RPCAUTH}"))
            .with(format!("-rpcauth=alice:{RPCAUTH}"));
        let mut fleet = NodeFleet::start(&bitcoind, vec![options; 4], 3);
        let config = before(&fleet);
        let systemd = Systemd::boot(&[("config.toml", &config), ("node.pw", "secret")])?;
        systemd.succeed(&["systemctl", "enable", "--now", "bllvmctl.socket"]);
        systemd.succeed(&["systemctl", "start", "bllvmctl"]);
        let in_rotation = |count: usize| {
            wait_until(&format!("{count} nodes in rotation"), SOON, || {
                let page = http::send(RPC, Request::get("/metrics"));
                page.is_ok_and(|page| {
                    let series = page.text().lines().filter(|line| {
                        line.starts_with("bllvm_node_in_rotation{") && line.ends_with(" 1")
                    });
                    series.count() == count
                })
            });
        };
        in_rotation(4);
        let clients = Clients::start(RPC, &alice());
        clients.wait_for(BETWEEN, || systemd.log());
        fleet.nodes[0].kill();
        in_rotation(3);
        clients.wait_for(BETWEEN, || systemd.log());
        let before = systemd.property("MainPID");
        systemd.succeed(&["sh", "-ec", NEXT_VERSION]);
        systemd.succeed(&["systemctl", "restart", "bllvmctl"]);
        wait_for_another(&systemd, &before);
        clients.wait_for(BETWEEN, || systemd.log());
        let answered = clients.answered();
        let calls = clients.stop();
        assert!(calls.failures.is_empty(), "{:#?}", calls.failures);
        let waited = calls.slowest;
        Some(format!(
            "{answered} calls, none failed, the longest wait {waited:?}"
        ))
    });
    println!("{}", or_skip!(measured.flatten(), WHY));
}

#[test]
fn systemd_does_with_the_service_what_its_unit_says() {
    let done = under_systemd("", |systemd| {
        systemd.succeed(&["systemctl", "enable", "--now", "bllvmctl.socket"]);
        systemd.succeed(&["systemctl", "start", "bllvmctl"]);
        assert_eq!(systemd.property("NRestarts"), "0");
        let login = basic(FAKE_COOKIE);
        let call = || {
            let headers = [("Authorization", login.as_str())];
            let answer = http::send(RPC, Request::post("/", CALL).with(&headers));
            answer.map(|answer| answer.status).ok()
        };
        assert_eq!(call(), Some(200));

        // One that is killed is started again; who connects meanwhile waits.
        let killed = systemd.property("MainPID");
        systemd.succeed(&["systemctl", "kill", "--signal=SIGKILL", "bllvmctl"]);
        assert_eq!(call(), Some(200), "{}", systemd.log());
        wait_for_another(systemd, &killed);

        let running = systemd.property("MainPID");
        let level =
            r#"sed -i 's/^\[rpc\]/[logging]\nlevel = "debug"\n&/' /etc/bllvmctl/config.toml"#;
        systemd.succeed(&["sh", "-ec", level]);
        systemd.succeed(&["systemctl", "reload", "bllvmctl"]);
        wait_until("a reload", SOON, || {
            systemd.log().contains("configuration reloaded")
        });
        assert_eq!(systemd.property("MainPID"), running);

        // A configuration that is no good is reported once: a start of it changes nothing.
        systemd.succeed(&["sh", "-ec", "echo nonsense = 1 >>/etc/bllvmctl/config.toml"]);
        let output = systemd.run(&["systemctl", "restart", "bllvmctl"]);
        assert_ne!(output.code, Some(0), "{output:?}");
        assert_eq!(
            (
                systemd.property("Result"),
                systemd.property("ExecMainStatus")
            ),
            ("exit-code".to_owned(), "78".to_owned())
        );
        assert_eq!(systemd.property("ActiveState"), "failed");
    });
    or_skip!(done, WHY);
}
