//! Secrets that are mounted: links that the kubelet points elsewhere.

use std::time::Duration;

use super::pod::write_atomically;
use crate::support::config::attached_to_fake;
use crate::support::http::basic;
use crate::support::ready::{healthy_node, ready_with};

const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_password_whose_link_is_swapped_is_used_without_a_reload() {
    let volume = tempfile::tempdir().unwrap();
    let write = |password: &str| {
        let files = [("password", password.to_owned())];
        write_atomically(volume.path(), &files, 0o440, 0);
    };
    write("old");
    let node = healthy_node();
    node.require(&basic("bllvmctl:old"));
    let config = attached_to_fake(&node).without("node", "rpc_cookie_file");
    let daemon = ready_with(config.with(&format!(
        "[node]\npoll_interval_secs = 0.2\nrpc_user = \"bllvmctl\"\nrpc_password_file = \"{}/password\"",
        volume.path().display()
    )));
    node.require(&basic("bllvmctl:new"));
    daemon.wait_for_status("/health/ready", 503, SOON);
    write("new");
    daemon.wait_for_status("/health/ready", 200, SOON);
}
