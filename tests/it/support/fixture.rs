//! Recorded answers of real nodes: `tests/fixtures/NODE-VERSION/STATE/NAME.json`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::surroundings::repository;

/// One request and what a node answered to it.
#[derive(Clone, Debug)]
pub(crate) struct Fixture {
    /// The file, without its ending.
    pub(crate) name: String,
    pub(crate) http_method: String,
    pub(crate) path: String,
    /// The body that was sent; empty if none was.
    pub(crate) request: String,
    /// Whether the right credentials were sent.
    pub(crate) authorized: bool,
    pub(crate) status: u16,
    pub(crate) content_type: String,
    /// The body that came back.
    pub(crate) body: String,
}

impl Fixture {
    /// Loads `core-31.99/genesis/getblockcount`, say.
    #[track_caller]
    pub(crate) fn load(name: &str) -> Self {
        Self::read(&folder().join(format!("{name}.json")))
    }

    /// All of a folder such as `core-31.99/genesis`, by name.
    #[track_caller]
    pub(crate) fn all_in(folder_name: &str) -> Vec<Self> {
        let entries = fs::read_dir(folder().join(folder_name));
        let entries = entries.unwrap_or_else(|error| panic!("no fixtures {folder_name}: {error}"));
        let mut paths: Vec<_> = entries
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// What was asked, if it was a single call that wants an answer.
    pub(crate) fn call(&self) -> Option<(String, Value)> {
        let request: Value = serde_json::from_str(&self.request).ok()?;
        request.get("id")?;
        let params = request
            .get("params")
            .cloned()
            .unwrap_or_else(|| Value::Array(Vec::new()));
        Some((request.get("method")?.as_str()?.to_owned(), params))
    }

    #[track_caller]
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("no fixture {}: {error}", path.display()));
        Self::parse(path, &text).unwrap_or_else(|| panic!("not a fixture: {}", path.display()))
    }

    fn parse(path: &Path, text: &str) -> Option<Self> {
        let file: Value = serde_json::from_str(text).ok()?;
        let request = file.get("request")?;
        let response = file.get("response")?;
        let content_type = response
            .get("headers")?
            .as_object()?
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let body = match (response.get("json"), response.get("text")) {
            (Some(json), None) => json.to_string(),
            (None, Some(text)) => text.as_str()?.to_owned(),
            _ => return None,
        };
        Some(Self {
            name: path.file_stem()?.to_str()?.to_owned(),
            http_method: request.get("http_method")?.as_str()?.to_owned(),
            path: request.get("path")?.as_str()?.to_owned(),
            request: request.get("body")?.as_str().unwrap_or_default().to_owned(),
            authorized: request.get("authorized")?.as_bool()?,
            status: response.get("status")?.as_u64()?.try_into().ok()?,
            content_type: content_type
                .and_then(|(_, value)| value.as_str())
                .unwrap_or_default()
                .to_owned(),
            body,
        })
    }
}

/// `tests/fixtures`.
pub(crate) fn folder() -> PathBuf {
    repository().join("tests").join("fixtures")
}
