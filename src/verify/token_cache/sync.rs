//! The primitives that the cache synchronizes with. `tests/quality/loom` puts others in their
//! place, to try every order of their operations.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
pub(super) use std::sync::{Mutex, MutexGuard};

pub(super) use arc_swap::ArcSwapAny;
