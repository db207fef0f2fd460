//! Reports: a table on stdout, and optionally a TSV file for charts.

use std::fs::File;
use std::io::Write as _;

use lexopt::prelude::*;

/// A table with the columns given to [`Report::begin`].
pub(crate) struct Report {
    columns: Vec<Column>,
    /// The filter: only rows whose name contains it are measured.
    filter: String,
    /// One line per cell: row, column, value.
    tsv: Option<File>,
}

/// The name of a column, and the number of decimal places of its values.
type Column = (&'static str, usize);

impl Report {
    /// Parses the arguments `[--tsv FILE] [FILTER]`, and prints the title and the column names.
    pub(crate) fn begin(title: &str, columns: &[Column]) -> Self {
        let mut report = Self {
            columns: columns.to_vec(),
            filter: String::new(),
            tsv: None,
        };
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments
            .next()
            .expect("the arguments that the module docs name")
        {
            match argument {
                // Cargo adds it.
                Long("bench") => {}
                Long("tsv") => report.tsv = Some(File::create(arguments.value().unwrap()).unwrap()),
                Value(filter) => report.filter = filter.string().unwrap(),
                other => panic!("{}", other.unexpected()),
            }
        }
        println!("{title}\n");
        let names = columns
            .iter()
            .map(|(name, _)| format!(" {name:>12}"))
            .collect::<Vec<_>>()
            .concat();
        println!("{:34}{names}", "");
        report
    }

    /// Returns whether the row of this name is to be measured.
    pub(crate) fn includes(&self, name: &str) -> bool {
        name.contains(&self.filter)
    }

    /// Prints a row with one value per column. A `NaN` leaves its cell empty.
    pub(crate) fn row(&mut self, name: &str, values: &[f64]) {
        assert_eq!(values.len(), self.columns.len(), "one value per column");
        print!("{name:34}");
        for (&(column, places), &value) in self.columns.iter().zip(values) {
            if value.is_nan() {
                print!(" {:>12}", "");
                continue;
            }
            print!(" {value:>12.places$}");
            if let Some(tsv) = &mut self.tsv {
                writeln!(tsv, "{name}\t{column}\t{value}").unwrap();
            }
        }
        println!();
    }
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}

/// Sorts the values, and returns the one that `fraction` of them do not exceed.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the product is at most the length"
)]
pub(crate) fn quantile(values: &mut [f64], fraction: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len() - 1;
    values[((values.len() as f64 * fraction) as usize).min(last)]
}
