//! Configurations for the daemon under test, as an operator would write them.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use toml::{Table, Value};

use super::bitcoind::Bitcoind;
use super::fake_node::FakeNode;
use super::surroundings::free_port;

/// In the text of a configuration: the directory of the daemon that is started with it.
pub(crate) const DIR: &str = "{dir}";

/// A configuration under construction; `Display` is the file.
#[derive(Clone, Debug)]
pub(crate) struct Config(Table);

impl Config {
    /// For a node on `rpc_port` of this machine: polled each second, its own state directory and a
    /// free port.
    pub(crate) fn attached(rpc_port: u16, cookie_file: &Path) -> Self {
        let base = format!(
            r#"
            [node]
            kind = "attached"
            state_dir = "{DIR}/state"
            rpc_url = "http://127.0.0.1:{rpc_port}"
            rpc_cookie_file = "{cookie}"
            poll_interval_secs = 1
            timeout_secs = 2

            [rpc]
            listen = "127.0.0.1:{listen}"
            "#,
            cookie = cookie_file.display(),
            listen = free_port(),
        );
        Self(Table::new()).with(&base)
    }

    /// That of a whole file.
    #[track_caller]
    pub(crate) fn of(text: &str) -> Self {
        Self(Table::new()).with(text)
    }

    /// With `more` TOML on top: a key that is there already gets the new value.
    #[track_caller]
    pub(crate) fn with(mut self, more: &str) -> Self {
        let more = more
            .parse()
            .unwrap_or_else(|error| panic!("not TOML: {error}\n{more}"));
        merge(&mut self.0, more);
        self
    }

    /// Without one key of one section.
    pub(crate) fn without(mut self, section: &str, key: &str) -> Self {
        if let Some(Value::Table(section)) = self.0.get_mut(section) {
            section.remove(key);
        }
        self
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&toml::to_string(&self.0).map_err(|_| fmt::Error)?)
    }
}

impl From<Config> for String {
    fn from(config: Config) -> Self {
        config.to_string()
    }
}

fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(into)), Value::Table(from)) => merge(into, from),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// For a real node.
pub(crate) fn attached_to(node: &Bitcoind) -> Config {
    Config::attached(node.rpc_port(), &node.cookie_file())
}

/// For the embedded node, in the daemon's directory.
pub(crate) fn embedded() -> Config {
    let base = format!(
        r#"
        [node]
        kind = "embedded"
        data_dir = "{DIR}/data"
        state_dir = "{DIR}/state"
        poll_interval_secs = 0.2

        [rpc]
        listen = "127.0.0.1:{listen}"
        "#,
        listen = free_port(),
    );
    Config(Table::new()).with(&base)
}

/// For a fake node; its cookie file is in the daemon's directory, see `FAKE_COOKIE`.
pub(crate) fn attached_to_fake(node: &FakeNode) -> Config {
    Config::attached(node.port(), Path::new("{dir}/node.cookie"))
}

/// What `node.cookie` in the directory of each daemon holds; a fake node that asks for it requires
/// `http::basic(FAKE_COOKIE)`.
pub(crate) const FAKE_COOKIE: &str = "__cookie__:c0ffee";

/// The address in `rpc.listen` of a configuration, if it is TOML and has one.
pub(crate) fn listen_address(config: &str) -> Option<SocketAddr> {
    config
        .parse::<Table>()
        .ok()?
        .get("rpc")?
        .get("listen")?
        .as_str()?
        .parse()
        .ok()
}
