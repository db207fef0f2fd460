//! Counts the allocations of this thread.

/// Returns the number of allocations while `work` runs. A reallocation counts as one.
pub(crate) fn count(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

/// Runs `work` without counting, at the lowest cost that a counting allocator has. For measuring
/// time.
pub(crate) fn uncounted(work: impl FnOnce()) {
    allocation_counter::opt_out(work);
}

/// Returns the bytes that `work` allocates on this thread and does not free; negative if it frees
/// more.
pub(crate) fn retained(work: impl FnOnce()) -> f64 {
    allocation_counter::measure(work).bytes_current as f64
}
