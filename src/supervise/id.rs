//! Which task of which node.

use std::fmt;
use std::sync::Arc;

/// A task by its name, and by its node where it is one of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskId {
    /// The name.
    pub name: &'static str,
    /// The node; none: it is the daemon's own.
    pub node: Option<Arc<str>>,
}

impl TaskId {
    /// The task `name` of the node called `node`.
    #[must_use]
    pub fn of_node(name: &'static str, node: &str) -> Self {
        Self {
            name,
            node: Some(node.into()),
        }
    }
}

impl From<&'static str> for TaskId {
    fn from(name: &'static str) -> Self {
        Self { name, node: None }
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some(node) => write!(f, "{} of node {node}", self.name),
            None => f.write_str(self.name),
        }
    }
}
