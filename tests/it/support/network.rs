//! A network of a test's own, in which packets are lost; only root may make one.

use std::panic::resume_unwind;
use std::process::Command;
use std::thread;

use nix::sched::{CloneFlags, unshare};

/// Does `work` in a network that has a loopback interface and nothing else. Threads and programs
/// that it starts are in it too, and it goes with the last of them. `None` where this machine does
/// not allow that.
pub(crate) fn in_own_network<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    thread::scope(|scope| {
        let inside = scope.spawn(|| {
            unshare(CloneFlags::CLONE_NEWNET).ok()?;
            // The rule that knows the machine's own addresses is the first one; others have to come
            // before it.
            ip("link set lo up")?;
            ip("rule add pref 10 lookup local")?;
            ip("rule del pref 0")?;
            Some(work())
        });
        inside.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Every packet that is sent from `port` is lost until this is dropped: who sends to it gets no
/// acknowledgement, and who connects no answer, as where its host has vanished.
pub(crate) struct Lost {
    rule: String,
}

impl Lost {
    pub(crate) fn from_port(port: u16) -> Option<Self> {
        let rule = format!("pref 1 ipproto tcp sport {port} blackhole");
        ip(&format!("rule add {rule}"))?;
        Some(Self { rule })
    }
}

impl Drop for Lost {
    fn drop(&mut self) {
        let _ = ip(&format!("rule del {}", self.rule));
    }
}

/// `ip` with these arguments; none if it fails.
pub(crate) fn ip(arguments: &str) -> Option<()> {
    let output = Command::new("ip").args(arguments.split(' ')).output();
    output.ok()?.status.success().then_some(())
}
