//! The program that the node is part of, as peers and callers see it. Pure.

/// Name and version of the program that the node is part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// In `subversion`, and in the answer to `stop`.
    pub name: String,
    /// As `0.1.0`.
    pub version: String,
}

impl Agent {
    /// `/name:0.1.0/`: the user agent that peers receive (BIP 14).
    #[must_use]
    pub fn user_agent(&self) -> String {
        format!("/{}:{}/", self.name, self.version)
    }

    /// `0.1.0` as bitcoind writes its versions: two digits each for minor and patch. A part that is
    /// no number counts as zero.
    #[must_use]
    pub fn version_number(&self) -> u32 {
        let mut parts = self.version.split(['.', '-', '+']);
        let mut part = || parts.next().and_then(|text| text.parse::<u32>().ok());
        [10_000, 100, 1].into_iter().fold(0, |sum: u32, unit| {
            sum.saturating_add(part().unwrap_or(0).saturating_mul(unit))
        })
    }
}

impl Default for Agent {
    /// This crate.
    fn default() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(version: &str) -> Agent {
        Agent {
            name: "node".to_owned(),
            version: version.to_owned(),
        }
    }

    #[test]
    fn versions_are_written_as_bitcoind_writes_them() {
        for (version, number) in [
            ("0.1.0", 100),
            ("1.22.333", 12_533),
            ("2.3.4-rc.1", 20_304),
            ("7", 70_000),
            ("x.1", 100),
        ] {
            assert_eq!(agent(version).version_number(), number, "{version}");
        }
    }

    #[test]
    fn peers_receive_name_and_version() {
        assert_eq!(agent("0.1.0").user_agent(), "/node:0.1.0/");
    }
}
