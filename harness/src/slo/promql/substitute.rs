//! `$run` and `$phase` in PromQL: literal durations in place of names.

use slogate_promql::Expression;

use crate::scenario::codes::UNKNOWN_WINDOW;
use crate::scenario::{names_window, replace_names};
use crate::slo::{Doubt, Evidence, Window};

/// Where an expression is evaluated, and what `$run` and `$phase` in it stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpressionWindows {
    /// The window that is asked about: its closing samples are where it is evaluated.
    pub window: Window,
    /// What `$run` stands for: everything from the opening samples of the run on.
    pub until_then: Window,
    /// Whether a phase is asked about, which is what `$phase` stands for.
    is_phase: bool,
}

impl ExpressionWindows {
    /// Those of the run, or of a phase of it.
    pub fn of(during: Option<&str>, evidence: &Evidence<'_>) -> Result<Self, Doubt> {
        let window = evidence.window(during)?;
        let run = evidence.window(None)?;
        let until_then = Window { opened_ms: run.opened_ms, closed_ms: window.closed_ms };
        Ok(Self { window, until_then, is_phase: during.is_some() })
    }

    /// A text with the names of windows replaced by durations.
    pub fn write_out(&self, text: &str) -> Result<String, Doubt> {
        let phase_ms = self.is_phase.then(|| self.window.range_ms());
        windows(text, self.until_then.range_ms(), phase_ms)
    }
}

/// Replaces `$run` and `$phase` by durations in milliseconds. A range that is
/// longer than its window by one millisecond holds the opening sample, for
/// Prometheus 3 excludes the start of a range.
fn windows(text: &str, run_ms: i64, phase_ms: Option<i64>) -> Result<String, Doubt> {
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
