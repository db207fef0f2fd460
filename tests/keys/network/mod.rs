//! The key cache with the issuer of the test kit over sockets on loopback, with every fault of the
//! kit.

mod default_client;
mod faults;
mod latency;
mod private_ca;
mod runtime;
mod support;
