//! Lines on their way out: kept together, and written by a thread of their own, so that many cost
//! one system call.
//!
//! Each line is added to the others where they are, and the thread takes them all at once: to hand
//! them over one by one costs a busy gateway more than to write them. Invariant: a line is written
//! whole or counted as lost, and whoever logs never waits for whoever reads the log.

use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, sleep};
use std::time::Duration;
use std::{io, mem};

/// Lines that are not written yet.
#[derive(Default)]
pub(super) struct LogQueue {
    state: Mutex<QueueState>,
    /// Something has changed for whoever waits.
    wake: Condvar,
    lost: AtomicU64,
}

#[derive(Default)]
struct QueueState {
    lines: Vec<u8>,
    /// The writer waits for lines: whoever adds one wakes it.
    writer_waits: bool,
    stage: Stage,
}

/// How far the end is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Open,
    /// What there is now is to be written, and no more.
    Ending,
    /// The writer has taken the last of it.
    Closed,
    /// And has written it.
    Written,
}

impl LogQueue {
    /// Bytes held while whatever reads the lines is slow; what is more is lost, and counted.
    const MAX_BYTES: usize = 2 * 1024 * 1024;
    /// Of those, so many do not wait until the writer has rested.
    const FLUSH_BYTES: usize = Self::MAX_BYTES / 2;
    /// What is kept for the next lines while there are none.
    const RETAINED_BYTES: usize = 16 * 1024;

    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line, which has its end of line.
    pub(super) fn add(&self, line: &[u8]) {
        let mut state = self.state();
        let before = state.lines.len();
        if before + line.len() > Self::MAX_BYTES || state.stage >= Stage::Closed {
            drop(state);
            self.lose(1);
            return;
        }
        state.lines.extend_from_slice(line);
        let are_many = before < Self::FLUSH_BYTES && state.lines.len() >= Self::FLUSH_BYTES;
        if mem::take(&mut state.writer_waits) || are_many {
            drop(state);
            self.wake.notify_all();
        }
    }

    /// Lines that were not written, and will not be.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn lose(&self, lines: usize) {
        self.lost
            .fetch_add(u64::try_from(lines).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Waits for lines and puts them into `lines`, which is empty; whether more may follow.
    fn take(&self, lines: &mut Vec<u8>) -> bool {
        let mut state = self.state();
        while state.lines.is_empty() && state.stage == Stage::Open {
            // After a burst neither place keeps the size of it.
            state.lines.shrink_to(Self::RETAINED_BYTES);
            lines.shrink_to(Self::RETAINED_BYTES);
            state.writer_waits = true;
            state = self
                .wake
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.writer_waits = false;
        mem::swap(&mut state.lines, lines);
        let goes_on = state.stage == Stage::Open;
        if !goes_on {
            state.stage = Stage::Closed;
        }
        goes_on
    }

    /// Lets lines come together for a while, but not too many, nor at the end.
    fn rest(&self, time: Duration) {
        let may_rest = |state: &mut QueueState| {
            state.stage == Stage::Open && state.lines.len() < Self::FLUSH_BYTES
        };
        drop(self.wake.wait_timeout_while(self.state(), time, may_rest));
    }

    fn reach(&self, stage: Stage) {
        self.state().stage = stage;
        self.wake.notify_all();
    }

    fn wait_until_written(&self, time: Duration) {
        drop(
            self.wake
                .wait_timeout_while(self.state(), time, |state| state.stage < Stage::Written),
        );
    }
}

/// The thread that writes. Dropped, it writes what there is, and ends.
pub(super) struct Writer(Arc<LogQueue>);

impl Writer {
    /// Starts it: the lines of `queue` go `to` there.
    pub(super) fn start(queue: Arc<LogQueue>, to: impl Write + Send + 'static) -> io::Result<Self> {
        let lines = Arc::clone(&queue);
        Builder::new()
            .name("log".to_owned())
            .spawn(move || write_until_end(&lines, to))?;
        Ok(Self(queue))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        /// Nobody waits longer for a pipe that nobody reads.
        const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);
        self.0.reach(Stage::Ending);
        self.0.wait_until_written(FLUSH_TIMEOUT);
    }
}

/// Between two writes so much time goes by. Whatever is logged meanwhile comes with the next one,
/// and wakes nobody: under load a wake-up for each line costs more than the line. No reader of a
/// log sees a hundredth of a second.
const WRITE_INTERVAL: Duration = Duration::from_millis(10);

/// Writes the lines of `queue` until its end.
fn write_until_end(queue: &LogQueue, to: impl Write) {
    let mut out = Out { to, is_cut: false };
    let mut lines = Vec::new();
    while queue.take(&mut lines) {
        queue.lose(out.write(&lines));
        lines.clear();
        queue.rest(WRITE_INTERVAL);
    }
    queue.lose(out.write(&lines));
    queue.reach(Stage::Written);
}

/// Where lines are written to. It never fails: on a full disk or a closed pipe lines are lost, and
/// the ones after them are tried again.
struct Out<W> {
    to: W,
    /// The last line there is one without its end, which is not to run into the next one.
    is_cut: bool,
}

impl<W: Write> Out<W> {
    /// Writes `lines`; how many of them are lost.
    fn write(&mut self, lines: &[u8]) -> usize {
        if self.is_cut && !lines.is_empty() {
            self.is_cut = !self.write_some(b"\n").is_empty();
        }
        let rest = if self.is_cut {
            lines
        } else {
            self.write_some(lines)
        };
        let written = lines.len() - rest.len();
        self.is_cut |= !rest.is_empty()
            && lines
                .get(..written)
                .and_then(<[u8]>::last)
                .is_some_and(|b| *b != b'\n');
        memchr::memchr_iter(b'\n', rest).count()
    }

