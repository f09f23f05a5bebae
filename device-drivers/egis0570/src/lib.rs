//! Driver for the Egis ET570 swipe fingerprint scanner, 1c7a:0570.
