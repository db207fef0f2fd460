//! Counts allocations, with the system's allocator.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Returns the allocations and reallocations while `work` runs: the minimum of ten runs, since
/// other threads may allocate too.
pub(crate) fn count(mut work: impl FnMut()) -> usize {
    let once = |work: &mut dyn FnMut()| {
        let region = Region::new(ALLOCATOR);
        work();
        let stats = region.change();
        stats.allocations + stats.reallocations
    };
    (0..10).map(|_| once(&mut work)).min().unwrap()
}
