//! The options of a node of Bitcoin Core's family, from its command line and its `bitcoin.conf`, as
//! the node itself reads them (`common/args.cpp`). Pure.
//!
//! On the command line the last of several values counts, in the file the first. In the file a
//! value in the section of the chain counts before one outside of it, and some options outside of
//! it are of the main chain only.

use std::path::{Path, PathBuf};

use crate::values::Chain;

/// Options that mean the main chain where they are in no section.
const MAIN_ONLY: [&str; 7] = [
    "addnode", "bind", "connect", "port", "rpcbind", "rpcport", "wallet",
];

/// The options of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NodeOptions {
    command_line: Vec<(String, String)>,
    file: Vec<FileOption>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct FileOption {
    /// Empty: outside of every section.
    section: String,
    name: String,
    value: String,
}

impl NodeOptions {
    /// Those of the command line `arguments`, without the program's name.
    pub(super) fn of_command_line<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let of_argument = |argument: &str| {
            let option = argument.strip_prefix('-')?;
            let option = option.strip_prefix('-').unwrap_or(option);
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            Some(of_negation(name, value))
        };
        Self {
            command_line: arguments.into_iter().filter_map(of_argument).collect(),
            file: Vec::new(),
        }
    }

    /// With those of a `bitcoin.conf` behind those of files that were read before.
    pub(super) fn with_file(mut self, text: &str) -> Self {
        let mut section = String::new();
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|line| line.strip_suffix(']'))
            {
                name.clone_into(&mut section);
            } else if let Some((name, value)) = line.split_once('=') {
                let (section, name) = name
                    .trim()
                    .split_once('.')
                    .unwrap_or((&section, name.trim()));
                let (name, value) = of_negation(name, value.trim());
                self.file.push(FileOption {
                    section: section.to_owned(),
                    name,
                    value,
                });
            }
        }
        self
    }

    /// The chain; `None`: it is none that this program knows.
    pub(super) fn chain(&self) -> Option<Chain> {
        let is_set = |name: &str| self.value_outside(name).is_some_and(is_true);
        let named = [
            ("regtest", Chain::Regtest),
            ("signet", Chain::Signet),
            ("testnet", Chain::Test),
            ("testnet4", Chain::Testnet4),
        ];
        if let Some((_, chain)) = named.into_iter().find(|(name, _)| is_set(name)) {
            return Some(chain);
        }
        let name = self.value_outside("chain");
        name.map_or(Some(Chain::Main), |name| name.parse().ok())
    }

    /// The value of the option `name` of a node on `chain`.
    pub(super) fn value(&self, name: &str, chain: Chain) -> Option<&str> {
        self.values(name, chain).into_iter().next()
    }

    /// All values of the option `name` of a node on `chain`, the one that counts first.
    pub(super) fn values(&self, name: &str, chain: Chain) -> Vec<&str> {
        let mut values = self.given(name);
        values.extend(self.in_section(name, chain.as_str()));
        if chain == Chain::Main || !MAIN_ONLY.contains(&name) {
            values.extend(self.in_section(name, ""));
        }
        values
    }

    /// The value of the option `name`, which no section decides.
    pub(super) fn value_outside(&self, name: &str) -> Option<&str> {
        self.values_outside(name).into_iter().next()
    }

    /// All values of the option `name`, which no section decides.
    pub(super) fn values_outside(&self, name: &str) -> Vec<&str> {
        let mut values = self.given(name);
        values.extend(self.in_section(name, ""));
        values
    }

    fn given(&self, name: &str) -> Vec<&str> {
        let given = self.command_line.iter().rev();
        given
            .filter(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    fn in_section(&self, name: &str, section: &str) -> Vec<&str> {
        self.file
            .iter()
            .filter(|option| option.name == name && option.section == section)
            .map(|option| option.value.as_str())
            .collect()
    }
}

/// `noname` is the opposite of `name`.
fn of_negation(name: &str, value: &str) -> (String, String) {
    match name.strip_prefix("no") {
        // No option of a node begins with these letters otherwise.
        Some(positive) if !positive.is_empty() => {
            let value = if is_true(value) { "0" } else { "1" };
            (positive.to_owned(), value.to_owned())
        }
        _ => (name.to_owned(), value.to_owned()),
    }
}

/// As the node reads a switch: without a value it is on.
fn is_true(value: &str) -> bool {
    value.is_empty() || value.parse::<i64>().is_ok_and(|number| number != 0)
}

/// The option is on, or names something.
pub(super) fn is_given(value: &str) -> bool {
    !value.is_empty() && value != "0"
}

/// The port at which a node on `chain` takes calls by default.
fn default_rpc_port(chain: Chain) -> u16 {
    match chain {
        Chain::Main => 8332,
        Chain::Test => 18332,
        Chain::Testnet4 => 48332,
        Chain::Signet => 38332,
        Chain::Regtest => 18443,
    }
}

/// Where a node on `chain` with these options takes calls: host and port, as in a URL.
pub(super) fn rpc_authority(options: &NodeOptions, chain: Chain) -> String {
    let port = options.value("rpcport", chain);
    let port = port
        .and_then(|port| port.parse().ok())
        .unwrap_or_else(|| default_rpc_port(chain));
    // Without -rpcallowip the node listens at loopback, whatever -rpcbind says.
    let is_public = options.value("rpcallowip", chain).is_some();
    let binds = options.values("rpcbind", chain);
    let places: Vec<(String, u16)> = binds
        .into_iter()
        .filter(|_| is_public)
        .map(|bind| host_and_port(bind, port))
        .collect();
    let is_loopback = |(host, _): &&(String, u16)| host.starts_with("127.") || host == "localhost";
    let (host, port) = places
        .iter()
        .find(is_loopback)
        .or_else(|| places.first())
        .cloned()
        .unwrap_or_else(|| ("127.0.0.1".to_owned(), port));
    format!("{host}:{port}")
}

/// The host of `-rpcbind`, as it is reached from this machine.
fn host_and_port(bind: &str, default: u16) -> (String, u16) {
    let (host, port) = match bind.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None if bind.matches(':').count() > 1 => (bind, None),
        None => match bind.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (bind, None),
        },
    };
    let port = port.and_then(|port| port.parse().ok()).unwrap_or(default);
    let host = match host {
        "0.0.0.0" | "*" => "127.0.0.1".to_owned(),
        "::" | "::1" => "[::1]".to_owned(),
        host if host.contains(':') => format!("[{host}]"),
        host => host.to_owned(),
    };
    (host, port)
}

