//! Turnout by hour as CSV.
