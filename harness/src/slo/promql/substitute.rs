//! `$run` and `$phase` in PromQL: literal durations in place of names.

use slogate_promql::Expression;

use crate::scenario::codes::UNKNOWN_WINDOW;
use crate::scenario::{names_window, replace_names};
use crate::slo::Doubt;

/// Replaces `$run` and `$phase` by durations in milliseconds. A range that is
/// longer than its window by one millisecond holds the opening sample, for
/// Prometheus 3 excludes the start of a range.
pub(super) fn windows(text: &str, run_ms: i64, phase_ms: Option<i64>) -> Result<String, Doubt> {
    if phase_ms.is_none() && names_window(text, "$phase") {
        return Err(Doubt::new(UNKNOWN_WINDOW, "`$phase` needs `during:` with a phase"));
    }
    Ok(replace_names(text, |_, name| match name {
        "$run" => Some(milliseconds(run_ms)),
        "$phase" => phase_ms.map(milliseconds),
        _ => None,
    }))
}

/// The expression of a text for questions that its windows do not change: which series it
/// reads, and what it makes of them. `None` if it is none.
pub(in crate::slo) fn shape(text: &str) -> Option<Expression> {
    Expression::parse(&replace_names(text, |_, _| Some("1m".into()))).ok()
}

fn milliseconds(duration_ms: i64) -> String {
    format!("{duration_ms}ms")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_become_durations() {
        assert_eq!(
            windows("increase(a[$run]) / increase(b[$phase])", 4_001, Some(1_001)).unwrap(),
            "increase(a[4001ms]) / increase(b[1001ms])"
        );
    }

    #[test]
    fn what_is_in_quotes_stays() {
        let text = r#"label_replace(up{a=~"x$"}, "a", "$1", "$run", "$phase")"#;
        assert_eq!(windows(text, 1, None).unwrap(), text);
    }

    #[test]
    fn a_phase_window_needs_a_phase() {
        assert_eq!(
            windows("a[$phase]", 1, None).unwrap_err().reason,
            "`$phase` needs `during:` with a phase"
        );
    }
}
