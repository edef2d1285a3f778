//! TLS of the listeners, and towards a node.

use super::credentials;
use super::scope::NodeScope;
use crate::config::place::Place;
use crate::config::reader::{ReadResult, Reader};
use crate::config::scalar::{Wrong, choice};
use crate::tls::{ClientCertificates, ClientTls, IdentityFiles, PemKind, ServerTls, TlsFileError};
use url::Url;

/// Whether probes need a client certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Probes {
    Closed,
    Open,
}

const PROBES: [(&str, Probes); 2] = [("closed", Probes::Closed), ("open", Probes::Open)];
const CERTIFICATE: &str = "rpc.tls_cert_file";
const KEY: &str = "rpc.tls_key_file";
const AUTHORITIES: &str = "rpc.tls_client_ca_file";

/// TLS of the listeners; `Some(None)`: they speak plain HTTP.
pub(super) fn listeners(
    reader: &mut Reader<'_>,
    may_read: Option<bool>,
) -> ReadResult<Option<ServerTls>> {
    let identity = identity(reader, [CERTIFICATE.into(), KEY.into()], may_read);
    let authorities = reader.optional_path(AUTHORITIES);
    let probes = reader.get("rpc.tls_probes", |item| choice(item, &PROBES));
    let identity = identity?;
    let authorities = authorities?;
    let probes = probes?;
    if authorities.is_none() && probes == Probes::Open {
        let message = format!("has no effect without {AUTHORITIES}");
        let problem = reader.problem("rpc.tls_probes", message).warning();
        reader.report(problem.suggest("leave it out: no client is asked for a certificate"));
    }
    let Some(identity) = identity else {
        if authorities.is_none() {
            return Some(None);
        }
        let problem = reader.problem(AUTHORITIES, "needs a certificate of the listeners");
        let suggestion = format!("name it in {CERTIFICATE}, and its key in {KEY}");
        reader.refuse(AUTHORITIES, problem.suggest(suggestion));
        return None;
    };
    let clients = match (authorities, probes) {
        (None, _) => ClientCertificates::Unasked,
        (Some(file), Probes::Closed) => ClientCertificates::Required(file),
        (Some(file), Probes::Open) => ClientCertificates::Optional(file),
    };
    let tls = ServerTls { identity, clients };
    match tls.config() {
        Ok(_) => Some(Some(tls)),
        Err(error) => {
            let place = match error.kind {
                PemKind::Certificate => CERTIFICATE,
                PemKind::PrivateKey => KEY,
                PemKind::Authorities => AUTHORITIES,
            };
            refuse(reader, place.into(), &error);
            None
        }
    }
}

/// TLS towards the node at `url`.
pub(super) fn of_node(
    reader: &mut Reader<'_>,
    scope: NodeScope,
    url: Option<&Url>,
    may_read: Option<bool>,
) -> ReadResult<ClientTls> {
    let places = [
        "node.rpc_ca_file",
        "node.rpc_client_cert_file",
        "node.rpc_client_key_file",
    ];
    let [authorities, certificate, key] = places.map(|path| scope.place(path));
    let ca_file = reader.optional_path(authorities);
    let identity = identity(reader, [certificate, key], may_read);
    let tls = ClientTls {
        ca_file: ca_file?,
        identity: identity?,
        ..ClientTls::default()
    };
    if tls == ClientTls::default() {
        return Some(tls);
    }
    let in_vain = [authorities, certificate]
        .into_iter()
        .find(|place| reader.is_given(*place))
        .filter(|_| url.is_some_and(|url| url.scheme() != "https"));
    if let Some(place) = in_vain {
        let problem = reader.problem(place, "has no effect: the node's rpc_url is not https://");
        reader.report(
            problem
                .warning()
                .suggest("leave it out, or name the node by https://"),
        );
    }
    if let Err(error) = tls.check() {
        let place = match error.kind {
            PemKind::Authorities => authorities,
            PemKind::Certificate => certificate,
            PemKind::PrivateKey => key,
        };
        refuse(reader, place, &error);
        return None;
    }
    Some(tls)
}

/// The files of a certificate and of its key, of which both are there or neither.
fn identity(
    reader: &mut Reader<'_>,
    [certificate_place, key_place]: [Place; 2],
    may_read: Option<bool>,
) -> ReadResult<Option<IdentityFiles>> {
    let certificate = reader.optional_path(certificate_place);
    let key = credentials::secret(reader, key_place, may_read);
    let (there, missing, what) = match (certificate?, key?) {
        (Some(certificate), Some(key)) => return Some(Some(IdentityFiles { certificate, key })),
        (None, None) => return Some(None),
        (Some(_), None) => (certificate_place, key_place, "a private key"),
        (None, Some(_)) => (key_place, certificate_place, "a certificate"),
    };
    let problem = reader.problem(there, format!("needs {what}"));
    let suggestion = format!("name the file that holds it in {}", missing.path);
    reader.refuse(there, problem.suggest(suggestion));
    None
}

fn refuse(reader: &mut Reader<'_>, place: Place, error: &TlsFileError) {
    let wrong = Wrong::new(error.fault.to_string()).suggest(error.hint());
    let problem = wrong.about(reader.problem(place, ""));
    reader.refuse(place, problem);
}
