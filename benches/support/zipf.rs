//! Random numbers with a Zipf distribution.

/// The length of the sequence: long enough that branch predictors can't learn it when it repeats.
const LENGTH: usize = 1 << 20;

/// Returns an endless sequence of numbers below `n`, in which `k` occurs 1 / (k + 1) times as often
/// as 0 (Zipf's law with exponent 1). The sequence is the same in every run.
pub(crate) fn endless(n: usize) -> impl FnMut() -> usize {
    let sums: Vec<f64> = (1..=n)
        .scan(0.0, |sum, rank| Some(accumulate(sum, 1.0 / rank as f64)))
        .collect();
    let total = sums[n - 1];
    let mut uniform = uniform(2026);
    let sequence: Vec<usize> = (0..LENGTH)
        .map(|_| draw(&sums, total * uniform()))
        .collect();
    let mut sequence = (0..LENGTH).cycle().map(move |index| sequence[index]);
    move || sequence.next().expect("a cycle never ends")
}

fn accumulate(sum: &mut f64, weight: f64) -> f64 {
    *sum += weight;
    *sum
}

/// Returns the first index whose cumulative sum exceeds `point`.
fn draw(sums: &[f64], point: f64) -> usize {
    sums.partition_point(|&sum| sum <= point)
        .min(sums.len() - 1)
}

/// Returns a generator of uniform numbers in [0, 1): `SplitMix64` with a fixed seed.
fn uniform(mut state: u64) -> impl FnMut() -> f64 {
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}
