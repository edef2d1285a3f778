//! What other folders know, as documents of the control API: the members and their words.
//!
//! Decides nothing. A word of another folder that the documents do not have would be written as it
//! is; a test holds the words to each other.

mod history;
mod hour;
mod limits;
mod peers;
mod prune;

pub(super) use hour::history;

#[cfg(test)]
mod tests {
    use crate::api::{
        CheckId, CheckLevel, CollectorName, EventKindWord, EventSeverityWord, KeptBy, LimitLayer,
        NetworkDown, NodeState, PruneJobState, PruningMode, QueuedPeerState, TaskPhase,
    };
    use crate::events::{EventKind, EventSeverity};
    use crate::health::{CheckName, Level, State};
    use crate::limit::Layer;
    use crate::prune::JobState;
    use crate::reconnect::{Kept, OutageCause, RowState};
    use crate::supervise::TaskState;
    use crate::watch::Topic;

    fn known<T: for<'a> From<&'a str>>(words: &[&str], is_known: fn(&T) -> bool) {
        for word in words {
            assert!(
                is_known(&T::from(word)),
                "{word} is no word of the document"
            );
        }
    }

    #[test]
    fn every_word_is_one_of_its_document() {
        known(&State::ALL.map(State::as_str), NodeState::is_known);
        known(&CheckName::ALL.map(CheckName::as_str), CheckId::is_known);
        let levels = [Level::Good, Level::Unknown, Level::Warning, Level::Bad];
        known(&levels.map(Level::as_str), CheckLevel::is_known);
        known(&Topic::ALL.map(Topic::as_str), CollectorName::is_known);
        known(
            &RowState::ALL.map(RowState::as_str),
            QueuedPeerState::is_known,
        );
        known(
            &JobState::ENDS.map(JobState::as_str),
            PruneJobState::is_known,
        );
        known(&[JobState::Running.as_str()], PruneJobState::is_known);
        known(&Layer::ALL.map(Layer::as_str), LimitLayer::is_known);
        let kept = [Kept::Configured, Kept::Added];
        known(&kept.map(Kept::as_str), KeptBy::is_known);
        let causes = [OutageCause::SwitchedOff, OutageCause::NoPeers];
        known(&causes.map(OutageCause::as_str), NetworkDown::is_known);
        let tasks = [
            TaskState::Running,
            TaskState::BackingOff,
            TaskState::Ended,
            TaskState::Dead,
        ];
        known(&tasks.map(TaskState::as_str), TaskPhase::is_known);
        let kinds = [
            EventKind::State,
            EventKind::Check,
            EventKind::Prune,
            EventKind::Reconnect,
            EventKind::Fork,
            EventKind::Failover,
            EventKind::Reload,
            EventKind::Operator,
        ];
        known(&kinds.map(EventKind::as_str), EventKindWord::is_known);
        let severities = [
            EventSeverity::Info,
            EventSeverity::Warning,
            EventSeverity::Critical,
        ];
        known(
            &severities.map(EventSeverity::as_str),
            EventSeverityWord::is_known,
        );
        let modes = ["disabled", "normal", "aggressive", "custom"];
        known(&modes, PruningMode::is_known);
    }
}
