//! The credentials for the node, read from their files and kept until the node refuses them.

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::header::HeaderValue;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::node::RefusedCredentials;
use crate::values::{Credentials, oddity_of_secret};

/// What there is for the `Authorization` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Authorization {
    /// Marked as sensitive, so that it is not printed; and what in the file is probably not meant.
    Known(HeaderValue, Option<&'static str>),
    /// The file cannot be read; the call is made all the same, since the node's 401 proves that it
    /// lives.
    Missing(String),
}

impl Authorization {
    fn new(source: &Credentials, header: &str, oddity: Option<&'static str>) -> Self {
        if let Ok(mut header) = HeaderValue::from_str(header) {
            header.set_sensitive(true);
            return Self::Known(header, oddity);
        }
        let oddity = oddity.map_or_else(String::new, |oddity| format!("; it {oddity}"));
        Self::Missing(format!("{source} holds what no header can{oddity}"))
    }

    fn basic(
        source: &Credentials,
        user: &str,
        password: &str,
        oddity: Option<&'static str>,
    ) -> Self {
        Self::new(
            source,
            &format!(
                "Basic {}",
                BASE64_STANDARD.encode(format!("{user}:{password}"))
            ),
            oddity,
        )
    }

    /// The header, if there is one.
    pub(super) fn header(&self) -> Option<&HeaderValue> {
        match self {
            Self::Known(header, _) => Some(header),
            Self::Missing(_) => None,
        }
    }
}

/// A reading that hangs: of what, and of which file.
struct Hanging {
    source: Arc<Credentials>,
    task: JoinHandle<Authorization>,
    file: Option<FileId>,
}

/// Its device and its number there.
type FileId = (u64, u64);

/// The credentials as they were when last read.
pub(super) struct Keyring {
    source: ArcSwap<Credentials>,
    current: ArcSwap<Authorization>,
    /// The cookie that was read last, and how often it was another one than before.
    cookie: ArcSwapOption<Authorization>,
    cookie_changes: AtomicU64,
    /// What the node has refused last, and was still in the file then.
    refused: ArcSwapOption<Authorization>,
    hanging: Mutex<Option<Hanging>>,
    /// A look at which file it is now, which hangs too.
    looking: Mutex<Option<JoinHandle<Option<FileId>>>>,
}

impl Keyring {
    /// A file that takes longer hangs, as one does whose file server is away.
    const LIMIT: Duration = Duration::from_secs(1);

    pub(super) fn new(source: Credentials) -> Self {
        let unread = Authorization::Missing(format!("{source} has not been read"));
        let source = ArcSwap::from_pointee(source);
        let current = ArcSwap::from_pointee(unread);
        Self {
            source,
            current,
            cookie: ArcSwapOption::empty(),
            cookie_changes: AtomicU64::new(0),
            refused: ArcSwapOption::empty(),
            hanging: Mutex::default(),
            looking: Mutex::default(),
        }
    }

    /// Uses `source` from now on, if that is another one.
    pub(super) fn change(&self, source: Credentials) {
        if **self.source.load() != source {
            self.current.store(Arc::new(Authorization::Missing(format!(
                "{source} has not been read"
            ))));
            self.cookie.store(None);
            self.source.store(Arc::new(source));
        }
    }

    pub(super) fn current(&self) -> Arc<Authorization> {
        self.current.load_full()
    }

    /// The node has refused `used`: reads the file again. True if that gave other credentials,
    /// which it may take.
    pub(super) async fn refused(&self, used: &Arc<Authorization>) -> bool {
        let changed = self.reread(used).await;
        if !changed {
            self.refused.store(Some(Arc::clone(used)));
        }
        changed
    }

    /// The node has answered to `used` as to its own.
    pub(super) fn accepted(&self, used: &Authorization) {
        if self.was_refused(used) {
            self.refused.store(None);
        }
    }

