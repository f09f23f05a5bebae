//! Driver for the Upek TouchChip TCS1 (TCRU) swipe-free fingerprint scanners, 147e:2016.
