//! What several programs and tests of this room stand on.

pub mod site;
