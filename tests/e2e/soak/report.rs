//! The report of a run, and its checks.

use std::process::ExitStatus;
use std::time::Duration;

use crate::health::Health;
use crate::provider::Fetches;
use crate::schedule::Record;
use crate::server::Log;
use crate::tally::{Kind, Tally};
use crate::watch::{Sample, quarters};

/// The samples, one per second, that are left out: buffers and pools still grow.
const WARM_UP: usize = 15;
/// The allowed growth of memory between the quarters in KiB: allocators keep some.
const MEMORY_TOLERANCE: u64 = 4 * 1024;
/// The allowed growth of the number of file descriptors: connections come and go.
const FILES_TOLERANCE: u64 = 8;
/// The allowed number of additional file descriptors after the load: idle connections to the two
/// issuers.
const MAX_FILES_LEFT: u64 = 4;

pub(crate) struct Results {
    pub(crate) took: Duration,
    pub(crate) in_time: bool,
    pub(crate) running: bool,
    pub(crate) health: Vec<Health>,
    /// Taken before the load.
    pub(crate) idle: Option<Sample>,
    /// Taken after the load.
    pub(crate) quiet: Option<Sample>,
    pub(crate) exit: Option<ExitStatus>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) fetches: Fetches,
    pub(crate) attacker_fetches: usize,
    pub(crate) steady_fetches: usize,
}

/// Counts what passed and what failed.
#[derive(Default)]
struct Checks {
    passed: u32,
    failed: u32,
}

impl Checks {
    fn check(&mut self, name: &str, passes: bool, found: &str) {
        *(if passes {
            &mut self.passed
        } else {
            &mut self.failed
        }) += 1;
        println!("{} {name} ({found})", if passes { "ok  " } else { "FAIL" });
    }
}

pub(crate) fn report(results: &Results, tally: &Tally, record: &Record, log: &Log) -> bool {
    print_requests(tally);
    print_faults(record);
    for (violation, count) in &tally.violations {
        println!("WRONG {count:>6} x {violation}");
    }
    println!();
    let mut checks = Checks::default();
    check_responses(&mut checks, tally);
    check_schedule(&mut checks, results, record);
    check_fetches(&mut checks, results, record);
    check_resources(&mut checks, results);
    check_end(&mut checks, results, log);
    if checks.failed > 0 {
        println!("\nthe last log lines of the server:");
        log.last.iter().for_each(|line| println!("  {line}"));
    }
    println!("{} passed, {} failed", checks.passed, checks.failed);
    checks.failed == 0
}

fn print_requests(tally: &Tally) {
    println!(
        "\n{:<28}{:>9}  {:<30}{:>7}{:>8}{:>10}",
        "request", "responses", "statuses", "either", "503", "slowest"
    );
    for (name, kind) in &tally.kinds {
        let total: u64 = kind.statuses.values().sum();
        let statuses: Vec<_> = kind
            .statuses
            .iter()
            .map(|(status, count)| format!("{status}: {count}"))
            .collect();
        let (doubtful, unavailable, slowest) =
            (kind.doubtful, kind.unavailable, kind.slowest.as_millis());
        println!(
            "{name:<28}{total:>9}  {:<30}{doubtful:>7}{unavailable:>8}{slowest:>7} ms",
            statuses.join(", ")
        );
    }
    let all = |count: fn(&Kind) -> u64| tally.kinds.values().map(count).sum::<u64>();
    let (doubtful, unavailable) = (all(|kind| kind.doubtful), all(|kind| kind.unavailable));
    println!(
        "{:<28}{:>9}  {:<30}{doubtful:>7}{unavailable:>8}",
        "all",
        tally.responses(),
        ""
    );
    println!();
    for (what, count) in &tally.hostile {
        println!("{what:<40}{count:>9}");
    }
}

fn print_faults(record: &Record) {
    println!("\n{:<60}{:>8}", "fault", "fetches");
    for (name, fetches) in &record.faults {
        println!("{name:<60}{fetches:>8}");
    }
    println!();
    for (how, took) in &record.rotations {
        println!(
            "{:<60}{:>6.1} s until cached",
            format!("rotation, {how}"),
            took.as_secs_f64()
        );
    }
}

fn check_responses(checks: &mut Checks, tally: &Tally) {
    let found = format!("{} wrong of {} responses", tally.wrong, tally.responses());
    checks.check("every response is right", tally.wrong == 0, &found);
    let count = |name: &str, status| {
        tally
            .kinds
            .get(name)
            .and_then(|kind| kind.statuses.get(&status))
            .copied()
    };
    let accepted = count("valid", 200).unwrap_or_default();
    checks.check(
        "more than 1000 valid tokens were accepted",
        accepted > 1000,
        &accepted.to_string(),
    );
    let withdrawn = count("valid, of a withdrawn key", 401).unwrap_or_default();
    checks.check(
        "tokens of withdrawn keys were rejected",
        withdrawn > 0,
        &withdrawn.to_string(),
    );
    let errors = tally.server_errors;
    checks.check("no server error but 503", errors == 0, &errors.to_string());
    checks.check(
        "every request got a response",
        tally.broken == 0,
        &tally.broken.to_string(),
    );
}

