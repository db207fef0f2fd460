//! JSON numbers (RFC 8259 §6), parsed exactly, whatever their size.

use std::cmp::Ordering;

/// A number: its digits without zeros at either end, and the number of digits before the point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) negative: bool,
    digits: String,
    point: i64,
}

impl Decimal {
    /// Returns `None` if the text is not a JSON number.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = text
            .strip_prefix('-')
            .map_or((false, text), |rest| (true, rest));
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, Some(exponent)),
            None => (text, None),
        };
        let (whole, fraction) = match number.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (number, None),
        };
        let leads = whole.len() > 1 && whole.starts_with('0');
        if leads || !are_digits(whole) || fraction.is_some_and(|fraction| !are_digits(fraction)) {
            return None;
        }
        let exponent = exponent.map_or(Some(0), read_exponent)?;
        let digits = format!("{whole}{}", fraction.unwrap_or_default());
        Some(Self::normal(
            negative,
            &digits,
            whole.len() as i64 + exponent,
        ))
    }

    pub(crate) fn whole(number: u64) -> Self {
        let digits = number.to_string();
        Self::normal(false, &digits, digits.len() as i64)
    }

    fn normal(negative: bool, digits: &str, point: i64) -> Self {
        let significant = digits.trim_start_matches('0');
        let point = point - (digits.len() - significant.len()) as i64;
        let digits = significant.trim_end_matches('0').to_owned();
        let point = if digits.is_empty() { 0 } else { point };
        Self {
            negative,
            digits,
            point,
        }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Compares the numbers without their signs.
    pub(crate) fn cmp_size(&self, other: &Self) -> Ordering {
        let size = |decimal: &Self| (!decimal.is_zero(), decimal.point);
        size(self)
            .cmp(&size(other))
            .then_with(|| self.digits.cmp(&other.digits))
    }
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads an exponent. It is capped where no number of digits makes up for it.
fn read_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    let digits = if negative {
        digits
    } else {
        digits.strip_prefix('+').unwrap_or(digits)
    };
    let size = are_digits(digits).then(|| digits.parse().unwrap_or(i64::MAX).min(1_000_000))?;
    Some(if negative { -size } else { size })
}
