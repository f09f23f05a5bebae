//! The station daemon: configuration and wiring.
