//! What happened, and whether it was right.

use std::process::ExitStatus;
use std::time::Duration;

use crate::health::Health;
use crate::provider::Fetches;
use crate::schedule::Record;
use crate::server::Log;
use crate::tally::{Kind, Tally};
use crate::watch::{Sample, quarters};

/// Until buffers and pools have their size, in samples of a second.
const WARM_UP: usize = 15;
/// What memory may differ by between the quarters: an allocator's arenas breathe.
const MEMORY_TOLERANCE: u64 = 4 * 1024;
/// The same for file descriptors: connections come and go.
const FILES_TOLERANCE: u64 = 8;
/// And when all clients are gone: idle connections to the two issuers.
const FILES_LEFT: u64 = 4;

pub(crate) struct Ended {
    pub(crate) took: Duration,
    pub(crate) in_time: bool,
    pub(crate) running: bool,
    pub(crate) health: Vec<Health>,
    /// Before the load.
    pub(crate) idle: Option<Sample>,
    /// After it.
    pub(crate) quiet: Option<Sample>,
    pub(crate) exit: Option<ExitStatus>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) fetches: Fetches,
    pub(crate) enemy_asked: usize,
    pub(crate) steady_asked: usize,
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

pub(crate) fn report(ended: &Ended, tally: &Tally, record: &Record, log: &Log) -> bool {
    print_requests(tally);
    print_faults(record);
    for (violation, count) in &tally.told {
        println!("WRONG {count:>6} x {violation}");
    }
    println!();
    let mut checks = Checks::default();
    check_answers(&mut checks, tally);
    check_schedule(&mut checks, ended, record);
    check_fetches(&mut checks, ended, record);
    check_resources(&mut checks, ended);
    check_end(&mut checks, ended, log);
    if checks.failed > 0 {
        println!("\nthe last that the server wrote:");
        log.last.iter().for_each(|line| println!("  {line}"));
    }
    println!("{} passed, {} failed", checks.passed, checks.failed);
    checks.failed == 0
}

fn print_requests(tally: &Tally) {
    println!(
        "\n{:<28}{:>9}  {:<30}{:>7}{:>8}{:>10}",
        "request", "answers", "statuses", "either", "503", "slowest"
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
        tally.answers(),
        ""
    );
    println!();
    for (what, count) in &tally.hostile {
        println!("{what:<40}{count:>9}");
    }
}

fn print_faults(record: &Record) {
    println!("\n{:<60}{:>8}", "fault", "fetches");
    for (name, met) in &record.faults {
        println!("{name:<60}{met:>8}");
    }
    println!();
    for (how, took) in &record.rotations {
        println!(
            "{:<60}{:>6.1} s until known",
            format!("rotation, {how}"),
            took.as_secs_f64()
        );
    }
}

fn check_answers(checks: &mut Checks, tally: &Tally) {
    let found = format!("{} wrong of {} answers", tally.wrong, tally.answers());
    checks.check(
        "every answer agrees with what is known of its request",
        tally.wrong == 0,
        &found,
    );
    let count = |name: &str, status| {
        tally
            .kinds
            .get(name)
            .and_then(|kind| kind.statuses.get(&status))
            .copied()
    };
    let accepted = count("good", 200).unwrap_or_default();
    checks.check(
        "valid tokens were accepted in their thousands",
        accepted > 1000,
        &accepted.to_string(),
    );
    let withdrawn = count("good, of a withdrawn key", 401).unwrap_or_default();
    checks.check(
        "tokens of withdrawn keys were rejected",
        withdrawn > 0,
        &withdrawn.to_string(),
    );
    let errors = tally.server_errors;
    checks.check("no server error but 503", errors == 0, &errors.to_string());
    checks.check(
        "no request without an answer",
        tally.broken == 0,
        &tally.broken.to_string(),
    );
}

