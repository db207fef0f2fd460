//! Secrets and keys in files, and secrets in the environment.

mod key_file;
mod open;
mod read;
mod secret_file;
mod secret_text;

/// The maximum length in bytes of a file with one key or secret.
const MAX_KEY_FILE_LEN: usize = 64 * 1024;
