//! The pages an operator, an observer and an administrator look at.