    /// Whether the node has refused `used`, and not accepted it since.
    pub(super) fn was_refused(&self, used: &Authorization) -> bool {
        self.refused
            .load()
            .as_deref()
            .is_some_and(|refused| refused == used)
    }

    /// Reads the file again, off the runtime's thread. True if that gave other credentials than
    /// `used`.
    pub(super) async fn reread(&self, used: &Authorization) -> bool {
        let source = self.source.load_full();
        let fresh = self.read(Arc::clone(&source)).await;
        let changed = fresh != *used && !matches!(fresh, Authorization::Missing(_));
        // A reload may have named another file meanwhile.
        if Arc::ptr_eq(&source, &self.source.load()) {
            let fresh = Arc::new(fresh);
            self.count_cookie(&source, &fresh);
            self.current.store(fresh);
        }
        changed
    }

    /// How often the cookie was another one than before. A node writes it when it starts, so that
    /// each change means another process.
    pub(super) fn cookie_changes(&self) -> u64 {
        self.cookie_changes.load(Ordering::Acquire)
    }

    fn count_cookie(&self, source: &Credentials, fresh: &Arc<Authorization>) {
        let is_cookie = matches!(source, Credentials::CookieFile(_));
        if !is_cookie || fresh.header().is_none() {
            return;
        }
        let before = self.cookie.swap(Some(Arc::clone(fresh)));
        if before.is_some_and(|before| before != *fresh) {
            self.cookie_changes.fetch_add(1, Ordering::Release);
        }
    }

    /// Reads `source`, within bounds: the node must not be taken for silent because a file is. One
    /// that hangs is not read a second time meanwhile, since each reading holds a thread, unless
    /// there is another file in its place.
    async fn read(&self, source: Arc<Credentials>) -> Authorization {
        let hangs = || Authorization::Missing(format!("cannot read {source}: reading it hangs"));
        let still = |hanging: &Hanging| hanging.source == source && !hanging.task.is_finished();
        let hung = self
            .hanging()
            .as_ref()
            .filter(|hanging| still(hanging))
            .map(|hanging| hanging.file);
        if let Some(file) = hung
            && self.look(&source).await.is_none_or(|now| Some(now) == file)
        {
            return hangs();
        }
        let mut task = spawn_blocking({
            let source = Arc::clone(&source);
            move || read(&source)
        });
        let Ok(fresh) = timeout(Self::LIMIT, &mut task).await else {
            let file = self.look(&source).await;
            *self.hanging() = Some(Hanging {
                source: Arc::clone(&source),
                task,
                file,
            });
            return hangs();
        };
        fresh.unwrap_or_else(|error| Authorization::Missing(format!("reading failed: {error}")))
    }

    /// Which file `source` is in now; `None` if that is not to be found out, or not soon.
    async fn look(&self, source: &Arc<Credentials>) -> Option<FileId> {
        let looking = || self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        if looking().as_ref().is_some_and(|task| !task.is_finished()) {
            return None;
        }
        let path = path(source).to_owned();
        let mut task = spawn_blocking(move || {
            std::fs::metadata(path)
                .ok()
                .map(|metadata| (metadata.dev(), metadata.ino()))
        });
        if let Ok(found) = timeout(Self::LIMIT, &mut task).await {
            return found.ok().flatten();
        }
        *looking() = Some(task);
        None
    }

    fn hanging(&self) -> MutexGuard<'_, Option<Hanging>> {
        self.hanging.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a refusal says of the credentials: which they are, and why they may be wrong.
    pub(super) fn describe(&self) -> RefusedCredentials {
        match &*self.current() {
            Authorization::Missing(reason) => RefusedCredentials::NotSent(reason.clone()),
            Authorization::Known(_, Some(oddity)) => {
                RefusedCredentials::Sent(format!("{}, which {oddity}", self.source.load()))
            }
            Authorization::Known(_, None) => {
                RefusedCredentials::Sent(self.source.load().to_string())
            }
        }
    }
}

/// No credential is longer; a device would never end.
const LONGEST_BYTES: u64 = 64 * 1024;