    /// Writes what it can; the rest of it.
    fn write_some<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.to.write(rest) {
                Ok(written @ 1..) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A slow reader of a pipe that does not block: the queue fills meanwhile, and
                // counts what it drops.
                Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(WRITE_INTERVAL),
                Ok(0) | Err(_) => break,
            }
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    /// Takes so many bytes, then fails until it is mended.
    struct Disk {
        free: usize,
        written: Vec<u8>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.free);
            self.free -= taken;
            self.written.extend_from_slice(&bytes[..taken]);
            if taken == 0 {
                Err(ErrorKind::StorageFull.into())
            } else {
                Ok(taken)
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_a_full_disk_does_not_take_is_counted_and_later_lines_are_written() {
        let mut out = Out {
            to: Disk {
                free: 9,
                written: Vec::new(),
            },
            is_cut: false,
        };
        assert_eq!(out.write(b"first\nsecond\nthird\n"), 2);
        assert_eq!(out.write(b"fourth\nfifth\n"), 2, "still full");
        out.to.free = 100;
        assert_eq!(out.write(b""), 0);
        assert_eq!(out.write(b"sixth\n"), 0);
        assert_eq!(out.to.written, b"first\nsec\nsixth\n");
    }

    #[test]
    fn a_disk_that_is_full_between_two_lines_cuts_none() {
        let mut out = Out {
            to: Disk {
                free: 6,
                written: Vec::new(),
            },
            is_cut: false,
        };
        assert_eq!(out.write(b"first\nsecond\n"), 1);
        out.to.free = 1;
        assert_eq!(out.write(b"third\n"), 1, "it takes one byte of it");
        out.to.free = 100;
        assert_eq!(out.write(b"fourth\n"), 0);
        assert_eq!(out.to.written, b"first\nt\nfourth\n");
    }

    /// A queue whose lines go into a pipe, the reader of which looks when it likes.
    fn start() -> (Arc<LogQueue>, Writer, Receiver<Vec<u8>>) {
        struct Pipe(SyncSender<Vec<u8>>);
        impl Write for Pipe {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0
                    .send(bytes.to_vec())
                    .map_err(|_| ErrorKind::BrokenPipe)?;
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (to, from) = sync_channel(0);
        let queue = Arc::new(LogQueue::default());
        let writer = Writer::start(Arc::clone(&queue), Pipe(to)).unwrap();
        (queue, writer, from)
    }

    #[test]
    fn lines_are_written_without_being_asked_for_and_together() {
        let (queue, writer, from) = start();
        queue.add(b"first\n");
        // Until this is read, the writer is blocked: the others queue up.
        while queue.state().lines.len() == 6 {
            std::thread::yield_now();
        }
        queue.add(b"second\n");
        queue.add(b"third\n");
        assert_eq!(from.recv().unwrap(), b"first\n");
        assert_eq!(from.recv().unwrap(), b"second\nthird\n");
        drop(writer);
        assert!(from.recv().is_err(), "the thread has ended");
        assert_eq!(queue.lost(), 0);
    }

    #[test]
    fn what_there_is_at_the_end_is_written() {
        let (queue, writer, from) = start();
        queue.add(b"last\n");
        let reader = std::thread::spawn(move || from.into_iter().flatten().collect::<Vec<_>>());
        drop(writer);
        assert_eq!(reader.join().unwrap(), b"last\n");
        queue.add(b"too late\n");
        assert_eq!((queue.state().lines.len(), queue.lost()), (0, 1));
    }

    #[test]
    fn behind_a_reader_that_stands_still_lines_are_counted_and_nobody_waits() {
        let queue = LogQueue::default();
        let line = [b'x'; 1023].into_iter().chain(*b"\n").collect::<Vec<u8>>();
        for _ in 0..2050 {
            queue.add(&line);
        }
        assert_eq!(
            (queue.state().lines.len(), queue.lost()),
            (LogQueue::MAX_BYTES, 2)
        );
        let mut lines = Vec::new();
        assert!(queue.take(&mut lines));
        assert_eq!(lines.len(), LogQueue::MAX_BYTES);
        queue.add(b"later\n");
        assert_eq!(queue.state().lines, b"later\n");
    }

    #[test]
    fn many_lines_do_not_wait_for_the_end_of_a_rest_and_leave_no_room_behind() {
        let queue = Arc::new(LogQueue::default());
        let writer = {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || {
                let mut lines = Vec::new();
                // A rest that would not end by itself.
                queue.rest(Duration::from_secs(3600));
                assert!(queue.take(&mut lines));
                assert_eq!(lines.len(), LogQueue::FLUSH_BYTES);
                lines.clear();
                assert!(!queue.take(&mut lines));
                lines.capacity()
            })
        };
        let line = [b'x'; 1023].into_iter().chain(*b"\n").collect::<Vec<u8>>();
        (0..LogQueue::FLUSH_BYTES / line.len()).for_each(|_| queue.add(&line));
        while !queue.state().writer_waits {
            std::thread::yield_now();
        }
        queue.reach(Stage::Ending);
        assert!(
            writer.join().unwrap() + queue.state().lines.capacity() <= 2 * LogQueue::RETAINED_BYTES
        );
    }
}
