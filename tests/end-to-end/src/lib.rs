//! What crosses rooms: faults, recordings, crashes, bad input.
