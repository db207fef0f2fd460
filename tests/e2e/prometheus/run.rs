//! The test.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::sleep;

use crate::dashboard;
use crate::fault::Fault;
use crate::process::program;
use crate::prometheus::{Prometheus, now};
use crate::site::Site;
use crate::table::{self, Alerts};

/// How long everything works before the faults: the windows of the rules fill.
const WARM_UP: Duration = Duration::from_secs(12);
/// How long the expected alerts, and their ends, are waited for.
const MAX_WAIT: Duration = Duration::from_secs(90);

/// What has passed and failed.
#[derive(Default)]
struct Report {
    passed: u32,
    failed: u32,
}

impl Report {
    fn check(&mut self, what: &str, is_ok: bool) {
        if is_ok {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
        println!("{}  {what}", if is_ok { "ok    " } else { "FAILED" });
    }
}

/// Returns whether all checks have passed.
pub(crate) async fn run() -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let started = join_all(Fault::ALL.map(|fault| Site::start(fault, folder.path()))).await;
    let sites: Vec<_> = started.into_iter().flatten().collect();
    if sites.len() < Fault::ALL.len() {
        println!("no Redis: redis_down is skipped, and so are the panels about stores");
    }
    let prometheus = Prometheus::start(folder.path(), &sites).await;
    let mut report = Report::default();
    sleep(WARM_UP).await;
    quiet(&prometheus, &mut report).await;
    faults(&prometheus, &sites, &mut report).await;
    queries(&prometheus, sites.len() == Fault::ALL.len(), &mut report).await;
    checked_by_promtool(folder.path(), &sites, &mut report).await;
    draw(&prometheus, &mut report).await;
    if report.failed > 0 {
        let kept = folder.keep();
        println!("the logs are in {}", kept.display());
    }
    println!("{} passed, {} failed", report.passed, report.failed);
    report.failed == 0
}

async fn quiet(prometheus: &Prometheus, report: &mut Report) {
    let fired = prometheus.fired(now() - prometheus.started).await;
    report.check(
        &format!("no alert before the faults: {fired:?}"),
        fired.is_empty(),
    );
}

/// Causes all faults at once, and compares the alerts with the table.
async fn faults(prometheus: &Prometheus, sites: &[Site], report: &mut Report) {
    let expected = table::expected();
    let alerts_of = |site: &Site| expected.get(site.fault.name()).cloned().unwrap_or_default();
    let begin = Instant::now();
    let waiting = async {
        // Long enough for alerts that should not fire.
        sleep(Duration::from_secs(20)).await;
        while begin.elapsed() < MAX_WAIT {
            let fired = prometheus.fired(now() - prometheus.started).await;
            let have = |site: &Site| fired.get(site.fault.name()).cloned().unwrap_or_default();
            if sites
                .iter()
                .all(|site| alerts_of(site).is_subset(&have(site)))
            {
                break;
            }
            sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::join!(waiting, join_all(sites.iter().map(Site::begin)));
    println!("the faults took {} s", begin.elapsed().as_secs());
    join_all(sites.iter().map(Site::end)).await;
    let (ended, firing) = all_end(prometheus).await;
    report.check(
        &format!("all alerts end, {ended} s after the faults: {firing:?}"),
        firing.is_empty(),
    );
    let fired = prometheus.fired(now() - prometheus.started).await;
    for site in sites.iter().filter(|site| site.fault != Fault::Story) {
        let name = site.fault.name();
        let (expected, fired) = (
            alerts_of(site),
            fired.get(name).cloned().unwrap_or_default(),
        );
        let is_right = expected == fired;
        let text = if is_right {
            list(&fired)
        } else {
            format!("{}, but expected {}", list(&fired), list(&expected))
        };
        report.check(&format!("{name:<19} {text}"), is_right);
    }
    let known = Fault::ALL.iter().filter(|fault| **fault != Fault::Story);
    let known: BTreeSet<_> = known.map(|fault| fault.name()).collect();
    let named: BTreeSet<_> = expected.keys().map(String::as_str).collect();
    report.check(
        &format!("the {} faults are those of the table", known.len()),
        named == known,
    );
}

/// Waits until no alert fires. Returns how long that took, and which still fire.
async fn all_end(prometheus: &Prometheus) -> (u64, Alerts) {
    let begin = Instant::now();
    loop {
        let firing: Alerts = prometheus
            .fired(2)
            .await
            .into_iter()
            .flat_map(|(job, alerts)| {
                alerts
                    .into_iter()
                    .map(move |alert| format!("{job}: {alert}"))
            })
            .collect();
        if firing.is_empty() || begin.elapsed() > MAX_WAIT {
            return (begin.elapsed().as_secs(), firing);
        }
        sleep(Duration::from_secs(1)).await;
    }
}

fn list(alerts: &Alerts) -> String {
    if alerts.is_empty() {
        return "none".to_owned();
    }
    alerts
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Runs each query of the dashboard.
async fn queries(prometheus: &Prometheus, has_redis: bool, report: &mut Report) {
    let (mut count, mut empty) = (0, Vec::new());
    for query in dashboard::queries() {
        count += 1;
        let needs_redis = query.text.contains("store") || query.text.contains("revocation");
        let series = prometheus.series(&query.text).await;
        if series.is_empty() && (has_redis || !needs_redis) {
            empty.push(format!("{}: {}", query.panel, query.text));
        }
    }
    let text = format!("{count} queries of the dashboard return series; without any: {empty:#?}");
    report.check(&text, count > 30 && empty.is_empty());
}

async fn checked_by_promtool(folder: &Path, sites: &[Site], report: &mut Report) {
    let rules = folder.join("dashboard.yml");
    let queries = dashboard::as_rules(&dashboard::queries());
    std::fs::write(&rules, queries).expect("written");
    let arguments = ["check", "rules", rules.to_str().expect("text")];
    let is_ok = promtool(&arguments, "").await;
    report.check("promtool check rules: the dashboard's queries", is_ok);
    let mut are_ok = true;
    for site in sites {
        let url = format!("http://{}/metrics", site.address);
        let response = reqwest::get(url).await.expect("it answers");
        let metrics = response.text().await.expect("text");
        are_ok &= promtool(&["check", "metrics"], &metrics).await && metrics.len() > 1000;
    }
    let text = format!(
        "promtool check metrics: /metrics of {} services",
        sites.len()
    );
    report.check(&text, are_ok);
}

/// Returns whether promtool finds nothing wrong.
async fn promtool(arguments: &[&str], input: &str) -> bool {
    let mut command = Command::new(program("PROMTOOL_PROGRAM").expect("the program"));
    command.args(arguments).stdin(std::process::Stdio::piped());
    let mut child = command.spawn().expect("promtool starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    drop(stdin.write_all(input.as_bytes()).await);
    drop(stdin);
    child.wait().await.expect("promtool ends").success()
}

/// Draws the dashboard, if that is asked for.
async fn draw(prometheus: &Prometheus, report: &mut Report) {
    let Some(pictures) = program("PICTURES") else {
        return;
    };
    let mut command = Command::new("python3");
    command
        .arg(format!("{}/draw.py", table::FOLDER))
        .arg(pictures);
    command.args([&prometheus.url, Fault::Story.name()]);
    command.args([prometheus.started, now()].map(|time| time.to_string()));
    let is_ok = command.status().await.is_ok_and(|status| status.success());
    report.check("the pictures are drawn", is_ok);
}
