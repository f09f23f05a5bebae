//! Virtual devices and synthetic people.

pub mod document;
pub mod finger;
pub mod person;
pub mod virtual_device;
