//! The connection to the store: one, over which all questions go.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, RedisConnectionInfo, RedisError, RedisResult, Value};
use redis::{ErrorKind, ServerErrorKind};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::facts::{StoreFacts, StoreFault};
use super::members::LimitMembers;
use super::purses::{StoreAnswer, StoreKey, StoreQuestion};
use super::script::{self, Asker, SCRIPT, ScriptAnswer, ScriptReply};
use super::secret::BucketSecret;
use crate::limit::bucket::Rate;
use crate::tls::{ClientTls, handshake_failure};
use crate::values::{Secret, StoreAddress};

/// Why the store is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitStoreError {
    /// There is no connection to it.
    #[error("cannot connect to {address}: {reason}")]
    Connect {
        /// Where it should be.
        address: String,
        /// Why not.
        reason: String,
    },
    /// The connection broke.
    #[error("the connection is closed: {0}")]
    Closed(String),
    /// It has not answered in time.
    #[error("no answer within {} ms", .0.as_millis())]
    Late(Duration),
    /// It does not let bllvmctl in.
    #[error("the store refuses the login: {0}")]
    Unauthorized(String),
    /// It does not do what it is asked.
    #[error("the store refuses a command: {0}")]
    Refused(String),
    /// What it is, it cannot be used for.
    #[error(transparent)]
    Unfit(#[from] StoreFault),
    /// Its daemons have another secret.
    #[error(
        "the daemons of this namespace have another secret: limits.secret_file must be the same \
         file for all of them, or none"
    )]
    OtherSecret,
}

/// Where a store is, and how one is let in.
#[derive(Clone, Debug)]
pub struct StoreAccess {
    /// Where it is.
    pub address: StoreAddress,
    /// The password, if it wants one.
    pub password: Option<Secret>,
}

/// A connection to the store.
#[derive(Clone)]
pub(super) struct StoreConnection {
    connection: MultiplexedConnection,
    script_hash: Arc<str>,
}

/// A connection, what keeps it going, and what the store says of itself.
type OpenedStore = (StoreConnection, ConnectionDriver, StoreFacts);

/// Does what a connection needs, until it is closed.
pub(super) type ConnectionDriver = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

impl StoreAccess {
    /// No connection takes longer.
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

    /// Connects, and finds out what the store is.
    pub(super) async fn connect(&self) -> Result<OpenedStore, LimitStoreError> {
        let late = || LimitStoreError::Connect {
            address: self.address.to_string(),
            reason: LimitStoreError::Late(Self::CONNECT_TIMEOUT).to_string(),
        };
        timeout(Self::CONNECT_TIMEOUT, self.open())
            .await
            .map_err(|_| late())?
    }

    async fn open(&self) -> Result<OpenedStore, LimitStoreError> {
        let address = &self.address;
        let stream = TcpStream::connect((address.host.as_str(), address.port))
            .await
            .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
            .map_err(|error| self.unreachable(&error))?;
        if address.is_tls {
            let stream = self.over_tls(stream).await?;
            self.log_in(stream).await
        } else {
            self.log_in(stream).await
        }
    }

    /// The stream with TLS, by the authorities of the system.
    async fn over_tls(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, LimitStoreError> {
        // They are read from the disk.
        let config = tokio::task::spawn_blocking(|| ClientTls::default().config()).await;
        let config = config
            .map_err(|error| self.unreachable(&error))?
            .map_err(|error| self.unreachable(&error))?;
        let name = ServerName::try_from(self.address.host.clone())
            .map_err(|error| self.unreachable(&error))?;
        let connector = TlsConnector::from(Arc::new(config));
        let connected = connector.connect(name, stream).await;
        connected.map_err(|error| match handshake_failure(&error) {
            Some(failure) => self.unreachable(&format!("the store {failure}")),
            None => self.unreachable(&error),
        })
    }

    fn unreachable(&self, reason: &dyn Display) -> LimitStoreError {
        LimitStoreError::Connect {
            address: self.address.to_string(),
            reason: reason.to_string(),
        }
    }

    async fn log_in<S>(&self, stream: S) -> Result<OpenedStore, LimitStoreError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let login = self.login();
        let opened = MultiplexedConnection::new_with_config(&login, stream, config).await;
        let (connection, driver) = opened.map_err(LimitStoreError::from)?;
        let mut store = StoreConnection {
            connection,
            script_hash: "".into(),
        };
        let mut driver: ConnectionDriver = Box::pin(driver);
        let facts = tokio::select! {
            prepared = store.prepare() => prepared?,
            () = &mut driver => return Err(LimitStoreError::Closed("at its start".to_owned())),
        };
        Ok((store, driver, facts))
    }

