#!/bin/sh
# The first program of the kernel: what a system does before anyone logs in, and no more.
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox mount -t tmpfs tmpfs /run
/bin/busybox mount -t tmpfs tmpfs /tmp
while read -r file options; do
    /bin/busybox insmod "$file" $options || echo "init: $file was not inserted"
done < /modules/list
[ -d /sys/kernel/config ] && /bin/busybox mount -t configfs configfs /sys/kernel/config
/bin/busybox ifconfig lo 127.0.0.1 up
[ -d /sys/class/net/eth0 ] && /bin/busybox ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
# libusb hears of devices that come and go from udev alone.
/sbin/udevd --daemon
RUST_BACKTRACE=1 /sbin/vm-guest
echo "init: vm-guest ended with $?"
/bin/busybox poweroff -f
