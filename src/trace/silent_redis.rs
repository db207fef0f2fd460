//! The functions about Redis without feature `tracing`.

pub(crate) fn redis_failed(_: &str, _: &'static str) {}

pub(crate) fn redis_unavailable(_: &str, _: &'static str, _: &'static str) {}

pub(crate) fn redis_recovered(_: &str) {}

pub(crate) fn redis_evicts(_: &str, _: &'static str) {}
