//! The checked-in instruction counts, and the build that they were counted with.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::callgrind::Instructions;

/// The largest accepted difference, in percent.
const TOLERANCE: f64 = 3.0;

#[derive(Deserialize, Serialize)]
pub(crate) struct Baseline {
    counted_with: Build,
    /// For information only. It is not compared.
    valgrind: String,
    instructions: Instructions,
}

/// What changes the counts without a change of the code.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Build {
    rustc: String,
    /// Matters because `malloc` and `memcpy` make up a tenth of the counts.
    libc: String,
    profile: String,
    flags: String,
    features: Vec<String>,
}

impl Baseline {
    pub(crate) fn read() -> Self {
        serde_json::from_str(&fs::read_to_string(path()).unwrap()).unwrap()
    }

    pub(crate) fn write(instructions: Instructions, valgrind: String) {
        let baseline = Self {
            counted_with: Build::this(),
            valgrind,
            instructions,
        };
        fs::write(
            path(),
            serde_json::to_string_pretty(&baseline).unwrap() + "\n",
        )
        .unwrap();
    }

    /// Returns why the counts of this build can't be compared with the baseline, if so.
    pub(crate) fn is_of_another_build(&self) -> Option<String> {
        let this = Build::this();
        (self.counted_with != this).then(|| {
            format!(
                "the baseline is of {:?}, this is {this:?}",
                self.counted_with
            )
        })
    }

    /// Returns a line for each workload, and whether all differences are within [`TOLERANCE`].
    pub(crate) fn compare(&self, now: &Instructions) -> (String, bool) {
        let mut names: Vec<_> = self.instructions.keys().chain(now.keys()).collect();
        names.sort();
        names.dedup();
        let (lines, within): (Vec<_>, Vec<_>) =
            names.into_iter().map(|name| self.line(name, now)).unzip();
        (lines.concat(), within.into_iter().all(|within| within))
    }

    fn line(&self, name: &str, now: &Instructions) -> (String, bool) {
        let (Some(then), Some(now)) = (self.instructions.get(name), now.get(name)) else {
            return (format!("{name}: counted in one of the two only\n"), false);
        };
        let percent = (float(*now) / float(*then) - 1.0) * 100.0;
        (
            format!("{name}: {now} instructions, baseline {then}: {percent:+.2} %\n"),
            percent.abs() <= TOLERANCE,
        )
    }
}

impl Build {
    fn this() -> Self {
        let rustc = env::var_os("RUSTC").unwrap_or("rustc".into());
        let features = [
            ("aws-lc-rs", cfg!(feature = "aws-lc-rs")),
            ("rust-crypto", cfg!(feature = "rust-crypto")),
            ("reqwest", cfg!(feature = "reqwest")),
            ("tracing", cfg!(feature = "tracing")),
            ("axum", cfg!(feature = "axum")),
            ("governor", cfg!(feature = "governor")),
            ("tonic", cfg!(feature = "tonic")),
            ("metrics", cfg!(feature = "metrics")),
        ];
        Self {
            rustc: first_line(Command::new(rustc).arg("--version")).unwrap_or_default(),
            libc: first_line(Command::new("getconf").arg("GNU_LIBC_VERSION")).unwrap_or_default(),
            profile: if cfg!(debug_assertions) {
                "test"
            } else {
                "release"
            }
            .to_owned(),
            flags: option_env!("RUSTFLAGS").unwrap_or_default().to_owned(),
            features: features
                .into_iter()
                .filter(|(_, on)| *on)
                .map(|(name, _)| name.to_owned())
                .collect(),
        }
    }
}

/// Returns the first line that a program prints, or `None` if it can't be run.
pub(crate) fn first_line(command: &mut Command) -> Option<String> {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    String::from_utf8(output.stdout)
        .ok()?
        .lines()
        .next()
        .map(str::to_owned)
}

fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

fn path() -> PathBuf {
    [
        env!("CARGO_MANIFEST_DIR"),
        "tests",
        "quality",
        "costs",
        "baseline.json",
    ]
    .iter()
    .collect()
}
