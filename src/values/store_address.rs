//! Where the store is.

use std::fmt;

use url::Url;

/// The address of a store, from `redis://USER@HOST:PORT/DATABASE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreAddress {
    /// The name or address of its host; of IPv6 without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The number of the database.
    pub database: i64,
    /// The user, if it is not the default one.
    pub user: Option<String>,
    /// It speaks TLS.
    pub is_tls: bool,
}

/// Why an address is none of a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreAddressError {
    /// It cannot be read.
    #[error("is no URL: {0}")]
    NoUrl(String),
    /// It begins with another word.
    #[error("does not begin with redis:// or rediss://")]
    Scheme,
    /// It names no host.
    #[error("has no host")]
    NoHost,
    /// Its path is no number.
    #[error("has a path that is no number of a database")]
    Database,
    /// It holds what is kept in a file.
    #[error(
        "has a password in it, which would be shown; write it to a file, and its name to \
         limits.url_password_file"
    )]
    Password,
    /// It says more than where the store is.
    #[error("has something after its path")]
    Rest,
}

impl StoreAddress {
    const DEFAULT_PORT: u16 = 6379;

    /// Reads `text`.
    pub fn parse(text: &str) -> Result<Self, StoreAddressError> {
        let url = Url::parse(text).map_err(|error| StoreAddressError::NoUrl(error.to_string()))?;
        let is_tls = match url.scheme() {
            "redis" => false,
            "rediss" => true,
            _ => return Err(StoreAddressError::Scheme),
        };
        if url.password().is_some() {
            return Err(StoreAddressError::Password);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(StoreAddressError::Rest);
        }
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or(StoreAddressError::NoHost)?;
        let database = match url.path().trim_start_matches('/') {
            "" => 0,
            number => number
                .parse::<u16>()
                .map_err(|_| StoreAddressError::Database)?
                .into(),
        };
        let user = percent_encoding::percent_decode_str(url.username()).decode_utf8_lossy();
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(Self::DEFAULT_PORT),
            database,
            user: (!user.is_empty()).then(|| user.into_owned()),
            is_tls,
        })
    }
}

/// Without the user.
impl fmt::Display for StoreAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "rediss" } else { "redis" };
        let host = &self.host;
        let (open, close) = if host.contains(':') {
            ("[", "]")
        } else {
            ("", "")
        };
        write!(
            f,
            "{scheme}://{open}{host}{close}:{}/{}",
            self.port, self.database
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_host_port_and_database_and_shows_no_user() {
        let shown = |text| StoreAddress::parse(text).map(|address| address.to_string());
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(
            shown("redis://127.0.0.1:6379/0"),
            ok("redis://127.0.0.1:6379/0")
        );
        assert_eq!(shown("redis://store"), ok("redis://store:6379/0"));
        assert_eq!(shown("rediss://bob@store:1/15"), ok("rediss://store:1/15"));
        assert_eq!(shown("redis://[::1]/2"), ok("redis://[::1]:6379/2"));
        let bob = StoreAddress::parse("redis://b%40b@store").unwrap();
        assert_eq!(bob.user.as_deref(), Some("b@b"));
    }

    #[test]
    fn what_is_no_address_says_why() {
        let error = |text| StoreAddress::parse(text).unwrap_err();
        assert_eq!(error("http://store"), StoreAddressError::Scheme);
        assert_eq!(error("redis://:secret@store"), StoreAddressError::Password);
        assert_eq!(error("redis://store/main"), StoreAddressError::Database);
        assert_eq!(error("redis://store?x=1"), StoreAddressError::Rest);
        assert_eq!(error("redis:///0"), StoreAddressError::NoHost);
        assert!(matches!(
            error("store:6379 "),
            StoreAddressError::Scheme | StoreAddressError::NoUrl(_)
        ));
    }
}
