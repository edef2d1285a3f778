//! The lines of `bllvmctl status`. An unknown value is a dash.

use super::prune_status::forecast;
use super::render::{UNKNOWN, age, age_of, known, size};
use crate::api::{CollectorName, DetailedHealth, NetworkDown, PruningMode};
use crate::values::Size;

pub(super) struct StatusLines<'a>(pub(super) &'a DetailedHealth);

impl StatusLines<'_> {
    /// All lines, each with its name.
    pub(super) fn all(&self) -> Vec<(&'static str, String)> {
        let mut lines = self.of_node().to_vec();
        lines.push(self.of_daemon());
        lines
    }

    /// Those about the node.
    pub(super) fn of_node(&self) -> [(&'static str, String); 11] {
        let document = self.0;
        [
            ("node", self.node()),
            ("state", word(document.state.as_str())),
            ("chain", self.chain()),
            ("tip", self.tip()),
            ("peers", self.peers()),
            ("queue", self.queue()),
            ("storage", self.storage()),
            ("pruning", self.pruning()),
            ("leases", counted(document.pruning.leases, "in force")),
            ("forecast", forecast(document.pruning.forecast.as_ref())),
            ("mempool", self.mempool()),
        ]
    }

    /// That about the daemon.
    pub(super) fn of_daemon(&self) -> (&'static str, String) {
        ("daemon", self.daemon())
    }

    fn node(&self) -> String {
        let node = &self.0.node;
        let program = match (&node.flavour, &node.subversion) {
            (None, _) => "unknown program".to_owned(),
            (Some(flavour), subversion) => format!("{flavour} {}", known(subversion.as_ref())),
        };
        let up = node
            .uptime_secs
            .map_or_else(String::new, |uptime| format!(", up {}", age(uptime)));
        format!("{}, {program} at {}{up}", word(&node.name), word(&node.url))
    }

    /// The age of the value of `collector`, if it is out of date.
    fn old(&self, collector: &CollectorName) -> String {
        let mut old = self
            .0
            .collectors
            .iter()
            .filter(|part| part.name == *collector && part.old);
        let age = old.next().and_then(|part| part.age_secs).and_then(age_of);
        age.map_or_else(String::new, |age| format!(", {age} ago"))
    }

    fn tip(&self) -> String {
        match &self.0.chain.tip_hash {
            None => UNKNOWN.to_owned(),
            Some(tip) => format!("{tip}{}", self.old(&CollectorName::Chain)),
        }
    }

    fn chain(&self) -> String {
        let node = &self.0.node;
        let Some(height) = self.0.chain.height else {
            return UNKNOWN.to_owned();
        };
        let behind = node
            .blocks_behind
            .map_or_else(String::new, |behind| format!(", {behind} behind"));
        let eta = node
            .sync_eta_secs
            .map_or_else(String::new, |eta| format!(", about {}", age(eta)));
        format!(
            "{}, height {height}{behind}{eta}{}",
            known(node.chain.as_ref()),
            self.old(&CollectorName::Chain)
        )
    }

    fn peers(&self) -> String {
        let network = &self.0.network;
        let connected = counted(network.peers_connected, "connected");
        let old = match network.peers_connected {
            None => String::new(),
            Some(_) => self.old(&CollectorName::Peers),
        };
        match network.peers_max {
            Some(max) => format!("{connected} of at most {max}{old}"),
            None => format!("{connected}{old}"),
        }
    }

    /// The number of lost peers by state, and what stops them from being dialled.
    fn queue(&self) -> String {
        let lost = &self.0.reconnection;
        if lost.enabled == Some(false) {
            return "off".to_owned();
        }
        let states = [
            (lost.queue.connecting, "connecting"),
            (lost.queue.waiting, "waiting"),
            (lost.queue.paused, "paused"),
            (lost.queue.abandoned, "abandoned"),
        ];
        let states: Vec<_> = states
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, state)| format!("{number} {state}"))
            .collect();
        let queue = if states.is_empty() {
            "empty".to_owned()
        } else {
            states.join(", ")
        };
        let paused = if lost.paused {
            ", the queue is paused"
        } else {
            ""
        };
        let down = match lost.network_down {
            Some(NetworkDown::SwitchedOff) => "; the node's network is off",
            Some(_) => "; the network is presumed down",
            None => "",
        };
        format!("{queue}{paused}{}{down}", self.kept())
    }

    fn kept(&self) -> String {
        let lost = &self.0.reconnection;
        let kept = lost.kept;
        match lost.kept_connected {
            _ if kept == 0 => String::new(),
            Some(connected) => {
                let old = self.old(&CollectorName::Peers);
                format!("; {connected} of {kept} kept peers connected{old}")
            }
            None => format!("; {UNKNOWN} of {kept} kept peers connected"),
        }
    }

    fn storage(&self) -> String {
        let node = &self.0.node;
        let aged = |bytes: Option<Size>, collector: CollectorName| {
            let old = self.old(&collector);
            match bytes {
                Some(bytes) if !old.is_empty() => {
                    format!("{bytes} ({})", old.trim_start_matches(", "))
                }
                bytes => size(bytes),
            }
        };
        let blocks = aged(self.0.storage.size_bytes, CollectorName::Chain);
        let usage = aged(node.usage_bytes, CollectorName::Usage);
        let free = size(node.volume_free_bytes);
        let volume = aged(node.volume_size_bytes, CollectorName::Volume);
        format!("blocks {blocks}, data directory {usage}, volume {free} free of {volume}")
    }

    fn mempool(&self) -> String {
        match self.0.node.mempool_transactions {
            None => UNKNOWN.to_owned(),
            Some(number) => {
                format!("{number} transactions{}", self.old(&CollectorName::Mempool))
            }
        }
    }

    fn pruning(&self) -> String {
        let pruning = &self.0.pruning;
        if pruning.mode == PruningMode::Disabled {
            return pruning.mode.to_string();
        }
        let to = match pruning.mode {
            PruningMode::Aggressive => "pruning_keep_blocks".to_owned(),
            _ => pruning.target_bytes.to_string(),
        };
        let running = pruning
            .job
            .as_ref()
            .map_or_else(String::new, |job| format!("; job {} is running", job.id));
        format!(
            "{}, above {} down to {to}; usage {}{running}",
            word(pruning.mode.as_str()),
            pruning.threshold_bytes,
            size(pruning.usage_bytes)
        )
    }

    fn daemon(&self) -> String {
        let daemon = &self.0.daemon;
        format!(
            "bllvmctl {}, pid {}, up {}",
            word(&daemon.version),
            known(daemon.pid),
            known(daemon.uptime_secs.map(age))
        )
    }
}

