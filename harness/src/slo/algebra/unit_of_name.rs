//! Rule: a unit that the metric's own name contradicts is a mistake somewhere.
//!
//! `unit: ms` over a metric that ends in `_seconds` reads three seconds as three
//! milliseconds and passes. Where the name says a time unit (Prometheus asks for
//! `_seconds`, and many exporters write `_ms`), the objective must say the same one. An
//! expression that calculates with `*` or `/` may convert, and is left alone.

use crate::code::Code;
use crate::slo::Doubt;

/// The code of this rule.
pub const CODE: Code = Code::new(&["unit-of-name", include_str!("../codes/unit-of-name.md")]);

/// Endings of names that say a unit of time, each with its seconds.
const TIMES: [(&str, f64); 8] = [
    ("_nanoseconds", 1e-9),
    ("_ns", 1e-9),
    ("_microseconds", 1e-6),
    ("_us", 1e-6),
    ("_milliseconds", 1e-3),
    ("_ms", 1e-3),
    ("_seconds", 1.0),
    ("_minutes", 60.0),
];
/// What histograms, summaries and counters put behind it.
const PARTS: [&str; 5] = ["_bucket", "_sum", "_total", "_max", "_min"];

/// The doubt about an objective that takes a metric's value for times of `scale` seconds,
/// if the metric's name says another unit of time.
pub fn doubt(metric: &str, expression: &str, scale: f64) -> Option<Doubt> {
    if calculates(expression) {
        return None;
    }
    let (ending, seconds) = time_of(metric)?;
    ((seconds / scale - 1.0).abs() > 1e-6).then(|| {
        Doubt::new(
            CODE,
            format!(
                "`{metric}` is in {} by its name, and `unit:` says another unit of time; write the \
             unit that the metric has",
                ending.trim_start_matches('_')
            ),
        )
    })
}

/// Whether a metric's name says a unit of time.
pub fn is_time(metric: &str) -> bool {
    time_of(metric).is_some()
}

/// The ending of a name that says a unit of time, with its seconds.
fn time_of(metric: &str) -> Option<(&'static str, f64)> {
    let base = PARTS.iter().find_map(|part| metric.strip_suffix(part)).unwrap_or(metric);
    TIMES.into_iter().find(|(ending, _)| base.ends_with(ending))
}

/// Whether an expression multiplies or divides: by what stands outside of its texts,
/// because a path in a label value has a `/` too.
fn calculates(expression: &str) -> bool {
    let mut characters = expression.chars();
    while let Some(character) = characters.next() {
        match character {
            '*' | '/' => return true,
            '"' | '\'' | '`' => skip_text(&mut characters, character),
            _ => {}
        }
    }
    false
}

/// Goes behind the end of a text that `quote` began; between backticks nothing is escaped.
fn skip_text(characters: &mut std::str::Chars<'_>, quote: char) {
    while let Some(character) = characters.next() {
        if character == quote {
            return;
        }
        if character == '\\' && quote != '`' {
            characters.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_and_the_unit_must_agree() {
        assert!(doubt("wait_seconds", "max_over_time(wait_seconds[5m])", 1e-3).is_some());
        assert!(doubt("latency_ms_bucket", "histogram_quantile(…)", 1.0).is_some());
        assert_eq!(doubt("latency_ms_bucket", "histogram_quantile(…)", 1e-3), None);
        assert_eq!(doubt("wait_seconds_total", "increase(…)", 1.0), None);
    }

    #[test]
    fn what_calculates_may_convert() {
        assert_eq!(doubt("wait_seconds", "wait_seconds * 1000", 1e-3), None);
        let behind_a_text = r#"wait_seconds{path="a\"b"} / 2"#;
        assert_eq!(doubt("wait_seconds", behind_a_text, 1e-3), None);
    }

    #[test]
    fn a_path_or_a_pattern_in_a_label_calculates_nothing() {
        for selector in [r#"{path="/a"}"#, "{path=~'.*'}", r"{path=~`a\`,b=`/`}", r#"{a="\"/"}"#] {
            let expression = format!("max_over_time(wait_seconds{selector}[5m])");
            assert!(doubt("wait_seconds", &expression, 1e-3).is_some(), "{expression}");
        }
    }

    #[test]
    fn a_name_without_a_unit_says_nothing() {
        assert_eq!(doubt("latency", "latency", 1e-3), None);
        assert_eq!(doubt("items", "items", 1.0), None);
    }
}