    fn login(&self) -> RedisConnectionInfo {
        let login = RedisConnectionInfo::default()
            .set_db(self.address.database)
            .set_lib_name("bllvmctl", env!("CARGO_PKG_VERSION"));
        let login = match &self.address.user {
            Some(user) => login.set_username(user),
            None => login,
        };
        match &self.password {
            Some(password) => login.set_password(password.expose()),
            None => login,
        }
    }
}

impl StoreConnection {
    /// Finds out what the store is, and gives it the script.
    async fn prepare(&mut self) -> Result<StoreFacts, LimitStoreError> {
        // A user who may not ask uses the store all the same.
        let info = self.text(&redis::cmd("INFO")).await;
        let mut facts = match info {
            Err(LimitStoreError::Refused(_)) => StoreFacts::default(),
            info => StoreFacts::of_info(&info?),
        };
        let mut policy = redis::cmd("CONFIG");
        policy.arg("GET").arg("maxmemory-policy");
        if facts.mode != "sentinel" {
            let policy: RedisResult<Vec<String>> = policy.query_async(&mut self.connection).await;
            facts.eviction = policy.ok().and_then(|pair| pair.into_iter().nth(1));
            let time: RedisResult<(u64, u64)> =
                redis::cmd("TIME").query_async(&mut self.connection).await;
            facts.time = time.ok().map(|(seconds, micros)| {
                Duration::from_secs(seconds) + Duration::from_micros(micros)
            });
        }
        if let Some(fault) = facts.fault().filter(StoreFault::is_fatal) {
            return Err(fault.into());
        }
        self.load().await?;
        Ok(facts)
    }

    async fn load(&mut self) -> Result<(), LimitStoreError> {
        let mut load = redis::cmd("SCRIPT");
        load.arg("LOAD").arg(SCRIPT);
        self.script_hash = self.text(&load).await?.into();
        Ok(())
    }

    async fn text(&mut self, command: &Cmd) -> Result<String, LimitStoreError> {
        Ok(command.query_async(&mut self.connection).await?)
    }

