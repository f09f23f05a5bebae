//! journal.db: events, check-in states and claims, in one transaction; a Merkle tree over them.
