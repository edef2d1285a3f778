//! The certificates that the configuration names: for how long they are valid, and for which names.
//! That a key belongs to its certificate is seen when the configuration is read.

use std::path::Path;

use jiff::Timestamp;

use super::problem::warning;
use crate::config::{Config, Problem};
use crate::health::CERTIFICATE_NOTICE;
use crate::tls::{IdentityFiles, TlsIdentity};
use crate::values::ListenAddress;

const LISTENERS: &str = "rpc.tls_cert_file";
const CLIENT: &str = "node.rpc_client_cert_file";

/// What is wrong with the certificate of the listeners at `now`.
pub(super) fn check(config: &Config, now: Timestamp) -> Vec<Problem> {
    let Some(tls) = &config.rpc.tls else {
        return Vec::new();
    };
    // What cannot be read was reported with the configuration.
    let Ok(identity) = tls.identity.read() else {
        return Vec::new();
    };
    let file = &tls.identity.certificate;
    let mut problems = Vec::from_iter(times(LISTENERS, file, &identity, now));
    problems.extend(names(config, file, &identity));
    problems
}

/// What is wrong with the certificate that bllvmctl shows a node at `now`.
pub(super) fn check_of_node(files: Option<&IdentityFiles>, now: Timestamp) -> Option<Problem> {
    let files = files?;
    let identity = files.read().ok()?;
    times(CLIENT, &files.certificate, &identity, now)
}

fn times(key: &str, file: &Path, identity: &TlsIdentity, now: Timestamp) -> Option<Problem> {
    let validity = identity.validity()?;
    let day = |time: Timestamp| time.strftime("%F").to_string();
    let message = if now > validity.not_after {
        format!("expired on {}", day(validity.not_after))
    } else if now < validity.not_before {
        format!("is not valid before {}", day(validity.not_before))
    } else if validity.not_after.duration_since(now) <= CERTIFICATE_NOTICE {
        format!(
            "expires on {}, in less than 14 days",
            day(validity.not_after)
        )
    } else {
        return None;
    };
    Some(Problem {
        suggestion: Some("renew it, then run `bllvmctl config reload`".to_owned()),
        ..warning(key, file.display(), message)
    })
}

/// The certificate is to be one for an address that is listened on, and for each name that is
/// allowed.
fn names(config: &Config, file: &Path, identity: &TlsIdentity) -> Option<Problem> {
    let listeners = [Some(&config.rpc.listen), config.rpc.ops_listen.as_ref()];
    let addresses = listeners
        .into_iter()
        .flatten()
        .filter_map(ListenAddress::tcp)
        .filter(|address| !address.ip().is_unspecified())
        .map(|address| address.ip().to_canonical().to_string());
    let hosts = config.rpc.allowed_hosts.iter().cloned();
    let mut missing = Vec::new();
    let mut presented = Vec::new();
    for name in addresses.chain(hosts) {
        if let Err(names) = identity.check_name(&name)
            && !missing.contains(&name)
        {
            missing.push(name);
            presented = names;
        }
    }
    if missing.is_empty() {
        return None;
    }
    let has = if presented.is_empty() {
        "it has no names (a common name is not looked at)".to_owned()
    } else {
        format!("it is for {}", presented.join(", "))
    };
    let message = format!("is not for {}; {has}", missing.join(", "));
    Some(Problem {
        suggestion: Some(
            "clients that use these need them as subject alternative names".to_owned(),
        ),
        ..warning(LISTENERS, file.display(), message)
    })
}