/// The path that an option names, which is relative to `base`.
pub(super) fn path_in(base: &Path, value: Option<&str>) -> Option<PathBuf> {
    value
        .filter(|value| is_given(value))
        .map(|value| base.join(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(arguments: &[&str]) -> NodeOptions {
        NodeOptions::of_command_line(arguments.iter().copied())
    }

    #[test]
    fn the_last_argument_counts_and_before_the_file() {
        let options = given(&["-rpcport=1", "--rpcport=2", "ignored", "-server"])
            .with_file("rpcport=3\ndatadir=/file\ndatadir=/later\n");
        assert_eq!(options.value("rpcport", Chain::Main), Some("2"));
        assert_eq!(options.value("datadir", Chain::Main), Some("/file"));
        assert_eq!(options.value("server", Chain::Main), Some(""));
        assert_eq!(options.value("nothing", Chain::Main), None);
    }

    #[test]
    fn a_section_is_of_its_chain_and_ports_outside_of_all_are_of_the_main_chain() {
        let text = "# one\nregtest=1\nrpcport=1 # two\nblocksdir=/blocks\nsignet.rpcport=3\n\
                    [regtest]\nrpcport=2\nblocksdir=/own\n[main]\nrpcport=4\n";
        let options = NodeOptions::default().with_file(text);
        assert_eq!(options.chain(), Some(Chain::Regtest));
        assert_eq!(options.value("rpcport", Chain::Regtest), Some("2"));
        assert_eq!(options.value("rpcport", Chain::Signet), Some("3"));
        assert_eq!(options.value("rpcport", Chain::Test), None);
        assert_eq!(options.value("rpcport", Chain::Main), Some("4"));
        assert_eq!(options.value("blocksdir", Chain::Regtest), Some("/own"));
        assert_eq!(options.value("blocksdir", Chain::Test), Some("/blocks"));
    }

    #[test]
    fn the_chain_has_many_names() {
        for (arguments, chain) in [
            (&[][..], Some(Chain::Main)),
            (&["-regtest"], Some(Chain::Regtest)),
            (&["-regtest=0"], Some(Chain::Main)),
            (&["-noregtest"], Some(Chain::Main)),
            (&["-testnet4=1"], Some(Chain::Testnet4)),
            (&["-chain=test"], Some(Chain::Test)),
            (&["-chain=signet"], Some(Chain::Signet)),
            (&["-chain=other"], None),
        ] {
            assert_eq!(given(arguments).chain(), chain, "{arguments:?}");
        }
        // A section decides nothing about the chain.
        let file = NodeOptions::default().with_file("[regtest]\nregtest=1\n");
        assert_eq!(file.chain(), Some(Chain::Main));
        let switched_off = given(&["-noregtest"]).with_file("regtest=1");
        assert_eq!(switched_off.chain(), Some(Chain::Main));
    }

    #[test]
    fn calls_are_taken_where_the_options_say() {
        for (arguments, authority) in [
            (&["-regtest"][..], "127.0.0.1:18443"),
            (&[], "127.0.0.1:8332"),
            (&["-rpcport=9"], "127.0.0.1:9"),
            (&["-rpcbind=10.0.0.1:9"], "127.0.0.1:8332"),
            (
                &["-rpcbind=10.0.0.1:9", "-rpcallowip=10.0.0.0/8"],
                "10.0.0.1:9",
            ),
            (
                &["-rpcbind=0.0.0.0", "-rpcallowip=10.0.0.0/8"],
                "127.0.0.1:8332",
            ),
            (
                &[
                    "-rpcbind=10.0.0.1",
                    "-rpcbind=127.0.0.1:7",
                    "-rpcallowip=::/0",
                ],
                "127.0.0.1:7",
            ),
            (&["-rpcbind=[::1]:7", "-rpcallowip=::/0"], "[::1]:7"),
            (&["-rpcbind=fd00::1", "-rpcallowip=::/0"], "[fd00::1]:8332"),
        ] {
            let options = given(arguments);
            let chain = options.chain().unwrap();
            assert_eq!(rpc_authority(&options, chain), authority, "{arguments:?}");
        }
    }
}
