//! The table of faults and alerts in `docs/observability/README.md`.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Alerts = BTreeSet<String>;

pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/observability");

pub(crate) fn read(name: &str) -> String {
    let path = format!("{FOLDER}/{name}");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the alerts of each fault.
pub(crate) fn expected() -> BTreeMap<String, Alerts> {
    let text = read("README.md");
    let (_, table) = text
        .split_once("| fault | what happens | alerts |")
        .expect("the table");
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let row = |line: &str| {
        let cells: Vec<_> = line.trim_matches('|').split('|').collect();
        let [fault, _, alerts] = cells[..] else {
            panic!("{line}: must have three columns")
        };
        (
            quoted(fault).remove(0),
            quoted(alerts).into_iter().collect(),
        )
    };
    rows.map(row).collect()
}

fn quoted(cell: &str) -> Vec<String> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted.map(ToOwned::to_owned).collect()
}
