//! Where a call is directed by its path: to a named node, to a wallet, or wherever the gateway
//! chooses. Pure.
//!
//! | path | node | wallet | path at the node |
//! |---|---|---|---|
//! | `/` | chosen | chosen by the method | `/` |
//! | `/wallet/W` | that of the wallet | W | `/wallet/W` |
//! | `/node/NAME` | NAME | | `/` |
//! | `/node/NAME/wallet/W` | NAME | W | `/wallet/W` |
//!
//! Refuses to know which nodes there are. Invariant: what the node gets is the path as it came,
//! from where the name of the node ends.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

const NODE_PREFIX: &str = "/node/";
const WALLET_PREFIX: &str = "/wallet/";

/// Where a call is directed by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallTarget<'a> {
    /// The node that is named.
    pub(super) node: Option<&'a str>,
    /// The path and query for the node.
    pub(super) path: &'a str,
}

impl<'a> CallTarget<'a> {
    /// That of a request to `path`, which may have a query.
    pub(super) fn of(path: &'a str) -> Self {
        let Some(named) = path.strip_prefix(NODE_PREFIX) else {
            return Self { node: None, path };
        };
        let end = named.find('/').unwrap_or(named.len());
        let (node, rest) = named.split_at(end);
        Self {
            node: Some(node),
            path: if rest.is_empty() { "/" } else { rest },
        }
    }

    /// The name of the wallet, as bitcoind reads it: everything behind the prefix, the query too,
    /// decoded once. What is then no text names no wallet of any configuration.
    pub(super) fn wallet(&self) -> Option<Cow<'a, str>> {
        let name = self.path.strip_prefix(WALLET_PREFIX)?;
        Some(
            percent_decode_str(name)
                .decode_utf8()
                .unwrap_or(Cow::Borrowed(name)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_node_a_wallet_both_or_neither() {
        for (path, node, at_node, wallet) in [
            ("/", None, "/", None),
            ("/wallet/hot", None, "/wallet/hot", Some("hot")),
            ("/wallet/", None, "/wallet/", Some("")),
            ("/node/a", Some("a"), "/", None),
            ("/node/a/", Some("a"), "/", None),
            ("/node/a/wallet/hot", Some("a"), "/wallet/hot", Some("hot")),
            ("/node/", Some(""), "/", None),
            ("/node/a?x", Some("a?x"), "/", None),
            ("/node/a/node/b", Some("a"), "/node/b", None),
            ("/node", None, "/node", None),
            ("/Node/a", None, "/Node/a", None),
        ] {
            let target = CallTarget::of(path);
            assert_eq!((target.node, target.path), (node, at_node), "{path}");
            assert_eq!(target.wallet().as_deref(), wallet, "{path}");
        }
    }

    #[test]
    fn a_wallet_is_called_what_the_node_takes_it_for() {
        let wallet = |path| CallTarget::of(path).wallet().unwrap().into_owned();
        for (path, name) in [
            ("/wallet/a%2Fb", "a/b"),
            ("/wallet/a/b", "a/b"),
            ("/wallet/a%252Fb", "a%2Fb"),
            ("/wallet/a?b", "a?b"),
            ("/wallet/a+b", "a+b"),
            ("/wallet/a%", "a%"),
            ("/wallet/a%zz", "a%zz"),
            ("/wallet/%ff", "%ff"),
        ] {
            assert_eq!(wallet(path), name, "{path}");
        }
    }
}
