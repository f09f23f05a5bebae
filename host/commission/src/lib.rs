//! The commission's command line: sealing a station's roll.
