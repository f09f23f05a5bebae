//! Driver for the Elan swipe fingerprint scanners, 04f3:0c26.
