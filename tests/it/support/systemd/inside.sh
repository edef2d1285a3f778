# Becomes a systemd that knows its own basic targets and the units of bllvmctl: nothing of this machine is started, mounted or
# written to. UNITS, SYSUSERS: what is shipped. PROGRAM: a bllvmctl.
# The process as the test sees it.
read -r init _ </proc/self/stat
mount -t proc proc /proc
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
umount /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -o remount,bind,ro /sys
for place in /run /var/lib /var/log /usr/lib/systemd/system-generators; do
  mount -t tmpfs tmpfs "$place"
done
for place in etc usr/bin; do
  upper=/run/upper/$place work=/run/work/$place
  mkdir -p "$upper" "$work"
  mount -t overlay overlay -o "lowerdir=/$place,upperdir=$upper,workdir=$work" "/$place"
done
mkdir /run/units
for target in basic sysinit sockets multi-user shutdown network-online; do
  cp "/usr/lib/systemd/system/$target.target" /run/units
done
mount --bind /run/units /usr/lib/systemd/system
mount -t tmpfs tmpfs /etc/systemd/system
cp "$UNITS/bllvmctl.service" "$UNITS"/sockets/*.socket /etc/systemd/system
# There is no journal here.
mkdir /etc/systemd/system/bllvmctl.service.d
printf '[Service]\nStandardOutput=append:%s\nStandardError=inherit\n' "$DIR/printed.log" \
  >/etc/systemd/system/bllvmctl.service.d/log.conf
systemd-sysusers "$SYSUSERS"
cp "$PROGRAM" /usr/bin/bllvmctl
rm -rf /etc/bllvmctl
cp -r "$DIR/etc" /etc/bllvmctl
chown -R root:bllvmctl /etc/bllvmctl
chmod 0750 /etc/bllvmctl
chmod 0640 /etc/bllvmctl/*
echo "$init" >"$DIR/init"
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=multi-user.target --show-status=no --log-target=null
