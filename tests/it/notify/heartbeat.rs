//! Signs of life while all is well, and none while it is not.

use super::notifying;
use crate::support::hook::Hook;
use crate::support::sight::wait_metrics;

#[test]
fn signs_of_life_come_while_all_is_well_and_stop_when_it_is_not() {
    let hook = Hook::start();
    let (node, daemon) = notifying(&format!(
        "[[notify]]\nname = \"alive\"\nurl = \"{}\"\nheartbeat_secs = 1\n",
        hook.url("/ping/uuid")
    ));
    let taken = hook.wait("three signs", |taken| taken.len() >= 3);
    assert!(
        taken.iter().all(|sign| sign.json()["event"] == "heartbeat"),
        "{taken:?}"
    );
    for pair in taken.windows(2) {
        let pause = pair[1].at.duration_since(pair[0].at).as_secs_f64();
        assert!(pause > 0.5, "{pause}");
    }
    drop(node);
    daemon.wait_for_status("/health", 503, super::SOON);
    // One may be on its way.
    let number = hook.taken().len();
    let unreachable = "bllvm_node_state{node=\"main\",state=\"unreachable\"}";
    let began = crate::support::surroundings::now();
    wait_metrics(&daemon, "some seconds without a sign", |page| {
        page.series(unreachable) == Some(1.0) && began.elapsed().as_secs() >= 4
    });
    assert!(
        hook.taken().len() <= number + 1,
        "{number} {:?}",
        hook.taken()
    );
}
