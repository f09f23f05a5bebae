//! Driver for the AuthenTec AES3500 fingerprint scanner.
