//! The two checks of the volume: room for the node to write at all, and the room that is wanted.

use super::check::{Check, CheckName, Level};
use super::full_in::FullIn;
use super::judge::Judge;
use super::text::gigabytes;
use crate::node::Volume;
use crate::watch::Topic;

impl Judge<'_> {
    fn volume(&self) -> Result<Volume, (Level, String)> {
        let collector = self.snapshot.collector(Topic::Volume);
        let volume = self.snapshot.volume.as_ref();
        match (
            self.snapshot
                .fresh(Topic::Volume, volume, self.policy.stale_after, self.now),
            &collector.failure,
        ) {
            _ if collector.unsupported => Err((
                Level::Good,
                "not watched, node.data_dir is not set".to_owned(),
            )),
            (_, Some(error)) => Err((Level::Warning, error.to_string())),
            (Some(_), None) if self.is_overdue(Topic::Volume) => {
                let age = self.age(Topic::Volume);
                Err((
                    Level::Warning,
                    format!("the volume does not answer, what is known is {age} old"),
                ))
            }
            (Some(volume), None) => Ok(*volume),
            (None, None) => match collector.open_since {
                Some(_) if volume.is_some() => {
                    Err((Level::Warning, "the volume does not answer".to_owned()))
                }
                _ => Err((Level::Unknown, "not measured yet".to_owned())),
            },
        }
    }

    pub(super) fn storage(&self) -> Check {
        let critical = self.policy.storage_critical.bytes();
        let (level, text) = match self.volume() {
            Err(unknown) => unknown,
            Ok(volume) => {
                let free = volume.least_free_bytes();
                let text = format!("{} free", gigabytes(free));
                let text = if free < volume.free_bytes {
                    format!("{text} for chain state")
                } else {
                    text
                };
                match volume.write_failure {
                    Some(failure) => (Level::Bad, format!("writes fail ({failure}), {text}")),
                    None if free < critical => (
                        Level::Bad,
                        format!(
                            "{text}, below storage_critical_gb ({})",
                            gigabytes(critical)
                        ),
                    ),
                    None => (Level::Good, text),
                }
            }
        };
        // The daemon goes on without: probes, metrics and pruning are needed most just then.
        let (level, text) = match &self.pruning.unwritten {
            Some(unwritten) if level != Level::Bad => {
                (Level::Warning, format!("{unwritten}; {text}"))
            }
            _ => (level, text),
        };
        Check::new(CheckName::Storage, level, text)
    }

    pub(super) fn disk(&self) -> Check {
        let min_free = self.policy.min_free.bytes();
        let full_in = self.pruning.full_in.as_ref();
        let forecast = full_in.map_or_else(String::new, |full_in| format!(", {}", full_in.text()));
        let (level, text) = match self.volume() {
            Err(unknown) => unknown,
            Ok(Volume {
                free_bytes: free, ..
            }) => {
                let text = format!("{} free", gigabytes(free));
                let limit = gigabytes(min_free);
                if let Some(error) = self.snapshot.blocks_elsewhere() {
                    (
                        Level::Warning,
                        format!("{text}, but not where the blocks are: {error}"),
                    )
                } else if free < min_free {
                    (
                        Level::Warning,
                        format!("{text}, below min_free_gb ({limit}){forecast}"),
                    )
                } else if free < min_free.saturating_mul(2) {
                    (
                        Level::Warning,
                        format!("{text}, below twice min_free_gb ({limit}){forecast}"),
                    )
                } else if full_in.is_some_and(FullIn::is_soon) {
                    (Level::Warning, format!("{text}{forecast}"))
                } else {
                    (Level::Good, format!("{text}, {limit} wanted{forecast}"))
                }
            }
        };
        match &self.pruning.no_room {
            Some(no_room) => Check::new(
                CheckName::Disk,
                Level::Warning,
                format!("{text}; {no_room}"),
            ),
            None => Check::new(CheckName::Disk, level, text),
        }
    }
}
