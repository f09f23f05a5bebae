//! The sandbox: wasmtime, grants, limits, and one typed front for each contract.
