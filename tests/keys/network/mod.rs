//! The key cache with the issuer of the test kit over sockets on loopback, with every fault of the
//! kit.

mod faults;
mod latency;
mod runtime;
mod support;
