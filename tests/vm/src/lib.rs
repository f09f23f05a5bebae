//! The real kernel under test: Debian's own, started under QEMU, with this workspace's device layer and journal in it.
//!
//! [`kernel::Kernel`] is Debian's kernel, fetched and unpacked once. [`initramfs::Archive`] is what it finds when it starts:
//! busybox, udev, the program `vm-guest` and the libraries that it needs. [`machine::Boot`] is one start of it, which ends
//! with the findings that `vm-guest` told. [`usbip::Server`] plugs virtual and recorded devices into the kernel there.
//! [`write_log`] reads what a disk was written, so that its power can be cut at every moment afterwards.
//!
//! QEMU interprets (TCG): no virtualisation of the machine is used, so that this runs wherever QEMU does.

pub mod initramfs;
pub mod kernel;
pub mod machine;
pub mod recording;
pub mod usbip;
pub mod write_log;
