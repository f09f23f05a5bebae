//! What every guest shares: bindings to the contracts, and the wire habits of drivers.
