//! Recordings of the shipped drivers with virtual devices, on which their conformance is tried. Nothing of a real finger is
//! in them: pictures are drawn by the simulator.

pub mod document_readers;
pub mod session;
pub mod shipped;
