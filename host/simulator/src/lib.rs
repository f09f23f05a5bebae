//! Virtual devices, synthetic fingerprints, documents and voters.
