//! Gathers lines, so that many of them cost one system call, and counts those that cannot be written.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

/// A writer behind the log's thread, which flushes whenever its queue is empty. It never fails: on a full disk or a
/// closed pipe lines are lost, and the ones after them are tried again.
pub(super) struct Gathered<W> {
    writer: W,
    held: Vec<u8>,
    lost: Arc<AtomicU64>,
}

impl<W: Write> Gathered<W> {
    const BYTES: usize = 64 * 1024;
    /// After a flush the thread rests so long. Whatever is logged meanwhile comes with the next one, and wakes nobody:
    /// under load a wake-up for each line costs more than the line. No reader of a log sees a hundredth of a second.
    const REST: Duration = Duration::from_millis(10);

    /// Counts into `lost` the lines that it could not write.
    pub(super) fn new(writer: W, lost: Arc<AtomicU64>) -> Self {
        Self { writer, held: Vec::with_capacity(Self::BYTES), lost }
    }

    fn write_held(&mut self) {
        let mut rest = self.held.as_slice();
        while !rest.is_empty() {
            match self.writer.write(rest) {
                Ok(written @ 1..) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A slow reader of a pipe that does not block: the queue before this fills, and counts what it drops.
                Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(Self::REST),
                Ok(0) | Err(_) => break,
            }
        }
        let lost = memchr::memchr_iter(b'\n', rest).count();
        // A line that was cut is not to run into the next one that can be written.
        let written = self.held.len() - rest.len();
        let is_cut = !rest.is_empty() && self.held.get(..written).and_then(<[u8]>::last).is_some_and(|b| *b != b'\n');
        self.held.clear();
        if is_cut {
            self.held.push(b'\n');
        }
        self.lost.fetch_add(u64::try_from(lost).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl<W: Write> Write for Gathered<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.held.len() + bytes.len() > Self::BYTES {
            self.write_held();
        }
        self.held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_held();
        sleep(Self::REST);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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
            if taken == 0 { Err(ErrorKind::StorageFull.into()) } else { Ok(taken) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_a_full_disk_does_not_take_is_counted_and_later_lines_are_written() {
        let lost = Arc::new(AtomicU64::new(0));
        let mut log = Gathered::new(Disk { free: 9, written: Vec::new() }, Arc::clone(&lost));
        log.write_all(b"first\nsecond\nthird\n").unwrap();
        log.flush().unwrap();
        assert_eq!(lost.load(Ordering::Relaxed), 2);
        log.writer.free = 100;
        log.write_all(b"fourth\n").unwrap();
        log.flush().unwrap();
        assert_eq!(log.writer.written, b"first\nsec\nfourth\n");
        assert_eq!(lost.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn many_lines_are_written_at_once_and_none_is_held_for_ever() {
        let mut log = Gathered::new(Disk { free: 1 << 20, written: Vec::new() }, Arc::default());
        let line = [b'x'; 999].iter().chain(b"\n").copied().collect::<Vec<u8>>();
        for _ in 0..100 {
            log.write_all(&line).unwrap();
        }
        assert_eq!(log.writer.written.len(), 65_000);
        log.flush().unwrap();
        assert_eq!(log.writer.written.len(), 100_000);
    }
}
