//! File systems of a test's own; only root may mount them.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A small file system, in memory or in a file.
pub(crate) struct Small {
    mount_point: TempDir,
    /// The file that holds it, if one does.
    _image: Option<TempDir>,
}

fn succeeds(command: &mut Command) -> Option<()> {
    command.output().ok()?.status.success().then_some(())
}

impl Small {
    /// One in memory.
    pub(crate) fn mount(mebibytes: u32) -> Option<Self> {
        Self::mount_with(&format!("size={mebibytes}m"))
    }

    /// One in memory, with room for so few files and directories.
    pub(crate) fn of_few_files(count: u32) -> Option<Self> {
        Self::mount_with(&format!("size=8m,nr_inodes={count}"))
    }

    fn mount_with(options: &str) -> Option<Self> {
        let mount_point = tempfile::Builder::new().prefix("volume-").tempdir().ok()?;
        succeeds(
            Command::new("mount")
                .args(["-t", "tmpfs", "-o", options, "tmpfs"])
                .arg(mount_point.path()),
        )?;
        Some(Self {
            mount_point,
            _image: None,
        })
    }

    /// A btrfs on a loop device.
    pub(crate) fn btrfs(mebibytes: u64) -> Option<Self> {
        let image = tempfile::Builder::new().prefix("image-").tempdir().ok()?;
        let file = image.path().join("btrfs.img");
        std::fs::File::create(&file)
            .ok()?
            .set_len(mebibytes << 20)
            .ok()?;
        let mount_point = tempfile::Builder::new().prefix("volume-").tempdir().ok()?;
        succeeds(Command::new("mkfs.btrfs").arg("-q").arg(&file))?;
        succeeds(
            Command::new("mount")
                .args(["-o", "loop"])
                .arg(&file)
                .arg(mount_point.path()),
        )?;
        Some(Self {
            mount_point,
            _image: Some(image),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.mount_point.path()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(self.path())
            .status();
    }
}
