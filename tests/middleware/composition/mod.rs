//! The layer composed with others: above it, below it and around it.

mod addresses;
mod balance;
mod callers;
mod clones;
mod grpc;
mod inherited;
mod limits;
mod permits;
mod require;
mod require_readiness;
mod retry;
mod scoped;
mod watched;
mod web;
