//! Tests of the folder: files as people have them, and handshakes in memory.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Error, ServerConfig, ServerConnection};

use super::*;

/// A directory with an authority, and what it issues.
struct Issued {
    directory: tempfile::TempDir,
    authority: Issuer<'static, KeyPair>,
}

impl Issued {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = directory.path().display().to_string();
        parameters
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        fs::write(directory.path().join("ca.pem"), certificate.pem()).unwrap();
        let authority = Issuer::new(parameters, key);
        Self {
            directory,
            authority,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn ca(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// A certificate for `names`, after `change`.
    fn identity_with(
        &self,
        name: &str,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> IdentityFiles {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut parameters = CertificateParams::new(names).unwrap();
        change(&mut parameters);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.authority).unwrap();
        let files = IdentityFiles {
            certificate: self.path(&format!("{name}.pem")),
            key: self.path(&format!("{name}.key")),
        };
        fs::write(&files.certificate, certificate.pem()).unwrap();
        fs::write(&files.key, key.serialize_pem()).unwrap();
        files
    }

    fn identity(&self, name: &str, names: &[&str]) -> IdentityFiles {
        self.identity_with(name, names, |_| {})
    }
}

fn server(identity: IdentityFiles, clients: ClientCertificates) -> ServerConfig {
    ServerTls { identity, clients }.config().unwrap().0
}

/// Both sides speak until neither has more to say; the first failure.
fn handshake(client: &ClientTls, server: ServerConfig, name: &str) -> Result<(), Error> {
    speak(Arc::new(client.config().unwrap()), server, name)
}

fn speak(client: Arc<ClientConfig>, server: ServerConfig, name: &str) -> Result<(), Error> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(client, name).unwrap();
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    loop {
        let mut bytes = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut bytes).unwrap();
        }
        let mut sent = &*bytes;
        while !sent.is_empty() {
            server.read_tls(&mut sent).unwrap();
            server.process_new_packets()?;
        }
        let mut answer = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut answer).unwrap();
        }
        let mut sent = &*answer;
        while !sent.is_empty() {
            client.read_tls(&mut sent).unwrap();
            client.process_new_packets()?;
        }
        if bytes.is_empty() && answer.is_empty() {
            return Ok(());
        }
    }
}

fn words(result: Result<(), Error>) -> String {
    handshake_failure(&result.unwrap_err()).unwrap()
}

fn trusting(ca_file: PathBuf) -> ClientTls {
    ClientTls {
        ca_file: Some(ca_file),
        ..ClientTls::default()
    }
}

#[test]
fn a_certificate_of_the_ca_file_is_trusted_for_its_names_and_no_other() {
    let issued = Issued::new();
    let server = || {
        let identity = issued.identity("server", &["node.example", "127.0.0.1"]);
        server(identity, ClientCertificates::Unasked)
    };
    let client = trusting(issued.ca());
    for name in ["node.example", "127.0.0.1"] {
        handshake(&client, server(), name).unwrap();
    }
    let other = words(handshake(&client, server(), "other.example"));
    assert!(other.contains("for other names"), "{other}");
    let strangers = Issued::new();
    let stranger = trusting(strangers.ca());
    let unknown = words(handshake(&stranger, server(), "node.example"));
    assert!(unknown.contains("unknown CA"), "{unknown}");
}

#[test]
fn a_self_signed_certificate_is_trusted_if_the_ca_file_has_it_within_its_times_and_names() {
    let issued = Issued::new();
    let self_signed = |year, is_ca: IsCa| {
        let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.not_before = date_time_ymd(2000, 1, 1);
        parameters.not_after = date_time_ymd(year, 1, 1);
        parameters.is_ca = is_ca;
        let key = KeyPair::generate().unwrap();
        let files = IdentityFiles {
            certificate: issued.path("self.pem"),
            key: issued.path("self.key"),
        };
        let certificate = parameters.self_signed(&key).unwrap();
        fs::write(&files.certificate, certificate.pem()).unwrap();
        fs::write(&files.key, key.serialize_pem()).unwrap();
        (
            trusting(files.certificate.clone()),
            server(files, ClientCertificates::Unasked),
        )
    };
    // As `openssl req -x509` makes it, and as a program that has no authority in mind.
    for is_ca in [IsCa::Ca(BasicConstraints::Unconstrained), IsCa::NoCa] {
        let (client, server) = self_signed(2090, is_ca);
        handshake(&client, server.clone(), "localhost").unwrap();
        let other = words(handshake(&client, server, "other.example"));
        assert!(other.contains("for other names"), "{other}");
    }
    let (client, server) = self_signed(2001, IsCa::NoCa);
    let expired = words(handshake(&client, server, "localhost"));
    assert!(expired.contains("has expired"), "{expired}");
}

