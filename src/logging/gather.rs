//! Gathers lines, so that many of them cost one system call.

use std::io::{self, BufWriter, Write};
use std::thread::sleep;
use std::time::Duration;

/// A writer behind the log's thread, which flushes whenever its queue is empty.
pub(super) struct Gathered<W: Write>(BufWriter<W>);

impl<W: Write> Gathered<W> {
    const BYTES: usize = 64 * 1024;
    /// After a flush the thread rests so long. Whatever is logged meanwhile comes with the next one, and wakes nobody:
    /// under load a wake-up for each line costs more than the line. No reader of a log sees a hundredth of a second.
    const REST: Duration = Duration::from_millis(10);

    pub(super) fn new(writer: W) -> Self {
        Self(BufWriter::with_capacity(Self::BYTES, writer))
    }
}

impl<W: Write> Write for Gathered<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.0.flush();
        sleep(Self::REST);
        flushed
    }
}
