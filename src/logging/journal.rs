//! Does systemd's journal read stderr? Then it puts a time before each line itself.

use std::io::IsTerminal;
use std::os::fd::AsFd;

use nix::sys::stat::{SFlag, fstat};

use crate::env::Env;

/// `JOURNAL_STREAM` names the device and inode of the stream that systemd connected
/// (systemd.exec(5)). Children inherit the variable, so a terminal, or a file that is another one,
/// is believed rather than the variable; a pipe that a wrapper put between is taken for the
/// journal's.
pub(super) fn reads_stderr(env: &Env) -> bool {
    let Some(stream) = env.get("JOURNAL_STREAM") else {
        return false;
    };
    let stderr = std::io::stderr();
    if stderr.is_terminal() {
        return false;
    }
    let Ok(stat) = fstat(stderr.as_fd()) else {
        return false;
    };
    let is_file = SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFREG;
    !is_file || stream == format!("{}:{}", stat.st_dev, stat.st_ino)
}
