//! Certificates that are made for a test, and a client that speaks TLS.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned};

use super::daemon::write_private;

/// An authority, and a directory for what it issues.
pub(crate) struct Authority {
    directory: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        fs::write(directory.path().join("ca.pem"), certificate.pem()).expect("a file");
        Self {
            directory,
            issuer: Issuer::new(parameters, key),
        }
    }

    /// The file with its own certificate.
    pub(crate) fn ca(&self) -> PathBuf {
        self.path("ca.pem")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A certificate in files of this name that is valid until a far day.
    pub(crate) fn issue(&self, file: &str, names: &[&str]) -> Issued {
        self.issue_until(file, names, (2090, 1, 1))
    }

    /// The same, valid until this year, month and day.
    pub(crate) fn issue_until(
        &self,
        file: &str,
        names: &[&str],
        (year, month, day): (i32, u8, u8),
    ) -> Issued {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut parameters = CertificateParams::new(names).expect("names");
        parameters.not_before = date_time_ymd(2000, 1, 1);
        parameters.not_after = date_time_ymd(year, month, day);
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters
            .signed_by(&key, &self.issuer)
            .expect("a certificate");
        let issued = Issued {
            certificate: self.path(&format!("{file}.pem")),
            key: self.path(&format!("{file}.key")),
        };
        fs::write(&issued.certificate, certificate.pem()).expect("a file");
        write_private(&issued.key, &key.serialize_pem());
        issued
    }
}

impl Issued {
    /// What a server has that shows it.
    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        let chain = CertificateDer::pem_file_iter(&self.certificate).expect("a file");
        let chain = chain.collect::<Result<_, _>>().expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(&self.key).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key);
        Arc::new(config.expect("a pair"))
    }

    /// The keys of a configuration that has the listeners speak TLS with it.
    pub(crate) fn listeners(&self) -> String {
        format!(
            "[rpc]\ntls_cert_file = \"{}\"\ntls_key_file = \"{}\"\n",
            self.certificate.display(),
            self.key.display()
        )
    }

    /// Certificate and key in one file, as HAProxy wants them.
    pub(crate) fn together(&self) -> PathBuf {
        let both = self.certificate.with_extension("both");
        let text = [&self.certificate, &self.key].map(|file| fs::read_to_string(file).unwrap());
        write_private(&both, &text.concat());
        both
    }
}

/// What a client trusts that trusts the authority in this file.
pub(crate) fn trusting(ca: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).expect("a file") {
        roots.add(certificate.unwrap()).expect("a certificate");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// A connection with TLS that is kept alive.
pub(crate) struct TlsConnection(StreamOwned<ClientConnection, TcpStream>);

impl TlsConnection {
    /// Connects to `addr`, whose certificate is to be for `name`.
    pub(crate) fn open(
        addr: SocketAddr,
        config: &Arc<ClientConfig>,
        name: &str,
    ) -> io::Result<Self> {
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let session = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut stream = StreamOwned::new(session, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self(stream))
    }

    /// Sends a request, `GET /path`, and reads its answer, which has a length: status and body.
    pub(crate) fn send(&mut self, head: &str, body: &str) -> io::Result<(u16, String)> {
        self.send_with(head, "", body)
    }

    /// The same, with more lines in the head, each with its end.
    pub(crate) fn send_with(
        &mut self,
        head: &str,
        lines: &str,
        body: &str,
    ) -> io::Result<(u16, String)> {
        let length = body.len();
        let request = format!(
            "{head} HTTP/1.1\r\nHost: localhost\r\n{lines}Content-Length: {length}\r\n\r\n{body}"
        );
        self.0.write_all(request.as_bytes())?;
        self.0.flush()?;
        let mut answer = Vec::new();
        let end = loop {
            if let Some(end) = answer.windows(4).position(|part| part == b"\r\n\r\n") {
                break end + 4;
            }
            self.read_more(&mut answer)?;
        };
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let length = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            })
            .unwrap_or(0);
        while answer.len() < end + length {
            self.read_more(&mut answer)?;
        }
        let body = String::from_utf8_lossy(&answer[end..]).into_owned();
        Ok((status.expect("a status"), body))
    }

    fn read_more(&mut self, answer: &mut Vec<u8>) -> io::Result<()> {
        let mut part = [0; 16 * 1024];
        match self.0.read(&mut part)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                answer.extend_from_slice(&part[..read]);
                Ok(())
            }
        }
    }
}

/// The first message of a client that begins to speak TLS.
pub(crate) fn client_hello(config: &Arc<ClientConfig>, name: &str) -> Vec<u8> {
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let mut session = ClientConnection::new(Arc::clone(config), name).unwrap();
    let mut hello = Vec::new();
    session.write_tls(&mut hello).unwrap();
    hello
}
