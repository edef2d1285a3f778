//! One `POST` to a webhook: no redirect is followed, no proxy is asked, and little of the answer is
//! read.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use tokio::time::timeout;
use url::Url;

use super::entry::{HookUrl, shown};
use super::send_error::SendError;
use crate::tls::ClientTls;
use crate::values::{header_lines, parse_url};

/// More of an answer is not read.
const MAX_ANSWER_BYTES: usize = 4096;
/// Nor is it waited for longer, once its status is there.
const ANSWER_BODY_TIMEOUT: Duration = Duration::from_secs(1);
/// Neither a URL nor headers are longer.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// The client of all webhooks, made when there is the first one: most daemons have none.
#[derive(Default)]
pub(super) struct Webhook {
    client: OnceLock<Result<reqwest::Client, String>>,
}

impl Webhook {
    fn client(&self) -> Result<&reqwest::Client, SendError> {
        const USER_AGENT: &str = concat!("bllvmctl/", env!("CARGO_PKG_VERSION"));
        let make = || {
            let tls = ClientTls::default()
                .config()
                .map_err(|error| error.to_string())?;
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls)
                .no_proxy()
                .redirect(Policy::none())
                .user_agent(USER_AGENT)
                // Notifications are rare: an open connection would be stale.
                .pool_max_idle_per_host(0)
                .build()
                .map_err(|error| error.to_string())
        };
        let client = self.client.get_or_init(make).as_ref();
        client.map_err(|error| SendError::Client(error.clone()))
    }

    /// Sends `body` once, and waits for an answer as long as `limit`; `None`: there was none in time.
    pub(super) async fn post(
        &self,
        url: &HookUrl,
        header_file: Option<&Path>,
        body: String,
        limit: Duration,
    ) -> Option<Result<(), SendError>> {
        let (target, answer) = match timeout(limit, self.send(url, header_file, body))
            .await
            .ok()?
        {
            Ok(sent) => sent,
            Err(error) => return Some(Err(error)),
        };
        let status = answer.status();
        // The status says whether it was taken, whatever becomes of the rest.
        let _ = timeout(ANSWER_BODY_TIMEOUT, read_some(answer)).await;
        Some(if status.is_success() {
            Ok(())
        } else {
            let status = status.as_u16();
            Err(SendError::Refused { target, status })
        })
    }

    /// The answer to `body`, and whose it is.
    async fn send(
        &self,
        url: &HookUrl,
        header_file: Option<&Path>,
        body: String,
    ) -> Result<(String, Response), SendError> {
        let url = read_url(url).await?;
        let target = shown(&url);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(file) = header_file {
            add_headers(&mut headers, file).await?;
        }
        let request = self.client()?.post(url).headers(headers).body(body);
        match request.send().await {
            Ok(answer) => Ok((target, answer)),
            Err(error) => Err(SendError::Reach {
                target,
                reason: reason(error),
            }),
        }
    }
}

/// Reads the beginning of an answer, so that its sender need not break off.
async fn read_some(mut answer: Response) {
    let mut read = 0;
    while read < MAX_ANSWER_BYTES {
        match answer.chunk().await {
            Ok(Some(chunk)) => read += chunk.len(),
            Ok(None) | Err(_) => break,
        }
    }
}

/// What has happened, without the URL: the innermost cause.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    causes
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

async fn read_url(url: &HookUrl) -> Result<Url, SendError> {
    let (text, file) = match url {
        HookUrl::Plain(url) => (url.expose().to_owned(), None),
        HookUrl::File(path) => (read_file(path).await?, Some(path)),
    };
    let text = text.trim_start_matches('\u{feff}').trim();
    parse_url(text).map_err(|_| SendError::File {
        file: file.map_or_else(|| "the URL".to_owned(), |path| path.display().to_string()),
        reason: "it is not a URL".to_owned(),
    })
}

async fn add_headers(headers: &mut HeaderMap, file: &Path) -> Result<(), SendError> {
    let unusable = |reason: String| SendError::File {
        file: file.display().to_string(),
        reason,
    };
    let text = read_file(file).await?;
    for line in header_lines(&text).map_err(|error| unusable(error.to_string()))? {
        let name = HeaderName::try_from(line.name.as_str());
        let value = HeaderValue::from_str(line.value.expose());
        let (Ok(name), Ok(mut value)) = (name, value) else {
            return Err(unusable("it is no list of headers".to_owned()));
        };
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(())
}

/// A file that may have changed since the configuration was read.
async fn read_file(path: &Path) -> Result<String, SendError> {
    let (path, file): (PathBuf, _) = (path.to_owned(), path.display().to_string());
    let read = move || {
        use std::io::Read;
        let mut text = String::new();
        let file = std::fs::File::open(path)?;
        file.take(MAX_FILE_BYTES).read_to_string(&mut text)?;
        Ok::<_, std::io::Error>(text)
    };
    let read = tokio::task::spawn_blocking(read).await;
    let read = read.unwrap_or_else(|join| Err(std::io::Error::other(join)));
    read.map_err(|error| SendError::File {
        file,
        reason: error.to_string(),
    })
}
