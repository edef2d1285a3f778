//! What HAProxy's agent-check is answered: one line. Pure.
//!
//! The line says `ready` but for a drain, since HAProxy leaves a drain by that word only. What
//! follows `#` is shown on its statistics page.

use crate::fleet::in_rotation;
use crate::route::NodeFacts;

/// Whether traffic may be sent to a node, or to the gateway itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AgentAnswer {
    /// It may, with this part of its weight, percent.
    Up(u8),
    /// Nothing new; what is there may end.
    Drain,
    /// It may not, for this reason.
    Down(String),
}

impl AgentAnswer {
    /// HAProxy gives a server with no weight nothing, as in a drain.
    const LEAST_WEIGHT: u8 = 1;
    const WHOLE_WEIGHT: u8 = 100;
    /// Longer than any reason that fits on a line of the statistics page.
    const MAX_REASON_CHARS: usize = 200;

    /// That of the gateway itself: its weight is the part of its nodes that is in rotation.
    pub(super) fn of_gateway(nodes: &[NodeFacts]) -> Self {
        if nodes.is_empty() {
            return Self::Up(Self::WHOLE_WEIGHT);
        }
        let part = in_rotation(nodes) * usize::from(Self::WHOLE_WEIGHT) / nodes.len();
        let part = u8::try_from(part).unwrap_or(Self::WHOLE_WEIGHT);
        Self::Up(part.max(Self::LEAST_WEIGHT))
    }

    /// That of a node: one whose chain is locked gets next to nothing while there are others.
    pub(super) fn of_node(node: Option<&NodeFacts>) -> Self {
        match node {
            Some(node) if node.drained => Self::Drain,
            Some(node) if node.busy => Self::Up(Self::LEAST_WEIGHT),
            Some(_) | None => Self::Up(Self::WHOLE_WEIGHT),
        }
    }

    /// The line, with its end.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Up(percent) => format!("ready up {percent}%\n"),
            Self::Drain => "drain\n".to_owned(),
            Self::Down(reason) => {
                let printable = |c: char| if c.is_control() { ' ' } else { c };
                let reason = reason.chars().map(printable);
                let reason: String = reason.take(Self::MAX_REASON_CHARS).collect();
                format!("ready down #{reason}\n")
            }
        }
    }
}

/// The name in what HAProxy sent; `None` if that is nothing.
pub(super) fn requested_name(sent: &[u8]) -> Option<String> {
    let line = sent.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let name = String::from_utf8_lossy(line).trim().to_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{Rotation, WalletClaims};

    fn node(change: impl Fn(&mut NodeFacts)) -> NodeFacts {
        let mut node = NodeFacts::unknown("a".into(), 1, WalletClaims::Any);
        node.rotation = Rotation::Ready;
        change(&mut node);
        node
    }

    #[test]
    fn the_gateway_weighs_as_much_as_the_part_of_its_nodes_that_is_in_rotation() {
        let well = || node(|_| {});
        let out = || node(|node| node.rotation = Rotation::Unreachable);
        let line = |nodes: &[NodeFacts]| AgentAnswer::of_gateway(nodes).line();
        assert_eq!(line(&[]), "ready up 100%\n");
        assert_eq!(line(&[well(), well(), well(), out()]), "ready up 75%\n");
        assert_eq!(line(&[out(), out()]), "ready up 1%\n", "never a drain");
    }

    #[test]
    fn a_drain_is_the_only_answer_without_ready() {
        let line = |node: NodeFacts| AgentAnswer::of_node(Some(&node)).line();
        assert_eq!(line(node(|_| {})), "ready up 100%\n");
        assert_eq!(line(node(|node| node.busy = true)), "ready up 1%\n");
        assert_eq!(line(node(|node| node.drained = true)), "drain\n");
        assert_eq!(AgentAnswer::of_node(None).line(), "ready up 100%\n");
        let down = AgentAnswer::Down("sync: 1200 blocks behind".to_owned());
        assert_eq!(down.line(), "ready down #sync: 1200 blocks behind\n");
    }

    #[test]
    fn a_reason_is_one_line_of_bounded_length() {
        let reason = format!("node: a\r\nb{}", "c".repeat(1_000));
        let line = AgentAnswer::Down(reason).line();
        assert!(line.starts_with("ready down #node: a  bccc"), "{line}");
        assert_eq!((line.lines().count(), line.len()), (1, 213));
    }

    #[test]
    fn the_name_is_the_first_line_that_was_sent() {
        for (sent, name) in [
            (&b""[..], None),
            (b"\n", None),
            (b"b\n", Some("b")),
            (b" b\r\n", Some("b")),
            (b"b", Some("b")),
            (b"b\nc\n", Some("b")),
        ] {
            assert_eq!(requested_name(sent).as_deref(), name);
        }
    }
}
