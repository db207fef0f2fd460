//! Counts the allocations of this thread, and nothing while something is timed.

/// Allocations while `work` runs; a reallocation counts as one.
pub(crate) fn count(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

/// Runs `work` with the least that a counting allocator can cost.
pub(crate) fn uncounted(work: impl FnOnce()) {
    allocation_counter::opt_out(work);
}

/// Bytes that `work` takes on this thread and does not give back; less than none where it gives back more.
pub(crate) fn kept(work: impl FnOnce()) -> f64 {
    allocation_counter::measure(work).bytes_current as f64
}
