//! Revocations that several instances share: each has a list and a connection of its own.

mod cluster;
mod contents;
mod failover;
mod instance;
mod outages;
mod propagation;
mod restarts;