fn check_schedule(checks: &mut Checks, ended: &Ended, record: &Record) {
    let missed = record.missed.join(", ");
    checks.check(
        "all that was to happen did, in time",
        ended.in_time && record.missed.is_empty(),
        &missed,
    );
    let unmet: Vec<_> = record
        .faults
        .iter()
        .filter(|(_, met)| *met == 0)
        .map(|(name, _)| name.as_str())
        .collect();
    let found = format!(
        "{} faults, {} kills; unmet: {unmet:?}",
        record.faults.len(),
        record.kills
    );
    checks.check(
        "every fault was met by a fetch",
        unmet.is_empty() && !record.faults.is_empty(),
        &found,
    );
    checks.check(
        "keys have served beyond their life",
        record.stale > 0,
        &record.stale.to_string(),
    );
}

/// At most: one at the start; scheduled ones, 42 s apart; 2 in 30 s for unknown keys; and in
/// trouble one after each pause, which soon is 3 s at least.
fn check_fetches(checks: &mut Checks, ended: &Ended, record: &Record) {
    if !ended.in_time {
        println!(
            "     fetches: not checked, because how long there was trouble is not known of a run that was cut short"
        );
        return;
    }
    let seconds = ended.took.as_secs() + 1;
    let scheduled = 2 + seconds / 42;
    let after_failures: u64 = record
        .troubles
        .iter()
        .map(|trouble| trouble.as_secs() / 3 + 5)
        .sum();
    let most = scheduled + 2 * (1 + seconds / 30) + after_failures;
    let told = ended
        .health
        .first()
        .map_or(u64::MAX, |health| health.fetches);
    let seen = ended.fetches.keys.max(ended.fetches.metadata);
    let found = format!("{told}, {seen} of them seen by the issuer, of at most {most}");
    checks.check(
        "fetches of the issuer in trouble keep to their budget",
        told.max(seen) <= most,
        &found,
    );
    let steady = u64::try_from(ended.steady_asked).unwrap_or(u64::MAX);
    let found = format!("{steady}, of at most {scheduled}");
    checks.check(
        "fetches of the steady issuer are the scheduled ones",
        (1..=scheduled).contains(&steady),
        &found,
    );
    checks.check(
        "nothing was fetched from the enemy",
        ended.enemy_asked == 0,
        &ended.enemy_asked.to_string(),
    );
}

fn check_resources(checks: &mut Checks, ended: &Ended) {
    let (Some(idle), Some(quiet)) = (ended.idle, ended.quiet) else {
        println!("     memory and file descriptors: not checked, there is no /proc here");
        return;
    };
    let Some((first, last)) = quarters(&ended.samples, WARM_UP) else {
        return checks.check(
            "there are samples of memory",
            false,
            &ended.samples.len().to_string(),
        );
    };
    let found = format!(
        "{} KiB idle, {} KiB in the first quarter, {} in the last",
        idle.memory, first.memory, last.memory
    );
    checks.check(
        "memory is flat to within 4 MiB",
        last.memory <= first.memory + MEMORY_TOLERANCE,
        &found,
    );
    let found = format!(
        "{} in the first quarter, {} in the last",
        first.files, last.files
    );
    checks.check(
        "file descriptors are flat to within 8",
        last.files <= first.files + FILES_TOLERANCE,
        &found,
    );
    let found = format!("{} before the load, {} after it", idle.files, quiet.files);
    checks.check(
        "no connection is left over",
        quiet.files <= idle.files + FILES_LEFT,
        &found,
    );
}

fn check_end(checks: &mut Checks, ended: &Ended, log: &Log) {
    checks.check(
        "the server is alive",
        ended.running,
        "at the end of the load",
    );
    checks.check(
        "it logged no panic",
        log.panics.is_empty(),
        &format!("{:?} in {} lines", log.panics, log.lines),
    );
    let lines = log.lines > 0;
    checks.check(
        "it logged nothing of a token",
        lines && log.leaks.is_empty(),
        &format!("{:?}", log.leaks),
    );
    let ended_well = ended.exit.is_some_and(|exit| exit.code() == Some(0));
    checks.check(
        "SIGTERM ends it with status 0",
        ended_well,
        &format!("{:?}", ended.exit),
    );
}
