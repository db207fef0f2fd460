//! The output: a line for each check. Colours only on a terminal.

use std::env;
use std::io::{self, IsTerminal as _, Write as _};

pub(crate) struct Output {
    colours: bool,
    failed: usize,
    passed: usize,
    /// Whether the token is rejected.
    is_rejected: bool,
    /// Whether standard output takes no more, as after `| head`.
    is_closed: bool,
}

impl Default for Output {
    fn default() -> Self {
        Self {
            // https://no-color.org
            colours: io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none(),
            failed: 0,
            passed: 0,
            is_rejected: false,
            is_closed: false,
        }
    }
}

impl Output {
    pub(crate) fn heading(&mut self, text: &str) {
        self.print(&format!("\n{}", self.coloured("1", text)));
    }

    pub(crate) fn passed(&mut self, text: &str) {
        self.passed += 1;
        self.print(&format!("  {} {text}", self.coloured("32", "✓")));
    }

    /// Prints a failed check, and what to do about it.
    pub(crate) fn failed(&mut self, text: &str, fix: Option<&str>) {
        self.failed_with("fix", text, fix);
    }

    /// Prints a failed check of a token, and its usual cause or what to do about it.
    pub(crate) fn failed_check(&mut self, text: &str, hint: Option<&str>) {
        self.failed_with("hint", text, hint);
    }

    fn failed_with(&mut self, label: &str, text: &str, more: Option<&str>) {
        self.failed += 1;
        self.print(&format!("  {} {text}", self.coloured("31", "✗")));
        if let Some(more) = more {
            self.print(&format!("      {label}: {more}"));
        }
    }

    /// Prints what follows from the checks. It does not count as one of them.
    pub(crate) fn verdict(&mut self, is_accepted: bool, text: &str) {
        self.is_rejected |= !is_accepted;
        let (colour, mark) = if is_accepted {
            ("32", "✓")
        } else {
            ("31", "✗")
        };
        self.print(&format!("  {} {text}", self.coloured(colour, mark)));
    }

    /// Prints what is neither right nor wrong.
    pub(crate) fn note(&mut self, text: &str) {
        self.print(&format!("  {} {text}", self.coloured("33", "-")));
    }

    /// Returns whether a check failed, or the report is not complete.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed > 0 || self.is_rejected || self.is_closed
    }

    fn print(&mut self, line: &str) {
        self.is_closed |= writeln!(io::stdout(), "{line}").is_err();
    }

    pub(crate) fn summary(&mut self) {
        self.print(&format!("\n{} passed, {} failed", self.passed, self.failed));
    }

    fn coloured(&self, code: &str, text: &str) -> String {
        if self.colours {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}
