//! JSON Web Algorithms: signatures, and the keys that they require (RFC 7518, RFC 9864).

mod algorithms;
mod placeholder_secrets;
mod signatures;
mod weak_keys;
