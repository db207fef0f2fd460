//! The alert rules, with shorter durations.

/// By how much durations are shortened.
pub(crate) const SCALE: u64 = 30;

/// Returns the rules with the durations of `for`, of ranges and of offsets divided by [`SCALE`].
pub(crate) fn shortened(rules: &str) -> String {
    let mut shortened = String::new();
    for line in rules.lines() {
        shortened += &match line.trim_start().strip_prefix("for: ") {
            Some(duration) => line.replace(duration, &divided(duration)),
            None if line.trim_start().starts_with('#') => line.to_owned(),
            None => after(&after(line, "["), " offset "),
        };
        shortened.push('\n');
    }
    shortened
}

/// Divides each duration that follows a mark.
fn after(line: &str, mark: &str) -> String {
    let mut parts = line.split(mark);
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_part = |character: char| character.is_ascii_alphanumeric();
        let end = part.find(|character| !is_part(character));
        let (duration, rest) = part.split_at(end.unwrap_or(part.len()));
        result += mark;
        result += &divided(duration);
        result += rest;
    }
    result
}

fn divided(duration: &str) -> String {
    let (number, unit) = duration.split_at(duration.len() - 1);
    let number: u64 = number.parse().expect("a duration such as 5m");
    let seconds = match unit {
        "s" => number,
        "m" => number * 60,
        "h" => number * 3600,
        _ => panic!("{duration}: the unit is not known"),
    };
    format!("{}s", (seconds / SCALE).max(1))
}
