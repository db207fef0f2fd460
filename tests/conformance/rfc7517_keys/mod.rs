//! JSON Web Key, and public keys in PEM and DER form (RFC 7517, RFC 7468).

mod certificates;
mod damaged_rsa_keys;
mod key_files;
mod key_headers;
mod published_forms;
