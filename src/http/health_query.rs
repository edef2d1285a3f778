//! The query of the health paths: `verbose`, `scope`, `exclude`, `node`, and what is asked of a
//! node.

use hyper::StatusCode;

use super::node_question::NodeConditions;
use super::reply::{self, Reply};
use crate::health::CheckName;

/// What the query of a health path asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) verbose: bool,
    pub(super) daemon_only: bool,
    pub(super) exclude: Vec<CheckName>,
    /// Names to leave out that are none.
    pub(super) unknown: Vec<String>,
    /// The node that is asked about; `None`: the only one, or the gateway itself.
    pub(super) node: Option<String>,
    /// What is asked of that node.
    pub(super) conditions: NodeConditions,
}

impl Query {
    /// What of the question is passed over.
    pub(super) fn warnings(&self) -> Vec<String> {
        self.unknown
            .iter()
            .map(|unknown| format!("exclude: {unknown}"))
            .collect()
    }

    /// Reads the query; an unknown scope is an error that names the known one. Other keys are
    /// ignored, as probes like to add some against caches.
    pub(super) fn parse(query: &str) -> Result<Self, String> {
        let mut parsed = Self::default();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "verbose" => parsed.verbose = !matches!(&*value, "0" | "false"),
                "node" => parsed.node = Some(value.into_owned()),
                "scope" if value == "daemon" => parsed.daemon_only = true,
                "scope" => {
                    return Err(format!("scope={value} is not known; there is scope=daemon"));
                }
                "exclude" => {
                    for name in value
                        .split(',')
                        .map(str::trim)
                        .filter(|name| !name.is_empty())
                    {
                        match name.parse() {
                            Ok(check) => parsed.exclude.push(check),
                            Err(unknown) => parsed.unknown.push(format!("{name}: {unknown}")),
                        }
                    }
                }
                key => {
                    parsed.conditions.read(key, &value)?;
                }
            }
        }
        Ok(parsed)
    }
}

/// The refusal of a question about the node `name`, which is not there. It names none: whoever asks
/// may be anybody.
pub(super) fn no_such_node(name: &str) -> Reply {
    let detail = format!("there is no node {}", escaped(name));
    reply::problem(StatusCode::NOT_FOUND, &detail)
}

/// The refusal of conditions without the node that they are asked of.
pub(super) fn node_not_named() -> Reply {
    let problem = "name a node: max_lag, have and keeps_from are asked of one; add node=NAME\n";
    reply::text(StatusCode::BAD_REQUEST, problem.to_owned())
}

/// The text of a client without control characters, so that it stays in one line.
pub(super) fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_check_is_ignored_and_reported_with_the_known_ones() {
        let query = Query::parse("exclude=synk,disk&exclude=").unwrap();
        assert_eq!(query.exclude, [CheckName::Disk]);
        let [unknown] = &query.unknown[..] else {
            panic!("{query:?}")
        };
        assert!(
            unknown.contains("synk") && unknown.contains("sync"),
            "{unknown}"
        );
        assert!(Query::parse("scope=deamon").is_err());
    }

    #[test]
    fn several_checks_may_be_left_out_and_foreign_keys_are_ignored() {
        let query = Query::parse("verbose&exclude=sync&exclude=stall&_=123").unwrap();
        assert_eq!(
            query,
            Query {
                verbose: true,
                daemon_only: false,
                exclude: vec![CheckName::Sync, CheckName::Stall],
                unknown: vec![],
                node: None,
                conditions: NodeConditions::default(),
            }
        );
    }
}