#[test]
fn a_server_that_requires_certificates_lets_in_those_of_its_ca_alone() {
    let ours = Issued::new();
    let theirs = Issued::new();
    let of_client = |issued: &Issued| {
        issued.identity_with("client", &["client"], |parameters| {
            parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        })
    };
    let attempt = |identity: Option<IdentityFiles>, clients: ClientCertificates| {
        let server = server(ours.identity("server", &["localhost"]), clients);
        let client = ClientTls {
            identity,
            ..trusting(ours.ca())
        };
        handshake(&client, server, "localhost").is_ok()
    };
    let required = || ClientCertificates::Required(ours.ca());
    let optional = || ClientCertificates::Optional(ours.ca());
    assert!(attempt(Some(of_client(&ours)), required()));
    assert!(attempt(Some(of_client(&ours)), optional()));
    assert!(!attempt(Some(of_client(&theirs)), required()));
    assert!(!attempt(Some(of_client(&theirs)), optional()));
    assert!(!attempt(None, required()));
    assert!(attempt(None, optional()));
    assert!(attempt(
        Some(of_client(&theirs)),
        ClientCertificates::Unasked
    ));
}

#[test]
fn a_file_that_cannot_be_used_says_why_and_what_cures_it() {
    let issued = Issued::new();
    let good = issued.identity("good", &["localhost"]);
    let other = issued.identity("other", &["localhost"]);
    let file = |name: &str, content: &[u8]| {
        let path = issued.path(name);
        fs::write(&path, content).unwrap();
        path
    };
    let der = rustls::pki_types::pem::PemObject::from_pem_file(&good.certificate);
    let der: rustls::pki_types::CertificateDer<'_> = der.unwrap();
    let encrypted =
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let cases = [
        (
            issued.path("none"),
            None,
            "cannot be read: there is no such file",
            "name a file",
        ),
        (
            file("empty", b""),
            None,
            "has no certificate in PEM form",
            "BEGIN CERTIFICATE",
        ),
        (
            file("binary", &der),
            None,
            "is in DER form, not PEM",
            "openssl x509 -inform der",
        ),
        (
            good.key.clone(),
            None,
            "has no certificate in PEM form",
            "BEGIN CERTIFICATE",
        ),
        (
            file(
                "cut",
                b"-----BEGIN CERTIFICATE-----\n\xff\n-----END CERTIFICATE-----\n",
            ),
            None,
            "cannot be parsed: ",
            "openssl x509 -noout",
        ),
        (
            good.certificate.clone(),
            Some(file("locked", encrypted)),
            "is encrypted",
            "openssl pkey",
        ),
        (
            good.certificate.clone(),
            Some(issued.ca()),
            "has no private key in PEM form",
            "BEGIN PRIVATE",
        ),
        (
            good.certificate.clone(),
            Some(other.key),
            "does not belong to the certificate in",
            "requested",
        ),
    ];
    for (certificate, key, fault, hint) in cases {
        let is_key = key.is_some();
        let files = IdentityFiles {
            certificate,
            key: key.unwrap_or_else(|| good.key.clone()),
        };
        let error = files.read().unwrap_err();
        assert_eq!(error.kind == PemKind::PrivateKey, is_key, "{error}");
        assert!(error.fault.to_string().starts_with(fault), "{error}");
        assert!(error.hint().contains(hint), "{}", error.hint());
    }
}

#[test]
fn the_times_of_a_chain_are_those_at_which_all_of_it_is_valid() {
    let issued = Issued::new();
    let of_years = |name: &str, from, until| {
        issued.identity_with(name, &["localhost"], |parameters| {
            parameters.not_before = date_time_ymd(from, 1, 1);
            parameters.not_after = date_time_ymd(until, 1, 1);
        })
    };
    let first = of_years("a", 2010, 2060);
    let second = of_years("b", 2020, 2051);
    let chain = [&first, &second].map(|files| fs::read_to_string(&files.certificate).unwrap());
    fs::write(&first.certificate, chain.concat()).unwrap();
    let validity = first.read().unwrap().validity().unwrap();
    assert_eq!(
        [validity.not_before, validity.not_after].map(|time| time.to_string()),
        ["2020-01-01T00:00:00Z", "2051-01-01T00:00:00Z"]
    );
}

#[test]
fn a_certificate_names_what_it_is_for_when_asked_about_another_name() {
    let issued = Issued::new();
    let names = ["node.example", "*.fleet.example", "10.0.0.7"];
    let identity = issued.identity("server", &names).read().unwrap();
    for name in ["node.example", "a.fleet.example", "10.0.0.7", "not a name"] {
        assert_eq!(identity.check_name(name), Ok(()), "{name}");
    }
    for name in ["localhost", "127.0.0.1", "::1"] {
        let presented = identity.check_name(name).unwrap_err();
        assert_eq!(presented, names, "{name}");
    }
}

#[test]
fn clients_of_plain_http_need_no_file() {
    assert!(plain_client_config().alpn_protocols.is_empty());
}

#[test]
fn a_client_that_is_told_of_another_authority_knows_it_in_its_next_handshake() {
    let old = Issued::new();
    let new = Issued::new();
    let trust = Arc::new(SharedTrust::new(trusting(old.ca()).read().unwrap()));
    let config = Arc::new(trust.config());
    let attempt = |issued: &Issued| {
        let identity = issued.identity("server", &["localhost"]);
        let server = server(identity, ClientCertificates::Unasked);
        speak(Arc::clone(&config), server, "localhost").is_ok()
    };
    assert!(attempt(&old) && !attempt(&new));
    trust.change(trusting(new.ca()).read().unwrap());
    assert!(attempt(&new) && !attempt(&old));
}
