//! Virtual devices and synthetic people.

pub mod finger;
pub mod person;
pub mod virtual_device;