/// A word, or a dash where the document has none.
fn word(word: &str) -> String {
    known(Some(word).filter(|word| !word.is_empty()))
}

fn counted(number: Option<usize>, noun: &str) -> String {
    known(number.map(|number| format!("{number} {noun}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{
        ChainHealth, CollectorStatus, NetworkHealth, NodeStatus, ReconnectionStatus, StorageHealth,
    };

    fn collector(name: CollectorName, old: bool, age_secs: f64) -> CollectorStatus {
        CollectorStatus {
            name,
            old,
            age_secs: Some(age_secs),
            ..CollectorStatus::default()
        }
    }

    #[test]
    fn each_outdated_value_has_its_age_and_an_unknown_one_has_none() {
        let bytes = |bytes| Some(Size::from_bytes(bytes));
        let document = DetailedHealth {
            chain: ChainHealth {
                initialized: true,
                height: Some(7),
                tip_hash: Some("00ab".to_owned()),
            },
            storage: StorageHealth {
                available: true,
                size_bytes: bytes(1_000),
            },
            network: NetworkHealth {
                peers_connected: Some(2),
                peers_max: None,
            },
            reconnection: ReconnectionStatus {
                enabled: Some(true),
                kept: 3,
                kept_connected: Some(1),
                ..ReconnectionStatus::default()
            },
            node: NodeStatus {
                chain: Some("main".to_owned()),
                usage_bytes: bytes(2_000),
                volume_free_bytes: bytes(3_000),
                volume_size_bytes: bytes(4_000),
                ..NodeStatus::default()
            },
            collectors: vec![
                collector(CollectorName::Chain, true, 61.4),
                collector(CollectorName::Peers, true, 58.9),
                collector(CollectorName::Mempool, true, 1.0),
                collector(CollectorName::Usage, true, 130.0),
                collector(CollectorName::Volume, false, 3.0),
            ],
            ..DetailedHealth::default()
        };
        let lines = StatusLines(&document);
        assert_eq!(lines.peers(), "2 connected, 58 s ago");
        assert_eq!(lines.chain(), "main, height 7, 61 s ago");
        assert_eq!(lines.tip(), "00ab, 61 s ago");
        assert_eq!(
            lines.queue(),
            "empty; 1 of 3 kept peers connected, 58 s ago"
        );
        let storage = "blocks 1.0 KB (61 s ago), data directory 2.0 KB (2 min ago), volume 3.0 KB \
                       free of 4.0 KB";
        assert_eq!(lines.storage(), storage);
        assert_eq!(lines.mempool(), "-");
    }

    #[test]
    fn a_document_without_optional_members_is_dashes() {
        let document = DetailedHealth::default();
        let lines = StatusLines(&document).all();
        assert_eq!(lines[0].1, "-, unknown program at -");
        assert_eq!((lines[1].0, lines[1].1.as_str()), ("state", "-"));
        assert_eq!(lines[11].1, "bllvmctl -, pid -, up -");
    }
}
