//! What a store says of itself, and whether it can be used. Pure.

use std::time::Duration;

/// What a store says of itself; what it does not let one ask is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreFacts {
    /// `redis` or `valkey`.
    pub product: String,
    /// Its version.
    pub version: String,
    /// `standalone`, `cluster` or `sentinel`.
    pub mode: String,
    /// It is a copy of another one.
    pub is_replica: bool,
    /// What it throws away when its memory is full.
    pub eviction: Option<String>,
    /// Its clock, since 1970.
    pub time: Option<Duration>,
}

/// Why a store cannot be used, or should not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreFault {
    /// It is one of several.
    #[error(
        "this is a node of a cluster, which is not supported: name a single server, or a load \
         balancer before a primary"
    )]
    Cluster,
    /// It only knows where others are.
    #[error(
        "this is a Sentinel, which keeps no data: name the server itself, or a load balancer \
         before the primary"
    )]
    Sentinel,
    /// It takes no writes.
    #[error(
        "this is a replica, which takes no writes: name the primary, or a load balancer before it"
    )]
    Replica,
    /// It is too old.
    #[error("version {0} is too old: Redis 6 is the oldest that is supported, and every Valkey is")]
    TooOld(String),
    /// It would forget limits.
    #[error(
        "maxmemory-policy is {0}, which throws limits away when memory is full: set noeviction"
    )]
    Evicts(String),
}

impl StoreFault {
    /// Whether the store is of no use with it.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Self::Evicts(_))
    }
}

impl StoreFacts {
    const OLDEST_VERSION: u32 = 6;

    /// Reads the answer to INFO.
    #[must_use]
    pub fn of_info(info: &str) -> Self {
        let value = |name: &str| {
            info.lines()
                .find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'))
                .unwrap_or_default()
                .to_owned()
        };
        let first = |names: [&str; 2]| {
            let values = names.map(value);
            values.into_iter().find(|value| !value.is_empty())
        };
        let name = value("server_name");
        Self {
            product: if name.is_empty() {
                "redis".to_owned()
            } else {
                name
            },
            // Valkey has names of its own, and the version of Redis that it is compatible with.
            version: first(["valkey_version", "redis_version"]).unwrap_or_default(),
            mode: first(["redis_mode", "server_mode"]).unwrap_or_default(),
            is_replica: value("role") == "slave",
            eviction: None,
            time: None,
        }
    }

    /// What is against using it, the worst first.
    #[must_use]
    pub fn fault(&self) -> Option<StoreFault> {
        match self.mode.as_str() {
            "cluster" => return Some(StoreFault::Cluster),
            "sentinel" => return Some(StoreFault::Sentinel),
            _ => {}
        }
        let major = self.version.split('.').next().unwrap_or_default();
        if major
            .parse::<u32>()
            .is_ok_and(|major| major < Self::OLDEST_VERSION)
        {
            return Some(StoreFault::TooOld(self.version.clone()));
        }
        if self.is_replica {
            return Some(StoreFault::Replica);
        }
        let evicts = |policy: &&String| policy.starts_with("allkeys-");
        self.eviction
            .as_ref()
            .filter(evicts)
            .map(|policy| StoreFault::Evicts(policy.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str =
        "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrole:master\r\n";

    fn fault(change: impl Fn(String) -> String) -> Option<StoreFault> {
        StoreFacts::of_info(&change(INFO.to_owned())).fault()
    }

    #[test]
    fn a_single_server_of_version_6_and_later_is_used() {
        assert_eq!(fault(|info| info), None);
        assert_eq!(fault(|info| info.replace("7.0.15", "6.0.16")), None);
        let valkey = INFO.replace("redis_mode", "server_name:valkey\r\nredis_mode");
        assert_eq!(StoreFacts::of_info(&valkey).product, "valkey");
        let info = "server_name:valkey\r\nredis_version:7.2.4\r\nvalkey_version:9.1.2\r\n\
                    server_mode:cluster\r\n";
        let facts = StoreFacts::of_info(info);
        assert_eq!(facts.version, "9.1.2");
        assert_eq!(facts.fault(), Some(StoreFault::Cluster));
        assert_eq!(StoreFacts::of_info(&valkey).fault(), None);
    }

    #[test]
    fn what_is_no_single_primary_is_refused_with_a_sentence() {
        let old = StoreFault::TooOld("5.0.14".to_owned());
        assert_eq!(fault(|info| info.replace("7.0.15", "5.0.14")), Some(old));
        let cluster = fault(|info| info.replace("standalone", "cluster"));
        assert_eq!(cluster, Some(StoreFault::Cluster));
        let sentinel = fault(|info| info.replace("standalone", "sentinel"));
        assert_eq!(sentinel, Some(StoreFault::Sentinel));
        let replica = fault(|info| info.replace("role:master", "role:slave"));
        assert_eq!(replica, Some(StoreFault::Replica));
        assert!(replica.unwrap().is_fatal());
    }

    #[test]
    fn a_store_that_throws_any_key_away_is_reported() {
        let evicting = |policy: &str| StoreFacts {
            eviction: Some(policy.to_owned()),
            ..StoreFacts::of_info(INFO)
        };
        for policy in ["noeviction", "volatile-lru"] {
            assert_eq!(evicting(policy).fault(), None);
        }
        let fault = evicting("allkeys-lru").fault().unwrap();
        assert!(!fault.is_fatal());
        assert!(fault.to_string().contains("allkeys-lru"));
    }
}
