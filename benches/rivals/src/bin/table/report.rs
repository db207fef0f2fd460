//! The table, as text and as TSV.

use std::fmt::Write as _;

use tower_jwt_auth::Algorithm;

/// The result of one candidate.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) algorithm: Algorithm,
    pub(crate) name: String,
    pub(crate) version: &'static str,
    pub(crate) signatures: &'static str,
    /// Microseconds, their ratio to the bare check, and allocations; or the reason why they are
    /// missing.
    pub(crate) measured: Result<(f64, f64, usize), &'static str>,
}

impl Row {
    pub(crate) fn new(algorithm: Algorithm, name: &str) -> Self {
        let measured = Err("not measured");
        Self {
            algorithm,
            name: name.to_owned(),
            version: "",
            signatures: "aws-lc-rs",
            measured,
        }
    }

    fn title(&self) -> String {
        let Self {
            algorithm,
            name,
            version,
            signatures,
            ..
        } = self;
        match *version {
            "" => format!("{algorithm}: {name}"),
            version => format!("{algorithm}: {name} {version}, {signatures}"),
        }
    }
}

/// Returns the rows in the format of the summary benchmark.
pub(crate) fn table(rows: &[Row], with_header: bool) -> String {
    let mut text = String::new();
    if with_header {
        writeln!(
            text,
            "{:58} {:>10} {:>8} {:>12}",
            "", "µs", "ratio", "allocations"
        )
        .unwrap();
    }
    for row in rows {
        let title = row.title();
        match row.measured {
            Ok((micros, ratio, allocated)) => writeln!(
                text,
                "{title:58} {micros:>10.3} {ratio:>8.3} {allocated:>12}"
            ),
            Err(reason) => writeln!(text, "{title:58} not driven: {reason}"),
        }
        .unwrap();
    }
    text + "\n"
}

/// Returns the rows as TSV.
pub(crate) fn tsv(rows: &[Row]) -> String {
    let mut text =
        "algorithm\tname\tversion\tsignatures\tmicros\tratio\tallocations\tnot_driven\n".to_owned();
    for Row {
        algorithm,
        name,
        version,
        signatures,
        measured,
    } in rows
    {
        let measured = match measured {
            Ok((micros, ratio, allocated)) => format!("{micros:.3}\t{ratio:.4}\t{allocated}\t"),
            Err(reason) => format!("\t\t\t{reason}"),
        };
        writeln!(
            text,
            "{algorithm}\t{name}\t{version}\t{signatures}\t{measured}"
        )
        .unwrap();
    }
    text
}
