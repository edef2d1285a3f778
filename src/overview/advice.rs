//! What to do about a check that is not good, and where the runbook says more. Pure.

use crate::api::CheckId;

/// What to do about something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Advice {
    /// A sentence or two.
    pub(crate) text: &'static str,
    /// What shows more.
    pub(crate) command: &'static str,
    /// The section of the runbook; empty: there is none.
    pub(crate) runbook: &'static str,
}

const fn advice(text: &'static str, command: &'static str, runbook: &'static str) -> Advice {
    Advice {
        text,
        command,
        runbook,
    }
}

/// A configuration that was not put in force.
pub(crate) const RELOAD: Advice = advice(
    "Correct the file and reload it. Until then the previous configuration is in force.",
    "bllvmctl config check",
    "BllvmctlConfigReloadFailed",
);
/// A task of the daemon that does not run.
pub(crate) const TASK: Advice = advice(
    "It is started again by itself. If it fails again and again, report it with the log.",
    "journalctl -u bllvmctl -n 50",
    "BllvmctlTaskRestarts",
);
/// A node that an operator has drained.
pub(crate) const DRAIN: Advice = advice(
    "Undrain it when its maintenance is over.",
    "bllvmctl nodes",
    "BitcoinNodeDrained",
);
/// A node that gets no calls for another reason than its checks.
pub(crate) const ROTATION: Advice = advice(
    "It is used again by itself once the reason is gone.",
    "bllvmctl nodes explain getblockcount",
    "BitcoinNodeOutOfRotation",
);

/// What to do about a node that is out of rotation for `reason`: it begins with the name of a check,
/// or of none.
pub(crate) fn of_reason(reason: &str) -> Advice {
    let check = reason.split_once(": ").map(|(name, _)| CheckId::from(name));
    match check {
        None | Some(CheckId::Other(_)) => ROTATION,
        Some(name) => of_check(&name),
    }
}

/// What to do about the check `name`.
pub(crate) fn of_check(name: &CheckId) -> Advice {
    match name {
        CheckId::Daemon => advice(
            "A loop of bllvmctl is stalled, or it shuts down. Look at its log before it is \
             restarted.",
            "journalctl -u bllvmctl -n 50",
            "BllvmctlTaskRestarts",
        ),
        CheckId::Node => advice(
            "If its process is gone, start it. If it hangs, give it time while its disk is busy: \
             killing it then costs hours of validation.",
            "bitcoin-cli uptime",
            "BitcoinNodeUnreachable",
        ),
        CheckId::Credentials => advice(
            "Let the user of bllvmctl read the node's cookie, or make user and password match \
             rpcauth in bitcoin.conf.",
            "bllvmctl config check",
            "BitcoinCredentialsRefused",
        ),
        CheckId::Chain => advice(
            "Wait while the node starts. If it is on another chain than node.chain, correct one of \
             the two.",
            "bitcoin-cli getblockchaininfo",
            "BitcoinNodeUnreachable",
        ),
        CheckId::Sync => advice(
            "Wait while the number decreases. Otherwise look at peers, disk and memory of the \
             machine.",
            "bllvmctl health --ready --wait 12h",
            "BitcoinNodeNotSynced",
        ),
        CheckId::Stall => advice(
            "Look at the clock, the peers, and the node's debug.log for rejected blocks. Do not \
             restart it as a first step.",
            "bllvmctl peers",
            "BitcoinNodeStalled",
        ),
        CheckId::Storage => advice(
            "Free space at once: delete files that do not belong to the node, or enlarge the \
             volume.",
            "df -h",
            "BitcoinStorageNotAvailable",
        ),
        CheckId::Disk => advice(
            "Prune, lower storage.pruning_threshold_gb, or enlarge the volume.",
            "bllvmctl prune status",
            "BitcoinDiskLow",
        ),
        CheckId::Peers => advice(
            "Look at the network, the firewall and the proxy. A restart of the node does not help.",
            "bllvmctl peers",
            "BitcoinPeersFew",
        ),
        CheckId::Pruning => advice(
            "Release what is no longer needed: a lease, a key, an index. A node that is not in \
             prune mode needs prune=1.",
            "bllvmctl prune status",
            "BitcoinPruningHeld",
        ),
        CheckId::Redundancy => advice(
            "Bring back a node that is out of rotation before the next one is lost.",
            "bllvmctl nodes",
            "BllvmctlNoRedundancy",
        ),
        CheckId::Fork => advice(
            "One block deep it ends by itself. If it is deeper, stop crediting deposits until you \
             know which side is right.",
            "bllvmctl health",
            "BitcoinChainFork",
        ),
        CheckId::Tls => advice(
            "Renew the certificate, put it where it is read from, and reload.",
            "bllvmctl config reload",
            "",
        ),
        CheckId::Limits => advice(
            "Look at the store and at the way to it. Meanwhile limits.when_away decides who may \
             call.",
            "bllvmctl limits show",
            "",
        ),
        CheckId::Other(_) => advice(
            "Look at the check in full.",
            "bllvmctl health --detailed",
            "",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::CheckName;

    #[test]
    fn a_node_that_is_out_for_a_check_has_the_advice_of_that_check() {
        let frozen = of_reason("node: no answer to uptime within fleet.dead_secs (2.0 s)");
        assert_eq!(frozen, of_check(&CheckId::Node));
        for other in ["starting", "lagging: 5 blocks behind"] {
            assert_eq!(of_reason(other), ROTATION);
        }
    }

    #[test]
    fn every_check_has_its_advice_and_a_section_of_the_runbook() {
        let runbook = include_str!("../../docs/RUNBOOK.md");
        let mut all = vec![RELOAD, TASK, DRAIN, ROTATION];
        all.extend(CheckName::ALL.map(|name| of_check(&name.as_str().into())));
        for advice in all {
            let heading = format!("\n## {}\n", advice.runbook);
            let has_none = advice.runbook.is_empty();
            assert!(has_none || runbook.contains(&heading), "{advice:?}");
            assert!(
                !advice.command.is_empty() && advice.text.ends_with('.'),
                "{advice:?}"
            );
        }
    }
}