fn check_schedule(checks: &mut Checks, results: &Results, record: &Record) {
    let missed = record.missed.join(", ");
    checks.check(
        "the schedule was completed in time",
        results.in_time && record.missed.is_empty(),
        &missed,
    );
    let without_fetch: Vec<_> = record
        .faults
        .iter()
        .filter(|(_, fetches)| *fetches == 0)
        .map(|(name, _)| name.as_str())
        .collect();
    let found = format!(
        "{} faults, {} kills; without a fetch: {without_fetch:?}",
        record.faults.len(),
        record.kills
    );
    checks.check(
        "there was a fetch during every fault",
        without_fetch.is_empty() && !record.faults.is_empty(),
        &found,
    );
    checks.check(
        "stale keys were used",
        record.stale > 0,
        &record.stale.to_string(),
    );
}

/// The maximum is the sum of: one at the start; one every 42 s; 2 in 30 s for unknown keys; one a
/// minute for invalid signatures; and in trouble one after each backoff, which soon is at least 3
/// s.
fn check_fetches(checks: &mut Checks, results: &Results, record: &Record) {
    if !results.in_time {
        println!("     fetches: not checked, because the run was cut short");
        return;
    }
    let seconds = results.took.as_secs() + 1;
    let scheduled = 2 + seconds / 42;
    let after_failures: u64 = record
        .troubles
        .iter()
        .map(|trouble| trouble.as_secs() / 3 + 5)
        .sum();
    let forged = 1 + seconds / 60;
    let max = scheduled + 2 * (1 + seconds / 30) + forged + after_failures;
    let reported = results
        .health
        .first()
        .map_or(u64::MAX, |health| health.fetches);
    let seen = results.fetches.keys.max(results.fetches.metadata);
    let found = format!("{reported}, {seen} of them seen by the issuer, of at most {max}");
    checks.check(
        "the fetches from the issuer in trouble are within their limit",
        reported.max(seen) <= max,
        &found,
    );
    let steady = u64::try_from(results.steady_fetches).unwrap_or(u64::MAX);
    let max = scheduled + forged;
    let found = format!("{steady}, of at most {max}");
    checks.check(
        "the fetches from the steady issuer are the scheduled ones, and those for forged tokens",
        (1..=max).contains(&steady),
        &found,
    );
    checks.check(
        "nothing was fetched from the attacker",
        results.attacker_fetches == 0,
        &results.attacker_fetches.to_string(),
    );
}

fn check_resources(checks: &mut Checks, results: &Results) {
    let (Some(idle), Some(quiet)) = (results.idle, results.quiet) else {
        println!("     memory and file descriptors: not checked, there is no /proc here");
        return;
    };
    let Some((first, last)) = quarters(&results.samples, WARM_UP) else {
        return checks.check(
            "there are samples of memory",
            false,
            &results.samples.len().to_string(),
        );
    };
    let found = format!(
        "{} KiB idle, {} KiB in the first quarter, {} in the last",
        idle.memory, first.memory, last.memory
    );
    checks.check(
        "memory grows by at most 4 MiB",
        last.memory <= first.memory + MEMORY_TOLERANCE,
        &found,
    );
    let found = format!(
        "{} in the first quarter, {} in the last",
        first.files, last.files
    );
    checks.check(
        "file descriptors grow by at most 8",
        last.files <= first.files + FILES_TOLERANCE,
        &found,
    );
    let found = format!("{} before the load, {} after it", idle.files, quiet.files);
    checks.check(
        "all connections are closed",
        quiet.files <= idle.files + MAX_FILES_LEFT,
        &found,
    );
}

fn check_end(checks: &mut Checks, results: &Results, log: &Log) {
    checks.check(
        "the server is running",
        results.running,
        "at the end of the load",
    );
    checks.check(
        "it logged no panic",
        log.panics.is_empty(),
        &format!("{:?} in {} lines", log.panics, log.lines),
    );
    let lines = log.lines > 0;
    checks.check(
        "it logged no token, secret or subject",
        lines && log.leaks.is_empty(),
        &format!("{:?}", log.leaks),
    );
    let exited_cleanly = results.exit.is_some_and(|exit| exit.code() == Some(0));
    checks.check(
        "SIGTERM ends it with status 0",
        exited_cleanly,
        &format!("{:?}", results.exit),
    );
}