    /// What the script says to the command that `make` makes of its hash; it is loaded again if the
    /// store has forgotten it.
    async fn run(&mut self, make: impl Fn(&str) -> Cmd) -> Result<ScriptReply, LimitStoreError> {
        let command = make(&self.script_hash);
        let said: RedisResult<Value> = command.query_async(&mut self.connection).await;
        let said = match said {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.load().await?;
                let again = make(&self.script_hash);
                again.query_async(&mut self.connection).await?
            }
            said => said?,
        };
        let unknown = || LimitStoreError::Refused(format!("the script answers {said:?}"));
        script::read(&said).ok_or_else(unknown)
    }

    /// Asks for tokens; also when, by the clock of the store.
    pub(super) async fn ask_at(
        &mut self,
        asker: &Asker,
        question: &StoreQuestion,
    ) -> Result<(ScriptAnswer, Duration), LimitStoreError> {
        let said = self.run(|hash| asker.ask(hash, question)).await?;
        match &said.answer {
            ScriptAnswer::Answer(answer) if answer.parts() != question.parts.len() => {
                let why = "the script answers another question";
                Err(LimitStoreError::Refused(why.to_owned()))
            }
            _ => Ok((said.answer, said.now)),
        }
    }

    /// Asks for tokens.
    pub(super) async fn ask(
        &mut self,
        asker: &Asker,
        question: &StoreQuestion,
    ) -> Result<ScriptAnswer, LimitStoreError> {
        self.ask_at(asker, question).await.map(|(answer, _)| answer)
    }

    /// Posts tokens that were spent elsewhere. Whether the secret is still the same.
    pub(super) async fn post(
        &mut self,
        asker: &Asker,
        posted: &[(StoreKey, Rate, i64)],
    ) -> Result<bool, LimitStoreError> {
        let said = self.run(|hash| asker.post(hash, posted)).await?;
        Ok(said.answer != ScriptAnswer::AnotherSecret)
    }

    /// For each of these buckets, until it is full.
    pub(super) async fn look(
        &mut self,
        asker: &Asker,
        buckets: &[(StoreKey, Rate)],
    ) -> Result<Vec<Duration>, LimitStoreError> {
        let said = self.run(|hash| asker.look(hash, buckets)).await?;
        Ok(said.missing)
    }

    /// Announces this daemon; how many are alive.
    pub(super) async fn announce(&mut self, asker: &Asker) -> Result<u32, LimitStoreError> {
        const ANNOUNCE: &str = "\
            local time = redis.call('TIME')\n\
            local now = time[1] * 1000 + math.floor(time[2] / 1000)\n\
            redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])\n\
            redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', now))\n\
            redis.call('PEXPIRE', KEYS[1], ARGV[2])\n\
            return redis.call('ZCARD', KEYS[1])";
        let mut announce = redis::cmd("EVAL");
        announce
            .arg(ANNOUNCE)
            .arg(1)
            .arg(asker.members_key())
            .arg(&asker.daemon)
            .arg(LimitMembers::ANNOUNCED_FOR.as_millis().to_string());
        Ok(announce.query_async(&mut self.connection).await?)
    }

    /// The daemon is gone.
    pub(super) async fn leave(&mut self, asker: &Asker) -> Result<(), LimitStoreError> {
        let mut leave = redis::cmd("ZREM");
        leave.arg(asker.members_key()).arg(&asker.daemon);
        Ok(leave.query_async(&mut self.connection).await?)
    }

    /// The secret of the daemons of the namespace: the first one that was proposed.
    pub(super) async fn agree_on_secret(
        &mut self,
        asker: &Asker,
        proposed: BucketSecret,
    ) -> Result<BucketSecret, LimitStoreError> {
        let key = asker.secret_key();
        let mut propose = redis::cmd("SET");
        propose.arg(&key).arg(proposed.to_stored()).arg("NX");
        let _: Value = propose.query_async(&mut self.connection).await?;
        let mut get = redis::cmd("GET");
        get.arg(&key);
        let stored: Option<String> = get.query_async(&mut self.connection).await?;
        stored
            .as_deref()
            .and_then(BucketSecret::from_stored)
            .ok_or(LimitStoreError::OtherSecret)
    }

    /// Makes sure that the daemons of the namespace have the secret of this one, which is from a
    /// file: only its fingerprint is in the store, and for as long as they announce themselves.
    pub(super) async fn confirm_secret(
        &mut self,
        asker: &Asker,
        secret: BucketSecret,
    ) -> Result<(), LimitStoreError> {
        let key = asker.secret_key();
        let fingerprint = secret.fingerprint();
        let lives_ms = LimitMembers::ANNOUNCED_FOR.as_millis().to_string();
        let mut propose = redis::cmd("SET");
        propose.arg(&key).arg(fingerprint.as_str());
        propose.arg("NX").arg("PX").arg(&lives_ms);
        let _: Value = propose.query_async(&mut self.connection).await?;
        let mut get = redis::cmd("GET");
        get.arg(&key);
        let stored: Option<String> = get.query_async(&mut self.connection).await?;
        if stored.as_deref() != Some(fingerprint.as_str()) {
            return Err(LimitStoreError::OtherSecret);
        }
        let mut prolong = redis::cmd("PEXPIRE");
        prolong.arg(&key).arg(&lives_ms);
        Ok(prolong.query_async(&mut self.connection).await?)
    }
}

impl StoreAnswer {
    fn parts(&self) -> usize {
        match self {
            Self::Granted(ahead) => ahead.len(),
            Self::Refused(waits) => waits.len(),
        }
    }
}

impl From<RedisError> for LimitStoreError {
    fn from(error: RedisError) -> Self {
        let detail = || {
            let code = error.code().unwrap_or_default();
            let detail = error.detail().unwrap_or_default();
            let text = format!("{code} {detail}").trim().to_owned();
            if text.is_empty() {
                error.to_string()
            } else {
                text
            }
        };
        if error.is_io_error() || error.is_connection_dropped() {
            return Self::Closed(error.to_string());
        }
        match error.kind() {
            ErrorKind::AuthenticationFailed => Self::Unauthorized(detail()),
            ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::Ask) => {
                StoreFault::Cluster.into()
            }
            ErrorKind::Server(ServerErrorKind::ReadOnly) => StoreFault::Replica.into(),
            _ if matches!(error.code(), Some("NOAUTH" | "WRONGPASS")) => {
                Self::Unauthorized(detail())
            }
            _ => Self::Refused(detail()),
        }
    }
}
