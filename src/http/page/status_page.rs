//! `GET /`: the page, made at most once a second and kept for whoever else asks meanwhile.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use hyper::StatusCode;
use tokio::sync::Mutex;

use super::gather::PageSources;
use super::{policy, whole};
use crate::clock;
use crate::gateway::Gateway;
use crate::http::answer_cache::AnswerCache;
use crate::http::audience::Audience;
use crate::http::detailed::DetailedPage;
use crate::http::reply::{self, Reply};
use crate::supervise::Supervisor;
use crate::values::Mono;

/// The status page.
pub struct StatusPage {
    sources: PageSources,
    operators: CachedPage,
    anybodys: CachedPage,
}

/// The page for one kind of audience.
#[derive(Default)]
struct CachedPage {
    newest: ArcSwapOption<RenderedPage>,
    /// One renders, and those who ask meanwhile take what comes of it.
    rendering: Mutex<()>,
}

struct RenderedPage {
    document: Bytes,
    at: Mono,
}

impl RenderedPage {
    /// A page is shown for so long.
    const MAX_AGE: Duration = Duration::from_secs(1);

    fn is_fresh(&self, now: Mono) -> bool {
        now.since(self.at) < Self::MAX_AGE
    }
}

impl StatusPage {
    /// The page of the nodes of `cache`.
    #[must_use]
    pub fn new(
        cache: Arc<AnswerCache>,
        detailed: Arc<DetailedPage>,
        gateway: Arc<Gateway>,
        supervisor: Arc<Supervisor>,
    ) -> Self {
        Self {
            sources: PageSources {
                cache,
                detailed,
                gateway,
                supervisor,
            },
            operators: CachedPage::default(),
            anybodys: CachedPage::default(),
        }
    }

    /// The page as `audience` may see it.
    pub(in crate::http) async fn answer(&self, audience: Audience) -> Reply {
        let cached = match audience {
            Audience::Operator => &self.operators,
            Audience::Anybody => &self.anybodys,
        };
        match self.document(cached, audience).await {
            Ok(document) => page(document),
            Err(error) => {
                let detail = format!("cannot write the status page: {error}");
                reply::problem(StatusCode::INTERNAL_SERVER_ERROR, &detail)
            }
        }
    }

    async fn document(&self, cached: &CachedPage, audience: Audience) -> Result<Bytes, String> {
        if let Some(document) = cached.fresh() {
            return Ok(document);
        }
        let _one_at_a_time = cached.rendering.lock().await;
        if let Some(document) = cached.fresh() {
            return Ok(document);
        }
        let sources = self.sources.clone();
        let at = clock::mono();
        let rendering =
            tokio::task::spawn_blocking(move || whole::render(&sources.gather(audience)));
        let document = match rendering.await {
            Ok(Ok(document)) => Bytes::from(document),
            Ok(Err(error)) => return Err(error.to_string()),
            Err(panic) => return Err(panic.to_string()),
        };
        cached.newest.store(Some(Arc::new(RenderedPage {
            document: document.clone(),
            at,
        })));
        Ok(document)
    }

    /// Lets go of pages that nobody asked for lately.
    pub(in crate::http) fn sweep(&self, now: Mono) {
        for cached in [&self.operators, &self.anybodys] {
            let is_old = |page: &Arc<RenderedPage>| !page.is_fresh(now);
            if cached.newest.load().as_ref().is_some_and(is_old) {
                cached.newest.store(None);
            }
        }
    }
}

impl CachedPage {
    fn fresh(&self) -> Option<Bytes> {
        let newest = self.newest.load();
        let page = newest.as_ref()?;
        page.is_fresh(clock::mono()).then(|| page.document.clone())
    }
}

fn page(document: Bytes) -> Reply {
    let mut page = reply::with(StatusCode::OK, "text/html; charset=utf-8", document);
    for (name, value) in policy::headers() {
        page.lines.push(name, value.as_bytes());
    }
    page
}
