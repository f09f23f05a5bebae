//! What the commission signed, taken by a kiosk: trust, fetch, store.