fn path(source: &Credentials) -> &Path {
    match source {
        Credentials::CookieFile(path) | Credentials::TokenFile(path) => path,
        Credentials::UserPassword { password_file, .. } => password_file,
    }
}

fn read(source: &Credentials) -> Authorization {
    let path = path(source);
    let mut text = String::new();
    let file = std::fs::File::open(path);
    let text = match file
        .and_then(|file| file.take(LONGEST_BYTES).read_to_string(&mut text))
        .map(|_| text)
    {
        Ok(text) => text,
        Err(error) => return Authorization::Missing(format!("cannot read {source}: {error}")),
    };
    let oddity = oddity_of_secret(text.as_bytes());
    let text = text.trim_end_matches(['\r', '\n']);
    match source {
        Credentials::CookieFile(_) => match text.split_once(':') {
            Some((user, password)) => Authorization::basic(source, user, password, oddity),
            None => Authorization::Missing(format!("{source} holds no user:password")),
        },
        Credentials::UserPassword { user, .. } => Authorization::basic(source, user, text, oddity),
        Credentials::TokenFile(_) => Authorization::new(source, &format!("Bearer {text}"), oddity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_rotated_cookie_is_seen_and_an_unchanged_one_is_not_tried_twice() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".cookie");
        let keyring = Keyring::new(Credentials::CookieFile(path.clone()));
        assert!(!keyring.reread(&keyring.current()).await);
        let described = keyring.describe();
        assert!(
            matches!(&described, RefusedCredentials::NotSent(why) if why.contains("cannot read cookie")),
            "{described}"
        );

        std::fs::write(&path, "__cookie__:first\n").unwrap();
        assert!(keyring.reread(&keyring.current()).await);
        assert!(!keyring.reread(&keyring.current()).await);

        assert_eq!(keyring.cookie_changes(), 0, "the first one");

        std::fs::remove_file(&path).unwrap();
        assert!(!keyring.reread(&keyring.current()).await);
        std::fs::write(&path, "__cookie__:second").unwrap();
        assert!(keyring.reread(&keyring.current()).await);
        assert_eq!(keyring.cookie_changes(), 1);
    }

    #[tokio::test]
    async fn credentials_that_the_node_refused_are_known_as_such_until_they_change_or_it_accepts_them()
     {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".cookie");
        std::fs::write(&path, "__cookie__:first").unwrap();
        let keyring = Keyring::new(Credentials::CookieFile(path.clone()));
        let was_refused = || keyring.was_refused(&keyring.current());
        assert!(keyring.reread(&keyring.current()).await && !was_refused());
        assert!(!keyring.refused(&keyring.current()).await && was_refused());
        std::fs::write(&path, "__cookie__:second").unwrap();
        assert!(keyring.refused(&keyring.current()).await && !was_refused());
        assert!(!keyring.refused(&keyring.current()).await && was_refused());
        keyring.accepted(&keyring.current());
        assert!(!was_refused());
    }

    #[tokio::test]
    async fn what_an_editor_added_to_a_password_is_reported_with_the_refusal() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        for (content, expected) in [
            ("hunter2 \n", "which ends with a blank"),
            ("\u{feff}hunter2", "which begins with a byte order mark"),
        ] {
            std::fs::write(&path, content).unwrap();
            let keyring = Keyring::new(Credentials::UserPassword {
                user: "a".into(),
                password_file: path.clone(),
            });
            keyring.reread(&keyring.current()).await;
            let described = keyring.describe().to_string();
            assert!(described.contains(expected), "{described}");
        }
    }

    #[tokio::test]
    async fn nothing_that_is_printed_holds_the_password() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        std::fs::write(&path, "hunter2").unwrap();
        let keyring = Keyring::new(Credentials::UserPassword {
            user: "alice".into(),
            password_file: path,
        });
        keyring.reread(&keyring.current()).await;
        let printed = format!("{:?} {}", keyring.current(), keyring.describe());
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}
