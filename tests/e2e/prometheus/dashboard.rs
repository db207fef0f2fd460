//! The queries of the dashboard.

use serde_json::{Value, json};

use crate::table;

pub(crate) struct Query {
    pub(crate) panel: String,
    pub(crate) text: String,
}

/// Returns the queries of all panels, with the variables replaced.
pub(crate) fn queries() -> Vec<Query> {
    let dashboard: Value = serde_json::from_str(&table::read("dashboard.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let queries = panels.flat_map(|panel| {
        let targets = panel["targets"].as_array().into_iter().flatten();
        targets.map(|target| Query {
            panel: panel["title"].as_str().expect("a title").to_owned(),
            text: replaced(target["expr"].as_str().expect("a query")),
        })
    });
    queries.collect()
}

fn replaced(query: &str) -> String {
    query
        .replace("$__rate_interval", "10s")
        .replace("$job", ".*")
}

/// Returns the queries as recording rules, which promtool checks. JSON is YAML.
pub(crate) fn as_rules(queries: &[Query]) -> String {
    let rules = queries.iter().enumerate();
    let rules: Vec<_> = rules
        .map(|(index, query)| json!({"record": format!("panel:{index}"), "expr": query.text}))
        .collect();
    json!({"groups": [{"name": "dashboard", "rules": rules}]}).to_string()
}
