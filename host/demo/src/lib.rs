//! The station assembled with simulated devices and a story.
