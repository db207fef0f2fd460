//! Counts the instructions of the workloads: runs this test binary again under valgrind's
//! callgrind.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs, process};

use crate::workloads::{BARE, NO_LAYER, TIMES, all};

/// The environment variable that is set in the process under valgrind.
pub(crate) const UNDER_CALLGRIND: &str = "COSTS_UNDER_CALLGRIND";
/// Makes glibc use the same `memcpy` on every processor. The choice changes the counts by up to
/// 2.6 %.
const PLAIN_COPIES: &str =
    "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM";

pub(crate) type Instructions = BTreeMap<String, u64>;

/// Returns the instructions of one operation of each workload, without those for the request and
/// for the signature check itself. `test` names the test that runs the workloads under callgrind.
pub(crate) fn instructions(test: &str) -> Instructions {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("costs-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let output = run(test, &folder);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let names = all().into_iter().map(|workload| workload.name).zip(1..);
    let counts = names
        .map(|(name, part)| (name, total(&folder, part) / TIMES))
        .collect();
    fs::remove_dir_all(folder).unwrap();
    beyond(&counts)
}

/// Counts within one function, and writes a part of the report when its caller returns. Callgrind
/// 3.19 writes no parts if both options name the same function.
fn run(test: &str, folder: &Path) -> Output {
    Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--toggle-collect=*counted_by_callgrind*",
            "--dump-after=*Workload::run",
        ])
        .arg(format!(
            "--callgrind-out-file={}",
            folder.join("part").display()
        ))
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(UNDER_CALLGRIND, "1")
        .env("GLIBC_TUNABLES", PLAIN_COPIES)
        .output()
        .unwrap()
}

fn total(folder: &Path, part: u32) -> u64 {
    let text =
        fs::read_to_string(folder.join(format!("part.{part}"))).expect("a part for each workload");
    let total = text
        .lines()
        .find_map(|line| line.strip_prefix("totals: "))
        .expect("a total in each part");
    let total = total.trim().parse().unwrap();
    assert!(total > 0, "nothing was counted in part {part}");
    total
}

fn beyond(counts: &BTreeMap<&str, u64>) -> Instructions {
    let reference = |name: &str| {
        counts[NO_LAYER]
            + if name.starts_with("verify") {
                counts[BARE]
            } else {
                0
            }
    };
    let ours = counts
        .iter()
        .filter(|(name, _)| ![BARE, NO_LAYER].contains(name));
    ours.map(|(name, count)| ((*name).to_owned(), count - reference(name)))
        .collect()
}
