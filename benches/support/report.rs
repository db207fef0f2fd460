//! A table for people on stdout, and lines for charts in a file.

use std::fs::File;
use std::io::Write as _;

use lexopt::prelude::*;

/// What is measured under which name, in the columns that it was begun with.
pub(crate) struct Report {
    columns: Vec<Column>,
    /// Rows are measured if that is part of their name.
    wanted: String,
    /// A line for each cell: row, column, value.
    lines: Option<File>,
}

/// A name, and how many places after the point its numbers have.
type Column = (&'static str, usize);

impl Report {
    /// Understands `--tsv FILE` and a part of a name, and prints the table's head.
    pub(crate) fn begin(about: &str, columns: &[Column]) -> Self {
        let mut report = Self {
            columns: columns.to_vec(),
            wanted: String::new(),
            lines: None,
        };
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments
            .next()
            .expect("arguments as the head of the file says")
        {
            match argument {
                // From cargo.
                Long("bench") => {}
                Long("tsv") => {
                    report.lines = Some(File::create(arguments.value().unwrap()).unwrap())
                }
                Value(wanted) => report.wanted = wanted.string().unwrap(),
                other => panic!("{}", other.unexpected()),
            }
        }
        println!("{about}\n");
        let heads = columns
            .iter()
            .map(|(name, _)| format!(" {name:>12}"))
            .collect::<Vec<_>>()
            .concat();
        println!("{:34}{heads}", "");
        report
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        name.contains(&self.wanted)
    }

    /// A number for each column; nothing is shown for what is `NaN`.
    pub(crate) fn row(&mut self, name: &str, values: &[f64]) {
        assert_eq!(values.len(), self.columns.len(), "a number for each column");
        print!("{name:34}");
        for (&(column, places), &value) in self.columns.iter().zip(values) {
            if value.is_nan() {
                print!(" {:>12}", "");
                continue;
            }
            print!(" {value:>12.places$}");
            if let Some(lines) = &mut self.lines {
                writeln!(lines, "{name}\t{column}\t{value}").unwrap();
            }
        }
        println!();
    }
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}

/// The smallest value that at least this share of them does not exceed; sorts them.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a length is one"
)]
pub(crate) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len() - 1;
    values[((values.len() as f64 * share) as usize).min(last)]
}
