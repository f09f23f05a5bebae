//! Driver component: nb1010.
