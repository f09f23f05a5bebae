//! The commission's side of updates: keys, ceremonies, delegations, and the repository that kiosks read.
