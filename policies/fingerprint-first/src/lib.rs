//! Identification policy: a fingerprint, three attempts, then the commission.
