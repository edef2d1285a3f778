//! By which name a request calls this server, and whether a browser sent it for somebody else's
//! page.
//!
//! A page whose name was made to resolve to loopback (DNS rebinding) reads what a loopback listener
//! answers to anybody: for the browser it is of one origin. Its name gives it away.

use std::net::IpAddr;

use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};

/// Why the lines of a request contradict each other; of these there is one or none.
pub(super) fn contradiction(headers: &HeaderMap) -> Option<&'static str> {
    let several = |name: HeaderName| headers.get_all(name).iter().nth(1).is_some();
    if several(HOST) {
        return Some("there are several Host lines; send one of them");
    }
    several(ORIGIN).then_some("there are several Origin lines; send one of them")
}

/// Whether the Host is an address, this machine, one of `allowed`, or not there.
pub(super) fn is_own(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(host) = headers.get(HOST) else {
        return true;
    };
    let Some(name) = host.to_str().ok().and_then(name) else {
        return false;
    };
    let own =
        name.is_empty() || name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok();
    own || allowed
        .iter()
        .any(|allowed| name.eq_ignore_ascii_case(allowed))
}

/// The name or address in a Host line, without its port.
fn name(host: &str) -> Option<&str> {
    if let Some(rest) = host.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        return (port.is_empty() || port.starts_with(':')).then_some(address);
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    Some(name.strip_suffix('.').unwrap_or(name))
}

/// A browser sent this for a page of another origin: the operator's own browser must not be a way
/// in.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return false;
    };
    let authority = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
        .map(|(_, authority)| authority);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    authority.is_none() || authority != host
}

/// Whether every address that proxies have reported is a loopback one. What is none is not.
pub(super) fn were_all_loopback<'a>(mut reported: impl Iterator<Item = &'a HeaderValue>) -> bool {
    reported.all(|line| {
        line.to_str().is_ok_and(|line| {
            line.split(',').all(|hop| {
                hop.trim()
                    .parse::<IpAddr>()
                    .is_ok_and(|hop| hop.to_canonical().is_loopback())
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[test]
    fn a_host_is_own_if_it_is_an_address_this_machine_or_allowed() {
        let own = |host: &str| is_own(&headers(&[(HOST, host)]), &["node.example".to_owned()]);
        for host in [
            "127.0.0.1",
            "127.0.0.1:18332",
            "[::1]:1",
            "[::1]",
            "LocalHost:80",
            "Node.Example:1",
            "10.0.0.1",
            "",
        ] {
            assert!(own(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example:1",
            "node.example.evil",
            "127.0.0.1.evil.example",
            "[::1",
        ] {
            assert!(!own(host), "{host}");
        }
        assert!(is_own(&HeaderMap::new(), &[]), "HTTP/1.0");
    }

    #[test]
    fn of_host_and_origin_there_is_one_line() {
        let mut twice = headers(&[(HOST, "a"), (ORIGIN, "http://a")]);
        assert_eq!(contradiction(&twice), None);
        twice.append(ORIGIN, HeaderValue::from_static("http://b"));
        assert!(contradiction(&twice).is_some_and(|why| why.contains("Origin")));
        twice.append(HOST, HeaderValue::from_static("b"));
        assert!(contradiction(&twice).is_some_and(|why| why.contains("Host")));
    }

    #[test]
    fn one_reported_address_that_is_none_or_elsewhere_makes_nobody_loopback() {
        let all = |lines: &[&'static str]| {
            let lines: Vec<_> = lines
                .iter()
                .map(|line| HeaderValue::from_static(line))
                .collect();
            were_all_loopback(lines.iter())
        };
        assert!(all(&[]) && all(&["127.0.0.1", "::1, 127.0.0.2"]));
        assert!(
            !all(&["192.0.2.1"])
                && !all(&["127.0.0.1, 192.0.2.1"])
                && !all(&["127.0.0.1", "unknown"])
                && !all(&[""])
        );
    }
}
