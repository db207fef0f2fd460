//! Who comes how often.

/// Long enough that its repetition is nothing that a processor can learn.
const LENGTH: usize = 1 << 20;

/// Numbers below `n`, again and again the same sequence: `k` comes 1 / (k + 1) as often as 0 (Zipf's law, exponent 1).
pub(crate) fn endless(n: usize) -> impl FnMut() -> usize {
    let sums: Vec<f64> = (1..=n)
        .scan(0.0, |sum, rank| Some(accumulate(sum, 1.0 / rank as f64)))
        .collect();
    let total = sums[n - 1];
    let mut uniform = uniform(2026);
    let sequence: Vec<usize> = (0..LENGTH)
        .map(|_| draw(&sums, total * uniform()))
        .collect();
    let mut sequence = (0..LENGTH).cycle().map(move |place| sequence[place]);
    move || sequence.next().expect("it is endless")
}

fn accumulate(sum: &mut f64, share: f64) -> f64 {
    *sum += share;
    *sum
}

/// The first place whose sum is beyond the point.
fn draw(sums: &[f64], point: f64) -> usize {
    sums.partition_point(|&sum| sum <= point)
        .min(sums.len() - 1)
}

/// `SplitMix64`, in [0, 1): the same numbers in every run.
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
