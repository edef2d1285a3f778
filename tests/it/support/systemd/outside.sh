# Runs `$INSIDE` as the first process of its own processes, mounts and control groups, and takes these away when it ends.
# It needs root. DIR: a directory of the test's; it has `etc` with the files for /etc/bllvmctl.
mount --make-rprivate /
# Where it is not mounted, or in parts.
umount --recursive /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
group=/sys/fs/cgroup/bllvmctl-test-$$
mkdir "$group"
export group
sh -ec 'echo 0 >"$group/cgroup.procs"; exec unshare --cgroup --pid --mount --ipc --uts --fork --kill-child sh -ec "$INSIDE"' || true
find "$group" -depth -type d -exec rmdir {} +
