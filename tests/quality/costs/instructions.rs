//! The number of instructions of a request, compared with `baseline.json`.

use std::env;
use std::io::{self, Write as _};
use std::process::Command;

use crate::baseline::{Baseline, first_line};
use crate::callgrind::{UNDER_CALLGRIND, instructions};
use crate::workloads::{HIT, HIT_EMPTY_LIST, Workload, all};
#[cfg(feature = "metrics")]
use crate::workloads::{HIT_METRICS, HIT_UNRECORDED};

const NAME: &str = "instructions::instructions_are_within_three_percent_of_the_baseline";

#[test]
fn instructions_are_within_three_percent_of_the_baseline() {
    if env::var_os(UNDER_CALLGRIND).is_some() {
        return all().into_iter().for_each(Workload::run);
    }
    let Some(valgrind) = valgrind() else {
        return not_compared("no valgrind for this platform is on the PATH");
    };
    if env::var_os("COSTS_BLESS").is_some() {
        return Baseline::write(instructions(NAME), valgrind);
    }
    let baseline = Baseline::read();
    match baseline.is_of_another_build() {
        Some(why) => not_compared(&why),
        None => compare(&baseline),
    }
}

fn compare(baseline: &Baseline) {
    let now = instructions(NAME);
    let (report, within) = baseline.compare(&now);
    assert!(
        within,
        "more than 3 % off:\n{report}If the change is intended, see CONTRIBUTING.md."
    );
    #[cfg(feature = "metrics")]
    for name in [HIT_METRICS, HIT_UNRECORDED] {
        let (with, without) = (now[name], now[HIT]);
        assert!(
            with * 100 <= without * 112,
            "{name}: metrics cost more than 12 % of a cached request: {with} instructions, \
             {without} without them"
        );
    }
    let (hit, with_list) = (now[HIT], now[HIT_EMPTY_LIST]);
    assert!(
        with_list * 100 <= hit * 103,
        "an empty list of revocations costs more than 3 % of a cached request: {with_list} \
         instructions, {hit} without it"
    );
}

fn valgrind() -> Option<String> {
    let supported = cfg!(all(
        target_os = "linux",
        target_arch = "x86_64",
        target_env = "gnu"
    ));
    first_line(Command::new("valgrind").arg("--version")).filter(|_| supported)
}

/// Writes to standard error directly, since the harness captures what a passing test prints.
fn not_compared(why: &str) {
    io::stderr()
        .write_all(format!("instructions were NOT compared: {why}\n").as_bytes())
        .unwrap();
}
