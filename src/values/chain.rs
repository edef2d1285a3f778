//! The chains a node may be on, by the names of `getblockchaininfo`.

use std::fmt;
use std::str::FromStr;

/// One of Bitcoin's chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chain {
    /// The main chain.
    Main,
    /// Testnet3.
    Test,
    /// Testnet4.
    Testnet4,
    /// Signet, the default one or a custom one.
    Signet,
    /// Regtest.
    Regtest,
}

impl Chain {
    /// Every chain, in the order in which Bitcoin Core lists them.
    pub const ALL: [Self; 5] = [
        Self::Main,
        Self::Test,
        Self::Testnet4,
        Self::Signet,
        Self::Regtest,
    ];

    /// The name in `getblockchaininfo.chain` and in configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Test => "test",
            Self::Testnet4 => "testnet4",
            Self::Signet => "signet",
            Self::Regtest => "regtest",
        }
    }

    /// The directory below bitcoind's data directory that holds this chain; empty for the main
    /// chain.
    #[must_use]
    pub fn subdirectory(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Test => "testnet3",
            Self::Testnet4 => "testnet4",
            Self::Signet => "signet",
            Self::Regtest => "regtest",
        }
    }
}

impl Chain {
    /// The port on which nodes of this chain listen for peers by default.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Main => 8333,
            Self::Test => 18333,
            Self::Testnet4 => 48333,
            Self::Signet => 38333,
            Self::Regtest => 18444,
        }
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Chain {
    type Err = UnknownChain;

    fn from_str(name: &str) -> Result<Self, UnknownChain> {
        Self::ALL
            .into_iter()
            .find(|chain| chain.as_str() == name)
            .ok_or(UnknownChain)
    }
}

/// The name is none of Bitcoin's chains.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a chain: use main, test, testnet4, signet or regtest")]
pub struct UnknownChain;
