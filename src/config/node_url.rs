//! Reads the URL of the node's JSON-RPC.

use std::num::NonZeroU16;

use url::Url;

use super::address::zone;
use super::item::Item;
use super::scalar::{Wrong, filled};
use super::suggestion::quoted;
use crate::values::parse_url;

/// The port of bitcoind's JSON-RPC on the main chain.
const RPC_PORT: u16 = 8332;

/// The URL of the node's JSON-RPC. A user or a password in it is refused and never shown.
pub(super) fn node_url(item: &Item) -> Result<Url, Wrong> {
    let text = filled(item)?;
    check_scheme(&text)?;
    if text
        .split_once("://[")
        .is_some_and(|(_, rest)| zone(rest).is_some())
    {
        let wrong = Wrong::new("has an IPv6 address with a zone, which a URL has not");
        return Err(wrong.suggest("name the node by a global address, or by a name of /etc/hosts"));
    }
    let mut url = parse_url(&text).map_err(|error| Wrong::new(format!("is not a URL: {error}")))?;
    if url.path() != "/" {
        let wrong = Wrong::new("must have no path; wallets are chosen by each call");
        return Err(wrong.suggest(format!(
            "write {}",
            quoted(&url.origin().ascii_serialization())
        )));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Wrong::new("must have no query and no fragment"));
    }
    // The parser drops `:80`, which http stands for; somebody who wrote it meant it. bitcoind
    // speaks no TLS, so that behind https is a proxy with a port of its own.
    if url.port().is_none()
        && url.scheme() == "http"
        && !text.trim_end_matches('/').ends_with(":80")
        && url.set_port(Some(RPC_PORT)).is_err()
    {
        return Err(Wrong::new("has no host"));
    }
    if url.port_or_known_default() == Some(0) {
        Err(Wrong::new("has port 0"))
    } else {
        Ok(url)
    }
}

/// The node's URL begins with `http://` or `https://` and holds no credentials.
fn check_scheme(text: &str) -> Result<(), Wrong> {
    let lower = text.to_ascii_lowercase();
    if text.contains('@') {
        let wrong = Wrong::new("must hold no user and no password");
        return Err(wrong.suggest(
            "write rpc_user, and put the password into a file named by rpc_password_file",
        ));
    }
    if !lower.starts_with("http://") && !lower.starts_with("https://") {
        let wrong = Wrong::new("must begin with http:// or https://");
        // To the URL's parser a number alone is an address; to people it is a port.
        if let Ok(port) = text.trim_start_matches(':').parse::<NonZeroU16>() {
            return Err(wrong.suggest(format!(
                "write {}",
                quoted(&format!("http://127.0.0.1:{port}"))
            )));
        }
        let bare = !text.contains("://") && parse_url(&format!("http://{text}")).is_ok();
        return Err(if bare {
            wrong.suggest(format!("write {}", quoted(&format!("http://{text}"))))
        } else {
            wrong
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::item::text_item;
    use proptest::prelude::*;

    #[test]
    fn a_zone_in_the_url_is_reported_for_what_it_is() {
        for text in ["http://[fe80::1%eth0]:8332", "http://[fe80::1%2]:8332/"] {
            let url = node_url(&text_item(text)).unwrap_err();
            assert_eq!(
                url.message, "has an IPv6 address with a zone, which a URL has not",
                "{text}"
            );
            let advice = url.suggestion.unwrap();
            assert!(advice.starts_with("name the node by"), "{advice}");
        }
    }

    #[test]
    fn the_name_of_the_nodes_host_is_ascii() {
        assert!(node_url(&text_item("http://b\u{fc}cher.example:8332")).is_err());
        let url = node_url(&text_item("http://xn--bcher-kva.example:8332")).unwrap();
        assert_eq!(url.host_str(), Some("xn--bcher-kva.example"));
    }

    #[test]
    fn the_url_of_the_node_is_http_or_https_to_a_host() {
        let url = |text| node_url(&text_item(text)).map(|url| url.to_string());
        assert_eq!(url("http://node").as_deref(), Ok("http://node:8332/"));
        assert_eq!(url("http://[::1]:9/").as_deref(), Ok("http://[::1]:9/"));
        assert_eq!(
            node_url(&text_item("http://node:80"))
                .unwrap()
                .port_or_known_default(),
            Some(80)
        );
        assert_eq!(url("https://node").as_deref(), Ok("https://node/"));
        assert_eq!(
            url("https://node:8443").as_deref(),
            Ok("https://node:8443/")
        );
        for text in [
            "https://",
            "http://",
            "http://a/wallet/x",
            "http://a?b",
            "http://a#b",
            "ftp://a",
            "http://a:0",
        ] {
            assert!(url(text).is_err(), "{text}");
        }
        assert_eq!(
            url("node:8332").unwrap_err().suggestion.as_deref(),
            Some("write \"http://node:8332\"")
        );
        for port in ["8333", ":8333"] {
            assert_eq!(
                url(port).unwrap_err().suggestion.as_deref(),
                Some("write \"http://127.0.0.1:8333\"")
            );
        }
    }

    #[test]
    fn a_password_in_the_url_is_refused_without_showing_it() {
        for text in [
            "http://me:hunter2@node",
            "http://hunter2@node",
            "me:hunter2@node",
            "https://me:hunter2@node",
        ] {
            let wrong = node_url(&text_item(text)).unwrap_err();
            assert!(!format!("{wrong:?}").contains("hunter2"), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,30}") {
            let _ = node_url(&text_item(&text));
        }
    }
}
