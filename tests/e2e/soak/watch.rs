//! Samples of the server's memory and file descriptors, one per second.

use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Resident memory in KiB.
    pub(crate) memory: u64,
    pub(crate) files: u64,
}

impl Sample {
    /// Returns `None` without `/proc`.
    pub(crate) fn take(process: u32) -> Option<Self> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let memory = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        let memory = memory.trim().trim_end_matches("kB").trim().parse().ok()?;
        let files = std::fs::read_dir(format!("/proc/{process}/fd"))
            .ok()?
            .count();
        Some(Self {
            memory,
            files: u64::try_from(files).ok()?,
        })
    }
}

pub(crate) async fn watch(process: u32, samples: Arc<Mutex<Vec<Sample>>>) {
    loop {
        if let Some(sample) = Sample::take(process) {
            samples.lock().unwrap().push(sample);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Returns the medians of the first and the last quarter of the samples after the warm-up.
pub(crate) fn quarters(samples: &[Sample], warm_up: usize) -> Option<(Sample, Sample)> {
    let samples = samples.get(warm_up..)?;
    let quarter = samples.len() / 4;
    (quarter > 0).then(|| {
        (
            median(&samples[..quarter]),
            median(&samples[samples.len() - quarter..]),
        )
    })
}

fn median(samples: &[Sample]) -> Sample {
    let middle = |value: fn(&Sample) -> u64| {
        let mut values: Vec<_> = samples.iter().map(value).collect();
        values.sort_unstable();
        values[values.len() / 2]
    };
    Sample {
        memory: middle(|sample| sample.memory),
        files: middle(|sample| sample.files),
    }
}
