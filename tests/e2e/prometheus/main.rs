//! A real Prometheus scrapes the example `operated`, while what it depends on and its callers fail:
//! `tests/e2e/prometheus/run.sh` runs it, `cargo test` only builds it.
//!
//! Each fault of the table in `docs/observability/README.md` has a service of its own, with its own
//! issuer, so that all faults happen at the same time. Durations of the alert rules are 30 times
//! shorter, and so are those of the services (`--fast`).

mod dashboard;
mod endpoint;
mod fault;
mod process;
mod prometheus;
mod rules;
mod run;
mod site;
mod table;
mod traffic;

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() != Some("--run") {
        println!("the alerts were not tested: use tests/e2e/prometheus/run.sh");
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let is_passed = runtime.block_on(run::run());
    if is_passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
