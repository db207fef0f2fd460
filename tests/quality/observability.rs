//! The dashboard and the alert rules of `docs/observability` use metrics and labels that exist, and
//! the documents beside them name each alert.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use tower_jwt_auth::metrics::{METRICS, MetricDescription, MetricKind};

/// Labels that Prometheus adds.
const ADDED: &[&str] = &["job", "instance", "le", "alertname", "alertstate"];

fn read(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/observability");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn panels() -> Vec<Value> {
    let dashboard: Value = serde_json::from_str(&read("dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    panels
        .iter()
        .filter(|panel| panel["type"] != "row")
        .cloned()
        .collect()
}

/// Returns the queries of the dashboard, each with the text that names its series.
fn queries() -> Vec<(String, String)> {
    let targets = panels()
        .into_iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap().clone());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    targets
        .map(|target| (text(&target["expr"]), text(&target["legendFormat"])))
        .collect()
}

/// Returns the expressions of the rules, each with its annotations.
fn rules() -> Vec<(String, String)> {
    let text = read("alerts.yml");
    let rules = text.split("- alert: ").skip(1).map(|rule| {
        let (_, rule) = rule.split_once("expr: ").unwrap();
        let (expression, rest) = rule.split_once("labels:").unwrap();
        let without_for = expression.split("for: ").next().unwrap();
        (without_for.to_owned(), rest.to_owned())
    });
    rules.collect()
}

/// Splits a query into names, texts in quotes, and single characters.
fn tokens(query: &str) -> Vec<String> {
    let (mut tokens, mut rest) = (Vec::new(), query);
    while let Some(first) = rest.chars().next() {
        let is_name = |character: char| character.is_alphanumeric() || "_$".contains(character);
        let end = match first {
            '"' => rest[1..].find('"').unwrap() + 2,
            _ if is_name(first) => rest
                .find(|character| !is_name(character))
                .unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        if !first.is_whitespace() {
            tokens.push(rest[..end].to_owned());
        }
        rest = &rest[end..];
    }
    tokens
}

/// Returns the metric that a series belongs to.
fn metric_of(series: &str) -> Option<&'static MetricDescription> {
    METRICS.iter().find(|metric| {
        let is_part = ["_bucket", "_sum", "_count"].iter().any(|end| {
            metric.kind == MetricKind::Histogram && series.strip_suffix(end) == Some(metric.name)
        });
        metric.name == series && metric.kind != MetricKind::Histogram || is_part
    })
}

/// Returns what is wrong with the names of a query. `legend` names labels in braces.
fn wrong_names(query: &str, legend: &str) -> Vec<String> {
    let (tokens, mut wrong, mut known) = (tokens(query), Vec::new(), BTreeSet::new());
    for name in tokens.iter().filter(|token| token.starts_with("jwt_auth")) {
        match metric_of(name) {
            Some(metric) => known.extend(metric.labels.iter().copied()),
            None => wrong.push(format!("the series {name}")),
        }
    }
    let mut labels: Vec<&str> = Vec::new();
    // In braces before an operator, and in parentheses after `by`.
    for (index, token) in tokens.iter().enumerate() {
        let after = tokens.get(index + 1).map_or("", String::as_str);
        if tokens
            .get(index.wrapping_sub(1))
            .is_some_and(|before| before == "{" || before == ",")
            && ["=", "!"].contains(&after)
        {
            labels.push(token);
        }
        if token == "by" {
            let list = tokens[index + 2..].iter().take_while(|token| *token != ")");
            labels.extend(list.map(String::as_str).filter(|token| *token != ","));
        }
    }
    for part in legend.split("{{").skip(1) {
        let name = part.split("}}").next().unwrap().trim();
        labels.extend(
            name.strip_prefix("$labels.")
                .or(Some(name))
                .filter(|name| !name.starts_with('$')),
        );
    }
    let is_wrong = |label: &&str| !known.contains(*label) && !ADDED.contains(label);
    wrong.extend(
        labels
            .into_iter()
            .filter(is_wrong)
            .map(|label| format!("the label {label}")),
    );
    wrong
}

#[test]
fn the_dashboard_and_the_alerts_use_metrics_and_labels_that_exist() {
    let (queries, rules) = (queries(), rules());
    assert!(
        queries.len() > 30 && rules.len() > 10,
        "{} {}",
        queries.len(),
        rules.len()
    );
    for (query, legend) in queries.iter().chain(&rules) {
        let wrong = wrong_names(query, legend);
        assert!(wrong.is_empty(), "{query} {legend}: {wrong:?}");
    }
}

#[test]
fn planted_names_are_found() {
    let wrong = |query: &str, legend: &str| wrong_names(query, legend).join(", ");
    assert_eq!(
        wrong("rate(jwt_auth_request_total[5m])", ""),
        "the series jwt_auth_request_total"
    );
    assert_eq!(
        wrong("jwt_auth_wait_seconds", ""),
        "the series jwt_auth_wait_seconds"
    );
    assert_eq!(
        wrong(r#"jwt_auth_keys{issuer="a", state!="b"}"#, ""),
        "the label state"
    );
    assert_eq!(
        wrong("sum by (job, kid) (jwt_auth_keys)", ""),
        "the label kid"
    );
    assert_eq!(
        wrong("jwt_auth_keys", "{{issuer}} {{sub}}"),
        "the label sub"
    );
    assert_eq!(
        wrong(
            "jwt_auth_keys",
            "{{ $labels.reason }} {{ $value | humanize }}"
        ),
        "the label reason"
    );
    assert_eq!(
        wrong(
            "histogram_quantile(0.9, sum by (for, le) (rate(jwt_auth_wait_seconds_bucket[5m])))",
            "{{for}}"
        ),
        ""
    );
}

#[test]
fn the_dashboard_shows_every_metric() {
    let queries: String = queries()
        .into_iter()
        .map(|(query, _)| query + "\n")
        .collect();
    let hidden: Vec<_> = METRICS
        .iter()
        .filter(|metric| !queries.contains(metric.name))
        .collect();
    assert!(hidden.is_empty(), "{hidden:#?}");
}

#[test]
fn each_panel_has_a_unit_a_description_and_no_id() {
    for panel in panels() {
        let title = panel["title"].as_str().unwrap();
        let unit = panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap();
        let description = panel["description"].as_str().unwrap();
        assert!(!unit.is_empty() && description.len() > 20, "{title}");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        assert!(panel.get("id").is_none(), "{title}");
    }
    let dashboard: Value = serde_json::from_str(&read("dashboard.json")).unwrap();
    assert_eq!(dashboard["schemaVersion"], 39);
    assert!(dashboard.get("id").is_none() && dashboard.get("uid").is_none());
}

#[test]
fn each_alert_has_a_severity_a_summary_a_section_of_the_runbook_and_a_fault_that_fires_it() {
    let (alerts, runbook, faults, tests) = (
        read("alerts.yml"),
        read("runbook.md"),
        read("README.md"),
        read("alerts.test.yml"),
    );
    let mut count = 0;
    for rule in alerts.split("- alert: ").skip(1) {
        let name = rule.lines().next().unwrap();
        assert!(
            rule.contains("severity: critical") || rule.contains("severity: warning"),
            "{name}"
        );
        assert!(rule.contains("summary: \""), "{name}");
        assert!(
            rule.contains(&format!("runbook.md#{}", name.to_lowercase())),
            "{name}"
        );
        assert!(
            runbook.contains(&format!("\n## {name}\n")),
            "{name}: the runbook"
        );
        assert!(
            faults.contains(&format!("`{name}`")),
            "{name}: the table of faults"
        );
        assert!(
            tests.contains(&format!("alertname: {name}\n")),
            "{name}: alerts.test.yml"
        );
        count += 1;
    }
    assert_eq!(runbook.matches("\n## ").count(), count);
}
