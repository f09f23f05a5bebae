//! Driver component: uru4000.
