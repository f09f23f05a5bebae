//! Guests that break every limit, one by one.
