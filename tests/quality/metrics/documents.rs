//! The guide, the constants and the descriptions name the same metrics and labels.

use std::collections::BTreeMap;
use std::path::Path;

use tower_jwt_auth::metrics::METRICS;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

type Metrics = BTreeMap<String, (String, Vec<String>)>;

/// Returns the rows of tables of metrics: name, type, labels.
fn rows<'t>(lines: impl Iterator<Item = &'t str>) -> Metrics {
    let rows = lines.filter_map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let name = cells.get(1)?.strip_prefix('`')?.strip_suffix('`')?;
        let labels = cells.get(3)?.split(", ").filter(|label| !label.is_empty());
        let labels = labels.map(|label| label.trim_matches('`').to_owned());
        name.starts_with("jwt_auth_")
            .then(|| (name.to_owned(), (cells[2].to_owned(), labels.collect())))
    });
    rows.collect()
}

fn described() -> Metrics {
    let metrics = METRICS.iter().map(|metric| {
        let labels = metric.labels.iter().map(|label| (*label).to_owned());
        let kind = format!("{:?}", metric.kind).to_lowercase();
        (metric.name.to_owned(), (kind, labels.collect()))
    });
    metrics.collect()
}

#[test]
fn the_guide_lists_every_metric_with_its_type_and_labels() {
    let guide = read("docs/observability.md");
    assert_eq!(rows(guide.lines()), described());
}

#[test]
fn the_documentation_of_the_names_lists_every_metric_with_its_type_and_labels() {
    let names = read("src/metrics/names.rs");
    let lines = names.lines().filter_map(|line| line.strip_prefix("//! "));
    assert_eq!(rows(lines), described());
}

#[test]
fn every_constant_of_a_name_is_described() {
    let names = read("src/metrics/names.rs");
    let constants = names.lines().filter(|line| line.starts_with("pub const "));
    let values: Vec<_> = constants
        .map(|line| line.split('"').nth(1).unwrap())
        .collect();
    let (metrics, labels): (Vec<_>, Vec<_>) = values
        .into_iter()
        .partition(|value| value.starts_with("jwt_auth_"));
    assert_eq!(metrics.len(), METRICS.len());
    for name in metrics {
        assert!(METRICS.iter().any(|metric| metric.name == name), "{name}");
    }
    for label in &labels {
        let is_used = METRICS.iter().any(|metric| metric.labels.contains(label));
        assert!(is_used, "{label}");
    }
    let guide = read("docs/observability.md");
    for label in labels {
        assert!(guide.contains(&format!("| `{label}` |")), "{label}");
    }
}

#[test]
fn names_have_the_suffix_of_their_type_and_unit() {
    for metric in METRICS {
        let name = metric.name;
        let is_counter = metric.kind == tower_jwt_auth::metrics::MetricKind::Counter;
        assert_eq!(name.ends_with("_total"), is_counter, "{name}");
        let suffix = match metric.unit {
            tower_jwt_auth::metrics::MetricUnit::Seconds => "_seconds",
            tower_jwt_auth::metrics::MetricUnit::Bytes => "_bytes",
            _ => continue,
        };
        assert!(name.ends_with(suffix), "{name}");
    }
}
