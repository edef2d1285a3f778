//! The last lines, for a support archive: what a daemon has said lately is often nowhere else.
//!
//! Lines about calls are left out: at a busy gateway there would be no others.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::Level;

/// So much is kept, bytes.
const MAX_BYTES: usize = 32 * 1024;

/// The last lines.
#[derive(Default)]
pub(super) struct RecentLines(Mutex<KeptLines>);

#[derive(Default)]
struct KeptLines {
    lines: VecDeque<Box<str>>,
    bytes: usize,
}

impl RecentLines {
    fn kept(&self) -> MutexGuard<'_, KeptLines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps `line`, for which older ones may have to go.
    pub(super) fn add(&self, level: Level, line: &str) {
        let line = line.trim_end();
        if level > Level::INFO || line.len() > MAX_BYTES {
            return;
        }
        let mut kept = self.kept();
        kept.bytes += line.len();
        kept.lines.push_back(line.into());
        while kept.bytes > MAX_BYTES {
            let Some(oldest) = kept.lines.pop_front() else {
                break;
            };
            kept.bytes -= oldest.len();
        }
    }

    /// The lines that are kept, the oldest first.
    pub(super) fn all(&self) -> Vec<String> {
        let kept = self.kept();
        kept.lines.iter().map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_lines_go_first_and_talkative_ones_are_not_kept() {
        let recent = RecentLines::default();
        recent.add(Level::DEBUG, "debug\n");
        recent.add(Level::WARN, "first\n");
        recent.add(Level::INFO, "second\n");
        assert_eq!(recent.all(), ["first", "second"]);
        recent.add(Level::ERROR, &"x".repeat(MAX_BYTES + 1));
        assert_eq!(recent.all().len(), 2);
        recent.add(Level::ERROR, &"x".repeat(MAX_BYTES - 8));
        let all = recent.all();
        assert_eq!((all.len(), all[0].as_str()), (2, "second"));
        assert!(all.iter().map(String::len).sum::<usize>() <= MAX_BYTES);
    }
}
